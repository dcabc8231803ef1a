#!/usr/bin/env bash
# Prints what the grid's first visit downloads (JS + WASM, brotli) from the optimised build; fails above the budget.
set -eu
cd "$(dirname "$0")/.."
budget=250000
[ -d target/site/pkg ] || { echo "build first: make run"; exit 1; }
total=0
for file in target/site/pkg/actor_maker.*.br; do
  bytes=$(stat -c %s "$file")
  printf '%9d  %s\n' "$bytes" "${file##*/}"
  case $file in *.js.br | *.wasm.br) total=$((total + bytes)) ;; esac
done
echo "$total bytes of JS and WASM, budget $budget"
[ "$total" -le "$budget" ]
