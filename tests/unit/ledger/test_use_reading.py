"""What a node tells of the use of data is held against what the contract commits to."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any, cast
from unittest.mock import Mock, create_autospec

import pytest
from fake_ledger import KEY, LOG, RECORDED_AT_UNIX, ROADS
from fake_uses import GRANT, RECEIPT, RUN_ID, TERMS
from uses import COST, QUERY, document

from dataledger.contracts.calls import Call
from dataledger.contracts.events import Event
from dataledger.contracts.identifiers import Address, OrgId, ProjectId
from dataledger.contracts.use_events import (
    ProjectProposed,
    RunReserved,
    RunSettled,
    UseGranted,
    UseRequested,
)
from dataledger.contracts.use_types import (
    NO_COST,
    Composition,
    Cost,
    Grant,
    GrantState,
    Project,
    Request,
    Run,
    RunState,
    grant_id,
    project_id,
)
from dataledger.errors import CommitmentMismatch, ContractMismatch
from dataledger.hashing import Digest, Hash32
from dataledger.ledger.documents import Documents
from dataledger.ledger.onchain import OnChain
from dataledger.ledger.organisations import Organisations
from dataledger.ledger.projects import Projects
from dataledger.ledger.results import Recorded
from dataledger.ledger.runs import Runs
from dataledger.ledger.use_contract import UseContract, terms_digest
from dataledger.ledger.use_grants import read_grants, read_terms
from dataledger.ledger.uses import Uses

CHAIN_ID = 31337
USE, LEDGER = Address("0x" + "11" * 20), Address("0x" + "22" * 20)
APPLICANT = OrgId(3)
WORDS = document()
PROJECT = project_id(CHAIN_ID, USE, APPLICANT, WORDS.digest, WORDS.bitmap)
REQUEST = Request(PROJECT, ROADS, 1, 0, Digest.of(b"asked"))
GRANT_ID = grant_id(CHAIN_ID, USE, REQUEST)
ACTOR: dict[str, Any] = {"org": APPLICANT, "by": KEY, "recorded_at_unix": RECORDED_AT_UNIX}
KEPT_PROJECT = Project(APPLICANT, None, 0, ended=False, purposes=WORDS.bitmap)
KEPT_GRANT = Grant(
    state=GrantState.GRANTED,
    owner=GRANT.owner,
    applicant=APPLICANT,
    version=1,
    purpose=0,
    stages=TERMS.stages,
    valid_until_unix=TERMS.valid_until_unix,
    composition=Composition.BASIC,
    cosigned_by=None,
    level=0,
    dataset=ROADS,
    project=PROJECT,
    limit=TERMS.limit,
    counted=NO_COST,
    code=None,
    quorum=Hash32(bytes(32)),
    terms=terms_digest(TERMS),
)
PROPOSED = ProjectProposed(project=PROJECT, document=WORDS.digest, purposes=WORDS.bitmap, **ACTOR)
REQUESTED = UseRequested(grant=GRANT_ID, request=REQUEST, **ACTOR)
GRANTED = UseGranted(grant=GRANT_ID, terms=TERMS, **ACTOR)
RESERVED = RunReserved(grant=GRANT_ID, run=RUN_ID, version=1, code=QUERY, cost=COST, **ACTOR)
SETTLED = RunSettled(grant=GRANT_ID, receipt=replace(RECEIPT, grant=GRANT_ID), signers=(), **ACTOR)


class Node:
    """Answers calls by their function's name, and has some logs."""

    def __init__(self, answers: dict[str, Any], logs: Sequence[Event]) -> None:
        self.answers = {"ledger": LEDGER, **answers}
        self.logs = logs
        self.chain = create_autospec(OnChain, instance=True)
        self.chain.read.side_effect = self.read
        self.chain.read_all.side_effect = self.read_all
        self.chain.events.side_effect = self.events
        self.chain.snapshot.side_effect = lambda read: read(9)
        self.chain.address.side_effect = {"DataUse": USE, "DatasetLedger": LEDGER}.__getitem__
        self.chain.connection = Mock()
        self.chain.connection.profile.chain_id = CHAIN_ID
        self.chain.connection.block.return_value.timestamp_unix = RECORDED_AT_UNIX
        self.use = UseContract(cast("OnChain", self.chain))

    def read(self, call: Call[Any], *, block: int = 9) -> Any:
        del block
        return self.answers[call.item.name]

    def read_all(self, calls: Iterable[Call[Any]], *, block: int) -> list[Any]:
        return [self.read(call, block=block) for call in calls]

    def events(
        self, kinds: Sequence[type[Event]], *_indexed: object, to_block: int | None = None
    ) -> list[Recorded[Event]]:
        del to_block
        return [Recorded(event, LOG) for event in self.logs if type(event) in kinds]


