# Sluice: `make help` lists what there is.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# Some images set it, for processes that start once. Ours start by the dozen, and each would compile all that it imports.
unexport PYTHONDONTWRITEBYTECODE

# What `make run` takes; each has a meaning in deploy/local/options.py.
PYTHON ?= python3
ENGINE ?= auto
MODEL ?=
DRAFT ?=
SPECULATION ?= $(if $(DRAFT),draft:$(DRAFT),ngram)
WORKERS ?= 1
PORT ?= 8080
WEB_PORT ?= 3000
NATS_PORT ?= 4222
POSTGRES_PORT ?= 55432
DATA ?= .sluice

BIN := .venv/bin
ENVIRONMENT := $(PYTHON) -m deploy.local.environment
NODE_READY := tests/node/node_modules/.package-lock.json
TESTS := tests/unit tests/contract tests/integration tests/e2e

##@ Use

.PHONY: help
help: ## This list
	@awk 'BEGIN {FS = ":.*## "} \
	  /^##@/ {printf "\n%s\n", substr($$0, 5)} \
	  /^[a-z0-9-]+:.*## / {printf "  %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@printf '\nmake run takes ENGINE=auto|vllm|simulated|extractive|openai MODEL=<path or id> WORKERS=n PORT=8080 WEB_PORT=3000\n'
	@printf '         NATS_PORT=4222 POSTGRES_PORT=55432 DATA=.sluice\n'

.PHONY: run
run: setup $(if $(filter vllm,$(ENGINE)),setup-vllm) ## Start everything on this machine; Ctrl-C stops it
	@exec $(BIN)/python -m deploy.local --engine '$(ENGINE)' --model '$(MODEL)' --workers '$(WORKERS)' \
	  --port '$(PORT)' --web-port '$(WEB_PORT)' --nats-port '$(NATS_PORT)' --postgres-port '$(POSTGRES_PORT)' --data '$(DATA)' --stop-with-parent

.PHONY: stop
stop: setup ## Stop what `make run` started in another terminal
	@$(BIN)/python -m deploy.local.stop --data '$(DATA)'

##@ Set up

.PHONY: setup
setup: ## .venv with what the embedded default needs (no torch, no CUDA); nothing to do: under a second
	@$(ENVIRONMENT) default

.PHONY: setup-dev
setup-dev: ## The same, with the tools of `make check` and the tests
	@$(ENVIRONMENT) dev

.PHONY: setup-vllm
setup-vllm: setup ## .venv-vllm with vLLM: for the GPU where there is one, else for the CPU (gigabytes)
	@$(ENVIRONMENT) vllm

.PHONY: setup-quantize
setup-quantize: setup ## .venv-quantize with llmcompressor (`sluice quantize` makes it itself when it is missing)
	@$(ENVIRONMENT) quantize

.PHONY: setup-web
setup-web: ## The web, built with Node 20.18 or newer; `make run` does it by itself
	@$(PYTHON) -m deploy.local.web_build

.PHONY: clean
clean: ## Remove environments and caches; .sluice/, where the data is, stays
	rm -rf .venv .venv-vllm .venv-quantize tests/node/node_modules services/web/node_modules services/web/.next \
	  .pytest_cache .ruff_cache .import_linter_cache .hypothesis reports
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

##@ Check

.PHONY: check
check: setup-dev $(NODE_READY) ## Format, lint, types, import rules, sizes, drift of proto/; the web too
	@$(MAKE) --keep-going check-format check-lint check-types check-imports check-sizes check-proto check-web

.PHONY: check-format check-lint check-types check-types-vllm check-types-quantize check-imports check-sizes check-proto check-web
check-format:
	$(BIN)/ruff format --check --quiet .
check-lint:
	$(BIN)/ruff check --quiet .
check-types:
	tests/node/node_modules/.bin/pyright --pythonpath $(BIN)/python
check-types-vllm:
	tests/node/node_modules/.bin/pyright --project deploy/checks/pyright-vllm.json --pythonpath .venv-vllm/bin/python
check-types-quantize:
	tests/node/node_modules/.bin/pyright --project deploy/checks/pyright-quantize.json --pythonpath .venv-quantize/bin/python
