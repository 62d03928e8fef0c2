"""A made-up index for all tests of audit, and small ones that a test writes itself."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from index_rows import Filled, Writer, fill

from dataledger.index.audit import Audit
from dataledger.index.store import Store, sqlite_url


@pytest.fixture(scope="session")
def filled_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Store, Filled]]:
    with Store(sqlite_url(tmp_path_factory.mktemp("index") / "index.sqlite3")) as store:
        yield store, fill(store, 240, owners=7)


@pytest.fixture
def store(filled_store: tuple[Store, Filled]) -> Store:
    return filled_store[0]


@pytest.fixture
def filled(filled_store: tuple[Store, Filled]) -> Filled:
    return filled_store[1]


@pytest.fixture
def audit(store: Store) -> Audit:
    return Audit(store)


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[Writer]:
    """An empty index, to which a test writes what it needs."""
    with Store(sqlite_url(tmp_path / "index.sqlite3")) as store:
        yield Writer(store)
