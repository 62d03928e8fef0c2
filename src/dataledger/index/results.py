"""What the index says of itself."""

from dataclasses import dataclass

from dataledger.chain.identifiers import BlockHash


@dataclass(frozen=True, slots=True)
class SyncProgress:
    """How far a sync has come."""

    block: int
    """Every event up to and with this block is in the index."""
    first_block: int
    """Where the sync started."""
    last_block: int
    """The block that it goes to."""
    events: int
    """Events read by it so far."""


@dataclass(frozen=True, slots=True)
class SyncResult:
    """What a sync did."""

    from_block: int | None
    """The block where the index stood before; None where it was empty."""
    to_block: int | None
    """The block where it stands; None where the chain has no block of the contracts."""
    events: int
    """How many events it added."""
    documents: int
    """How many documents it added."""
    rolled_back_to: int | None
    """The block to which the index went back, as the node no longer had those that followed.

    None where it did not. The chain was reorganised, or the node is behind the one asked before.
    """


@dataclass(frozen=True, slots=True)
class IndexStatus:
    """An index, and how far it has come."""

    url: str
    """Without what may be secret."""
    chain_id: int
    block_number: int | None
    """Every event up to and with this block is in; None where there is none yet."""
    block_hash: BlockHash | None
    block_timestamp_unix: int | None
    checked_block: int | None
    """Up to here, the contracts confirmed the heads that the events lead to."""
    head_block: int
    """The chain's newest block."""
    synced_at_unix: int | None
    events: int
    datasets: int
    organisations: int
    documents: int


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What a check compared, all of which agreed."""

    block_number: int
    events: int
    datasets: int
    organisations: int
    keys: int
