# To be sourced: a virtual environment for tools of the CI, apart from the one that tests run in.
#   tools PACKAGE...   installs them; then $TOOLS/NAME runs one
TOOLS=$(pwd)/target/ci-tools/bin
[ "${OS:-}" = Windows_NT ] && TOOLS=$(pwd)/target/ci-tools/Scripts
tools() {
  [ -d target/ci-tools ] || "${PYTHON:-python3}" -m venv target/ci-tools
  "$TOOLS/python" -m pip install --quiet --upgrade "pip>=25.1" "$@"
}
