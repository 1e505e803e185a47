# Spindel: the verbs of the house. `make help` lists them.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help run test check fix snapshots bench bench-hardware bench-orders bench-sync simulate simulate-day simulate-cuts simulate-postgres simulate-bugs fuzz-api kill-loops eyes clean

help:  ## show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

$(VENV)/.installed: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Spindel needs Python 3.11 or newer: install it and run make PYTHON=/path/to/python3.11 again.")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	$(BIN)/python -m compileall -q pos_client central_sync hardware
	touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	touch $@

run: $(VENV)/.installed  ## set up a virtual environment and start the demo chain with its till
	@$(BIN)/spindel demo

test: check  ## what CI runs: check, then every test
	$(BIN)/pytest -n 2

check: $(VENV)/.installed-dev  ## ruff, mypy --strict, the import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

fix: $(VENV)/.installed-dev  ## let ruff mend what it can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

snapshots: $(VENV)/.installed-dev  ## draw the screen snapshots anew (look at the difference)
	$(BIN)/pytest tests/screens --snapshot-update

bench-hardware: $(VENV)/.installed-dev  ## paper, scans and seals against their wires and python-escpos
	$(BIN)/python -m bench.hardware

bench: $(VENV)/.installed-dev  ## the speed table: ours beside peers and physical limits
	$(BIN)/python -m bench

bench-sync: $(VENV)/.installed-dev  ## receipts up, the catalogue and its changes down, beside bare work and PouchDB
	$(BIN)/python -m bench.sync

bench-orders: $(VENV)/.installed-dev  ## orders and stock under load, and what plans cost beside simpler rules and a solver
	$(BIN)/python -m bench.orders

SEEDS ?= 0-500
simulate: $(VENV)/.installed-dev  ## tills and central from seeds, in bad weather: make simulate SEEDS=0-500
	PYTHONHASHSEED=0 $(BIN)/python -m tests.simulation $(SEEDS)

simulate-day: $(VENV)/.installed-dev  ## days of a chain with orders, in bad weather: make simulate-day SEEDS=0-50
	PYTHONHASHSEED=0 $(BIN)/python -m tests.chain_day $(SEEDS)

simulate-postgres: SEEDS = 0-40
simulate-postgres: $(VENV)/.installed-dev  ## the same seeds with central on SQLite and on PostgreSQL: the same end
	PYTHONHASHSEED=0 $(BIN)/python -m tests.simulation.twin $(SEEDS)

MOODS ?= 3
simulate-cuts: $(VENV)/.installed-dev  ## cut the power at every disk operation of a script, each point in MOODS=3 ways
	PYTHONHASHSEED=0 $(BIN)/python -m tests.simulation.sweep $(MOODS)

simulate-bugs: $(VENV)/.installed-dev  ## search a seed that shows each bug planted into the product
	PYTHONHASHSEED=0 $(BIN)/python -m tests.simulation.planting

EXAMPLES ?= 200
fuzz-api: $(VENV)/.installed-dev  ## schemathesis over central's whole API, and the machines of sync, for long: EXAMPLES=200
	FUZZ_EXAMPLES=$(EXAMPLES) $(BIN)/pytest tests/central/test_described_api.py tests/machines --timeout 0

ROUNDS ?= 50
kill-loops: $(VENV)/.installed-dev  ## kill -9 of core, sync and central under load, in bad networks: ROUNDS=50
	KILL_ROUNDS=$(ROUNDS) $(BIN)/pytest tests/e2e/test_killed_everywhere.py

eyes: $(VENV)/.installed-dev  ## strangers' programs (npm, PyPI) look at our printer and our paper
	$(BIN)/python -m tests.hardware.eyes.foreign

clean:  ## remove the virtual environment and caches
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache
