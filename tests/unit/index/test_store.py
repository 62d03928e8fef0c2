"""The database of an index: its URL, its file, its transactions."""

import stat
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from dataledger.errors import DataLedgerError, IndexUnusable, InvalidArgument
from dataledger.index.migrations import migrate
from dataledger.index.store import Store, sqlite_url

SECRET = "hunter2-very-secret"  # noqa: S105 - of nobody


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://auditor:{SECRET}@127.0.0.1:1/ledger",
        f"postgres://auditor:{SECRET}@127.0.0.1:1/ledger",
        f"postgresql://127.0.0.1:1/ledger?user=auditor&password={SECRET}",
    ],
)
def test_a_password_is_shown_nowhere(url: str) -> None:
    store = Store(url)
    with pytest.raises(IndexUnusable) as raised, store.read():
        pass
    for shown in (repr(store), store.shown_url, str(raised.value), repr(raised.value)):
        assert SECRET not in shown
        assert "127.0.0.1" in shown or "auditor" not in shown


@pytest.mark.parametrize(
    "url",
    [
        f"mysql://a:{SECRET}@host/b",
        f"{SECRET}",
        f"postgresql+{SECRET}://host/b",
        f"postgresql://a:{SECRET}@host:port/b",
        "sqlite://",
        "sqlite:///:memory:",
        f"sqlite:///file:/index?uri=true&key={SECRET}",
        "",
    ],
)
def test_other_urls_are_refused_without_their_secrets(url: str) -> None:
    with pytest.raises(InvalidArgument) as raised:
        Store(url)
    assert SECRET not in str(raised.value)
    assert "postgresql://" in raised.value.remedy


def test_the_file_is_private_and_its_directory_too(tmp_path: Path) -> None:
    path = tmp_path / "a" / "index.sqlite3"
    with Store(sqlite_url(path)) as store:
        migrate(store)
        modes = {stat.S_IMODE(entry.stat().st_mode) for entry in path.parent.iterdir()}
        assert modes == {0o600}
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_reading_an_index_that_is_not_there_makes_none(tmp_path: Path) -> None:
    path = tmp_path / "index.sqlite3"
    with pytest.raises(IndexUnusable, match="no index"), Store(sqlite_url(path)).read():
        pass
    assert not path.exists()


@pytest.mark.parametrize(
    "content", [b"no database at all" * 100, b"SQLite format 3\0" + b"x" * 999]
)
def test_a_file_that_is_no_database_is_said_to_be_none(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "index.sqlite3"
    path.write_bytes(content)
    with pytest.raises(IndexUnusable, match="cannot be used"):
        migrate(Store(sqlite_url(path)))
    assert path.read_bytes() == content


def test_a_directory_that_may_not_be_written_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DataLedgerError, match="cannot be used"):
        migrate(Store(sqlite_url(tmp_path / "file" / "index.sqlite3")))


def test_a_transaction_that_fails_leaves_nothing_and_readers_see_one_state(tmp_path: Path) -> None:
    with Store(sqlite_url(tmp_path / "index.sqlite3")) as store:
        migrate(store)
        insert = text("INSERT INTO blocks VALUES (1, x'00', 0, 0)")
        with pytest.raises(IndexUnusable), store.write() as connection:
            connection.execute(text("INSERT INTO blocks VALUES (1, x'00', 0, 0), (1, x'00', 0, 0)"))
        count = text("SELECT count(*) FROM blocks")
        with store.read() as reader:
            assert reader.scalar(count) == 0
            with store.write() as connection:
                connection.execute(insert)
            assert reader.scalar(count) == 0
        with store.read() as reader:
            assert reader.scalar(count) == 1


def test_what_a_driver_says_by_itself_is_said_as_all_else_that_fails(tmp_path: Path) -> None:
    with Store(sqlite_url(tmp_path / "index.sqlite3")) as store:
        with pytest.raises(IndexUnusable, match="it broke"), store.write():
            raise store.engine.dialect.loaded_dbapi.OperationalError("it broke")
        # Nor does it wait for ever for a connection, where too many are in use.
        store.engine = create_engine(store.engine.url, pool_size=1, max_overflow=0, pool_timeout=0)
        with store.read(), pytest.raises(IndexUnusable, match="too many"), store.read():
            pass
