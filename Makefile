# make demo: the product's main job, told as a story. make test: everything that can be checked on this machine.
SHELL := /bin/bash
# the first that runs and is new enough; where none is, whatever python3 there is, so that its version can be named
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
  $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && exit; done; command -v python3)
VENV := .venv
BIN := $(VENV)/bin
DEMO_ARGS ?=
TEST_ARGS ?=

.PHONY: setup setup-dev demo test pictures test-clients lint bench soak audit lock clean

setup: $(VENV)/.runtime taskpane/dist/taskpane.html

setup-dev: $(VENV)/.dev taskpane/dist/taskpane.html

$(VENV)/.runtime: requirements.lock pyproject.toml scripts/prepare
	@scripts/prepare python "$(PYTHON)" requirements.lock
	@touch $@

$(VENV)/.dev: requirements-dev.lock pyproject.toml scripts/prepare
	@scripts/prepare python "$(PYTHON)" requirements-dev.lock
	@touch $@ $(VENV)/.runtime

taskpane/dist/taskpane.html: scripts/prepare taskpane/package-lock.json taskpane/build.mjs $(shell find taskpane/src taskpane/public -type f 2>/dev/null)
	@scripts/prepare pane

demo: setup
	@$(BIN)/clickmeeting-addin demo $(DEMO_ARGS)

test: setup-dev
	@scripts/prepare chromium
	@cd taskpane && npm run --silent check && npm test --silent
	@$(BIN)/python -m pytest --ignore=tests/clients -n auto --maxprocesses 3 --dist loadfile $(TEST_ARGS)

# every state of the pane at 320 px in light, dark and forced colours, to be looked at: build/pictures
pictures: setup-dev
	@PANE_PICTURES=build/pictures $(BIN)/python -m pytest -q tests/browser/pane/test_pane_pictures.py $(TEST_ARGS)
	@echo "pictures: build/pictures"

test-clients: setup-dev
	@$(BIN)/python -m pytest tests/clients $(TEST_ARGS)

lint: setup-dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache
	@cd taskpane && npm run --silent check
	@echo "lint: clean"

bench: setup-dev
	@for script in bench/[a-z]*.py; do echo "== $$script"; $(BIN)/python -m bench.$$(basename $$script .py) || exit 1; done

soak: setup-dev
	@$(BIN)/python -m pytest tests/crash -m soak $(TEST_ARGS)

# Writes the bills of materials and asks the registries for known faults: needs the network, so no part of the gate.
audit: setup-dev
	@mkdir -p build
	@$(BIN)/python -m pip install --quiet pip-audit cyclonedx-bom
	@$(BIN)/cyclonedx-py requirements requirements.lock --output-file build/sbom-python.json
	@cd taskpane && npm sbom --sbom-format cyclonedx --omit dev > ../build/sbom-pane.json
	@echo "Bills of materials: build/sbom-python.json, build/sbom-pane.json"
	@$(BIN)/pip-audit --requirement requirements.lock --disable-pip --strict
	@cd taskpane && npm audit --omit dev

# For maintainers: resolve anew. Only names, versions and hashes are kept.
lock: $(VENV)/.dev
	@$(BIN)/python -m pip install --quiet uv
	@scripts/lock

clean:
	rm -rf $(VENV) taskpane/node_modules taskpane/dist build *.egg-info
