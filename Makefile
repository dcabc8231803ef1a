# Everything a person runs: `make run` (serve an optimised build) and `make test` (the gate). The rest are their steps.
# Tools are built once per version into a cache outside the checkout, so a second clone does not build them again.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

CACHE := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/actor_maker
TOOLS := $(CACHE)/tools
CARGO_LEPTOS_VERSION := 0.3.11
# wasm-bindgen's command line must equal the library of Cargo.lock, or the page fails to start
WASM_BINDGEN_VERSION := $(shell sed -n '/^name = "wasm-bindgen"$$/{n;s/version = "\(.*\)"/\1/p;}' Cargo.lock)
BINARYEN_VERSION := 132.0.0

CARGO_LEPTOS := $(TOOLS)/cargo-leptos-$(CARGO_LEPTOS_VERSION)
WASM_BINDGEN := $(TOOLS)/wasm-bindgen-$(WASM_BINDGEN_VERSION)
BINARYEN := $(TOOLS)/binaryen-$(BINARYEN_VERSION)
VENV := $(CACHE)/venv-$(shell sha256sum interop/requirements.txt 2>/dev/null | cut -c1-12)
# .ci/bin holds a wasm-opt that calls the real one with other flags
export PATH := $(CURDIR)/.ci/bin:$(CARGO_LEPTOS)/bin:$(WASM_BINDGEN)/bin:$(BINARYEN)/node_modules/.bin:$(HOME)/.cargo/bin:$(PATH)
export CARGO_TERM_COLOR ?= never

# the tools are built for a quick build, not for speed: they run for a second
FAST_TOOL := CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 CARGO_PROFILE_RELEASE_OPT_LEVEL=0 CARGO_PROFILE_RELEASE_STRIP=true

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

# ---------------------------------------------------------------- tools

.PHONY: tools
tools: $(CARGO_LEPTOS)/.done $(WASM_BINDGEN)/.done $(BINARYEN)/.done wasm-target ## build or fetch cargo-leptos, wasm-bindgen, wasm-opt

.PHONY: wasm-target
wasm-target:
	@rustup target list --installed | grep -qx wasm32-unknown-unknown || rustup target add wasm32-unknown-unknown

$(CARGO_LEPTOS)/.done:
	@echo "== building cargo-leptos $(CARGO_LEPTOS_VERSION) once (about 5 minutes on 2 cores)"
	@cd / && $(FAST_TOOL) cargo install cargo-leptos --version $(CARGO_LEPTOS_VERSION) --locked --ignore-rust-version --features no_downloads \
		--root $(CARGO_LEPTOS) --config 'profile.release.package.brotli.opt-level=3'
	@touch $@

$(WASM_BINDGEN)/.done:
	@echo "== building wasm-bindgen $(WASM_BINDGEN_VERSION) once (about 2 minutes on 2 cores)"
	@cd / && $(FAST_TOOL) cargo install wasm-bindgen-cli --bin wasm-bindgen --version $(WASM_BINDGEN_VERSION) --root $(WASM_BINDGEN) \
		$(foreach p,walrus wasmparser wasm-encoder wasm-bindgen-cli-support,--config 'profile.release.package.$(p).opt-level=2')
	@touch $@

$(BINARYEN)/.done:
	@echo "== fetching wasm-opt"
	@mkdir -p $(BINARYEN) && npm install --silent --no-audit --no-fund --prefix $(BINARYEN) binaryen@$(BINARYEN_VERSION)
	@touch $@

# ---------------------------------------------------------------- run

SITE_SOURCES := $(shell find src style public -type f 2>/dev/null) Cargo.toml Cargo.lock .cargo/config.toml
RELEASE := target/release/actor_maker

.PHONY: run
run: $(RELEASE) ## set up what is missing and run the studio, optimised: http://127.0.0.1:5173
	@exec ./$(RELEASE)

# the first time this takes up to 20 minutes on 2 cores; later starts take seconds
$(RELEASE): $(SITE_SOURCES) | tools
	@echo "== building the studio (the first time up to 15 minutes on 2 cores, later only what changed)"
	@cargo leptos build --release --precompress --split
	@touch $@

