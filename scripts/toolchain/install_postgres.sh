#!/usr/bin/env bash
# Installs PostgreSQL's programs from the system's own packages, for the tests that run a server.
# Does nothing where they are there; says so where it cannot.
set -euo pipefail

shopt -s nullglob
found=(/usr/lib/postgresql/*/bin/initdb)
if ((${#found[@]})) || command -v initdb > /dev/null; then
  exit 0
fi
if [[ $(id -u) != 0 ]] || ! command -v apt-get > /dev/null; then
  echo "PostgreSQL is not installed, and can be only by root with apt-get: its tests are skipped." >&2
  exit 0
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -qq --no-install-recommends postgresql > /dev/null