check-imports:
	$(BIN)/lint-imports --no-cache
check-sizes:
	$(BIN)/python -m pytest --quiet tests/unit/test_sizes.py
check-proto:
	$(BIN)/python -m proto.generate --check
check-web: web-packages
	cd services/web && npm run --silent check && npm run --silent types
.PHONY: first-load
first-load: setup-dev setup-web chromium ## What each page of the web loads of JavaScript at first; fails above 250 kB
	$(BIN)/python -m pytest --quiet tests/browser/test_weight.py
	@cat reports/first-load.json

.PHONY: web-packages
web-packages:
	@$(PYTHON) -m deploy.local.web_build packages

.PHONY: fmt
fmt: setup-dev ## Format, and mend what ruff can mend
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

##@ Test

.PHONY: test
test: setup-dev setup-vllm setup-quantize setup-web $(NODE_READY) ## Everything: check, unit, contract, integration, e2e, vLLM, browser, chaos in short
	@$(BIN)/python -m deploy.checks.suite

.PHONY: unit
unit: setup-dev ## Pure parts, in seconds
	$(BIN)/python -m pytest tests/unit

.PHONY: test-web
test-web: web-packages ## The pure parts of the web; REPORT=<file> for JUnit's form
	@mkdir -p reports
	cd services/web && node --import tsx --test $(if $(REPORT),--test-reporter=spec --test-reporter-destination=stdout \
	  --test-reporter=junit --test-reporter-destination='$(abspath $(REPORT))') test/*.test.ts

.PHONY: contract
contract: setup-dev $(NODE_READY) ## Each port's adapters, and the clients' own parsers
	$(BIN)/python -m pytest tests/contract

.PHONY: integration
integration: setup-dev setup-web ## Services against real NATS and PostgreSQL
	$(BIN)/python -m pytest tests/integration

.PHONY: e2e
e2e: setup-dev $(NODE_READY) ## The whole product, driven from outside
	$(BIN)/python -m pytest tests/e2e

.PHONY: browser
browser: setup-dev setup-web chromium ## The web in headless Chromium, on the whole product
	$(BIN)/python -m pytest tests/browser

.PHONY: chromium
chromium:
	@$(PYTHON) -m deploy.checks.browser

.PHONY: chaos
chaos: setup-dev setup-vllm ## Processes killed, paused and starved under live streams, at full size (`make test` runs a short form)
	SLUICE_CHAOS=full $(BIN)/python -m pytest tests/chaos --durations=0

.PHONY: rolling-restart
rolling-restart: setup-dev ## Every service restarted under 1,000 live streams, of which none may fail
	SLUICE_CHAOS=full $(BIN)/python -m pytest tests/chaos/test_rolling_restart.py

.PHONY: vllm
vllm: setup-vllm setup-quantize ## The engine's contract on vLLM, in process
	.venv-vllm/bin/python -m pytest tests/vllm

##@ Measure

.PHONY: bench-gpu
bench-gpu: setup-dev setup-vllm ## Sluice beside vLLM's own server on this GPU: MODEL=<folder>; three minutes a server
	$(BIN)/python -m bench.gpu --model '$(MODEL)'

.PHONY: bench-speculative
bench-speculative: setup-vllm ## Speculative decoding on and off: MODEL=<model> DRAFT=<smaller one> or SPECULATION=ngram
	.venv-vllm/bin/python -m bench.speculative --model '$(MODEL)' --speculation '$(SPECULATION)' $(ARGS)

$(NODE_READY): tests/node/package-lock.json
	npm ci --prefix tests/node --no-audit --no-fund --loglevel=error
	@touch $@

##@ Generate

.PHONY: screenshots
screenshots: setup-dev setup-web chromium ## Take the pictures of docs/images anew
	$(BIN)/python -m tests.browser.pictures

.PHONY: proto
proto: setup-dev ## Write proto/ anew from shared/messages and shared/subjects.py
	$(BIN)/python -m proto.generate

.PHONY: lock
lock: setup-dev ## Resolve deploy/locks/ anew (UPGRADE=1: to the newest releases)
	$(BIN)/python -m deploy.locks.compile $(if $(UPGRADE),--upgrade)
