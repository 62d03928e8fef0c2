"""What `ledger.projects`, `uses`, `budgets` and `runs` return: frozen, each complete in itself."""

from dataclasses import dataclass
from enum import IntEnum
from typing import TypeAlias

from dataledger.contracts.identifiers import Address, DatasetId, GrantId, OrgId, ProjectId, RunId
from dataledger.contracts.use_types import (
    Composition,
    Cost,
    GrantState,
    Receipt,
    Request,
    RunState,
    Terms,
)
from dataledger.hashing import Digest

ProjectRef: TypeAlias = ProjectId | str
"""A project: its id, or that as text."""
GrantRef: TypeAlias = GrantId | str
"""A request, and the grant that it led to: its id, or that as text."""
RunRef: TypeAlias = RunId | str
"""A run of a grant: its id, or that as text."""


class ProjectState(IntEnum):
    """Whether data can be asked for, and used, under a project."""

    PROPOSED = 1
    APPROVED = 2
    """Its approval lasts; see `UseProject.valid_until_unix`."""
    EXPIRED = 3
    """Its approval is over. A new one can follow."""
    ENDED = 4
    """For good."""


@dataclass(frozen=True, slots=True)
class UseProject:
    """A project as it stood at the end of block `as_of_block`."""

    id: ProjectId
    state: ProjectState
    applicant: OrgId
    document: Digest
    """Of its document, a `ProjectDocument`."""
    purposes: tuple[int, ...]
    approved_by: OrgId | None
    valid_until_unix: int | None
    """First second after the approval."""
    end_reason: str | None
    """In the words of who ended it: untrusted text."""
    proposed_at_unix: int
    as_of_block: int


@dataclass(frozen=True, slots=True)
class UseGrant:
    """A request and what became of it, as it stood at the end of block `as_of_block`.

    Whether it can be used now rests on more than this: see `ledger.uses.why_not`.
    """

    id: GrantId
    state: GrantState
    owner: OrgId
    applicant: OrgId
    request: Request
    terms: Terms | None
    """As granted, and so of a revoked grant, too."""
    cosigned_by: OrgId | None
    level: int
    """How sensitive the dataset was when its use was granted."""
    counted: Cost
    """What open runs reserved, and settled runs spent."""
    left: Cost
    reason: str | None
    """Why it was refused or revoked, in the words of who did so: untrusted text."""
    is_expired: bool
    requested_at_unix: int
    as_of_block: int


@dataclass(frozen=True, slots=True)
class ConsumerBudget:
    """What a consumer has of a dataset's budget.

    `left` counts its own limit alone; the dataset's may be nearer.
    """

    org: OrgId
    counted: Cost
    left: Cost


@dataclass(frozen=True, slots=True)
class UseBudget:
    """What may be spent on a dataset, as it stood at the end of block `as_of_block`."""

    dataset: DatasetId
    composition: Composition
    """NONE where no budget is set, and so nothing can be spent."""
    total: Cost
    counted: Cost
    left: Cost
    per_consumer: Cost
    consumers: tuple[ConsumerBudget, ...]
    """Every organisation that ever asked for the dataset's use, by its number."""
    level: int
    """How sensitive the dataset is; from `COSIGNED_FROM` on, grants need a co-signature."""
    level_by: OrgId | None
    as_of_block: int


@dataclass(frozen=True, slots=True)
class UseRun:
    """A run, as it stood at the end of block `as_of_block`."""

    grant: GrantId
    run: RunId
    state: RunState
    version: int
    code: Digest
    reserved: Cost
    receipt: Receipt | None
    """What became of it; None while it is open."""
    signers: tuple[Address, ...]
    """The executors whose signatures came with the receipt."""
    reserved_at_unix: int
    settled_at_unix: int | None
    as_of_block: int
