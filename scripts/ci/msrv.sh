#!/usr/bin/env bash
# The oldest Rust that Cargo.toml promises compiles both faces.
set -euo pipefail
cd "$(dirname "$0")/../.."
version=$(sed -n 's/^rust-version = "\(.*\)"$/\1/p' Cargo.toml)
rustup toolchain list | grep -q "^$version" || rustup toolchain install "$version" --profile minimal
cargo "+$version" check --locked --quiet
cargo "+$version" check --locked --quiet --features python
echo "compiles with Rust $version"
