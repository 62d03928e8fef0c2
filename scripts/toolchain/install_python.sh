#!/bin/sh
# Usage: install_python.sh runtime|dev
# Fills .venv with the hashed lock of that name and with this checkout. Whatever was interrupted
# before is started afresh.
set -eu
cd "$(dirname "$0")/../.."

unfinished=.venv/.unfinished

# Written for any Python: it must tell an old one from a new one.
new_enough='import sys; sys.exit(sys.version_info < (3, 11))'

# The oldest comes first: for 3.13, Ape's numpy is no wheel and takes minutes to compile.
find_python() {
    for candidate in ${PYTHON:-python3.11 python3.12 python3 python3.13}; do
        if "$candidate" -c "$new_enough" 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
    echo "Python 3.11 or later was not found. Install it, or name it: make PYTHON=/path/to/python" >&2
    exit 1
}

if [ -e "$unfinished" ] || ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
    python=$(find_python)
    echo "Making a Python environment in .venv"
    rm -rf .venv
    mkdir .venv
    touch "$unfinished"
    "$python" -m venv .venv
fi

echo "Installing the Python packages of requirements/$1.txt into .venv (about a minute)"
touch "$unfinished"
.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-input \
    --use-pep517 --require-hashes --requirement "requirements/$1.txt"
.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-input \
    --no-deps --no-index --no-build-isolation --editable .
rm "$unfinished"
