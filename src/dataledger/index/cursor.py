"""Which chain an index is of, and how far it has come: the one row of the table `chain`."""

import time
from dataclasses import dataclass

from sqlalchemy import Connection, insert, select, update

from dataledger.chain.answers import Block
from dataledger.chain.identifiers import BlockHash
from dataledger.chain.profile import Profile
from dataledger.contracts.artifacts import ContractName
from dataledger.contracts.identifiers import Address
from dataledger.errors import IndexUnusable
from dataledger.index.changes import Row
from dataledger.index.schema import LOG_INDEX_BITS, blocks, chain
from dataledger.index.store import Store

INDEXED = (ContractName.ORGANISATIONS, ContractName.DATASET_LEDGER)
"""The contracts whose events are indexed."""
KEPT_EMPTY_BLOCKS = 1_000
"""How far behind the cursor blocks without events are kept, to know a reorganised chain by."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """The block up to which, and with which, every event is in the index."""

    number: int
    hash: BlockHash
    checked_block: int | None
    """The block up to which the rows were compared with the contracts."""


@dataclass(frozen=True, slots=True)
class Pins:
    """The chain and the contracts that a profile names."""

    row: Row
    contracts: dict[Address, ContractName]
    first_block: int

    @classmethod
    def of(cls, profile: Profile) -> "Pins":
        """Return what `profile` pins. Raises `ProfileError` where it names no contracts."""
        pins = {name: profile.contract(name) for name in INDEXED}
        first_block = min(pin.deployed_at_block for pin in pins.values())
        row = {
            "chain_id": profile.chain_id,
            "genesis_hash": profile.genesis_hash,
            "dataset_ledger": pins[ContractName.DATASET_LEDGER].address,
            "organisations": pins[ContractName.ORGANISATIONS].address,
            "first_block": first_block,
        }
        return cls(row, {pin.address: name for name, pin in pins.items()}, first_block)


def claim(store: Store, pins: Pins) -> None:
    """Return only if the index is of this chain; an index without a chain becomes so.

    Raises:
        IndexUnusable: it is of another chain, or of other contracts.
    """
    with store.read() as connection:
        found = connection.execute(select(chain)).mappings().first()
    if found is None:
        with store.write() as connection:
            # Two may come at once: the second one finds the row of the first.
            _lock_table(store, connection)
            found = connection.execute(select(chain)).mappings().first()
            if found is None:
                connection.execute(insert(chain), {"id": 1, "event_count": 0, **pins.row})
                return
    differing = [name for name, value in pins.row.items() if found[name] != value]
    if differing:
        names = ", ".join(name.replace("_", " ") for name in differing)
        raise IndexUnusable(
            f"The index at {store.shown_url} is of another chain than the profile: they differ in "
            f"{names}.",
            remedy="Use the profile that it was made with, or another index.",
        )


def read_cursor(connection: Connection) -> Cursor | None:
    """Return how far the index has come; None where it has nothing yet."""
    row = connection.execute(
        select(chain.c.block_number, chain.c.block_hash, chain.c.checked_block)
    ).one()
    return None if row[0] is None else Cursor(*row)


def lock_cursor(connection: Connection) -> Cursor | None:
    """Return how far the index has come, and keep it there until the transaction ends."""
    # On SQLite, whoever writes is alone, and FOR UPDATE is left out.
    connection.execute(select(chain.c.id).with_for_update())
    return read_cursor(connection)


def advance(
    connection: Connection, block: Block, found: list[Row], *, events: int, checked: bool
) -> None:
    """Move the cursor to `block`; `found` are the rows of the blocks that hold new events."""
    rows = {row["number"]: row for row in found}
    rows.setdefault(block.number, block_row(block.number, block.hash, block.timestamp_unix))
    connection.execute(insert(blocks), list(rows.values()))
    connection.execute(
        blocks.delete().where(
            blocks.c.event_count == 0, blocks.c.number < block.number - KEPT_EMPTY_BLOCKS
        )
    )
    values: Row = {
        "block_number": block.number,
        "block_hash": block.hash,
        "block_timestamp_unix": block.timestamp_unix,
        "synced_at_unix": int(time.time()),
        "event_count": chain.c.event_count + events,
    }
    if checked:
        values["checked_block"] = block.number
    connection.execute(update(chain).values(values))


def block_row(number: int, hash_: BlockHash, timestamp_unix: int, *, events: int = 0) -> Row:
    """Return a row of the table `blocks`."""
    return {
        "number": number,
        "hash": hash_,
        "timestamp_unix": timestamp_unix,
        "event_count": events,
    }


def first_event_after(block_number: int) -> int:
    """Return the least key that an event after this block can have."""
    return (block_number + 1) << LOG_INDEX_BITS


def _lock_table(store: Store, connection: Connection) -> None:
    if store.is_postgresql:
        connection.exec_driver_sql("LOCK TABLE chain IN EXCLUSIVE MODE")
