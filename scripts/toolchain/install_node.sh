#!/bin/sh
# Usage: install_node.sh runtime|dev
# Fills node_modules from package-lock.json: the development chain, or that and the compilers. Needs
# .venv, which lends Node.js where the machine has none.
set -eu
cd "$(dirname "$0")/../.."
PATH="$PWD/.venv/bin:$PATH"
export PATH

if ! { node -e 'process.exit(parseInt(process.versions.node) < 18 ? 1 : 0)' && npm --version; } \
    >/dev/null 2>&1; then
    echo "Installing Node.js into .venv, as this machine has none of version 18 or later"
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-input \
        --require-hashes --requirement requirements/node.txt
fi

if [ "$1" = runtime ]; then
    echo "Installing the development chain (anvil) into node_modules"
    npm ci --omit=dev --no-progress --loglevel=error
else
    echo "Installing the development chain, the compilers and the contract libraries into node_modules"
    npm ci --no-progress --loglevel=error
fi
