"""What happens in the demo, as it happens: frozen values, whose facts come from chain and files."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from dataledger.chain.identifiers import TransactionHash
from dataledger.contracts.identifiers import (
    Address,
    DatasetId,
    GrantId,
    Head,
    OrgId,
    PolicyId,
    RunId,
)
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


@dataclass(frozen=True, slots=True)
class DatasetDescribed:
    """The owner said what its dataset is; the chain holds the digest of it."""

    dataset: str
    title: str
    description: Digest
    organisation: str
    written: Written


@dataclass(frozen=True, slots=True)
class IndexHeld:
    """An index of the chain, every row of which agrees with its events and the contracts."""

    events: int
    datasets: int
    organisations: int
    block_number: int


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """Who did what, and which transaction says so."""

    organisation: str
    kind: str
    """The event's name."""
    text: str
    recorded_at_unix: int
    block_number: int
    transaction_hash: str


@dataclass(frozen=True, slots=True)
class TimelineTold:
    """Who took a version through its stages, and who recalled it, as the index has it."""

    dataset: str
    version: int
    event_count: int
    """Of the whole dataset: those that the contract's head chains."""
    entries: tuple[TimelineEntry, ...]


@dataclass(frozen=True, slots=True)
class ImpactFound:
    """What the recall taints, as the index has it; the contract confirmed the paths."""

    dataset: str
    version: int
    tainted: tuple[TaintedVersion, ...]
    confirmed_paths: int
    """As many as it takes: a path confirms every version on it."""


@dataclass(frozen=True, slots=True)
class SearchAnswered:
    """A word of its description found the dataset, and no other."""

    word: str
    dataset: str
    title: str
    stage: str


@dataclass(frozen=True, slots=True)
class EvidenceVerified:
    """A bundle about the dataset holds, by nothing but the hash of its block."""

    file: str
    """Relative to the directory that the home lies in."""
    size_bytes: int
    block_number: int
    block_hash: str
    head: Head
    checks: tuple[str, ...]
    """Those that passed; the others had nothing to check."""
    event_count: int
    document_count: int


@dataclass(frozen=True, slots=True)
class EvidenceRefused:
    """The bundle is refused, as it must be: altered, or with nothing to recognise its block by."""

    attempt: str
    check: str
    """The one that failed."""
    message: str


@dataclass(frozen=True, slots=True)
class VersionExported:
    """A version in the format of another standard, and how many of its parts rest on what."""

    dataset: str
    version: int
    format: str
    file: str
    """Relative to the directory that the home lies in."""
    title: str
    proven: int
    asserted: int
    missing: int


@dataclass(frozen=True, slots=True)
class UseAgreed:
    """The owner granted the use of its dataset, under a project that a regulator approved."""

    grant: GrantId
    project: str
    purpose: str
    dataset: str
    organisation: str
    """Which may use it."""
    epsilon: str
    """What all its questions together may cost."""
    written: Written


@dataclass(frozen=True, slots=True)
class QueryAnswered:
    """The owner's node answered a question, with noise, and the chain has its receipt.

    Numbers are decimals. The interval holds with the confidence, as far as the noise goes.
    """

    question: str
    value: str
    low: str
    high: str
    confidence: str
    epsilon: str
    epsilon_left: str
    """Of the grant."""
    output: Digest
    """Of the answer, as the receipt names it."""
    run: RunId
    organisation: str


@dataclass(frozen=True, slots=True)
class UseRefusedFor:
    """A use that was refused, and cost nothing."""

    organisation: str
    attempt: str
    error: str
    """The custom error's name."""
    message: str


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
    | DatasetDescribed
    | IndexHeld
    | TimelineTold
    | ImpactFound
    | SearchAnswered
    | EvidenceVerified
    | EvidenceRefused
    | VersionExported
    | UseAgreed
    | QueryAnswered
    | UseRefusedFor
)
