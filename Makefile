# Two commands matter: `make demo` and `make test`. Everything installs into .venv, without root.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: demo test torture lint types docs bench cov clean lock spark

# Review the example portfolio and show where the committee pack lies.
demo: $(READY)
	$(BIN)/tradeline review examples/portfolios/credit_master.xlsx --policy india --as-of 2026-06-30 --out runs

# Run the whole suite; what needs Spark (`make spark`) or Chromium is skipped, and says so, without it.
test: $(READY)
	$(BIN)/python -m pytest -n auto

# Run the long forms of the tests that wear the guards and the gate down, kill imports, servers and
# clients, and play lives of orders. Takes an hour or two; TORTURE=tests/gate chooses a part of it.
TORTURE ?= tests/security tests/imports/test_killed.py tests/book/test_counts_once.py tests/gate
torture: $(READY)
	TRADELINE_TORTURE=20 $(BIN)/python -m pytest -n 0 $(TORTURE)

# Check style, imports and layers.
lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/lint-imports

# Check types, strictly.
types: $(READY)
	$(BIN)/mypy

# Write the generated pages of docs/reference and the pictures in the README.
docs: $(READY)
	$(BIN)/python -m tools.reference
	$(BIN)/python -m tools.pictures

# Measure speed as ratios, one JSON line each, ratio first. Takes about ten minutes.
bench: $(READY)
	$(BIN)/python -m benchmarks.run

# Run the suite with branch coverage.
cov: $(READY)
	$(BIN)/python -m pytest -n auto --cov --cov-report=term

# Add Spark (needs Java 17): its tests run and `--engine spark` works.
spark: $(READY)
	$(BIN)/pip install --quiet --require-hashes --requirement requirements-spark.lock

# Remove what the other targets made.
clean:
	rm -rf $(VENV) runs build dist .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage* htmlcov benchmarks/data

# Resolve the dependencies again (needs uv); hashes stay, addresses do not.
lock:
	$(PYTHON) -m tools.lock

$(READY): requirements.lock pyproject.toml
	$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11) and 'tradeline needs Python 3.11 or newer; name one: make PYTHON=python3.12')"
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@
