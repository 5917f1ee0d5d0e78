# Pincite: `make run` serves the search box over the sample articles, `make test` runs the tests.
# Both begin from nothing but Python 3.11+ and make, and are quick the second time.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint requirements.lock
# On a machine where plain `torch` would be a CUDA build of several GB, ask for the CPU one:
#   make run TORCH_INDEX=https://download.pytorch.org/whl/cpu
TORCH_INDEX ?=
TORCH ?= 2.13.0
ARGS ?=
# Processes that run tests side by side; a file's tests stay in one. 0 runs them all in this one.
# NumPy has one thread in each: of several, which read texts whole, each would wait for the others.
WORKERS ?= 2

.DEFAULT_GOAL := help
.PHONY: help run install install-dev browser index serve ask test lint format type check eval bench bench-quick bench-faults peers lock clean
.PHONY: corpus ingest service tests docs

help: ## Print the targets.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: install ## Install, index corpus/, serve the search box (ARGS go to pincite serve).
	@$(BIN)/pincite index || [ $$? -eq 3 ]
	@$(BIN)/pincite serve $(ARGS)

install: $(VENV)/.installed ## Make the virtual environment with pinned dependencies.

install-dev: $(VENV)/.installed-dev ## The same with what tests and checks need.

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Pincite needs Python 3.11 or newer; say which: make run PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml requirements.lock | $(VENV)/bin/python
	@echo "Installing pinned dependencies into $(VENV) (about 2 GB, a few minutes the first time)."
	$(PIP_INSTALL) $(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX)) --editable .
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	$(PIP_INSTALL) --editable '.[dev]'
	@touch $@

browser: ## Install Debian's chromium for the browser tests, where that is possible.
	@command -v chromium >/dev/null || command -v google-chrome >/dev/null || { \
		if command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ]; then \
			apt-get update -qq && apt-get install -y -qq chromium >/dev/null; \
		else echo "No chromium found: the browser tests will be skipped. Install it with: sudo apt-get install chromium"; fi; }

index: install ## Bring the index up to date with corpus/ (files that cannot be read are named).
	@$(BIN)/pincite index $(ARGS) || [ $$? -eq 3 ]

serve: install ## Serve what is indexed.
	@$(BIN)/pincite serve $(ARGS)

# By the environment, so that no shell reads the question.
ask: export Q := $(value Q)
ask: install ## Ask: make ask Q="what causes muscle spasms?"
	@$(BIN)/pincite ask "$$Q" $(ARGS) || [ $$? -eq 4 ]

test: install-dev browser ## Run the tests (ARGS go to pytest; WORKERS=0: in one process).
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses $(WORKERS) --dist loadfile $(ARGS)

lint: install-dev ## Ruff: rules and format.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: install-dev ## Put the format right.
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

type: install-dev ## mypy, strict.
	$(BIN)/mypy

check: lint type test ## Everything that must be green before a commit.

# One whose data are absent says so, and the rest goes on.
eval: install-dev ## Measure answers on the development data in ../shared (an hour; results on the screen).
	@failed=0; for each in \
		"python -m bench.seeds" \
		"python -m bench.html_extraction" \
		"python -m bench.boilerplate" \
		"python -m bench.false_alarms --meaning" \
		"pincite eval ../shared/eval/med1033" \
		"pincite eval ../shared/eval/scifact" \
		"python -m bench.calibrate"; \
	do echo "$$each"; $(BIN)/$$each || failed=1; done; exit $$failed

bench: install-dev ## Measure speed into var/bench/report.html (half an hour; an hour the first time).
	$(BIN)/python -m bench.report $(ARGS)

bench-quick: install-dev ## The same in two minutes, at smaller sizes.
	$(BIN)/python -m bench.report --quick $(ARGS)

bench-faults: install-dev ## Swap and kill many times over (minutes).
	PINCITE_TEST_SWAPS=50 PINCITE_TEST_KILLS=200 $(BIN)/python -m pytest tests/test_under_fire.py tests/test_crash.py

peers: install-dev ## Pincite beside five libraries, on ../shared/eval/scifact (an hour, 10 GB the first time).
	$(BIN)/python -m bench.peers --write $(ARGS)

# torch is named first: with it there, nothing else asks for a newer one, and the build number of
# the CPU build ("+cpu") is no part of the version.
lock: ## Resolve the dependencies anew into requirements.lock.
	rm -rf .lock && $(PYTHON) -m venv .lock
	.lock/bin/python -m pip install --quiet --disable-pip-version-check torch==$(TORCH) $(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX))
	.lock/bin/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	.lock/bin/python -m pip freeze --exclude pincite | sed 's/+cpu$$//' > requirements.lock
	rm -rf .lock

clean: ## Remove what was built: the environment, the sample's index, caches. Feedback stays, and other indexes.
	rm -rf $(VENV) .lock var/index var/eval var/bench var/peers var/calibrate dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
