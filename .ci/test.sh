#!/usr/bin/env bash
# Runs every kind of test, says how long each took, and how many ran in the end.
set -u
# a machine that also compiles gets patience and second tries in the browser
export CI=1
cd "$(dirname "$0")/.."
log=$(mktemp -d)
trap 'rm -rf "$log"' EXIT
failed=()
step() {
  local name=$1 started=$SECONDS
  shift
  echo "== $name"
  # a pipe would hide the exit code of what it shows
  "$@" > >(tee "$log/$name") 2>&1
  local code=$?
  wait
  echo "-- $name: $((SECONDS - started)) s, $([ $code = 0 ] && echo passed || echo FAILED)"
  [ $code = 0 ] || failed+=("$name")
  return $code
}

step tools make --no-print-directory test-tools || exit 1
step crates make --no-print-directory crates
step lint make --no-print-directory lint
# nothing can be tested in a browser that does not build
step build make --no-print-directory build || exit 1
step unit make --no-print-directory unit
step interop make --no-print-directory interop
step e2e make --no-print-directory e2e
step size make --no-print-directory size

sum() { grep -ohE "$1" "$log/$2" 2>/dev/null | grep -oE '[0-9]+' | tail -1 || true; }
unit=$(sum '[0-9]+ passed' unit)
interop=$(sum '[0-9]+ passed' interop)
e2e=$(sum '[0-9]+ passed' e2e)
echo
echo "unit and stories: ${unit:-0}, interop: ${interop:-0}, end to end: ${e2e:-0}"
total=$(( ${unit:-0} + ${interop:-0} + ${e2e:-0} ))
bad=${#failed[@]}
echo "$total passed, $bad failed"
[ "$bad" = 0 ] || { echo "failed: ${failed[*]}"; exit 1; }
