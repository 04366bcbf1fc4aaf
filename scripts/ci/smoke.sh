#!/usr/bin/env bash
# Installs a wheel or an sdist into a new environment, away from this folder, and asks it something.
#   scripts/ci/smoke.sh PACKAGE [PYTHON]
set -euo pipefail
package=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
script=$(cd "$(dirname "$0")" && pwd)/smoke.py
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
"${2:-python3}" -m venv venv
python=venv/bin/python
[ "${OS:-}" = Windows_NT ] && python=venv/Scripts/python
# An sdist is compiled, without optimisation: this is about whether it is complete.
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$folder/target} MATURIN_PEP517_ARGS="--profile dev"
"$python" -m pip install --quiet "$package"
"$python" "$script" "$(basename "$package")"
