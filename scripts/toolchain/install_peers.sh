#!/bin/sh
# Usage: install_peers.sh
# Installs into build/peers what benchmarks/fingerprint.py compares with and the system does not
# have: Python packages into an environment of their own, and b3sum. What cannot be installed is
# said, and left out; the benchmark says so again.
set -eu
cd "$(dirname "$0")/../.."

peers=build/peers
b3sum_version=1.8.7

missing() {
    echo "Not installed: $1" >&2
}

mkdir -p "$peers"
if ! "$peers/python/bin/python" -m pip --version >/dev/null 2>&1; then
    echo "Making a Python environment in $peers/python"
    rm -rf "$peers/python"
    .venv/bin/python -m venv "$peers/python"
fi
echo "Installing dvc, model-signing and pymerkle into $peers/python (about a minute)"
# model-signing 1.1 imports pyOpenSSL and does not name it as a dependency.
for packages in "dvc==3.67.1" "model-signing==1.1.1 pyOpenSSL" "pymerkle==7.0.0"; do
    # Split on purpose: a peer and what it lacks.
    # shellcheck disable=SC2086
    "$peers/python/bin/python" -m pip install --quiet --disable-pip-version-check --no-input \
        $packages || missing "$packages"
done

if "$peers/bin/b3sum" --version 2>/dev/null | grep -q " $b3sum_version\$"; then
    echo "b3sum $b3sum_version is installed"
elif command -v cargo >/dev/null; then
    echo "Building b3sum $b3sum_version (about a minute)"
    cargo install --quiet --locked --force --root "$peers" --version "$b3sum_version" b3sum \
        || missing b3sum
elif command -v b3sum >/dev/null; then
    echo "Taking the system's b3sum, as there is no cargo to build $b3sum_version"
else
    missing "b3sum: there is no cargo to build it; or install the system's package b3sum"
fi
