"""A lineage graph of any shape put into an index as bare rows, without a chain."""

import random
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any

from empty_index import make_tables
from sqlalchemy import Table, insert, update

from dataledger.contracts.identifiers import DatasetId
from dataledger.contracts.types import Relation
from dataledger.hashing import Digest, Hash32
from dataledger.index import schema
from dataledger.index.store import Store
from dataledger.ledger.results import VersionRef

Parents = Sequence[tuple[int, Relation]]
Graph = Mapping[int, Parents]
"""For each version, by a number of its own, the numbers of its parents."""

OWNER = 2
START_UNIX = 1_700_000_000
_ROWS = 10_000
_ADDRESS = "0x" + "00" * 20
_NO_HASH = "0x" + "00" * 32


def id_of(number: int) -> DatasetId:
    """Return the dataset of which the numbered version is the only one."""
    return DatasetId(Hash32(sha256(f"lineage {number}".encode()).digest()))


def ref_of(number: int) -> VersionRef:
    """Return the numbered version."""
    return VersionRef(id_of(number), 1)


def name_of(number: int) -> str:
    """Return how it is named."""
    return f"acme/d{number}@1"


def block_of(number: int) -> int:
    """Return the block in which it was recorded; one a second."""
    return number + 1


def make(store: Store) -> None:
    """Make an index with one organisation, and nothing else in it."""
    make_tables(store)
    with store.write() as connection:
        connection.execute(
            insert(schema.chain).values(
                id=1,
                chain_id=1,
                genesis_hash=_NO_HASH,
                dataset_ledger=_ADDRESS,
                organisations=_ADDRESS,
                first_block=1,
                block_number=0,
                block_hash=_NO_HASH,
                block_timestamp_unix=START_UNIX,
            )
        )
        connection.execute(
            insert(schema.organisations).values(
                org=OWNER,
                slug="acme",
                name="Acme",
                parent=1,
                admitted_event=0,
                admitted_at_unix=0,
                capabilities=1,
                grantable=0,
            )
        )


def plant(store: Store, graph: Graph, *, recalled: Mapping[int, int] = {}) -> None:
    """Put versions and edges into the index; `recalled` says in which block of its own."""
    blocks = {*map(block_of, graph), *recalled.values()}
    with store.write() as connection:
        for table, rows in (
            (schema.datasets, (_dataset(number) for number in graph)),
            (schema.versions, (_version(number, recalled.get(number)) for number in graph)),
            (schema.lineage, _edges(graph)),
            (schema.events, (_event(block) for block in blocks)),
            (schema.blocks, (_block(block) for block in blocks)),
        ):
            _insert(connection, table, rows)
        connection.execute(
            update(schema.chain).values(
                block_number=max(blocks), block_timestamp_unix=START_UNIX + max(blocks)
            )
        )


class Planter:
    """Plants graphs side by side into one index, each with numbers that no other has."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._next = 1

    def __call__(self, graph: Graph, *, recalled: Collection[int] = ()) -> int:
        """Plant a graph, and return what is to be added to its numbers; recalls come last."""
        base = self._next
        moved = {
            base + number: [(base + parent, relation) for parent, relation in parents]
            for number, parents in graph.items()
        }
        self._next += max(graph) + 2
        last = block_of(self._next)
        self._next += 1
        plant(self._store, moved, recalled={base + number: last for number in recalled})
        return base


def wide(count: int) -> Graph:
    """Return one version from which all others came."""
    return {n: [(0, Relation.DERIVED)] if n else [] for n in range(count)}


def chain(count: int) -> Graph:
    """Return versions that each came from the one before."""
    return {n: [(n - 1, Relation.DERIVED)] if n else [] for n in range(count)}


def layered(count: int, *, width: int = 100, parents: int = 3, seed: int = 1) -> Graph:
    """Return layers of versions that each came from several of the layer before."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    relations = tuple(Relation)

    def drawn(number: int) -> Parents:
        layer = (number - 1) // width
        above = range(1 + (layer - 1) * width, 1 + layer * width)
        numbers = [0] if layer == 0 else chance.sample(above, parents)
        return [(number, chance.choice(relations)) for number in numbers]

    return {number: drawn(number) if number else [] for number in range(count)}


def _insert(connection: Any, table: Table, rows: Iterable[dict[str, Any]]) -> None:
    part: list[dict[str, Any]] = []
    for row in rows:
        part.append(row)
        if len(part) == _ROWS:
            connection.execute(insert(table), part)
            part.clear()
    if part:
        connection.execute(insert(table), part)


def _key(block: int) -> int:
    return block << schema.LOG_INDEX_BITS


def _dataset(number: int) -> dict[str, Any]:
    at = START_UNIX + block_of(number)
    event = _key(block_of(number))
    return {
        "dataset": id_of(number),
        "owner": OWNER,
        "slug": f"d{number}",
        "policy": 1,
        "stage": 1,
        "version_count": 1,
        "stage_event": event,
        "head": bytes(32),
        "registered_event": event,
        "registered_at_unix": at,
        "updated_at_unix": at,
        "last_event": event,
        "last_event_unix": at,
        "event_count": 1,
    }


def _version(number: int, recalled_in: int | None) -> dict[str, Any]:
    is_recalled = recalled_in is not None
    return {
        "dataset": id_of(number),
        "version": 1,
        "content_root": Digest.of(str(number).encode()),
        "manifest_digest": Digest.of(str(number).encode()),
        "size_bytes": 1,
        "file_count": 1,
        "record_count": 0,
        "salt_scheme": 0,
        "event": _key(block_of(number)),
        "recorded_at_unix": START_UNIX + block_of(number),
        "recall_severity": 1 if is_recalled else None,
        "recalled_by": OWNER if is_recalled else None,
        "recalled_at_unix": None if recalled_in is None else START_UNIX + recalled_in,
        "recall_event": None if recalled_in is None else _key(recalled_in),
    }


def _edges(graph: Graph) -> Iterator[dict[str, Any]]:
    for number, parents in graph.items():
        for position, (parent, relation) in enumerate(parents):
            yield {
                "child_dataset": id_of(number),
                "child_version": 1,
                "position": position,
                "parent_dataset": id_of(parent),
                "parent_version": 1,
                "relation": relation,
                "event": _key(block_of(number)),
                "parent_event": _key(block_of(parent)),
            }


def _event(block: int) -> dict[str, Any]:
    return {
        "event": _key(block),
        "contract": "DatasetLedger",
        "kind": "VersionAdded",
        "recorded_at_unix": START_UNIX + block,
        "transaction_hash": _NO_HASH,
        "topics": b"",
        "data": b"",
        "details": {},
    }


def _block(block: int) -> dict[str, Any]:
    return {
        "number": block,
        "hash": _NO_HASH,
        "timestamp_unix": START_UNIX + block,
        "event_count": 1,
    }
