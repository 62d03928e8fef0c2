"""An indexer that is killed at any moment, on a chain that is reorganised, loses nothing.

Ten times here; `tests/deep/test_index_kills.py` does it two hundred times.
"""

from pathlib import Path
from random import Random

from consortium import Consortium
from index_trials import try_kills

from dataledger.index.store import sqlite_url

KILLS = 10


def test_a_killed_indexer_ends_equal_to_a_new_index(tmp_path: Path) -> None:
    random, done = Random(1), 0  # noqa: S311 - no secret
    for chain in range(5):
        with Consortium(tmp_path / f"home{chain}") as consortium:
            url = sqlite_url(tmp_path / f"{chain}.sqlite3")
            done += try_kills(consortium, url, tmp_path, random, KILLS - done)
        if done == KILLS:
            return
    raise AssertionError("the node lost its state again and again")
