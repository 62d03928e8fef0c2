"""The contracts' enums and structs as frozen values.

Each dataclass has the fields of a Solidity struct, in that order, so that the codec in `abi` can go
from one to the other; a test holds them to the compiled ABI. Names change case; `from` and `to`
become `from_stage` and `to_stage`; times gain `_unix`. `None` stands for zero.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum, IntFlag
from typing import Self

from dataledger.contracts.identifiers import (
    RESERVED_STAGES,
    Address,
    Commitment,
    DatasetId,
    OrgId,
    PolicyId,
    Slug,
    Stage,
    keccak256,
)
from dataledger.errors import InvalidArgument
from dataledger.hashing import Digest, Hash32

# ------------------------------------------------------------------------------------------- enums


class Capability(IntFlag):
    """What an organisation may be entitled to do. Later contracts may define further bits."""

    CUSTODIAN = 1 << 0
    PROCESSOR = 1 << 1
    LABELER = 1 << 2
    AUDITOR = 1 << 3
    CONSUMER = 1 << 4
    REGULATOR = 1 << 5
    DIRECTORY = 1 << 6

    @property
    def names(self) -> tuple[str, ...]:
        """The names of its bits, lowest first; `BIT_n` for a bit without a meaning yet."""
        bits = (n for n in range(16) if self >> n & 1)
        return tuple(Capability(1 << n).name or f"BIT_{n}" for n in bits)


ALL_CAPABILITIES = Capability(0xFFFF)
"""What the root authority holds: every bit, known or not."""


class Role(IntEnum):
    """How a member acts for its organisation."""

    NONE = 0
    OPERATOR = 1
    """Acts on datasets."""
    ADMIN = 2
    """Acts on datasets, and administers the organisation and those below it."""


class Relation(IntEnum):
    """How a version came from its parent."""

    DERIVED = 0
    MERGED = 1
    SAMPLED = 2
    SYNTHESISED = 3
    LABELED_FROM = 4
    TRAINED_ON = 5


class Severity(IntEnum):
    """How serious a recall is."""

    ADVISORY = 0
    SERIOUS = 1
    CRITICAL = 2


DUTIES = (1, 2, 3)
"""The duties for which a dataset's state names an organisation."""


class Parts(IntFlag):
    """The parts in a dataset's life that a policy may keep apart."""

    OWNER = 1
    DUTY_1 = 2
    DUTY_2 = 4
    DUTY_3 = 8


# ----------------------------------------------------------------------------------- organisations


@dataclass(frozen=True, slots=True)
class OrganisationState:
    """An organisation as the contract keeps it. `admitted_at_unix` is 0 where there is none."""

    parent: OrgId | None
    depth: int
    capabilities: Capability
    grantable: Capability
    suspended_by: OrgId | None
    admitted_at_unix: int


@dataclass(frozen=True, slots=True)
class MemberState:
    """A key's membership, for good. `org` is None where the key has none."""

    org: OrgId | None
    role: Role
    valid_from_unix: int
    valid_until_unix: int
    """First second after validity; `WITHOUT_END` where it has no end."""
    generation: int
    """Of a root authority's key: how often the root authority had been handed over before it."""


@dataclass(frozen=True, slots=True)
class Admission:
    """What an organisation is admitted as."""

    slug: Slug
    name: str
    capabilities: Capability
    grantable: Capability
    admin: Address
    admin_valid_until_unix: int
    profile_digest: Digest | None


@dataclass(frozen=True, slots=True)
class Actor:
    """For whom a key acts now, in which role, with which effective capabilities."""

    org: OrgId
    role: Role
    capabilities: Capability


@dataclass(frozen=True, slots=True)
class Standing:
    """What an organisation can do and grant now, limited by those above it."""

    capabilities: Capability
    grantable: Capability


# ---------------------------------------------------------------------------------------- policies


@dataclass(frozen=True, slots=True)
class StageTable:
    """Which stage a new version leads to: byte i of 32 is the stage after stage i, 0 for none."""

    value: Hash32

    @classmethod
    def of(cls, steps: Mapping[Stage, Stage]) -> Self:
        """Return the table with these steps; each stage lies between 1 and 31."""
        table = bytearray(32)
        for stage, following in steps.items():
            table[stage] = following
        return cls(Hash32(bytes(table)))

    @property
    def steps(self) -> dict[Stage, Stage]:
        """The table's entries, without the zeros."""
        return {Stage(i): Stage(following) for i, following in enumerate(self.value) if following}


NO_PARTS = Parts(0)
ALL_PARTS = Parts.OWNER | Parts.DUTY_1 | Parts.DUTY_2 | Parts.DUTY_3
NO_CAPABILITY = Capability(0)


