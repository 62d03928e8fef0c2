#!/usr/bin/env bash
# Installs bubblewrap from the system's own packages, for nodes that run approved algorithms, and for
# their tests. Does nothing where it is there; says so where it cannot.
set -euo pipefail

if command -v bwrap > /dev/null; then
  exit 0
fi
if [[ $(id -u) != 0 ]] || ! command -v apt-get > /dev/null; then
  echo "bubblewrap is not installed, and can be only by root with apt-get: its tests are skipped." >&2
  exit 0
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -qq --no-install-recommends bubblewrap > /dev/null
