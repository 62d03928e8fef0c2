"""`dataledger index`: the chain's events in a database, for audit and lineage."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from dataledger.cli.auditing import INDEX_VARIABLE
from dataledger.cli.command import group, pass_session, subcommand
from dataledger.cli.session import Session

if TYPE_CHECKING:
    from dataledger.index import Index

index_option = click.option(
    "--index",
    "url",
    metavar="URL",
    envvar=INDEX_VARIABLE,
    help="Where the index is: sqlite:////path or postgresql://….  [default: a file in the home]",
)


@group("index", examples=["dataledger index sync", "dataledger index status --check"])
def index() -> None:
    """Keep the chain's events in a database, for questions.

    A file of SQLite, or a PostgreSQL server. Every event of a dataset is checked against the
    dataset's hash chain, and against the head that the contract holds. It can be thrown away: all
    of it comes from the chain.
    """


@subcommand(
    index,
    "sync",
    examples=[
        "dataledger index sync",
        "dataledger index sync --index postgresql://auditor@db/ledger",
    ],
)
@index_option
@pass_session
def sync(session: Session, *, url: str | None) -> None:
    """Bring the index to the chain's newest block.

    It goes on where an earlier sync ended, however that ended.
    """
    from dataledger.cli.render.index import SyncBar, SyncView

    with _opened(session, url) as found:
        with session.waiting().paused(), SyncBar() as bar:
            result = found.sync(bar)
        session.show(SyncView(result))


@subcommand(index, "follow", examples=["dataledger index follow", "dataledger index follow --json"])
@click.option(
    "--every",
    "poll_seconds",
    type=click.FloatRange(min=0.05),
    default=1.0,
    show_default=True,
    help="Seconds between two looks at the chain.",
)
@index_option
@pass_session
def follow(session: Session, *, poll_seconds: float, url: str | None) -> None:
    """Keep the index at the chain's newest block.

    It goes on until interrupted, or stopped by SIGTERM. A line tells of each sync that changed
    something; with --json, one object per line. While a node does not answer, it is tried again.
    """
    import signal
    import threading

    from dataledger.cli.render.index import Following

    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    shown = Following(as_json=session.as_json)
    with _opened(session, url) as found:
        session.waiting().stop()
        found.follow(shown.synced, stop=stop, poll_seconds=poll_seconds, on_failure=shown.failed)


@subcommand(
    index, "status", examples=["dataledger index status", "dataledger index status --check"]
)
@click.option("--check", is_flag=True, help="Compare all of it with the contracts. Takes long.")
@index_option
@pass_session
def status(session: Session, *, check: bool, url: str | None) -> None:
    """Show how far the index has come.

    With --check, everything in it is made again from the logs that it keeps, and compared; and the
    heads that the logs lead to are compared with those that the contract holds.
    """
    from dataledger.cli.render.index import StatusView

    with _opened(session, url) as found:
        result = found.check() if check else None
        session.show(StatusView(found.status(), result))


@subcommand(index, "rebuild", examples=["dataledger index rebuild --yes"])
@click.option("--yes", is_flag=True, help="Do not ask.")
@index_option
@pass_session
def rebuild(session: Session, *, yes: bool, url: str | None) -> None:
    """Throw the index away, and make it again from the chain."""
    from dataledger.cli.render.index import SyncBar, SyncView

    with _opened(session, url) as found:
        with session.waiting().paused(), SyncBar() as bar:
            question = f"Make the index at {found.store.shown_url} anew?"
            if not yes and not click.confirm(question, err=True):
                click.get_current_context().exit(1)
            result = found.rebuild(bar)
        session.show(SyncView(result))


@contextmanager
def _opened(session: Session, url: str | None) -> Iterator["Index"]:
    from dataledger.index import Index

    with session.reading() as ledger, Index.open(ledger, url) as found:
        yield found
