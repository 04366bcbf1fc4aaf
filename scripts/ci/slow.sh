#!/usr/bin/env bash
# Tests that take minutes or much memory.
set -euo pipefail
cd "$(dirname "$0")/../.."
make test-slow PYTHON="${PYTHON:-python3}"
