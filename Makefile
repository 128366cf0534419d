# Two commands set everything up: `make demo` and `make test`.
# uv installs where it is there, else pip; both take every version, with its hash, from a lock file.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := $(shell command -v uv 2>/dev/null)

PIP = $(BIN)/python -m pip
ifeq ($(UV),)
INSTALL = $(PIP) install --quiet --disable-pip-version-check --no-deps
CONSISTENT = $(PIP) check --disable-pip-version-check
else
INSTALL = $(UV) pip install --quiet --python $(BIN)/python --no-deps
CONSISTENT = $(UV) pip check --quiet --python $(BIN)/python
endif
# A lock names every package, so that nothing is resolved and the index is asked for no other version.
LOCKED = $(INSTALL) --require-hashes --requirement

# Compiled code is kept, whatever the shell says: else every process that a test starts compiles all it imports.
export PYTHONDONTWRITEBYTECODE :=

# $(call BESIDE,COMMANDS,TESTS): the commands, which use one processor or wait for the network, run while the
# tests do; what they say is shown after these, and a fault in either fails the target.
BESIDE = (set -e; $(1)) >$(VENV)/.beside 2>&1 & beside=$$!; \
	tests=0; $(2) || tests=$$?; others=0; wait $$beside || others=$$?; \
	cat $(VENV)/.beside; exit $$((tests | others))
PYTEST = $(BIN)/pytest -n 2 --dist worksteal
QUICK = -m "not slow and not slow_file and not variant and not browser"

.PHONY: demo test coverage check lint types imports audit docs notebooks embedded samples mutation lock chromium clean help

help:
	@echo "make demo      install and answer the worked case on the embedded records (about a minute)"
	@echo "make test      install what the tests need and run them all (about 15 minutes)"
	@echo "make coverage  run every test under coverage, which takes half as long again"
	@echo "make check     the fast part, for the working loop"
	@echo "make docs      build the documentation site into build/docs"
	@echo "make audit     query the advisory service about every pinned dependency"
	@echo "make notebooks run the examples and keep them as .ipynb, with their figures, in notebooks/"
	@echo "make embedded DATA=FOLDER   rebuild the embedded records from the published releases"
	@echo "make samples DATA=FOLDER    draw the tests' small samples of the published releases again"
	@echo "make mutation  put faults into the code by chance and see how many the tests notice (an hour)"
	@echo "make lock      refresh the lock files"

$(BIN)/python:
	@$(if $(UV),$(UV) venv --quiet --python $(PYTHON) $(VENV),$(PYTHON) -m venv $(VENV))

$(VENV)/.run: requirements.lock pyproject.toml | $(BIN)/python
	@echo "installing what atlarge needs to run (about half a minute)"
	@$(LOCKED) requirements.lock
	@$(INSTALL) --no-build-isolation --editable .
	@$(CONSISTENT)
	@touch $@

$(VENV)/.dev: requirements-dev.lock pyproject.toml | $(BIN)/python
	@echo "installing what the tests need (2.4 GB, one to four minutes)"
	@$(LOCKED) requirements-dev.lock
	@$(INSTALL) --no-build-isolation --editable .
	@$(CONSISTENT)
	@touch $@ $(VENV)/.run

demo: $(VENV)/.run
	@echo "answering the worked case on the embedded records (about 15 seconds)"
	@$(BIN)/atlarge demo

lint: $(VENV)/.dev
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check

types: $(VENV)/.dev
	@$(BIN)/mypy

imports: $(VENV)/.dev
	@$(BIN)/lint-imports

# Only where the system's package manager is there and may be used; otherwise the tests say what was not run.
chromium: $(VENV)/.dev
	@$(BIN)/python tools/chromium.py

check: lint imports
	@$(call BESIDE,$(BIN)/mypy,$(PYTEST) $(QUICK))

notebooks: $(VENV)/.dev
	@$(BIN)/python tools/notebooks.py

docs: $(VENV)/.dev
	@$(BIN)/python tools/docs.py
	@$(BIN)/zensical build --strict >/dev/null
	@echo "the documentation is in build/docs/index.html"

audit: $(VENV)/.dev
	@$(BIN)/python tools/audit.py

test: lint imports chromium
	@echo "running every test on two processes (about ten minutes)"
	@$(call BESIDE,$(BIN)/python tools/audit.py --where-reached; $(BIN)/mypy,$(PYTEST))

# Apart from `make test`, because a tracer makes code in Python half as slow again.
coverage: $(VENV)/.dev chromium
	@$(PYTEST) --cov --cov-report=term:skip-covered

embedded: $(VENV)/.run
	@$(BIN)/python tools/known_places.py $(DATA)
	@$(BIN)/python tools/embed.py $(DATA)

samples: $(VENV)/.dev
	@$(BIN)/python tools/samples.py $(DATA)

# Only this needs cosmic-ray, so no lock holds it.
mutation: $(VENV)/.dev
	@$(if $(UV),$(UV) pip install --python $(BIN)/python,$(PIP) install) --quiet cosmic-ray==8.7.0
	@$(BIN)/python benchmarks/mutation.py

# uv resolves the locks for every system and Python at once; pip cannot. Extras stay in their lines, and the
# build backend is locked too, so that an installation needs nothing but the lock.
RESOLVE = $(UV) pip compile --quiet --universal --no-strip-extras --generate-hashes --no-emit-index-url --no-header
lock:
	@$(if $(UV),,$(error make lock needs uv))
	@$(RESOLVE) --group build pyproject.toml -o requirements.lock
	@$(RESOLVE) --constraint requirements.lock --all-extras --group build --group dev pyproject.toml -o requirements-dev.lock

clean:
	rm -rf $(VENV) demo site
