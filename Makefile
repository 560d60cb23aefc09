# The doors to the workspace. PYTHON selects the interpreter:
#   make test PYTHON=python3.12

PYTHON ?= python3
# Of the random numbers of the demo: make demo SEED=1
SEED ?= 0
VERSION := $(shell $(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)
MANIFESTS := $(wildcard packages/*/pyproject.toml plugins/*/pyproject.toml)
# Another Python or a changed dependency makes the environment anew.
STAMP := .venv/.setup-$(VERSION)
# Recipes run the environment's own tools, as an activated shell would.
IN_VENV := PATH="$(CURDIR)/.venv/bin:$$PATH"
# Scripts of benchmarks/ that need no reference and no choice.
SPEED := lensing_density lensing_fit tokens optics_speed optics_layers \
  lambda3_speed lambda3_bayes flow

.DEFAULT_GOAL := help
.PHONY: help setup demo test lint docs bench clean

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 10

setup: $(STAMP) ## make .venv with every package (editable) and every tool

$(STAMP): pyproject.toml $(MANIFESTS)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo 'Python 3.11 or newer is needed; "$(PYTHON)" is $(or $(VERSION),not there).'; \
	  echo 'Name another one: make $(MAKECMDGOALS) PYTHON=python3.12'; exit 1; }
	$(PYTHON) -m venv --clear .venv
	.venv/bin/python -m pip install --quiet --disable-pip-version-check uv
	.venv/bin/uv pip install --quiet --python .venv/bin/python --group dev \
	  $(MANIFESTS:%/pyproject.toml=--editable %)
	@touch $@

demo: $(STAMP) ## simulate a gravitational lens, fit it, compare with the truth
	rm -rf demo
	$(IN_VENV) python examples/lens/instrument.py demo/instrument
	$(IN_VENV) forwardax simulate examples/lens/simulate.yaml \
	  --set folder=demo/instrument --out demo/data --seed $(SEED)
	$(IN_VENV) forwardax fit examples/lens/fit.yaml \
	  --set folder=demo/data --out demo/run --seed $(SEED)

test: $(STAMP) ## lint, import contracts, types, every default test suite
	$(IN_VENV) nox -s check

lint: $(STAMP) ## style, formatting and file sizes only
	$(IN_VENV) nox -s 'check(lint)'

docs: $(STAMP) ## build the site into site/ and run its code blocks
	$(IN_VENV) nox -s docs

bench: $(STAMP) ## run every benchmark of speed
	@for name in $(SPEED); do \
	  echo "== $$name"; $(IN_VENV) python benchmarks/$$name.py || exit 1; \
	done

clean: ## remove environments and build products
	rm -rf .venv .nox demo dist site
