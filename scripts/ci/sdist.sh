#!/usr/bin/env bash
# Builds the sdist into dist/, installs it and asks it something: that shows that nothing is missing in it.
set -euo pipefail
cd "$(dirname "$0")/../.."
. scripts/ci/tools.sh
tools "maturin>=1.16,<2"
rm -f dist/*.tar.gz
"$TOOLS/maturin" sdist --out dist
scripts/ci/smoke.sh dist/*.tar.gz "${PYTHON:-python3}"
