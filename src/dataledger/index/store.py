"""The database of an index: SQLite in a file, or a PostgreSQL server."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.dialects.sqlite.base import SQLiteCompiler
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from dataledger.chain.home import private_directory
from dataledger.errors import DependencyMissing, IndexUnusable, InvalidArgument, shown

BUSY_TIMEOUT_SECONDS = 60
"""How long one writer waits for another."""

_WRITES = "dataledger_writes"
_REMEDY = "Check that the database is there, takes connections and has room, and try again."


class Store:
    """A database, and transactions in it. Safe to share between threads.

    A transaction sees the index as one sync left it, whatever is written meanwhile. Its URL may
    hold a password, and is never shown.
    """

    def __init__(self, url: str) -> None:
        """Stand on the database at `url`; nothing is opened or created before it is used.

        Raises:
            InvalidArgument: the URL is malformed, or of another kind of database.
            DependencyMissing: PostgreSQL's driver is not installed.
        """
        self._url = _parse(url)
        self.shown_url = _without_secrets(self._url)
        """The URL without what may be secret."""
        self.engine: Engine = _engine(self._url)

    @property
    def is_postgresql(self) -> bool:
        """Whether the database is PostgreSQL; it is SQLite otherwise."""
        return self.engine.dialect.name == "postgresql"

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Offer a transaction that sees one state of the index.

        Raises:
            IndexUnusable: the database cannot be opened or fails.
        """
        with self._transaction(writes=False) as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Offer a transaction that is committed when the block ends well, else undone.

        On SQLite, it is the only one that writes; on PostgreSQL, lock what must not change.
        Raises as `read` does.
        """
        with self._transaction(writes=True) as connection:
            yield connection

    @contextmanager
    def _transaction(self, *, writes: bool) -> Iterator[Connection]:
        options: dict[str, Any] = {_WRITES: writes}
        # What is asked of the driver itself, as COPY is, fails with an error of its own.
        of_driver: type[Exception] = self.engine.dialect.loaded_dbapi.Error
        if self.is_postgresql and not writes:
            options |= {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        try:
            self._prepare_file(writes=writes)
            with (
                self.engine.connect().execution_options(**options) as connection,
                connection.begin(),
            ):
                yield connection
        except DBAPIError as error:
            raise self.unusable(str(error.orig)) from error
        except of_driver as error:
            raise self.unusable(str(error)) from error
        except PoolTimeout as error:
            raise self.unusable("too many transactions at once") from error

    def unusable(self, reason: str) -> IndexUnusable:
        """Return the error for a database that fails."""
        # A driver's message is not ours: it may say where it connected, as the URL gave it.
        if isinstance(self._url.password, str) and self._url.password:
            reason = reason.replace(self._url.password, "***")
        return IndexUnusable(
            f"The index at {self.shown_url} cannot be used: {shown(reason.strip())[1:-1]}.",
            remedy=_REMEDY,
        )

    def _prepare_file(self, *, writes: bool) -> None:
        """Make SQLite's file, which SQLite itself would let others read."""
        path = self.path
        if path is None or path.exists():
            return
        if not writes:
            raise IndexUnusable(
                f"There is no index at {self.shown_url}.",
                remedy="Make it with `dataledger index sync`.",
            )
        try:
            private_directory(path.parent)
            with suppress(FileExistsError):
                os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        except OSError as error:
            raise self.unusable(error.strerror or str(error)) from error

    @property
    def path(self) -> Path | None:
        """SQLite's file; None on PostgreSQL."""
        return None if self.is_postgresql else Path(str(self._url.database))

    def close(self) -> None:
        """Let go of all connections. Closing twice is no error."""
        self.engine.dispose()

    def __repr__(self) -> str:
        return f"Store({self.shown_url!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def sqlite_url(path: Path) -> str:
    """Return the URL of the index in a file."""
    return URL.create("sqlite", database=str(path.absolute())).render_as_string()


def _parse(text: str) -> URL:
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        # Not shown, not even in part: who knows where in it the password stands.
        raise InvalidArgument(
            "The index's URL is malformed.",
            remedy="Write sqlite:////absolute/path or postgresql://user@host/database.",
        ) from None
    name = url.drivername
    if name == "sqlite" and url.database not in (None, "", ":memory:"):
        if url.query:
            raise InvalidArgument(
                "An index in a file takes no parameters after a question mark.",
                remedy="Write sqlite:////absolute/path, with %3F for a question mark in it; or "
                "postgresql://user@host/database.",
            )
        return url
    if name in {"postgresql", "postgres", "postgresql+psycopg"}:
        return url.set(drivername="postgresql+psycopg")
    raise InvalidArgument(
        f"An index cannot be kept in {shown(_without_secrets(url))}.",
        remedy="Write sqlite:////absolute/path or postgresql://user@host/database.",
    )


def _without_secrets(url: URL) -> str:
    # Drivers take passwords as parameters as well.
    bare = url.set(query={}, drivername=url.drivername.partition("+")[0])
    return bare.render_as_string(hide_password=True)


def _engine(url: URL) -> Engine:
    try:
        if url.drivername == "sqlite":
            engine = create_engine(url, connect_args={"timeout": BUSY_TIMEOUT_SECONDS})
            engine.dialect.statement_compiler = _Compiler
            event.listen(engine, "connect", _prepare_sqlite)
            event.listen(engine, "begin", _begin_sqlite)
            return engine
        return create_engine(url, pool_pre_ping=True)
    except ModuleNotFoundError:
        raise DependencyMissing(
            "PostgreSQL's driver is not installed.",
            remedy="Install it: pip install 'dataledger[postgres]'.",
        ) from None
    except (NoSuchModuleError, SQLAlchemyError) as error:
        raise InvalidArgument(
            f"An index cannot be kept in {shown(_without_secrets(url))}.",
            remedy="Write sqlite:////absolute/path or postgresql://user@host/database.",
        ) from error


class _Compiler(SQLiteCompiler):
    """Writes `with_hint(table, "INDEXED BY …", "sqlite")` into statements; otherwise it is lost."""

    def get_from_hint_text(self, table: object, text: str | None) -> str | None:  # noqa: ARG002
        return text


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # Transactions begin where `_begin_sqlite` says; the driver would begin them at the first write.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_SECONDS * 1000}")
    # Readers go on beside the writer. What a power cut takes back, it takes back as a whole.
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute("PRAGMA temp_store=MEMORY")
    cursor.execute("PRAGMA cache_size=-65536")
    cursor.execute("PRAGMA mmap_size=268435456")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # A transaction that reads first and writes later could not wait for another writer.
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
