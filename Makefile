# The commands of a checkout. Each does its own set-up on a fresh Debian or Ubuntu machine; see lab/README.md.
PYTHON ?= python3
BIN := .venv/bin
LAB := $(PYTHON) -m lab
export PATH := $(CURDIR)/$(BIN):$(PATH)
export ANSIBLE_COLLECTIONS_PATH := $(CURDIR)/.ansible/collections

.DEFAULT_GOAL := help
.PHONY: help demo check test test-all test-faults test-operations bench lint unit sanity real molecule venv clean

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 24

demo: ## three local systemd hosts with a running cluster
	@$(LAB) demo

check: ## the quick part: lint and unit tests, three minutes
	@echo "Lint and unit tests run side by side; each is shown when it has ended."
	@$(MAKE) --no-print-directory --jobs=2 --output-sync lint unit

test: check sanity molecule ## what CI runs

test-all: export ROCKETMQ_MODES = all
test-all: EXCLUDED = default release-5.5.0 faults operations
test-all: molecule real ## every mode and version, in the scenarios that `make test` leaves out

test-faults: export ROCKETMQ_FAULTS ?= all
test-faults: ## killed runs, damaged files, dead hosts, full disks; 35 minutes
test-operations: ## operations on a cluster in use
test-faults test-operations:
	$(LAB) prepare
	molecule test --scenario-name $(@:test-%=%)

bench: ## measures what README.md says; takes long, and nothing else should run
	@$(LAB) prepare
	@$(BIN)/python -m bench

# Tests look at the clock, so what runs beside them is nice.
lint: venv ## yamllint, ansible-lint, ruff, mypy
	yamllint --strict .
	ruff check
	mypy
	nice ansible-lint --offline --profile production

unit: venv ## pytest
	PYTHONPATH=$(ANSIBLE_COLLECTIONS_PATH) pytest -n 2 --dist loadfile --no-loadscope-reorder

sanity: venv ## ansible-test sanity on a copy of the collection
	$(BIN)/python tools/sanity.py

real: ## settings of releases, read back from real processes
	$(LAB) prepare
	PYTHONPATH=$(ANSIBLE_COLLECTIONS_PATH) pytest tests/real

EXCLUDED = releases modes proxy operations
molecule: ## the Molecule scenarios: clusters on real RocketMQ
	$(LAB) prepare
	molecule test --all $(EXCLUDED:%=--exclude %)

venv:
	@$(LAB) venv

clean: ## takes away what demo and tests made
	@$(LAB) clean
