#!/bin/sh
# Usage: lock.sh [--upgrade]
# Brings the lock files in step with pyproject.toml and package.json; `--upgrade` also takes newer
# Python packages. Development comes first: the runtime lock holds the versions the tests ran with.
# The runtime has a node's packages, too: the demo runs one.
set -eu
cd "$(dirname "$0")/../.."

upgrade=${1:-}

resolve() {
    .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
        --no-header --no-annotate --no-emit-index-url --no-emit-find-links ${upgrade:+"$upgrade"} "$@"
}

echo "Resolving the Python packages"
resolve pyproject.toml --extra dev --group build --group lock --output-file requirements/dev.txt
resolve pyproject.toml --extra node --group build --constraints requirements/dev.txt \
    --output-file requirements/runtime.txt
resolve --group node --output-file requirements/node.txt
resolve --group fuzz --output-file requirements/fuzz.txt
echo "Resolving the npm packages"
npm install --package-lock-only --ignore-scripts --omit-lockfile-registry-resolved --loglevel=error
.venv/bin/python scripts/toolchain/check_locks.py
