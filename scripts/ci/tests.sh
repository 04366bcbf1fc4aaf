#!/usr/bin/env bash
# All tests, and the demo. PYTHON chooses the interpreter.
set -euo pipefail
cd "$(dirname "$0")/../.."
make test PYTHON="${PYTHON:-python3}"
make demo PYTHON="${PYTHON:-python3}"
