"""What a verification found: each check, what it shows, and what all of them leave open."""

from dataclasses import dataclass, field
from enum import StrEnum

from dataledger.contracts.identifiers import Address, DatasetId, Slug
from dataledger.evidence.verifier.history import EventLine, VersionFacts
from dataledger.hashing import Digest, Hash32
from dataledger.manifest.proofs import Proof


class CheckName(StrEnum):
    """The checks, in their order."""

    FORMAT = "format"
    CHAIN = "chain"
    CONTRACT = "contract"
    HEADERS = "headers"
    ANCHOR = "anchor"
    SEALS = "seals"
    ACCOUNT = "account"
    STORAGE = "storage"
    HISTORY = "history"
    STATE = "state"
    DOCUMENTS = "documents"
    PROOFS = "proofs"


class Outcome(StrEnum):
    """How a check ended."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_NEEDED = "not needed"
    """The pins ask for nothing of it, or the bundle holds nothing for it."""
    NOT_REACHED = "not reached"
    """An earlier check failed on which it stands."""


@dataclass(frozen=True, slots=True)
class Check:
    """One check; `says` is what it shows if it passed, and else why it did not."""

    name: CheckName
    outcome: Outcome
    says: str


@dataclass(frozen=True, slots=True)
class IncludedDocument:
    """A document in the bundle, and the place at which an event names it."""

    digest: Digest
    kind: str
    """`manifest`, `activity` or `description`."""
    version: int | None = None
    """Whose manifest it is."""


@dataclass(frozen=True, slots=True)
class IncludedProof:
    """A proof in the bundle, and the versions that its places are in; the one in question first."""

    proof: Proof
    versions: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """What the bundle shows, once all checks have passed."""

    chain_id: int
    contract: Address
    dataset: DatasetId
    slug: Slug
    owner: int
    """The organisation's id."""
    policy: int
    stage: int
    suspended_by: int
    """The organisation's id; 0 where the dataset is not suspended."""
    version_count: int
    head: Hash32
    block_number: int
    block_hash: Hash32
    block_time_unix: int
    following_blocks: int
    sealed_by: tuple[Address, ...]
    versions: tuple[VersionFacts, ...]
    """All of them, by the events."""
    shown_versions: tuple[int, ...]
    """Those whose commitment and recall stand in the contract's storage as the events say."""
    events: tuple[EventLine, ...]
    documents: tuple[IncludedDocument, ...]
    missing: tuple[IncludedDocument, ...]
    """What events name, and the bundle does not hold."""
    proofs: tuple[IncludedProof, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """What was checked, with which outcome."""

    checks: tuple[Check, ...]
    facts: Facts | None
    """None where a check failed."""
    leaves_open: tuple[str, ...]
    size_bytes: int
    seconds: float = field(compare=False)

    @property
    def passed(self) -> bool:
        """Whether the bundle shows what `facts` say."""
        return self.failed is None

    @property
    def failed(self) -> Check | None:
        """The first check that failed."""
        return next((check for check in self.checks if check.outcome is Outcome.FAILED), None)
