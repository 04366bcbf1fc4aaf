#!/usr/bin/env bash
# Runs every fuzz target for so many seconds.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-60}
if ! cargo fuzz --version >/dev/null 2>&1; then
  echo "cargo-fuzz is not installed: cargo install cargo-fuzz" >&2
  exit 1
fi
# Coverage and the address sanitizer are unstable options of the compiler; this lets a stable one take them too.
export RUSTC_BOOTSTRAP=1
for target in $(cargo fuzz list); do
  echo "== $target"
  cargo fuzz run "$target" -- -max_total_time="$seconds" -timeout=20 -rss_limit_mb=4096
done
