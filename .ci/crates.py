#!/usr/bin/env python3
"""Licences, sources, doubles and forbidden crates of everything the studio is built of, by the rules of `deny.toml`, offline.

cargo-deny checks the same file and known vulnerabilities besides (`make audit`), but takes minutes to build and the internet to
ask. Also holds that the crate itself forbids unsafe code.
"""

import json
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

try:
    import tomllib
except ImportError:  # Python before 3.11
    from pip._vendor import tomli as tomllib

ROOT = Path(__file__).resolve().parent.parent


def allowed(expression, allow):
    """Whether an SPDX expression can be met with the allowed licences; `/` is an old spelling of OR."""
    words = re.findall(r"\(|\)|[^\s()]+", expression.replace("/", " OR "))

    def either():
        met = both()
        while words[:1] == ["OR"]:
            words.pop(0)
            met = both() or met
        return met

    def both():
        met = one()
        while words[:1] == ["AND"]:
            words.pop(0)
            met = one() and met
        return met

    def one():
        word = words.pop(0)
        if word == "(":
            met = either()
            words.pop(0)
            return met
        if words[:1] == ["WITH"]:
            word = f"{word} WITH {words[1]}"
            del words[:2]
        return word in allow

    return either()


def problems(packages, rules):
    foreign = [p for p in packages if p["source"]]
    sources = {f"registry+{registry}" for registry in rules["sources"]["allow-registry"]}
    banned = {rule["crate"] for rule in rules["bans"]["deny"]}
    skipped = {rule["crate"] for rule in rules["bans"]["skip"]}
    versions = defaultdict(set)
    for package in foreign:
        name = f"{package['name']} {package['version']}"
        versions[package["name"]].add(package["version"])
        if not package["license"] or not allowed(package["license"], set(rules["licenses"]["allow"])):
            yield f"{name} has the licence {package['license']!r}, which deny.toml does not allow"
        if package["source"] not in sources:
            yield f"{name} comes from {package['source']}, not from crates.io"
        if package["name"] in banned:
            yield f"{name} is banned by deny.toml"
    doubles = {name for name, found in versions.items() if len(found) > 1}
    for name in sorted(doubles - skipped):
        yield f"{name} is there in several versions ({', '.join(sorted(versions[name]))}); use one, or give the reason in deny.toml"
    for name in sorted(skipped - doubles):
        yield f"{name} is there in one version; take it out of `skip` in deny.toml"


def own_problems(manifest):
    if manifest["lints"]["rust"]["unsafe_code"] != "forbid":
        yield "Cargo.toml does not forbid unsafe code"
    for name, wanted in {**manifest["dependencies"], **manifest["dev-dependencies"]}.items():
        version = wanted if isinstance(wanted, str) else wanted.get("version", "*")
        if version == "*":
            yield f"Cargo.toml takes any version of {name}"


def main():
    command = ["cargo", "metadata", "--locked", "--format-version", "1", "--all-features"]
    # everything was downloaded by the build; without it a first run on a fresh machine may still ask
    found = subprocess.run([*command, "--offline"], cwd=ROOT, capture_output=True)
    if found.returncode:
        found = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE)
    packages = json.loads(found.stdout)["packages"]
    rules = tomllib.loads((ROOT / "deny.toml").read_text())
    manifest = tomllib.loads((ROOT / "Cargo.toml").read_text())
    wrong = [*problems(packages, rules), *own_problems(manifest)]
    for line in wrong:
        print(line)
    print(f"{len(packages) - 1} crates looked at, {len(wrong)} problems")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
