"""Indexes that have their tables and nothing else, made once: Alembic takes a tenth of a second."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from dataledger.index.migrations import migrate
from dataledger.index.store import Store, sqlite_url


def make_tables(store: Store) -> None:
    """Leave a database as `migrate` does, by a copy where it is a file that is not there yet."""
    if store.path is None or store.path.exists():
        migrate(store)
        return
    store.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    store.path.write_bytes(_empty_file())


@cache
def _empty_file() -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "empty.sqlite3"
        with Store(sqlite_url(path)) as store:
            migrate(store)
        return path.read_bytes()
