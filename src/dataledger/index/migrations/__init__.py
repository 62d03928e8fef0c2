"""How an index's tables come to be, step by step: Alembic's scripts, run by the package itself."""

from pathlib import Path

from sqlalchemy import Connection, column, inspect, select, table, text

from dataledger.errors import IndexUnusable
from dataledger.index.store import Store

LATEST = "0001"
"""The newest of the scripts in `versions`."""
VERSION_TABLE = "dataledger_index_version"

_FOLDER = Path(__file__).parent
_LOCK = 0x646C_6978
"""Held on PostgreSQL by whoever creates tables: two at once would collide."""


def migrate(store: Store) -> None:
    """Bring the tables of a database to what this release needs; where there are none, make them.

    Raises:
        IndexUnusable: a later release made them, or the database fails.
    """
    if revision(store) == LATEST:
        return
    from alembic import command
    from alembic.config import Config
    from alembic.util.exc import CommandError

    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    with store.write() as connection:
        if store.is_postgresql:
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, "head")
        except CommandError as error:
            raise IndexUnusable(
                f"The index at {store.shown_url} was made by a later release.",
                remedy="Update DataLedger, or use another index.",
            ) from error


def revision(store: Store) -> str | None:
    """Return the newest step that a database has taken; None where it has no tables.

    Raises:
        IndexUnusable: the database cannot be opened or fails.
    """
    if store.path is not None and not store.path.exists():
        return None
    with store.read() as connection:
        return revision_in(connection)


def revision_in(connection: Connection) -> str | None:
    """Return what `revision` does of the database that a transaction is in."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    found: str | None = connection.scalar(
        select(column("version_num")).select_from(table(VERSION_TABLE))
    )
    return found
