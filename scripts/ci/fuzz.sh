#!/usr/bin/env bash
# Every fuzz target for SECONDS_EACH (300).
set -euo pipefail
cd "$(dirname "$0")/../.."
cargo fuzz --version >/dev/null 2>&1 || cargo install cargo-fuzz --locked
scripts/fuzz.sh "${SECONDS_EACH:-300}"
