#!/usr/bin/env bash
# Prints what the grid's first visit downloads (JS + WASM, brotli) of the optimised page in folder $1; fails above the budget.
set -eu
cd "$(dirname "$0")/.."
budget=250000
total=0
for file in "$1"/pkg/actor_maker.js.br "$1"/pkg/actor_maker.wasm.br "$1"/pkg/__wasm_split.*.js.br; do
  bytes=$(stat -c %s "$file")
  printf '%9d  %s\n' "$bytes" "${file##*/}"
  total=$((total + bytes))
done
echo "$total bytes of JS and WASM, budget $budget"
[ "$total" -le "$budget" ]
