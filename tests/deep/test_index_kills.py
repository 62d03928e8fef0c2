"""Killing the indexer two hundred times: what `tests/integration/index/test_kill.py` does ten.

Not part of `make test`. `DATALEDGER_KILLS` says how often; `DATALEDGER_SEED` repeats a run.
"""

import os
import secrets
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from consortium import Consortium
from index_trials import try_kills
from postgres import running_server

from dataledger.index.store import sqlite_url

KILLS = int(os.environ.get("DATALEDGER_KILLS", "200"))
SEED = int(os.environ.get("DATALEDGER_SEED") or secrets.randbelow(10**6))


@pytest.fixture(scope="module")
def consortium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Consortium]:
    with Consortium(tmp_path_factory.mktemp("home")) as started:
        yield started


@pytest.mark.timeout(60 + 20 * KILLS)
def test_an_indexer_killed_at_any_moment_ends_equal_to_a_new_index(
    consortium: Consortium, tmp_path: Path
) -> None:
    sys.stdout.write(f"DATALEDGER_SEED={SEED}\n")
    random = Random(SEED)  # noqa: S311 - no secret
    url = sqlite_url(tmp_path / "killed.sqlite3")
    assert try_kills(consortium, url, tmp_path, random, KILLS) > 0


@pytest.mark.timeout(60 + 20 * KILLS)
def test_the_same_holds_on_postgresql(consortium: Consortium, tmp_path: Path) -> None:
    sys.stdout.write(f"DATALEDGER_SEED={SEED}\n")
    random = Random(SEED)  # noqa: S311 - no secret
    with running_server() as url:
        assert try_kills(consortium, url, tmp_path, random, max(1, KILLS // 4)) > 0
