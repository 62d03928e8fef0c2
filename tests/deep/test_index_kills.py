"""Killing the indexer two hundred times: what `tests/integration/index/test_kill.py` does ten.

Not part of `make test`. `DATALEDGER_KILLS` says how often; `DATALEDGER_SEED` repeats a run.
"""

import os
import secrets
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from random import Random

import pytest
from consortium import Consortium
from index_trials import try_kills
from postgres import empty_database, running_server

from dataledger.index.store import sqlite_url

KILLS = int(os.environ.get("DATALEDGER_KILLS", "200"))
CHAIN_KILLS = 25
"""On one chain: then a new one begins, for the shallow chains of a test are the quicker ones."""
SEED = int(os.environ.get("DATALEDGER_SEED") or secrets.randbelow(10**6))


@pytest.mark.timeout(60 + 20 * KILLS)
def test_an_indexer_killed_at_any_moment_ends_equal_to_a_new_index(tmp_path: Path) -> None:
    try_with_new_chains(tmp_path, KILLS, lambda n: nullcontext(sqlite_url(tmp_path / f"{n}.db")))


@pytest.mark.timeout(60 + 20 * KILLS)
def test_the_same_holds_on_postgresql(tmp_path: Path) -> None:
    with running_server() as server:
        kills = max(1, KILLS // 4)
        try_with_new_chains(tmp_path, kills, lambda n: empty_database(server, f"kills{n}"))


def try_with_new_chains(
    folder: Path, kills: int, database: Callable[[int], AbstractContextManager[str]]
) -> None:
    sys.stdout.write(f"DATALEDGER_SEED={SEED}\n")
    random = Random(SEED)  # noqa: S311 - no secret
    done = chains = 0
    while done < kills:
        chains += 1
        with Consortium(folder / f"home{chains}") as consortium, database(chains) as url:
            done += try_kills(consortium, url, folder, random, min(CHAIN_KILLS, kills - done))
        assert chains <= 10 + kills, "the node loses its state again and again"
    sys.stdout.write(f"{done} kills on {chains} chains\n")
