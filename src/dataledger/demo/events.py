"""What happens in the demo, as it happens: frozen values, whose facts come from chain and files."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from dataledger.chain.identifiers import TransactionHash
from dataledger.contracts.identifiers import Address, DatasetId, OrgId, PolicyId
from dataledger.contracts.types import Capability, Relation, Severity
from dataledger.hashing import Digest


@dataclass(frozen=True, slots=True)
class Chapter:
    """A part of the story begins."""

    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Written:
    """A transaction that the chain holds."""

    transaction_hash: TransactionHash
    gas_used: int


@dataclass(frozen=True, slots=True)
class ContractDeployed:
    """A contract of the profile."""

    name: str
    address: Address
    code_bytes: int


@dataclass(frozen=True, slots=True)
class OrganisationJoined:
    """An organisation has its place in the tree; `written` is None for the root authority."""

    id: OrgId
    slug: str
    name: str
    capabilities: Capability
    key: Address
    written: Written | None


@dataclass(frozen=True, slots=True)
class PolicyPublished:
    """The lifecycle policy that the datasets follow."""

    id: PolicyId
    name: str
    stages: tuple[str, ...]
    written: Written


@dataclass(frozen=True, slots=True)
class VersionParent:
    """What a version came from."""

    dataset: str
    version: int
    relation: Relation


@dataclass(frozen=True, slots=True)
class VersionRecorded:
    """The chain holds a version's commitment."""

    dataset: str
    """As `owner/slug`."""
    version: int
    content_root: Digest
    manifest_digest: Digest
    file_count: int
    size_bytes: int
    parents: tuple[VersionParent, ...]
    organisation: str
    written: Written


@dataclass(frozen=True, slots=True)
class WorkDone:
    """An organisation worked on files; `evidence` is the digest of the record of it."""

    activity: str
    organisation: str
    tool: str
    code_digest: Digest
    counts: Mapping[str, int]
    evidence: Digest


@dataclass(frozen=True, slots=True)
class StageReached:
    """A dataset took a step; `from_stage` and `evidence` are None for its registration."""

    dataset: str
    from_stage: str | None
    to_stage: str
    organisation: str
    version: int | None
    evidence: Digest | None
    written: Written


@dataclass(frozen=True, slots=True)
class StepRefused:
    """The contract refused a step twice: when it was asked, and when it was sent regardless."""

    attempt: str
    organisation: str
    error: str
    """The decoded custom error's name."""
    message: str
    arguments: Mapping[str, object]
    written: Written
    """The mined transaction, which reverted and changed nothing."""


@dataclass(frozen=True, slots=True)
class Administered:
    """The authority changed what an organisation may do."""

    what: str
    written: Written


@dataclass(frozen=True, slots=True)
class ClaimVerified:
    """A claim that an outsider checked, with nothing but the profile and the data."""

    claim: str
    finding: str


@dataclass(frozen=True, slots=True)
class TamperDetected:
    """One bit of one byte was turned over, and the check named the file."""

    changed_file: str
    offset_bytes: int
    message: str


@dataclass(frozen=True, slots=True)
class TaintedVersion:
    """A version that came from the recalled one; the contract confirmed the path between them."""

    dataset: str
    version: int
    path: tuple[tuple[str, int], ...]
    """Datasets and versions, from the recalled one to this one."""


@dataclass(frozen=True, slots=True)
class VersionRecalled:
    """A regulator took back a version, and with it what came from it."""

    dataset: str
    dataset_id: DatasetId
    version: int
    severity: Severity
    reason: str
    stage: str
    organisation: str
    tainted: tuple[TaintedVersion, ...]
    written: Written


Event: TypeAlias = (
    Chapter
    | ContractDeployed
    | OrganisationJoined
    | PolicyPublished
    | VersionRecorded
    | WorkDone
    | StageReached
    | StepRefused
    | Administered
    | ClaimVerified
    | TamperDetected
    | VersionRecalled
)
