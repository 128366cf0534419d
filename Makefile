# Two commands set everything up: `make demo` and `make test`.
# uv is used where it is there, else venv and pip.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := $(shell command -v uv 2>/dev/null)

ifeq ($(UV),)
INSTALL = $(BIN)/python -m pip install --quiet --disable-pip-version-check
else
INSTALL = $(UV) pip install --quiet --python $(BIN)/python
endif

.PHONY: demo test check lint types imports audit notebooks embedded mutation lock chromium clean help

help:
	@echo "make demo      install and run the main job on the embedded records"
	@echo "make test      install what the tests need and run them all"
	@echo "make check     the fast part, for the working loop"
	@echo "make audit     ask the advisory service about every pinned dependency"
	@echo "make notebooks run the examples and keep them as .ipynb, with their figures, in notebooks/"
	@echo "make embedded DATA=FOLDER   rebuild the embedded records from the published releases"
	@echo "make mutation  put faults into the code by chance and see how many the tests notice (an hour)"
	@echo "make lock      refresh the lock files"

$(BIN)/python:
	@$(if $(UV),$(UV) venv --quiet --python $(PYTHON) $(VENV),$(PYTHON) -m venv $(VENV))

$(VENV)/.run: requirements.lock pyproject.toml | $(BIN)/python
	@echo "installing what atlarge needs to run"
	@$(INSTALL) --require-hashes -r requirements.lock
	@$(INSTALL) --no-deps --editable .
	@touch $@

$(VENV)/.dev: requirements-dev.lock pyproject.toml | $(BIN)/python
	@echo "installing what the tests need"
	@$(INSTALL) --require-hashes -r requirements-dev.lock
	@$(INSTALL) --no-deps --editable .
	@touch $@ $(VENV)/.run

demo: $(VENV)/.run
	@$(BIN)/atlarge demo

lint: $(VENV)/.dev
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check

types: $(VENV)/.dev
	@$(BIN)/mypy

imports: $(VENV)/.dev
	@$(BIN)/lint-imports

chromium:
	@command -v chromium >/dev/null || { echo "installing Chromium for the browser tests"; \
	  apt-get update -qq && apt-get install -y -qq chromium >/dev/null; }

# Rooms whose tests start processes or answer whole questions wait for `make test`.
WHOLE := tests/api tests/claims tests/crash tests/engines tests/explain/test_explain.py tests/hostile \
  tests/places/test_command.py tests/places/test_own.py tests/publish/test_site.py tests/disclosure/test_suppression.py \
  tests/effects/test_pooled.py tests/surges/test_catalogue.py

check: lint types imports
	@$(BIN)/pytest -m "not slow and not browser" -n 2 --dist worksteal $(addprefix --ignore=,$(WHOLE))

notebooks: $(VENV)/.dev
	@$(BIN)/python tools/notebooks.py

audit: $(VENV)/.dev
	@$(BIN)/python tools/audit.py

test: lint types imports chromium
	@$(BIN)/python tools/audit.py --where-reached
	@$(BIN)/pytest -n 2 --dist worksteal --cov --cov-report=term:skip-covered

embedded: $(VENV)/.run
	@$(BIN)/python tools/known_places.py $(DATA)
	@$(BIN)/python tools/embed.py $(DATA)

# Only this needs cosmic-ray, so no lock holds it.
mutation: $(VENV)/.dev
	@$(INSTALL) cosmic-ray==8.7.0
	@$(BIN)/python benchmarks/mutation.py

# uv resolves the locks for every system at once; pip cannot.
lock: $(VENV)/.dev
	@$(UV) pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header pyproject.toml -o requirements.lock
	@$(UV) pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --all-extras --group dev pyproject.toml -o requirements-dev.lock

clean:
	rm -rf $(VENV) demo site
