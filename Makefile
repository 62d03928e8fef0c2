# Needs Python 3.11 or later, make and git; everything else is installed into .venv and node_modules
# from the hashed lock files. `make help` lists the targets.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

toolchain := scripts/toolchain
python := .venv/bin/python
forge := node_modules/.bin/forge
python_runtime := .venv/.runtime-installed
python_dev := .venv/.dev-installed
python_fuzz := .venv/.fuzz-installed
node_runtime := node_modules/.runtime-installed
node_dev := node_modules/.dev-installed
solc := node_modules/.solc/.installed

export PATH := $(CURDIR)/.venv/bin:$(CURDIR)/node_modules/.bin:$(PATH)
export SOLCX_BINARY_PATH := $(CURDIR)/node_modules/.solc
# Tests start hundreds of processes: each would compile the package again.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help
help: ## List the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | column -t -s '|' 2>/dev/null \
		|| sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1: \2/p' $(MAKEFILE_LIST)

# --- Use ---

.PHONY: demo
demo: $(python_runtime) $(node_runtime) ## Show a dataset's whole life on a development chain
	@.venv/bin/dataledger demo

# --- Develop ---

.PHONY: install
install: $(python_dev) $(node_dev) $(solc) ## Install everything that development needs

.PHONY: build
build: install ## Compile the contracts into the package's artifacts; build the wheel into dist/
	@echo "Compiling the contracts"
	@$(python) $(toolchain)/build_contracts.py
	@echo "Building the wheel"
	@$(python) -m pip wheel --quiet --no-deps --no-index --no-build-isolation --wheel-dir dist .

.PHONY: format
format: install ## Format Python and Solidity
	@.venv/bin/ruff check --fix-only --quiet
	@.venv/bin/ruff format
	@$(forge) fmt

.PHONY: check
check: install ## Check format, style, types, the layers and the lock files
	@echo "Checking the format of Python"
	@.venv/bin/ruff format --check
	@echo "Checking the style of Python"
	@.venv/bin/ruff check
	@echo "Checking types"
	@.venv/bin/mypy
	@echo "Checking which room imports which"
	@.venv/bin/lint-imports --no-logo
	@echo "Checking the format of Solidity"
	@$(forge) fmt --check
	@echo "Checking the style of Solidity"
	@FOUNDRY_PROFILE=lint $(forge) lint contracts
	@echo "Checking the lock files"
	@$(python) $(toolchain)/check_locks.py

.PHONY: test
test: install ## Run every test, three kinds at a time; each kind reports when it is done
	@echo "Running every test, three kinds at a time; each kind reports when it is done"
	@# The longest first; integration tests wait for chains and nodes most of the time. Each is a
	@# process of its own, so that whether it may fork stays as it is.
	@$(MAKE) --jobs=3 --keep-going $(if $(filter output-sync,$(.FEATURES)),--output-sync=target) \
		test-integration test-unit test-nodes test-contracts test-ape

.PHONY: test-contracts
test-contracts: install
	@echo "Testing the contracts with Foundry (unit, fuzz, invariants)"
	@$(forge) test --summary

.PHONY: test-ape
test-ape: install
	@echo "Testing the contracts and the administrators' scripts with Ape"
	@# Not in the user's own folder, where another project may have left other packages.
	@APE_DATA_FOLDER="$(CURDIR)/build/ape" .venv/bin/ape test tests/ape

.PHONY: test-unit
test-unit: install
	@echo "Testing the package in parts, and that its artifacts are what the contracts compile to"
	@.venv/bin/pytest tests/unit

.PHONY: test-integration
test-integration: install
	@echo "Testing the package against chains, stores and clusters on this machine"
	@.venv/bin/pytest tests/integration --ignore=tests/integration/node

.PHONY: test-nodes
test-nodes: install
	@echo "Testing owners' nodes, as processes of their own"
	@.venv/bin/pytest tests/integration/node

.PHONY: test-deep
test-deep: install ## Test for long: more fuzzing and invariants, kills, races for the last of a budget, 100 federated trials
	@FOUNDRY_PROFILE=deep $(forge) test --summary
	@.venv/bin/pytest tests/deep

.PHONY: fuzz
fuzz: $(python_fuzz) ## Fuzz every parser, guided by coverage; SECONDS for each (Linux)
	@$(python) tests/fuzz/run.py --seconds $(or $(SECONDS),60)

.PHONY: coverage
coverage: install ## Measure which branches the tests reach, in Python and Solidity
	@$(toolchain)/coverage.sh

.PHONY: bench
bench: install ## Measure gas beside a peer
	@$(python) benchmarks/gas.py

.PHONY: bench-fingerprint
bench-fingerprint: install ## Measure fingerprints and proofs beside peers (10 GB, half an hour; Rust for b3sum)
	@$(toolchain)/install_peers.sh
	@$(python) benchmarks/fingerprint.py $(OPTIONS)

.PHONY: bench-audit
bench-audit: install ## Measure the index and its answers beside the chain's logs (a million events, half an hour)
	@$(python) benchmarks/audit.py $(OPTIONS)

.PHONY: bench-lineage
bench-lineage: install ## Measure lineage among 100,000 versions
	@$(python) benchmarks/lineage.py $(OPTIONS)

.PHONY: bench-matching
bench-matching: install ## Measure private set intersection beside the library alone (a minute)
	@$(python) benchmarks/matching.py $(OPTIONS)

.PHONY: lock
lock: $(python_dev) $(node_dev) ## Bring the lock files in step with pyproject.toml and package.json
	@$(toolchain)/lock.sh $(if $(UPGRADE),--upgrade)

.PHONY: clean
clean: ## Remove everything built and installed here
	@rm -rf .venv node_modules build dist .build contracts/.cache
	@rm -rf .coverage .hypothesis .import_linter_cache .mypy_cache .pytest_cache tests/ape/.pytest_cache .ruff_cache
	@find src tests scripts benchmarks -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

# --- Installed ---
# What development needs includes what running needs, so each development stamp makes both.

$(python_runtime): requirements/runtime.txt pyproject.toml
	@$(toolchain)/install_python.sh runtime
	@touch $@

$(python_dev): requirements/dev.txt requirements/runtime.txt pyproject.toml
	@$(toolchain)/install_python.sh dev
	@touch $(python_runtime) $@

$(python_fuzz): requirements/fuzz.txt $(python_dev)
	@$(toolchain)/install_python.sh fuzz
	@touch $@

$(node_runtime): package-lock.json | $(python_runtime)
	@$(toolchain)/install_node.sh runtime
	@touch $@

$(node_dev): package-lock.json | $(python_dev)
	@$(toolchain)/install_node.sh dev
	@touch $(node_runtime) $@

$(solc): $(node_dev) $(toolchain)/install_solc.py
	@echo "Installing the Solidity compiler"
	@$(python) $(toolchain)/install_solc.py
	@touch $@
