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
for room in hashing manifest chain; do
    echo "At least 95 % of $room"
    .venv/bin/coverage report --include="src/dataledger/$room/*" --fail-under=95 >/dev/null
done

echo "Measuring the coverage of the contracts"
FOUNDRY_PROFILE=coverage forge coverage \
    --no-match-coverage 'tests/|node_modules/' \
    --report summary --report lcov --report-file build/coverage/contracts.lcov
.venv/bin/python scripts/toolchain/check_contract_coverage.py build/coverage/contracts.lcov
