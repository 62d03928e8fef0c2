"""The ledger's events: one frozen value each, read from a log and written back into it.

Those of `DataUse` stand in `use_events`.

Fields stand in the order of the Solidity event; a test holds them to the compiled ABI.
"""

from dataclasses import dataclass
from functools import cache
from typing import ClassVar, Self

from dataledger.contracts.abi import (
    AbiItem,
    abi_items,
    decode,
    encode,
    field_types,
    from_raw,
    malformed,
    to_raw,
)
from dataledger.contracts.artifacts import ContractName
from dataledger.contracts.head_rule import RawLog
from dataledger.contracts.identifiers import Address, DatasetId, Head, OrgId, PolicyId, Slug, Stage
from dataledger.contracts.types import Capability, Policy, Role, Severity, VersionRecord
from dataledger.hashing import Digest, Hash32


@dataclass(frozen=True, slots=True)
class LogContent:
    """A log without the place where it stands."""

    topics: tuple[Hash32, ...]
    data: bytes


@dataclass(frozen=True, slots=True)
class Event:
    """An event of one of the contracts."""

    contract: ClassVar[ContractName]

    def to_log(self) -> LogContent:
        """Return the log that the contract writes for this event."""
        item = event_item(type(self))
        kinds = field_types(type(self))
        raw = [to_raw(kind, getattr(self, name)) for name, kind in kinds.items()]
        pairs = list(zip(item.inputs, raw, strict=True))
        topics = [Hash32(encode([p.type], [value])) for p, value in pairs if p.is_indexed]
        data = [(p.type, value) for p, value in pairs if not p.is_indexed]
        return LogContent(
            (item.topic, *topics), encode([kind for kind, _ in data], [value for _, value in data])
        )

    @classmethod
    def from_log(cls, log: RawLog) -> Self:
        """Return the event of this class that `log` holds.

        Raises:
            NodeError: the log is of another event, or not as the contract writes it.
        """
        item = event_item(cls)
        indexed = [p for p in item.inputs if p.is_indexed]
        if log.topics[:1] != (item.topic,) or len(log.topics) != len(indexed) + 1:
            raise malformed(f"no log of {item.name}", b"".join(log.topics))
        raw = [decode([p.type], t)[0] for p, t in zip(indexed, log.topics[1:], strict=True)]
        raw += decode([p.type for p in item.inputs if not p.is_indexed], log.data)
        kinds = field_types(cls).values()
        return cls(*(from_raw(kind, value) for kind, value in zip(kinds, raw, strict=True)))


# ----------------------------------------------------------------------------------- organisations


@dataclass(frozen=True, slots=True)
class OrganisationEvent(Event):
    """An event of the contract `Organisations`."""

    contract = ContractName.ORGANISATIONS


@dataclass(frozen=True, slots=True)
class OrganisationAdmitted(OrganisationEvent):
    """`parent` is None, and `by` the deployer, for the root authority."""

    org: OrgId
    parent: OrgId | None
    by: Address
    slug: Slug
    name: str
    capabilities: Capability
    grantable: Capability
    profile_digest: Digest | None
    recorded_at_unix: int


@dataclass(frozen=True, slots=True)
class CapabilitiesChanged(OrganisationEvent):
    """The organisation `by_org` replaced what `org` holds and may grant."""

    org: OrgId
    by_org: OrgId
    by: Address
    capabilities: Capability
    grantable: Capability
    recorded_at_unix: int


@dataclass(frozen=True, slots=True)
class OrganisationSuspended(OrganisationEvent):
    """The organisation `by_org` stopped `org` and those below it from acting."""

    org: OrgId
    by_org: OrgId
    by: Address
    reason: str
    recorded_at_unix: int


@dataclass(frozen=True, slots=True)
class OrganisationReinstated(OrganisationEvent):
    """The suspension of `org` was lifted."""

    org: OrgId
    by_org: OrgId
    by: Address
    recorded_at_unix: int


@dataclass(frozen=True, slots=True)
class MemberAdded(OrganisationEvent):
    """`key` was bound to `org`."""

    org: OrgId
    key: Address
    by: Address
    role: Role
    valid_from_unix: int
    valid_until_unix: int
    recorded_at_unix: int


@dataclass(frozen=True, slots=True)
class MemberRenewed(OrganisationEvent):
    """The end of a membership was moved."""

    org: OrgId
    key: Address
    by: Address
    valid_until_unix: int
    recorded_at_unix: int


@dataclass(frozen=True, slots=True)
class MemberEnded(OrganisationEvent):
    """A membership was ended before its time."""

    org: OrgId
    key: Address
    by: Address
    recorded_at_unix: int


@dataclass(frozen=True, slots=True)
class KeyRotated(OrganisationEvent):
    """`new_key` took over the role and remaining window of `old_key`."""

    org: OrgId
    old_key: Address
    new_key: Address
    recorded_at_unix: int


@dataclass(frozen=True, slots=True)
class RootHandoverProposed(OrganisationEvent):
    """`successor` may take over the root authority."""

    successor: Address
    by: Address
    recorded_at_unix: int


