"""Where the contract `DatasetLedger` keeps what a bundle shows, and how it packs it.

The numbers are those of the compiler's storage layout; a test holds them to it. They belong to the
code whose hash is pinned.
"""

from dataclasses import dataclass

from dataledger.contracts.identifiers import DatasetId, keccak256
from dataledger.evidence.verifier import rlp
from dataledger.evidence.verifier.refusal import refused
from dataledger.hashing import Hash32

HEADS = 6
COMMITMENTS = 7
SUSPENDED_BY = 8
STATES = 9
RECALLS = 10

WORD_BYTES = 32


@dataclass(frozen=True, slots=True)
class Recall:
    """What the contract keeps of a recall."""

    org: int
    severity: int
    recorded_at_unix: int


@dataclass(frozen=True, slots=True)
class State:
    """What the contract keeps of a dataset's state, as far as its history tells the same."""

    owner: int
    stage: int
    version_count: int
    policy: int
    updated_at_unix: int


def head_slot(dataset: DatasetId) -> Hash32:
    """Return where the dataset's head is."""
    return _of(HEADS, dataset.value)


def state_slot(dataset: DatasetId) -> Hash32:
    """Return where the dataset's state is."""
    return _of(STATES, dataset.value)


def suspended_by_slot(dataset: DatasetId) -> Hash32:
    """Return where it is kept who suspended the dataset."""
    return _of(SUSPENDED_BY, dataset.value)


def commitment_slot(dataset: DatasetId, version: int) -> Hash32:
    """Return where a version's commitment is."""
    return _of(COMMITMENTS, dataset.value, version.to_bytes(WORD_BYTES))


def recall_slot(dataset: DatasetId, version: int) -> Hash32:
    """Return where a version's recall is."""
    return _of(RECALLS, dataset.value, version.to_bytes(WORD_BYTES))


def all_slots(dataset: DatasetId, versions: tuple[int, ...]) -> list[Hash32]:
    """Return every slot that a bundle about these versions shows."""
    slots = [head_slot(dataset), state_slot(dataset), suspended_by_slot(dataset)]
    for version in versions:
        slots += [commitment_slot(dataset, version), recall_slot(dataset, version)]
    return slots


def word(value: bytes | None) -> Hash32:
    """Return what a slot holds, by its value in the storage trie: zero where there is none."""
    if value is None:
        return Hash32(bytes(WORD_BYTES))
    number = rlp.to_integer(rlp.decode(value))
    if number == 0:
        raise refused("A storage trie holds a zero.")
    return Hash32(number.to_bytes(WORD_BYTES))


def to_state(packed: Hash32) -> State:
    """Return the state in its word."""
    number = int.from_bytes(packed)
    return State(
        owner=_field(number, 0, 32),
        stage=_field(number, 32, 8),
        version_count=_field(number, 40, 32),
        policy=_field(number, 72, 16),
        updated_at_unix=_field(number, 88, 40),
    )


def to_recall(packed: Hash32) -> Recall | None:
    """Return the recall in its word; None where there is none."""
    number = int.from_bytes(packed)
    if number == 0:
        return None
    return Recall(_field(number, 0, 32), _field(number, 32, 8), _field(number, 40, 40))


def _field(number: int, at: int, bits: int) -> int:
    return number >> at & (1 << bits) - 1


def _of(slot: int, *keys: bytes) -> Hash32:
    place = Hash32(slot.to_bytes(WORD_BYTES))
    for key in keys:
        place = keccak256(key + place)
    return place