def projects(node: Node) -> Projects:
    return Projects(node.use, create_autospec(Organisations), create_autospec(Documents))


def runs(node: Node) -> Runs:
    uses = create_autospec(Uses, instance=True)
    uses.resolve.side_effect = lambda grant: grant
    return Runs(node.use, uses, create_autospec(Uses), create_autospec(Documents))


def test_a_project_is_what_its_id_was_derived_from() -> None:
    node = Node({"projectOf": KEPT_PROJECT}, [PROPOSED])
    assert projects(node).get(PROJECT).document == WORDS.digest
    for logs in (
        [],
        [replace(PROPOSED, document=Digest.of(b"other"))],
        [replace(PROPOSED, purposes=1)],
        [replace(PROPOSED, org=OrgId(9))],
    ):
        with pytest.raises(CommitmentMismatch, match=f"the project {PROJECT}"):
            projects(Node({"projectOf": KEPT_PROJECT}, logs)).get(PROJECT)
    # Another id than that of what the contract holds under it.
    other = ProjectId(Hash32(bytes(32)))
    with pytest.raises(CommitmentMismatch):
        projects(Node({"projectOf": KEPT_PROJECT}, [replace(PROPOSED, project=other)])).get(other)


def test_a_request_is_what_its_id_was_derived_from() -> None:
    node = Node({"grantOf": KEPT_GRANT}, [REQUESTED, GRANTED])
    (found,) = read_grants(node.use, [GRANT_ID], block=9)
    assert (found.request, found.terms, found.left) == (REQUEST, TERMS, TERMS.limit)
    assert read_terms(node.use, GRANT_ID) == TERMS
    for logs in ([GRANTED], [replace(REQUESTED, request=replace(REQUEST, number=1)), GRANTED]):
        with pytest.raises(CommitmentMismatch, match=f"the request {GRANT_ID}"):
            read_grants(Node({"grantOf": KEPT_GRANT}, logs).use, [GRANT_ID], block=9)


def test_terms_are_those_that_the_grant_remembers() -> None:
    false = replace(GRANTED, terms=replace(TERMS, limit=Cost(2**63)))
    for logs in ([REQUESTED], [REQUESTED, false]):
        use = Node({"grantOf": KEPT_GRANT}, logs).use
        asks: list[Callable[[], object]] = [
            lambda use=use: read_grants(use, [GRANT_ID], block=9),  # type: ignore[misc]  # bound now
            lambda use=use: read_terms(use, GRANT_ID),  # type: ignore[misc]  # bound now
        ]
        for ask in asks:
            with pytest.raises(CommitmentMismatch, match=f"the grant {GRANT_ID}"):
                ask()


def test_a_runs_state_and_cost_are_the_contracts() -> None:
    settled = Run(RunState.SETTLED, RECEIPT.spent)
    node = Node({"runOf": settled}, [RESERVED, SETTLED])
    found = runs(node).get(GRANT_ID, RUN_ID)
    assert found.receipt == SETTLED.receipt
    open_run = Run(RunState.RESERVED, COST)
    assert runs(Node({"runOf": open_run}, [RESERVED])).get(GRANT_ID, RUN_ID).receipt is None
    for kept, logs in (
        (settled, [RESERVED]),
        (open_run, [RESERVED, SETTLED]),
        (Run(RunState.SETTLED, Cost(1)), [RESERVED, SETTLED]),
        (Run(RunState.RESERVED, Cost(1)), [RESERVED]),
        (Run(RunState.NONE, NO_COST), [RESERVED]),
    ):
        with pytest.raises(CommitmentMismatch, match=f"the run {RUN_ID}"):
            runs(Node({"runOf": kept}, logs)).list()


def test_a_contract_about_another_ledger_is_refused_when_it_is_first_used() -> None:
    node = Node({"ledger": USE}, [])
    with pytest.raises(ContractMismatch, match="DataUse is about the datasets of"):
        projects(node).list()
    node = Node({}, [])
    assert projects(node).list() == ()
    assert projects(node).list() == ()
    asked = [call.args[0].item.name for call in node.chain.read.call_args_list]
    assert asked.count("ledger") == 1