@dataclass(frozen=True, slots=True)
class RootHandoverCancelled(OrganisationEvent):
    """The proposal of `successor` was withdrawn."""

    successor: Address
    by: Address
    recorded_at_unix: int


@dataclass(frozen=True, slots=True)
class RootHandedOver(OrganisationEvent):
    """`successor` is the one ADMIN of the root authority."""

    successor: Address
    generation: int
    recorded_at_unix: int


# ------------------------------------------------------------------------------------------ ledger


@dataclass(frozen=True, slots=True)
class PolicyPublished(Event):
    """`digest` is the policy's own `Policy.digest`."""

    contract = ContractName.DATASET_LEDGER

    policy: PolicyId
    org: OrgId
    by: Address
    digest: Hash32
    content: Policy
    recorded_at_unix: int


@dataclass(frozen=True, slots=True)
class DatasetEvent(Event):
    """An event of a dataset; `head` is the dataset's head after it."""

    contract = ContractName.DATASET_LEDGER

    dataset: DatasetId
    org: OrgId
    by: Address
    head: Head


@dataclass(frozen=True, slots=True)
class DatasetRegistered(DatasetEvent):
    """`record` is version 1; None where the dataset was registered without one."""

    policy: PolicyId
    slug: Slug
    record: VersionRecord | None
    recorded_at_unix: int


@dataclass(frozen=True, slots=True)
class VersionAdded(DatasetEvent):
    """`stage` is where the version led to."""

    version: int
    stage: Stage
    record: VersionRecord
    recorded_at_unix: int


@dataclass(frozen=True, slots=True)
class StepApproved(DatasetEvent):
    """`org` approved a step that another organisation may then take."""

    version: int
    from_stage: Stage
    to_stage: Stage
    evidence: Digest
    recorded_at_unix: int


@dataclass(frozen=True, slots=True)
class Advanced(DatasetEvent):
    """`org` took a step."""

    version: int
    from_stage: Stage
    to_stage: Stage
    evidence: Digest
    recorded_at_unix: int


@dataclass(frozen=True, slots=True)
class DatasetDescribed(DatasetEvent):
    """The owner `org` described the dataset anew; `description` is the document's digest."""

    description: Digest
    recorded_at_unix: int


@dataclass(frozen=True, slots=True)
class DatasetSuspended(DatasetEvent):
    """The regulator `org` froze the dataset."""

    from_stage: Stage
    reason: str
    recorded_at_unix: int


@dataclass(frozen=True, slots=True)
class DatasetReinstated(DatasetEvent):
    """The regulator `org` returned the dataset to `to_stage`."""

    to_stage: Stage
    reason: str
    recorded_at_unix: int


@dataclass(frozen=True, slots=True)
class VersionRecalled(DatasetEvent):
    """`stage` is where the recall left the dataset."""

    version: int
    severity: Severity
    stage: Stage
    reason: str
    recorded_at_unix: int


EVENTS: tuple[type[Event], ...] = (
    OrganisationAdmitted,
    CapabilitiesChanged,
    OrganisationSuspended,
    OrganisationReinstated,
    MemberAdded,
    MemberRenewed,
    MemberEnded,
    KeyRotated,
    RootHandoverProposed,
    RootHandoverCancelled,
    RootHandedOver,
    PolicyPublished,
    DatasetRegistered,
    VersionAdded,
    StepApproved,
    Advanced,
    DatasetDescribed,
    DatasetSuspended,
    DatasetReinstated,
    VersionRecalled,
)
"""The events of the contracts that every profile names."""


# ------------------------------------------------------------------------------------------ reading


def event_item(kind: type[Event]) -> AbiItem:
    """Return the ABI of an event class."""
    return _items()[kind.contract, kind.__name__]


def topic_of(kind: type[Event]) -> Hash32:
    """Return the first topic of the logs that hold such events."""
    return event_item(kind).topic


def decode_event(log: RawLog) -> Event:
    """Return the event that a log of one of the contracts holds.

    Raises:
        NodeError: the topic is unknown, or the log is not as the contract writes it.
    """
    kind = _by_topic().get(log.topics[0]) if log.topics else None
    if kind is None:
        raise malformed("a log of an unknown event", b"".join(log.topics))
    return kind.from_log(log)


def name_of(log: RawLog) -> str:
    """Return the name of the event that a log claims to hold; its topic where that is unknown."""
    kind = _by_topic().get(log.topics[0])
    return f"0x{log.topics[0].hex()}" if kind is None else kind.__name__


@cache
def _items() -> dict[tuple[ContractName, str], AbiItem]:
    return {(c, item.name): item for c in ContractName for item in abi_items(c, "event")}


@cache
def _by_topic() -> dict[Hash32, type[Event]]:
    from dataledger.contracts.use_events import USE_EVENTS  # which builds on this module

    return {topic_of(kind): kind for kind in (*EVENTS, *USE_EVENTS)}
