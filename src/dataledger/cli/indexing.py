"""The index that a command reads: where it is kept, and bringing it up to date."""

from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from dataledger.cli.session import Session

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dataledger.index.index import Index
    from dataledger.ledger import Ledger

INDEX_VARIABLE = "DATALEDGER_INDEX"

index_option = click.option(
    "--index",
    "index_url",
    envvar=INDEX_VARIABLE,
    metavar="URL",
    help="Where the index is kept.  [default: a file in the home directory]",
)


@contextmanager
def open_index(session: Session, url: str | None) -> "Iterator[tuple[Ledger, Index]]":
    """Offer the ledger and its index, which is brought up to date first."""
    from dataledger.index.index import Index

    with session.reading() as ledger, Index.open(ledger, url) as index:
        index.sync()
        yield ledger, index
