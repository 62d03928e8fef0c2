"""What a fake ledger knows of the use of data: one project, one grant, one budget, one run."""

from fake_ledger import KEY, OTHER_KEY, RECORDED_AT_UNIX, ROADS
from uses import FAR_UNIX, document

from dataledger.contracts.identifiers import Commitment, GrantId, OrgId, ProjectId, RunId
from dataledger.contracts.use_types import (
    Composition,
    Cost,
    GrantState,
    Input,
    Outcome,
    Quorum,
    Receipt,
    Request,
    RunState,
    Terms,
)
from dataledger.errors import Refused
from dataledger.hashing import Digest, Hash32
from dataledger.ledger.use_results import (
    ConsumerBudget,
    ProjectState,
    UseBudget,
    UseGrant,
    UseProject,
    UseRun,
)

PROJECT_ID = ProjectId(Hash32(bytes([2]) * 32))
GRANT_ID = GrantId(Hash32(bytes([3]) * 32))
RUN_ID = RunId(Hash32(bytes([4]) * 32))
DOCUMENT = document()
HOSTILE = "why \x1b[31m \u202e"
"""Anybody can have put such a reason on the chain."""
PROJECT = UseProject(
    id=PROJECT_ID,
    state=ProjectState.ENDED,
    applicant=OrgId(2),
    document=DOCUMENT.digest,
    purposes=(0, 1, 200),
    approved_by=OrgId(1),
    valid_until_unix=FAR_UNIX,
    end_reason=HOSTILE,
    proposed_at_unix=RECORDED_AT_UNIX,
    as_of_block=9,
)
REQUEST = Request(PROJECT_ID, ROADS, 0, 1, Digest.of(b"asked"))
TERMS = Terms(
    terms=Digest.of(b"granted"),
    valid_until_unix=FAR_UNIX,
    stages=1 << 2 | 1 << 7,
    code=None,
    composition=Composition.BASIC,
    limit=Cost(1_000_000, 1_000),
    quorum=Quorum.of(1, [KEY, OTHER_KEY]),
)
GRANT = UseGrant(
    id=GRANT_ID,
    state=GrantState.REVOKED,
    owner=OrgId(2),
    applicant=OrgId(2),
    request=REQUEST,
    terms=TERMS,
    cosigned_by=OrgId(1),
    level=2,
    counted=Cost(500_000, 1_000),
    left=Cost(500_000, 0),
    reason=HOSTILE,
    is_expired=False,
    requested_at_unix=RECORDED_AT_UNIX,
    as_of_block=9,
)
WHY_NOT = Refused(
    f"The grant {GRANT_ID} is not in force: it is REVOKED.",
    remedy="Make another request.",
    error_name="NotGranted",
    arguments={"grant": str(GRANT_ID), "state": 4},
)
BUDGET = UseBudget(
    dataset=ROADS,
    composition=Composition.BASIC,
    total=Cost(2**60, 2_000),
    counted=Cost(500_000, 1_000),
    left=Cost(2**60 - 500_000, 1_000),
    per_consumer=Cost(1_000_000, 1_000),
    consumers=(ConsumerBudget(OrgId(2), Cost(500_000, 1_000), Cost(500_000, 0)),),
    level=2,
    level_by=OrgId(2),
    as_of_block=9,
)
RECEIPT = Receipt(
    grant=GRANT_ID,
    run=RUN_ID,
    code=Digest.of(b"query"),
    environment=Digest.of(b"environment"),
    inputs=(Input(ROADS, 1, Commitment(Hash32(bytes([9]) * 32))),),
    output=Digest.of(b"output"),
    spent=Cost(500_000, 1_000),
    outcome=Outcome.RELEASED,
)
RUN = UseRun(
    grant=GRANT_ID,
    run=RUN_ID,
    state=RunState.SETTLED,
    version=1,
    code=RECEIPT.code,
    reserved=Cost(500_000, 1_000),
    receipt=RECEIPT,
    signers=(KEY,),
    reserved_at_unix=RECORDED_AT_UNIX,
    settled_at_unix=RECORDED_AT_UNIX,
    as_of_block=9,
)
