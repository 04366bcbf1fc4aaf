#!/usr/bin/env bash
# Formats, lints, types, docs and stubs.
set -euo pipefail
cd "$(dirname "$0")/../.."
make check PYTHON="${PYTHON:-python3}"
