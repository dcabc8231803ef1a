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
export PATH := $(CARGO_LEPTOS)/bin:$(WASM_BINDGEN)/bin:$(BINARYEN)/node_modules/.bin:$(HOME)/.cargo/bin:$(PATH)
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
