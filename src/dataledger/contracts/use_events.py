"""The events of the contract `DataUse`; `events` says how they are read and written.

They extend no dataset's head, and no index follows them: a node is asked for them.
"""

from dataclasses import dataclass

from dataledger.contracts.artifacts import ContractName
from dataledger.contracts.events import Event
from dataledger.contracts.identifiers import Address, DatasetId, GrantId, OrgId, ProjectId, RunId
from dataledger.contracts.use_types import Composition, Cost, Receipt, Request, Terms
from dataledger.hashing import Digest


@dataclass(frozen=True, slots=True)
class UseEvent(Event):
    """An event of the contract `DataUse`."""

    contract = ContractName.DATA_USE


@dataclass(frozen=True, slots=True)
class ProjectProposed(UseEvent):
    """The applicant `org` proposed a project."""

    project: ProjectId
    org: OrgId
    by: Address
    document: Digest
    purposes: int
    recorded_at_unix: int


@dataclass(frozen=True, slots=True)
class ProjectApproved(UseEvent):
    """The regulator `org` approved a project, in place of an earlier approval."""

    project: ProjectId
    org: OrgId
    by: Address
    valid_until_unix: int
    recorded_at_unix: int


@dataclass(frozen=True, slots=True)
class ProjectEnded(UseEvent):
    """The applicant, or a regulator, ended a project."""

    project: ProjectId
    org: OrgId
    by: Address
    reason: str
    recorded_at_unix: int


@dataclass(frozen=True, slots=True)
class DatasetClassified(UseEvent):
    """The owner, or a regulator, said how sensitive a dataset is."""

    dataset: DatasetId
    org: OrgId
    by: Address
    level: int
    recorded_at_unix: int


@dataclass(frozen=True, slots=True)
class BudgetSet(UseEvent):
    """The owner `org` set what may be spent on a dataset."""

    dataset: DatasetId
    org: OrgId
    by: Address
    composition: Composition
    total: Cost
    per_consumer: Cost
    recorded_at_unix: int


@dataclass(frozen=True, slots=True)
class UseRequested(UseEvent):
    """The applicant `org` asked for the use of a dataset."""

    grant: GrantId
    org: OrgId
    by: Address
    request: Request
    recorded_at_unix: int


@dataclass(frozen=True, slots=True)
class UseGranted(UseEvent):
    """The owner `org` granted it."""

    grant: GrantId
    org: OrgId
    by: Address
    terms: Terms
    recorded_at_unix: int


@dataclass(frozen=True, slots=True)
class UseRefused(UseEvent):
    """The owner, or a regulator, refused it."""

    grant: GrantId
    org: OrgId
    by: Address
    reason: str
    recorded_at_unix: int


@dataclass(frozen=True, slots=True)
class UseRevoked(UseEvent):
    """The owner, or a regulator, revoked a grant."""

    grant: GrantId
    org: OrgId
    by: Address
    reason: str
    recorded_at_unix: int


@dataclass(frozen=True, slots=True)
class UseCosigned(UseEvent):
    """The regulator `org` co-signed a grant, in place of an earlier co-signature."""

    grant: GrantId
    org: OrgId
    by: Address
    recorded_at_unix: int


@dataclass(frozen=True, slots=True)
class RunReserved(UseEvent):
    """The owner `org` reserved what a run may cost."""

    grant: GrantId
    org: OrgId
    by: Address
    run: RunId
    version: int
    code: Digest
    cost: Cost
    recorded_at_unix: int


@dataclass(frozen=True, slots=True)
class RunSettled(UseEvent):
    """The owner `org` settled a run; `signers` are the executors whose signatures came with it."""

    grant: GrantId
    org: OrgId
    by: Address
    receipt: Receipt
    signers: tuple[Address, ...]
    recorded_at_unix: int


USE_EVENTS: tuple[type[UseEvent], ...] = (
    ProjectProposed,
    ProjectApproved,
    ProjectEnded,
    DatasetClassified,
    BudgetSet,
    UseRequested,
    UseGranted,
    UseRefused,
    UseRevoked,
    UseCosigned,
    RunReserved,
    RunSettled,
)
