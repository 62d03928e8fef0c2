"""Descriptions beside the chain, brought into the index where events name them.

A document may come to this machine long after the event that names it, so what is missing is looked
for again at every sync. Its digest was checked when it was read; that it is true, nothing shows.
"""

import re
from collections.abc import Iterator, Sequence

from sqlalchemy import Connection, exists, insert, select

from dataledger.errors import DataLedgerError
from dataledger.hashing import Digest
from dataledger.index import schema
from dataledger.index.changes import Row
from dataledger.index.cursor import lock_cursor
from dataledger.index.schema import INDEXED_CHARACTERS, SEARCHED_CHARACTERS
from dataledger.index.store import Store
from dataledger.ledger.documents import Documents
from dataledger.manifest.description import Description

DESCRIPTION = "description"

_AT_ONCE = 200
_BYTES_AT_ONCE = 16 * 1024 * 1024
"""What one transaction takes in, and what is in memory: one description may be as long."""
_UNSEARCHABLE = re.compile("[\0\ud800-\udfff]")


def fill(store: Store, documents: Documents) -> int:
    """Bring in the descriptions that datasets have now and that `documents` has, once each.

    Returns how many were new. One that was altered, or is no description, is left out as if it were
    not there.

    Raises:
        IndexUnusable: the database fails.
    """
    with store.read() as connection:
        missing = _missing(connection)
    count = 0
    for part in _in_parts(_found(documents, missing)):
        with store.write() as connection:
            # The database copies what a dataset's description says when either of them arrives.
            # Side by side with a sync, they might miss each other, or wait for each other for ever.
            lock_cursor(connection)
            digests = [row["digest"] for row in part]
            known = set(
                connection.scalars(
                    select(schema.documents.c.digest).where(schema.documents.c.digest.in_(digests))
                )
            )
            new = [row for row in part if row["digest"] not in known]
            if new:
                connection.execute(insert(schema.documents), new)
            count += len(new)
    return count


def _missing(connection: Connection) -> Sequence[Digest]:
    named, kept = schema.datasets.c.description, schema.documents.c.digest
    return connection.scalars(
        select(named).distinct().where(named.is_not(None), ~exists().where(kept == named))
    ).all()


def _found(documents: Documents, digests: Sequence[Digest]) -> Iterator[Description]:
    for digest in digests:
        try:
            yield documents.description(digest)
        except DataLedgerError:
            continue


def row_of(digest: Digest, description: Description) -> Row:
    """Return the row of a description in the table `documents`."""
    texts = (description.title, *description.keywords, description.description or "")
    searched = _UNSEARCHABLE.sub(" ", "\n".join(texts))
    return {
        "digest": digest,
        "kind": DESCRIPTION,
        "content": description.to_json(),
        "title": description.title,
        "description": description.description,
        "licence": _cut(description.licence),
        "sector": _cut(description.sector),
        "region": _cut(description.region),
        "quality": _cut(description.quality),
        "keywords": list(description.keywords),
        "search_text": searched[:SEARCHED_CHARACTERS],
    }


def _cut(text: str | None) -> str | None:
    return None if text is None else text[:INDEXED_CHARACTERS]


def _in_parts(found: Iterator[Description]) -> Iterator[list[Row]]:
    """Return the rows of descriptions in lists, of which no more than one is in memory."""
    part: list[Row] = []
    size_bytes = 0
    for description in found:
        part.append(row_of(description.digest, description))
        size_bytes += len(description.to_bytes())
        if len(part) == _AT_ONCE or size_bytes >= _BYTES_AT_ONCE:
            yield part
            part, size_bytes = [], 0
    if part:
        yield part
