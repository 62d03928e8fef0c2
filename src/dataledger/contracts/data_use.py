"""The functions of the contract `DataUse`; `IDataUse.sol` says what each one does."""

from collections.abc import Sequence
from functools import partial

from dataledger.contracts.artifacts import ContractName
from dataledger.contracts.calls import Call, call
from dataledger.contracts.identifiers import Address, DatasetId, GrantId, OrgId, ProjectId, RunId
from dataledger.contracts.use_types import (
    Budget,
    Composition,
    Cost,
    Grant,
    Project,
    Quorum,
    Receipt,
    Request,
    Reservation,
    Run,
    Terms,
)
from dataledger.hashing import Digest, Hash32

_call = partial(call, ContractName.DATA_USE)

# ----------------------------------------------------------------------------------------- projects


def propose_project(document: Digest, purposes: int) -> Call[ProjectId]:
    """Propose a project for these purposes, as bits."""
    return _call("proposeProject", (Digest, document), (int, purposes), returns=ProjectId)


def approve_project(project: ProjectId, valid_until_unix: int) -> Call[None]:
    """Approve a project, in place of an earlier approval."""
    return _call("approveProject", (ProjectId, project), (int, valid_until_unix))


def end_project(project: ProjectId, reason: str) -> Call[None]:
    """End a project, for good."""
    return _call("endProject", (ProjectId, project), (str, reason))


# ----------------------------------------------------------------------------------------- datasets


def classify(dataset: DatasetId, level: int) -> Call[None]:
    """Say how sensitive a dataset is."""
    return _call("classify", (DatasetId, dataset), (int, level))


def set_budget(
    dataset: DatasetId, composition: Composition, total: Cost, per_consumer: Cost
) -> Call[None]:
    """Set what may be spent on a dataset."""
    return _call(
        "setBudget",
        (DatasetId, dataset),
        (Composition, composition),
        (Cost, total),
        (Cost, per_consumer),
    )


# ------------------------------------------------------------------------------------------- grants


def request_use(request: Request) -> Call[GrantId]:
    """Ask for the use of a dataset."""
    return _call("requestUse", (Request, request), returns=GrantId)


def grant_use(grant: GrantId, terms: Terms) -> Call[None]:
    """Grant a request."""
    return _call("grantUse", (GrantId, grant), (Terms, terms))


def cosign(grant: GrantId, terms: Terms) -> Call[None]:
    """Co-sign a grant, by naming its terms."""
    return _call("cosign", (GrantId, grant), (Terms, terms))


def refuse_use(grant: GrantId, reason: str) -> Call[None]:
    """Refuse a request, for good."""
    return _call("refuseUse", (GrantId, grant), (str, reason))


def revoke_use(grant: GrantId, reason: str) -> Call[None]:
    """Revoke a grant, for good."""
    return _call("revokeUse", (GrantId, grant), (str, reason))


# --------------------------------------------------------------------------------------------- runs


def reserve(reservation: Reservation) -> Call[None]:
    """Reserve what a run may cost."""
    return _call("reserve", (Reservation, reservation))


def settle(receipt: Receipt, quorum: Quorum, signatures: Sequence[bytes]) -> Call[None]:
    """Settle a run: one signature for each executor of the quorum, empty where there is none."""
    return _call("settle", (Receipt, receipt), (Quorum, quorum), (tuple[bytes, ...], signatures))


# -------------------------------------------------------------------------------------------- views


def ledger() -> Call[Address]:
    """The contract `DatasetLedger` whose datasets are used."""
    return _call("ledger", returns=Address)


def organisations() -> Call[Address]:
    """The contract `Organisations` that is asked who may act."""
    return _call("organisations", returns=Address)


def project_id(applicant: OrgId, document: Digest, purposes: int) -> Call[ProjectId]:
    """The id that such a project of `applicant` has."""
    return _call(
        "projectId", (OrgId, applicant), (Digest, document), (int, purposes), returns=ProjectId
    )


def grant_id(request: Request) -> Call[GrantId]:
    """The id that the request has."""
    return _call("grantId", (Request, request), returns=GrantId)


def receipt_digest(receipt: Receipt) -> Call[Hash32]:
    """What executors sign."""
    return _call("receiptDigest", (Receipt, receipt), returns=Hash32)


def check_usable(grant: GrantId) -> Call[None]:
    """Reverts with the reason where no run could be reserved now."""
    return _call("checkUsable", (GrantId, grant))


def is_usable(grant: GrantId) -> Call[bool]:
    """Whether `check_usable` returns."""
    return _call("isUsable", (GrantId, grant), returns=bool)


def project_of(project: ProjectId) -> Call[Project]:
    """The project; its applicant is None where there is no such project."""
    return _call("projectOf", (ProjectId, project), returns=Project)


def grant_of(grant: GrantId) -> Call[Grant]:
    """The request, and the grant that it led to; its state is NONE where there is none."""
    return _call("grantOf", (GrantId, grant), returns=Grant)


def run_of(grant: GrantId, run: RunId) -> Call[Run]:
    """The run; its state is NONE where there is none."""
    return _call("runOf", (GrantId, grant), (RunId, run), returns=Run)


def budget_of(dataset: DatasetId) -> Call[Budget]:
    """The dataset's budget; its composition is NONE where there is none."""
    return _call("budgetOf", (DatasetId, dataset), returns=Budget)


def counted_for(dataset: DatasetId, consumer: OrgId) -> Call[Cost]:
    """What is counted of the dataset's budget for this organisation."""
    return _call("countedFor", (DatasetId, dataset), (OrgId, consumer), returns=Cost)


def level_of(dataset: DatasetId) -> Call[int]:
    """How sensitive the dataset is; 0 where nobody said."""
    return _call("levelOf", (DatasetId, dataset), returns=int)


def level_by(dataset: DatasetId) -> Call[OrgId | None]:
    """Over whom a regulator needs authority to lower the level."""
    return _call("levelBy", (DatasetId, dataset), returns=OrgId | None)
