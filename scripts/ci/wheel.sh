#!/usr/bin/env bash
# Builds a wheel into dist/, checks that it keeps to the stable ABI if it says so, installs it and asks it something. Arguments go to
# maturin: --profile dev is quick. With a free-threaded PYTHON it is that Python's own wheel, because there is no stable ABI for it.
# ZIG=1 links against an old glibc, for a wheel that is given to others.
set -euo pipefail
cd "$(dirname "$0")/../.."
. scripts/ci/tools.sh
python=${PYTHON:-python3}
arguments=(--locked --interpreter "$python" --out dist "$@")
if [ "${ZIG:-}" = 1 ]; then
  tools "maturin[zig]>=1.16,<2" abi3audit
  arguments+=(--zig --compatibility manylinux2014)
else
  tools "maturin>=1.16,<2" abi3audit
fi
rm -f dist/*.whl
"$TOOLS/maturin" build "${arguments[@]}"
for wheel in dist/*.whl; do
  case $wheel in *-abi3-*) "$TOOLS/abi3audit" --strict --report "$wheel" ;; esac
  scripts/ci/smoke.sh "$wheel" "$python"
done
