"""Indexes of made-up lineage graphs."""

from collections.abc import Iterator

import lineage_rows
import pytest

from dataledger.index.store import Store, sqlite_url


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """An index that tests plant their graphs into: each has versions of its own."""
    path = tmp_path_factory.mktemp("index") / "lineage.sqlite3"
    with Store(sqlite_url(path)) as opened:
        lineage_rows.make(opened)
        yield opened


@pytest.fixture(scope="session")
def plant(store: Store) -> lineage_rows.Planter:
    return lineage_rows.Planter(store)
