# What can be done here. Everything that is needed is installed into .venv; a Rust toolchain, Python 3.11 or newer and make are not.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/$(if $(filter Windows_NT,$(OS)),Scripts,bin)
TIMED := scripts/timed.sh
RUST := Cargo.toml Cargo.lock $(shell find src -name '*.rs') src/evaluate/rates.json

.PHONY: demo test test-rust test-python test-slow check stubs bench compare cards fuzz lint-workflows clean

# The main job, on a simulated case; seconds.
demo: $(VENV)/.built
	$(BIN)/satrail demo

test: test-rust test-python

# The core alone, without Python: this is what keeps it free of it.
test-rust:
	$(TIMED) "tests of the core" cargo test --quiet

# On all processors: every process has its own stores, and neighbouring tests stay together for the sake of what they share.
test-python: $(VENV)/.built
	$(TIMED) "tests of the package" $(BIN)/python -m pytest -n auto --dist worksteal

# What takes minutes or much memory, with an optimised build; a nightly run does this.
test-slow: $(VENV)/.built-release
	$(TIMED) "slow tests" $(BIN)/python -m pytest -m slow

# Formats, lints, types, and whether the stubs are what the Rust code says.
check: $(VENV)/.built
	cargo fmt --check
	cargo fmt --check --manifest-path fuzz/Cargo.toml
	$(TIMED) "clippy" cargo clippy --quiet --all-targets --features python -- -D warnings
	RUSTDOCFLAGS="-D warnings" $(TIMED) "Rust docs" cargo doc --quiet --no-deps --document-private-items
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(TIMED) "types" $(BIN)/mypy
	$(TIMED) "stubs against the module" $(BIN)/python -m mypy.stubtest satrail._core --mypy-config-file pyproject.toml --allowlist tests/python/stubtest-allowlist.txt
	$(TIMED) "stubs against the code" $(BIN)/python scripts/stubs.py --check

stubs: $(VENV)/.built
	$(BIN)/python scripts/stubs.py

# Speed and memory beside their targets; the data sets are made first. BENCH=small is quick, BENCH=huge needs 60 GB of disk.
bench: $(VENV)/.built-release
	$(BIN)/python benches/bench.py $(or $(BENCH),big)

# Is AFTER slower than BEFORE (wheels, or Pythons that have satrail)? WORKLOAD is one of benches/workloads.py.
compare:
	$(PYTHON) scripts/compare.py --workload $(or $(WORKLOAD),trace) $(BEFORE) $(AFTER)

# What was measured of each rule: docs/cards, and src/evaluate/rates.json, which the next build compiles in.
cards: $(VENV)/.built-release
	$(BIN)/python scripts/cards.py

# Each target for SECONDS (60); needs cargo-fuzz.
fuzz:
	scripts/fuzz.sh $(or $(SECONDS),60)

lint-workflows:
	scripts/ci/workflows.sh

$(VENV)/.installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	$(BIN)/python -m pip install --quiet "maturin>=1.16,<2" --group test --group check
	touch $@

# Tests and the demo use one unoptimised build, the same dependencies as `cargo test --features python`.
$(VENV)/.built: $(VENV)/.installed $(RUST)
	VIRTUAL_ENV=$(CURDIR)/$(VENV) $(TIMED) "building the package" $(BIN)/maturin develop --quiet
	rm -f $(VENV)/.built-release
	touch $@

$(VENV)/.built-release: $(VENV)/.installed $(RUST)
	VIRTUAL_ENV=$(CURDIR)/$(VENV) $(BIN)/maturin develop --quiet --release
	rm -f $(VENV)/.built
	touch $@

clean:
	rm -rf $(VENV) target
