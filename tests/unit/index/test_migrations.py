"""The migrations make exactly the tables of the schema."""

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import column, create_engine, table, text, update

from dataledger.errors import IndexUnusable
from dataledger.index import directory, migrations, schema
from dataledger.index.audit import Audit
from dataledger.index.migrations import LATEST, migrate, revision
from dataledger.index.store import Store, sqlite_url


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = Store(sqlite_url(tmp_path / "index.sqlite3"))
    migrate(store)
    return store


def _statements(store: Store) -> dict[str, str]:
    query = text(
        "SELECT name, sql FROM sqlite_master "
        "WHERE type IN ('table', 'index') AND sql IS NOT NULL AND tbl_name NOT LIKE '%_search%'"
    )
    with store.read() as connection:
        return {name: " ".join(sql.split()) for name, sql in connection.execute(query)}


def test_the_tables_are_those_of_the_schema(store: Store, tmp_path: Path) -> None:
    with store.read() as connection:
        options = {"compare_type": True, "compare_server_default": True}
        context = MigrationContext.configure(connection, opts=options)
        extra = {"datasets_search", migrations.VERSION_TABLE}
        found = [
            difference
            for difference in compare_metadata(context, schema.metadata)
            if not (
                difference[0] in {"remove_table", "remove_index"}
                and any(str(difference[1].name).startswith(name) for name in extra)
            )
        ]
        assert found == []
    # What that comparison does not look at: conditions of indexes, and tables without row ids.
    engine = create_engine(sqlite_url(tmp_path / "other.sqlite3"))
    schema.metadata.create_all(engine)
    engine.dispose()
    wanted = _statements(Store(sqlite_url(tmp_path / "other.sqlite3")))
    made = _statements(store)
    del made[migrations.VERSION_TABLE]
    assert made == wanted


def test_the_newest_step_is_the_one_that_is_looked_for() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    config.set_main_option("path_separator", "os")
    assert ScriptDirectory.from_config(config).get_heads() == [LATEST]


def test_migrating_twice_changes_nothing(store: Store) -> None:
    before = _statements(store)
    migrate(store)
    assert (_statements(store), revision(store)) == (before, LATEST)


def test_an_index_of_a_later_release_is_left_alone(store: Store) -> None:
    with store.write() as connection:
        version = table(migrations.VERSION_TABLE, column("version_num"))
        connection.execute(update(version).values(version_num="9999"))
    with pytest.raises(IndexUnusable, match="later release"):
        migrate(store)
    assert revision(store) == "9999"
    with pytest.raises(IndexUnusable, match="another release"):
        Audit(store).summary()


def test_a_migration_that_breaks_off_leaves_nothing_and_can_begin_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(sqlite_url(tmp_path / "broken.sqlite3"))

    def break_off(_connection: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(directory, "create_directory", break_off)
        with pytest.raises(KeyboardInterrupt):
            migrate(store)
    assert (_statements(store), revision(store)) == ({}, None)
    migrate(store)
    assert revision(store) == LATEST
