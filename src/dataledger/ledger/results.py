"""What the ledger's nouns return: frozen values, each complete in itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeAlias, TypeVar

from dataledger.chain.answers import Log
from dataledger.chain.identifiers import TransactionHash
from dataledger.contracts.events import DatasetEvent, Event
from dataledger.contracts.identifiers import Address, DatasetId, Head, OrgId, PolicyId, Slug, Stage
from dataledger.contracts.types import (
    Capability,
    Parts,
    Policy,
    Recall,
    Relation,
    Role,
    VersionRecord,
)
from dataledger.hashing import Digest

E = TypeVar("E", bound=Event)
E_co = TypeVar("E_co", bound=Event, covariant=True)

OrgRef: TypeAlias = OrgId | str
"""An organisation: its id; or text, which is its id in decimal digits, or else its slug."""
DatasetRef: TypeAlias = DatasetId | str
"""A dataset: its id; or text, which is `0x…` (the id) or `OWNER/SLUG`, the owner as an `OrgRef`."""
StageRef: TypeAlias = Stage | str
"""A stage: its number, or the name that the dataset's policy gives it."""


@dataclass(frozen=True, slots=True)
class Confirmed(Generic[E_co]):
    """A write that the chain holds, and what it recorded.

    Where `already_there`, the chain held exactly what was asked before anything was sent now;
    then transaction and block are the earlier write's, and `gas_used` is 0.
    """

    event: E_co
    """What was recorded, with organisation, key and time."""
    transaction_hash: TransactionHash
    block_number: int
    gas_used: int
    already_there: bool = False

    @classmethod
    def earlier(cls, found: "Recorded[E_co]") -> "Confirmed[E_co]":
        """Return an event that was there before."""
        return cls(
            event=found.event,
            transaction_hash=found.log.transaction_hash,
            block_number=found.log.block_number,
            gas_used=0,
            already_there=True,
        )


@dataclass(frozen=True, slots=True)
class Recorded(Generic[E_co]):
    """An event, with the log that holds it."""

    event: E_co
    log: Log


def last_of(events: Sequence[Recorded[E]]) -> Recorded[E] | None:
    """Return the last of events that stand oldest first, if there is any."""
    return events[-1] if events else None


# ----------------------------------------------------------------------------------- organisations


@dataclass(frozen=True, slots=True)
class Organisation:
    """An organisation as it stands."""

    id: OrgId
    slug: Slug
    name: str
    """As it was admitted: untrusted text."""
    parent: OrgId | None
    """None for the root authority."""
    depth: int
    capabilities: Capability
    """What it was given."""
    grantable: Capability
    """What it may give to organisations below it."""
    effective: Capability
    """What it can do now, limited by those above it; nothing while one of them is suspended."""
    suspended_by: OrgId | None
    profile_digest: Digest | None
    admitted_at_unix: int


@dataclass(frozen=True, slots=True)
class Member:
    """A key's membership in an organisation."""

    key: Address
    org: OrgId
    role: Role
    valid_from_unix: int
    valid_until_unix: int
    """First second after validity; `WITHOUT_END` where it has no end."""
    is_active: bool
    """Whether the key can act now: within its window, not superseded, no one above suspended."""


@dataclass(frozen=True, slots=True)
class PublishedPolicy:
    """A lifecycle policy on the chain."""

    id: PolicyId
    policy: Policy
    org: OrgId
    """Who published it."""
    recorded_at_unix: int


# ---------------------------------------------------------------------------------------- datasets


@dataclass(frozen=True, slots=True)
class Dataset:
    """A dataset as it stood at the end of block `as_of_block`."""

    id: DatasetId
    slug: Slug
    owner: OrgId
    owner_slug: Slug
    policy: PolicyId
    stage: Stage
    stage_name: str
    version_count: int
    """Also the number of the current version; 0 where there is none yet."""
    duties: tuple[OrgId | None, OrgId | None, OrgId | None]
    """Who last did duty 1, 2 and 3."""
    carried_over: tuple[bool, bool, bool]
    """Whether duty 1, 2 and 3 were last done for an earlier version."""
    suspended_by: OrgId | None
    resume_stage: Stage | None
    """Where it returns to once reinstated."""
    head: Head
    registered_at_unix: int
    updated_at_unix: int
    """When stage or version last changed."""
    as_of_block: int


@dataclass(frozen=True, slots=True)
class Version:
    """A version of a dataset."""

    dataset: DatasetId
    number: int
    record: VersionRecord
    recall: Recall | None
    recorded_at_unix: int


@dataclass(frozen=True, slots=True)
class History:
    """All events of a dataset, oldest first, which were found to lead to the contract's head."""

    dataset: DatasetId
    events: tuple[Recorded[DatasetEvent], ...]
    head: Head
    as_of_block: int


@dataclass(frozen=True, slots=True)
class NextStep:
    """A step that the policy has from the dataset's stage, whoever may take it."""

    to_stage: Stage
    to_stage_name: str
    capability: Capability
    """What the organisation that takes it needs."""
    must_differ: Parts
    """Which parts in the dataset's life it must not have."""
    owner_only: bool
    approvals: int
    """How many other organisations must approve it first."""
    allowed_from_unix: int


# ----------------------------------------------------------------------------------------- lineage


@dataclass(frozen=True, slots=True, order=True)
class VersionRef:
    """One version, as a node of the lineage graph."""

    dataset: DatasetId
    version: int

    def __str__(self) -> str:
        return f"{self.dataset}@{self.version}"


@dataclass(frozen=True, slots=True)
class LineageEdge:
    """`child` came from `parent`."""

    parent: VersionRef
    child: VersionRef
    relation: Relation


@dataclass(frozen=True, slots=True)
class Lineage:
    """The part of the lineage graph that is reached from `start` in one direction.

    `edges` stand in the order in which a breadth-first walk from `start` meets them.
    """

    start: VersionRef
    edges: tuple[LineageEdge, ...]
    as_of_block: int

    @property
    def versions(self) -> tuple[VersionRef, ...]:
        """Every version reached, without `start`, nearest first."""
        met = dict.fromkeys(end for edge in self.edges for end in (edge.parent, edge.child))
        return tuple(version for version in met if version != self.start)


@dataclass(frozen=True, slots=True)
class TaintedVersion:
    """A version that came from a recalled one, which the contract confirms.

    `path` leads from the recalled version, first, to this one, last: a shortest of such paths.
    """

    version: VersionRef
    path: tuple[VersionRef, ...]


@dataclass(frozen=True, slots=True)
class Taint:
    """All that came from one recalled version, nearest first."""

    recalled: VersionRef
    recall: Recall
    tainted: tuple[TaintedVersion, ...]
    as_of_block: int
