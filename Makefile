# One command each. `make` alone prints this list.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:

VENV := .venv
PYTHON := $(VENV)/bin/python
READY := $(VENV)/.ready-$(shell cat requirements.lock pyproject.toml | cksum | cut -d' ' -f1)

.PHONY: help book test check bench pdf epub serve lab notebooks bundle lock clean

help: ## print this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1|/' | column -t -s'|'

book: $(READY) ## set up and build the whole site into _build/site
	@$(PYTHON) -m explainer build

test: $(READY) ## set up and run the tests (some open a browser, where there is one)
	@$(PYTHON) -m explainer build
	@tools/nbval.sh
	@$(PYTHON) -m pytest -q -n 2 --dist loadfile -m "not slow"

check: $(READY) ## the slow, complete tests: every page, width and theme, the bundle, faults
	@$(PYTHON) -m pytest -q -n 2 --dist loadfile

bench: book ## compare with stock Jupyter Book, and let the book grow: docs/benchmark.md
	@$(PYTHON) tools/bench.py

pdf: book ## the book and each chapter as PDF, into _build/pdf (needs Chromium)
	@$(PYTHON) tools/pdf.py

epub: book ## the book as EPUB, into _build/epub
	@$(PYTHON) tools/epub.py

serve: book ## build, then serve the site on http://localhost:8000
	@$(PYTHON) -m http.server 8000 --bind 127.0.0.1 --directory _build/site

lab: $(READY) ## open the notebooks in JupyterLab
	@$(VENV)/bin/jupyter lab notebooks

notebooks: $(READY) ## run the chapters and write the executed notebooks
	@$(PYTHON) -m explainer notebooks

bundle: ## rebuild the browser code (needs Node 20 or later)
	@cd web && npm ci --no-audit --no-fund --silent && npm run --silent build
	@echo "web/dist is built"

lock: ## resolve requirements.in anew (needs uv)
	@tools/lock.sh

clean: ## remove everything that was built
	@rm -rf _build $(VENV) .venv-*

$(READY): requirements.lock pyproject.toml
	@tools/setup.sh $(VENV)
	@rm -f $(VENV)/.ready-* && touch $@