.PHONY: dev
dev: tools ## watch the sources, rebuild and reload the page
	@cargo leptos watch --split

# ---------------------------------------------------------------- test

.PHONY: test
test: ## everything the gate checks; installs what it needs
	@bash .ci/test.sh

.PHONY: chromium
chromium:
	@command -v chromium >/dev/null || { echo "== installing Chromium"; \
		as_root() { if [ "$$(id -u)" = 0 ]; then "$$@"; else sudo "$$@"; fi; }; \
		as_root apt-get update -qq && as_root apt-get install -y -qq --no-install-recommends chromium >/dev/null; }

.PHONY: venv
venv: $(VENV)/.done
$(VENV)/.done: interop/requirements.txt
	@echo "== fetching the official Python clients"
	@python3 -m venv $(VENV) && $(VENV)/bin/pip install --quiet --disable-pip-version-check -r interop/requirements.txt
	@touch $@

end2end/node_modules/.done: end2end/package.json end2end/package-lock.json
	@echo "== fetching Playwright"
	@cd end2end && npm ci --silent --no-audit --no-fund
	@touch $@

.PHONY: test-tools
test-tools: tools chromium venv end2end/node_modules/.done

.PHONY: lint
lint: wasm-target ## formatting and clippy for both targets, warnings denied
	cargo fmt --check
	cargo clippy --features ssr --all-targets -- -D warnings
	cargo clippy --lib --features hydrate --target wasm32-unknown-unknown --target-dir target/front -- -D warnings

.PHONY: crates
crates: ## licences, sources and doubles of all crates by deny.toml, offline
	python3 .ci/crates.py

CARGO_DENY := $(TOOLS)/cargo-deny
.PHONY: audit
audit: ## the same by cargo-deny, and known vulnerabilities; builds it once, asks the internet
	@test -x $(CARGO_DENY)/bin/cargo-deny || { echo "== building cargo-deny once (some minutes)"; cd / && $(FAST_TOOL) cargo install cargo-deny --locked --root $(CARGO_DENY); }
	$(CARGO_DENY)/bin/cargo-deny --all-features check

.PHONY: fuzz
fuzz: ## attack every parser of foreign bytes for SECONDS (60) each, from another seed
	FUZZ_SECONDS=$(or $(SECONDS),60) FUZZ_SEED=$(or $(SEED),$(shell date +%s)) cargo test --features ssr --lib -- tests::fuzz --nocapture

.PHONY: build
build: tools ## a development build of server and page
	cargo leptos build --split

# one test at a time in a process: what leptos wakes belongs to the process, so that of two studios in it one may wait for ever
.PHONY: unit
unit: ## unit tests and stories
	@if command -v cargo-nextest >/dev/null; then cargo nextest run --features ssr --lib; else cargo test --features ssr --lib -- --test-threads=1; fi

.PHONY: parameters
parameters: ## write README's table of parameters from the code
	WRITE_README=1 cargo test --features ssr --lib the_readme_holds_the_table_of_parameters

.PHONY: interop
interop: test-tools ## the official RunPod SDK, boto3 and safetensors against the built studio
	$(VENV)/bin/python -m pytest -q interop

.PHONY: schema
schema: build venv ## Schemathesis against the document of the interface
	$(VENV)/bin/python -m pytest -q interop/test_schema.py

.PHONY: torture
torture: build venv ## kill -9 at N (200) random moments: no run lost, none paid twice; N=60 SEED=1 make torture
	$(VENV)/bin/python interop/torture.py $(or $(N),200) $(SEED)

.PHONY: e2e
e2e: test-tools ## the studio in a browser, with and without JavaScript
	cd end2end && npx playwright test

.PHONY: size
size: tools ## what a first visit downloads, against its budget of 250 kB brotli
	@# in a folder of its own: what is served stays as it is
	LEPTOS_SITE_ROOT=target/site-size cargo leptos build --release --precompress --split --frontend-only
	@bash .ci/size.sh target/site-size

.PHONY: bench
bench: venv ## how fast it is, against its limits; measures the optimised build if `make run` made one
	@$(VENV)/bin/python bench/bench.py

.PHONY: clean
clean: ## remove what was built here; the tools' cache stays
	cargo clean
