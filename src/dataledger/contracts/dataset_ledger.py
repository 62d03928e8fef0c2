"""The functions of the contract `DatasetLedger`; `IDatasetLedger.sol` says what each one does."""

from collections.abc import Sequence
from functools import partial

from dataledger.contracts.artifacts import ContractName
from dataledger.contracts.calls import Call, call
from dataledger.contracts.identifiers import (
    Address,
    Commitment,
    DatasetId,
    Head,
    OrgId,
    PolicyId,
    Slug,
    Stage,
)
from dataledger.contracts.types import (
    Ancestor,
    Authorisation,
    DatasetState,
    Edge,
    Place,
    Policy,
    Recall,
    RecordEntry,
    Severity,
    Step,
    VersionRecord,
)
from dataledger.hashing import Digest, Hash32

_call = partial(call, ContractName.DATASET_LEDGER)

# --------------------------------------------------------------------------- policies and datasets


def publish_policy(policy: Policy) -> Call[PolicyId]:
    """Publish a lifecycle policy."""
    return _call("publishPolicy", (Policy, policy), returns=PolicyId)


def register(slug: Slug, policy: PolicyId, record: VersionRecord | None) -> Call[DatasetId]:
    """Register a dataset, with `record` as version 1, if there is one."""
    return _call(
        "register",
        (Slug, slug),
        (PolicyId, policy),
        (VersionRecord | None, record),
        returns=DatasetId,
    )


def add_version(dataset: DatasetId, number: int, record: VersionRecord) -> Call[None]:
    """Add version `number`, the next one."""
    return _call("addVersion", (DatasetId, dataset), (int, number), (VersionRecord, record))


def advance(step: Step) -> Call[None]:
    """Take a step of the policy."""
    return _call("advance", (Step, step))


def approve(step: Step) -> Call[None]:
    """Approve a step that another organisation may then take."""
    return _call("approve", (Step, step))


def describe(dataset: DatasetId, description: Digest) -> Call[None]:
    """Say what describes the dataset from now on, by the document's digest."""
    return _call("describe", (DatasetId, dataset), (Digest, description))


def register_by_sig(
    slug: Slug, policy: PolicyId, record: VersionRecord | None, authorisation: Authorisation
) -> Call[DatasetId]:
    """As `register`, for the signer."""
    return _call(
        "registerBySig",
        (Slug, slug),
        (PolicyId, policy),
        (VersionRecord | None, record),
        (Authorisation, authorisation),
        returns=DatasetId,
    )


def add_version_by_sig(
    dataset: DatasetId, number: int, record: VersionRecord, authorisation: Authorisation
) -> Call[None]:
    """As `add_version`, for the signer."""
    return _call(
        "addVersionBySig",
        (DatasetId, dataset),
        (int, number),
        (VersionRecord, record),
        (Authorisation, authorisation),
    )


def advance_by_sig(step: Step, authorisation: Authorisation) -> Call[None]:
    """As `advance`, for the signer."""
    return _call("advanceBySig", (Step, step), (Authorisation, authorisation))


def approve_by_sig(step: Step, authorisation: Authorisation) -> Call[None]:
    """As `approve`, for the signer."""
    return _call("approveBySig", (Step, step), (Authorisation, authorisation))


def describe_by_sig(
    dataset: DatasetId, description: Digest, authorisation: Authorisation
) -> Call[None]:
    """As `describe`, for the signer."""
    return _call(
        "describeBySig",
        (DatasetId, dataset),
        (Digest, description),
        (Authorisation, authorisation),
    )


# ---------------------------------------------------------------------------------------- regulator


def suspend(dataset: DatasetId, reason: str) -> Call[None]:
    """Freeze a dataset."""
    return _call("suspend", (DatasetId, dataset), (str, reason))


def reinstate(dataset: DatasetId, reason: str) -> Call[None]:
    """Return a dataset to the stage it was frozen in."""
    return _call("reinstate", (DatasetId, dataset), (str, reason))


def recall(dataset: DatasetId, version: int, severity: Severity, reason: str) -> Call[None]:
    """Recall a version."""
    return _call(
        "recall", (DatasetId, dataset), (int, version), (Severity, severity), (str, reason)
    )


# ------------------------------------------------------------------------------------------- proofs


def verify_version(dataset: DatasetId, version: int, record: VersionRecord) -> Call[bool]:
    """Whether `record` is what was recorded of this version."""
    return _call(
        "verifyVersion",
        (DatasetId, dataset),
        (int, version),
        (VersionRecord, record),
        returns=bool,
    )


