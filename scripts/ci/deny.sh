#!/usr/bin/env bash
# Licences, bans and sources of all crates, by deny.toml. ADVISORIES=1 also asks the advisory database, which needs the network.
set -euo pipefail
cd "$(dirname "$0")/../.."
cargo deny --version >/dev/null 2>&1 || cargo install cargo-deny --locked
for manifest in Cargo.toml fuzz/Cargo.toml; do
  cargo deny --manifest-path "$manifest" --all-features check --config deny.toml bans licenses sources ${ADVISORIES:+advisories}
done
