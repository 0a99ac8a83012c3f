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

check: lint unit ## the quick part: lint and unit tests, under two minutes

test: check sanity molecule ## what CI runs

test-all: export ROCKETMQ_MODES = all
test-all: EXCLUDED = default release-5.5.0 faults operations
test-all: test real ## every mode and version, in the scenarios that `make test` leaves out; at most 75 minutes

test-faults: ## killed runs, damaged files, dead hosts, full disks; 25 minutes
test-operations: ## operations on a cluster in use; 40 minutes
test-faults test-operations:
	$(LAB) prepare
	molecule test --scenario-name $(@:test-%=%)

bench: ## measures what README.md says; takes long, and nothing else should run
	@$(LAB) prepare
	@$(BIN)/python -m bench

lint: venv ## yamllint, ansible-lint, ruff, mypy
	yamllint --strict .
	ansible-lint --offline --profile production
	ruff check
	mypy
	mypy lab bench tools/sanity.py

unit: venv ## pytest
	PYTHONPATH=$(ANSIBLE_COLLECTIONS_PATH) pytest -n 2

sanity: venv ## ansible-test sanity on a copy of the collection
	$(BIN)/python tools/sanity.py

real: ## the settings of every release on real processes
	$(LAB) prepare
	pytest tests/real

EXCLUDED = releases modes proxy faults operations
molecule: ## the Molecule scenarios: clusters on real RocketMQ
	$(LAB) prepare
	molecule test --all $(EXCLUDED:%=--exclude %)

venv:
	@$(LAB) venv

clean: ## takes away what demo and tests made
	@$(LAB) clean