def verify_entry(
    dataset: DatasetId,
    version: int,
    record: VersionRecord,
    *,
    entry: bytes,
    index: int,
    path: Sequence[Hash32],
) -> Call[bool]:
    """Whether `entry`, a canonical manifest entry, stands at `index` of this version."""
    return _call(
        "verifyEntry",
        (DatasetId, dataset),
        (int, version),
        (VersionRecord, record),
        (bytes, entry),
        (int, index),
        (tuple[Hash32, ...], path),
        returns=bool,
    )


def verify_record(  # as the contract's
    dataset: DatasetId,
    version: int,
    recorded: VersionRecord,
    *,
    entry: RecordEntry,
    entry_place: Place,
    leaf: bytes,
    leaf_place: Place,
) -> Call[bool]:
    """Whether `leaf`, a record behind its salt, stands at its place among a file's records."""
    return _call(
        "verifyRecord",
        (DatasetId, dataset),
        (int, version),
        (VersionRecord, recorded),
        (RecordEntry, entry),
        (Place, entry_place),
        (bytes, leaf),
        (Place, leaf_place),
        returns=bool,
    )


def verify_taint(path: Sequence[Ancestor]) -> Call[bool]:
    """Whether `path` leads from a recalled version, first, to one that came from it, last."""
    return _call("verifyTaint", (tuple[Ancestor, ...], path), returns=bool)


def verify_inclusion(
    leaf: Hash32, index: int, size: int, path: Sequence[Hash32], root: Hash32
) -> Call[bool]:
    """RFC 9162, section 2.1.3.2."""
    return _call(
        "verifyInclusion",
        (Hash32, leaf),
        (int, index),
        (int, size),
        (tuple[Hash32, ...], path),
        (Hash32, root),
        returns=bool,
    )


def verify_consistency(
    old_size: int, new_size: int, old_root: Hash32, new_root: Hash32, path: Sequence[Hash32]
) -> Call[bool]:
    """RFC 9162, section 2.1.4.2."""
    return _call(
        "verifyConsistency",
        (int, old_size),
        (int, new_size),
        (Hash32, old_root),
        (Hash32, new_root),
        (tuple[Hash32, ...], path),
        returns=bool,
    )


# -------------------------------------------------------------------------------------------- views


def organisations() -> Call[Address]:
    """The contract `Organisations` that this ledger asks who may act."""
    return _call("organisations", returns=Address)


def dataset_id(owner: OrgId, slug: Slug) -> Call[DatasetId]:
    """The id that `owner`'s `slug` has."""
    return _call("datasetId", (OrgId, owner), (Slug, slug), returns=DatasetId)


def state(dataset: DatasetId) -> Call[DatasetState]:
    """The dataset's state; its owner is None where there is no such dataset."""
    return _call("state", (DatasetId, dataset), returns=DatasetState)


def head(dataset: DatasetId) -> Call[Head]:
    """The dataset's head."""
    return _call("head", (DatasetId, dataset), returns=Head)


def commitment(dataset: DatasetId, version: int) -> Call[Commitment]:
    """The version's commitment; zero where there is no such version."""
    return _call("commitment", (DatasetId, dataset), (int, version), returns=Commitment)


def recall_of(dataset: DatasetId, version: int) -> Call[Recall]:
    """The version's recall."""
    return _call("recallOf", (DatasetId, dataset), (int, version), returns=Recall)


def suspended_by(dataset: DatasetId) -> Call[OrgId | None]:
    """Who suspended the dataset."""
    return _call("suspendedBy", (DatasetId, dataset), returns=OrgId | None)


def policy_count() -> Call[int]:
    """How many policies are published; ids count up from 1."""
    return _call("policyCount", returns=int)


def policy_by_digest(digest: Hash32) -> Call[PolicyId | None]:
    """The policy whose `Policy.digest` this is."""
    return _call("policyByDigest", (Hash32, digest), returns=PolicyId | None)


def edge(policy: PolicyId, from_stage: Stage, to_stage: Stage) -> Call[Edge]:
    """The policy's edge; its capability is 0 where there is none."""
    return _call("edge", (PolicyId, policy), (Stage, from_stage), (Stage, to_stage), returns=Edge)


def approvals(step: Step) -> Call[int]:
    """How many organisations approved the step as the dataset stands now."""
    return _call("approvals", (Step, step), returns=int)


def approved_by(step: Step, org: OrgId) -> Call[bool]:
    """Whether `org` approved the step as the dataset stands now."""
    return _call("approvedBy", (Step, step), (OrgId, org), returns=bool)


def nonces(owner: Address, key: int) -> Call[int]:
    """The next nonce of `owner` within `key`: the 192-bit key, then a 64-bit count."""
    return _call("nonces", (Address, owner), (int, key), returns=int)
