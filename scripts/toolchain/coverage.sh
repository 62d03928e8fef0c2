#!/bin/sh
# Measures the branches that the tests reach, and fails where fewer are reached than promised: 95 % in
# hashing, manifest and chain, every one in the contracts.
set -eu
cd "$(dirname "$0")/../.."
. scripts/toolchain/environment.sh

echo "Measuring the coverage of the package"
rm -rf build/coverage
mkdir -p build/coverage
.venv/bin/pytest --quiet --cov --cov-report=
.venv/bin/coverage report
.venv/bin/coverage json --quiet -o build/coverage/package.json
.venv/bin/python scripts/toolchain/check_package_coverage.py build/coverage/package.json

echo "Measuring the coverage of the contracts"
FOUNDRY_PROFILE=coverage forge coverage \
    --no-match-coverage 'tests/|node_modules/' \
    --report summary --report lcov --report-file build/coverage/contracts.lcov
.venv/bin/python scripts/toolchain/check_contract_coverage.py build/coverage/contracts.lcov