@dataclass(frozen=True, slots=True)
class Edge:
    """One allowed step of a policy; see the contract's struct for the meaning of each field."""

    from_stage: Stage
    to_stage: Stage
    capability: Capability
    duty: int = 0
    must_differ: Parts = NO_PARTS
    owner_only: bool = False
    gated: bool = False
    approvals: int = 0
    approver_capability: Capability = NO_CAPABILITY
    min_seconds: int = 0


@dataclass(frozen=True, slots=True)
class Policy:
    """A lifecycle policy as it is published."""

    name: str
    stage_names: tuple[str, ...]
    """`stage_names[i]` names stage i + 1."""
    entry: Stage
    after_version: StageTable
    gate: Address | None
    edges: tuple[Edge, ...]

    @property
    def digest(self) -> Hash32:
        """keccak256(abi.encode(policy)), under which the contract finds a policy again."""
        from dataledger.contracts.abi import encode_struct

        return keccak256(encode_struct(self))

    @property
    def stages(self) -> dict[Stage, str]:
        """The name of every stage that a dataset under this policy can be in."""
        own = {Stage(number): name for number, name in enumerate(self.stage_names, start=1)}
        return own | RESERVED_STAGES


# ---------------------------------------------------------------------------------------- datasets


@dataclass(frozen=True, slots=True)
class Parent:
    """A version that another one came from."""

    dataset: DatasetId
    version: int
    relation: Relation = Relation.DERIVED


@dataclass(frozen=True, slots=True)
class VersionRecord:
    """What is recorded of a version.

    Raises:
        InvalidArgument: there is no file, or a count does not fit its field.
    """

    content_root: Digest
    manifest_digest: Digest
    size_bytes: int
    file_count: int
    record_count: int = 0
    salt_scheme: int = 0
    parents: tuple[Parent, ...] = ()

    def __post_init__(self) -> None:
        counts = (self.size_bytes, self.file_count, self.record_count)
        if not all(0 <= count < 2**64 for count in counts) or not 0 <= self.salt_scheme < 2**8:
            raise InvalidArgument(
                f"A version cannot have {self.size_bytes} bytes in {self.file_count} files with "
                f"{self.record_count} records and salt scheme {self.salt_scheme}.",
                remedy="Give counts from 0 to 2^64 - 1, and a salt scheme from 0 to 255.",
            )
        if self.file_count == 0:
            raise InvalidArgument(
                "A version without a file cannot be recorded.",
                remedy="Fingerprint a directory that holds at least one file.",
            )

    @property
    def commitment(self) -> Commitment:
        """The keccak256 of abi.encode of its fields, in their order."""
        from dataledger.contracts.abi import encode_fields

        return Commitment(keccak256(encode_fields(self)))


@dataclass(frozen=True, slots=True)
class DatasetState:
    """A dataset's state. `duties` and `flags` are packed; the properties read them."""

    owner: OrgId | None
    """None where there is no such dataset."""
    stage: Stage
    version_count: int
    """Also the number of the current version."""
    policy: PolicyId
    updated_at_unix: int
    duties: int
    revision: int
    flags: int

    def duty_holder(self, duty: int) -> OrgId | None:
        """The organisation that last did duty 1, 2 or 3."""
        return OrgId(self.duties >> 32 * (duty - 1) & 0xFFFF_FFFF) or None

    def is_carried_over(self, duty: int) -> bool:
        """Whether the duty was last done for an earlier version than the current one."""
        return bool(self.flags >> (duty - 1) & 1)

    @property
    def resume_stage(self) -> Stage | None:
        """Where a suspended dataset returns to; None while it is not suspended."""
        return Stage(self.flags >> 3) or None


@dataclass(frozen=True, slots=True)
class Step:
    """A step through the lifecycle, said in full so that it acts on nothing but what was seen."""

    dataset: DatasetId
    version: int
    from_stage: Stage
    to_stage: Stage
    evidence: Digest
    """SHA-256 of the canonical activity record."""


@dataclass(frozen=True, slots=True)
class Recall:
    """A version's recall. `recorded_at_unix` is 0 where the version is not recalled."""

    by: OrgId | None
    severity: Severity
    recorded_at_unix: int


@dataclass(frozen=True, slots=True)
class Ancestor:
    """One version on a path of lineage."""

    dataset: DatasetId
    version: int
    record: VersionRecord


@dataclass(frozen=True, slots=True)
class RecordEntry:
    """The manifest entry of a file that consists of records, taken apart around their root."""

    head: bytes
    tail: bytes
    record_count: int
    record_root: Digest


@dataclass(frozen=True, slots=True)
class Place:
    """Where a leaf stands in its tree; the path's lowest sibling is first."""

    index: int
    path: tuple[Hash32, ...]


@dataclass(frozen=True, slots=True)
class Authorisation:
    """A member's word, given offline; anyone may relay it."""

    signer: Address
    nonce: int
    """Keyed: 192 bits of the signer's choice, then a 64-bit count within that key."""
    deadline_unix: int
    """Last second of validity."""
    signature: bytes
