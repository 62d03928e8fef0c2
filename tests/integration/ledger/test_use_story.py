"""From a project to a receipt on a real chain, and what everybody can read of it afterwards."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from consortium import Consortium, manifest, org_of
from eth_account.messages import encode_typed_data
from uses import (
    ANSWER,
    BUDGET,
    COST,
    FAR_UNIX,
    LIMIT,
    MACHINE,
    PER_CONSUMER,
    QUERY,
    RESEARCH,
    TRAINING,
    Parties,
    document,
)

from dataledger.contracts import data_use
from dataledger.contracts.artifacts import ContractName
from dataledger.contracts.identifiers import keccak256
from dataledger.contracts.use_types import NO_COST, grant_id
from dataledger.errors import InvalidArgument, NotFound, ProfileError, Refused
from dataledger.hashing import Digest
from dataledger.ledger import (
    Capability,
    Composition,
    Cost,
    GrantState,
    Ledger,
    Outcome,
    ProjectState,
    RunState,
    UnsignedReceipt,
    VersionRef,
    new_run_id,
)


@pytest.fixture(scope="module")
def parties(consortium: Consortium) -> Parties:
    return Parties.join(consortium)


def test_from_a_project_to_a_signed_receipt(consortium: Consortium, parties: Parties) -> None:
    owner, consumer, regulator = parties.owner, parties.consumer, parties.regulator
    words = document("The whole story")
    proposed = consumer.projects.propose(words)
    project = proposed.event.project
    assert proposed.event.document == words.digest
    assert consumer.projects.get(project).state is ProjectState.PROPOSED
    assert regulator.documents.project(words.digest) == words
    regulator.projects.approve(project, valid_until_unix=FAR_UNIX)
    found = owner.projects.get(str(project))
    assert (found.state, found.approved_by) == (ProjectState.APPROVED, org_of(regulator))
    assert found.purposes == (RESEARCH, TRAINING)
    assert found in owner.projects.list(org_of(consumer))

    dataset = parties.dataset()
    asked = consumer.uses.request(dataset, project, "research", version=1).event
    assert owner.documents.terms(asked.request.terms).document["@type"] == "Request"
    waiting = owner.uses.list(owner=org_of(owner), state=GrantState.REQUESTED)
    assert [grant.id for grant in waiting] == [asked.grant]
    answer = owner.uses.grant(
        asked.grant,
        valid_until_unix=FAR_UNIX,
        stages=["COLLECTED", "CLEANED"],
        limit=LIMIT,
        quorum=parties.quorum,
    ).event
    assert answer.terms.composition is Composition.BASIC
    policy = consumer.documents.terms(answer.terms.terms).document
    assert policy["uid"] == f"urn:dataledger:grant:{asked.grant}"
    assert consumer.uses.is_usable(asked.grant)

    run = new_run_id()
    owner.runs.reserve(asked.grant, run, QUERY, COST)
    assert owner.budgets.get(dataset).counted == COST
    open_run = consumer.runs.get(asked.grant, run)
    assert (open_run.state, open_run.receipt) == (RunState.RESERVED, None)

    spent = Cost(300_000, 100)
    unsigned = owner.runs.prepare(asked.grant, run, environment=MACHINE, output=ANSWER, spent=spent)
    carried = UnsignedReceipt.parse(unsigned.to_bytes())
    first, _, third = parties.executors
    signatures = [consortium.open(first).runs.sign_receipt(carried), carried.sign(third)]
    for signature in signatures:
        carried.check(signature)
    owner.runs.settle(carried, signatures)

    settled = consumer.runs.get(asked.grant, run)
    assert settled.receipt == unsigned.receipt
    assert settled.receipt.outcome is Outcome.RELEASED
    assert set(settled.signers) == {first.address, third.address}
    assert consumer.documents.environment(settled.receipt.environment) == MACHINE
    budget = consumer.budgets.get(dataset)
    assert budget.counted == spent
    assert budget.left == BUDGET - spent
    ((org, counted, left),) = [(c.org, c.counted, c.left) for c in budget.consumers]
    assert (org, counted, left) == (org_of(consumer), spent, PER_CONSUMER - spent)
    assert consumer.uses.get(asked.grant).left == LIMIT - spent


def test_ids_and_digests_are_those_of_the_contract(parties: Parties) -> None:
    project, dataset = parties.project(), parties.dataset()
    grant = parties.grant(project, dataset, code=QUERY)
    run = new_run_id()
    parties.owner.runs.reserve(grant, run, QUERY, COST)
    unsigned = parties.owner.runs.prepare(grant, run, environment=MACHINE)
    chain = parties.owner.uses._use.chain
    request = parties.owner.uses.get(grant).request
    use = chain.address(ContractName.DATA_USE)
    assert grant_id(chain.connection.profile.chain_id, use, request) == grant
    assert chain.read(data_use.grant_id(request)) == grant
    signed = encode_typed_data(full_message=unsigned.typed_data().document())
    digest = keccak256(b"\x19" + signed.version + signed.header + signed.body)
    assert chain.read(data_use.receipt_digest(unsigned.receipt)) == digest


def test_every_write_is_done_once(parties: Parties) -> None:
    owner, consumer, regulator = parties.owner, parties.consumer, parties.regulator
    words, dataset = document("Once"), parties.dataset()
    project = consumer.projects.propose(words).event.project
    assert consumer.projects.propose(words).already_there
    for expected in (False, True):
        done = regulator.projects.approve(project, valid_until_unix=FAR_UNIX)
        assert done.already_there is expected
    assert owner.budgets.set(dataset, BUDGET, per_consumer=PER_CONSUMER).already_there
    assert [owner.budgets.classify(dataset, 2).already_there for _ in range(2)] == [False, True]

    asked = [consumer.uses.request(dataset, project, RESEARCH) for _ in range(2)]
    assert [done.already_there for done in asked] == [False, True]
    grant = asked[1].event.grant
    terms = {"valid_until_unix": FAR_UNIX, "stages": ["COLLECTED"], "limit": LIMIT}
    for expected in (False, True):
        assert owner.uses.grant(grant, **terms).already_there is expected  # type: ignore[arg-type]  # named above
    for expected in (False, True):
        assert regulator.uses.cosign(grant).already_there is expected

    run = new_run_id()
    for expected in (False, True):
        assert owner.runs.reserve(grant, run, QUERY, COST).already_there is expected
    receipt = owner.runs.prepare(grant, run, environment=MACHINE, output=ANSWER, spent=COST)
    for expected in (False, True):
        assert owner.runs.settle(receipt).already_there is expected

    for expected in (False, True):
        assert owner.uses.revoke(grant, "over").already_there is expected
    other = parties.request(project, dataset, number=1)
    for expected in (False, True):
        assert owner.uses.refuse(other, "no").already_there is expected
    for expected in (False, True):
        assert consumer.projects.end(project, "done").already_there is expected
    assert consumer.projects.get(project).end_reason == "done"
    assert owner.uses.get(grant).reason == "over"
    assert (owner.uses.get(other).state, owner.uses.get(other).reason) == (
        GrantState.REFUSED,
        "no",
    )


def test_requests_are_listed_by_what_they_are(consortium: Consortium, parties: Parties) -> None:
    project, dataset, other = parties.project(), parties.dataset(), parties.dataset()
    requested, granted = parties.request(project, dataset), parties.grant(project, other)
    uses = parties.consumer.uses
    assert [grant.id for grant in uses.list(project=project)] == [requested, granted]
    assert [grant.id for grant in uses.list(dataset=dataset)] == [requested]
    by_state = uses.list(project=project, state=GrantState.GRANTED)
    assert [grant.id for grant in by_state] == [granted]
    nobody = org_of(consortium.join(Capability.CONSUMER))
    assert uses.list(applicant=nobody) == ()
    assert uses.list(owner=nobody) == ()
    assert parties.consumer.projects.list(nobody) == ()


def test_an_exact_use_costs_nothing(parties: Parties) -> None:
    dataset, algorithm = parties.dataset(budget=False), Digest.of(b"an approved algorithm")
    grant = parties.grant(parties.project(), dataset, limit=NO_COST, code=algorithm)
    assert parties.owner.uses.get(grant).terms is not None
    run = new_run_id()
    parties.owner.runs.reserve(grant, run, algorithm)
    failed = parties.owner.runs.prepare(grant, run, environment=MACHINE)
    assert failed.receipt.outcome is Outcome.FAILED
    parties.owner.runs.settle(failed)
    budget = parties.owner.budgets.get(dataset)
    assert (budget.composition, budget.counted) == (Composition.NONE, NO_COST)


def test_a_models_digest_leads_to_the_versions_that_it_came_from(parties: Parties) -> None:
    project, dataset, other = parties.project(), parties.dataset(), parties.dataset()
    parties.owner.datasets.add_version(other, manifest("a second version"))
    model = Digest.of(b"the weights of a model")
    grant = parties.grant(project, dataset)
    run = parties.run(grant, output=model, others=(VersionRef(other, 2),))
    (found,) = parties.consumer.runs.of_output(model)
    assert (found.grant, found.run, found.code) == (grant, run, QUERY)
    assert found.receipt is not None
    read = [VersionRef(i.dataset, i.version) for i in found.receipt.inputs]
    assert read == [VersionRef(dataset, 1), VersionRef(other, 2)]
    assert [each.run for each in parties.consumer.runs.list(dataset=other)] == [run]
    assert [each.run for each in parties.consumer.runs.list(dataset=dataset)] == [run]
    assert parties.consumer.runs.of_output(Digest.of(b"another model")) == ()


def test_rho_is_counted_where_the_budget_says_so(parties: Parties) -> None:
    dataset = parties.dataset(budget=False)
    parties.owner.budgets.set(dataset, Cost(50_000), composition=Composition.ZCDP)
    grant = parties.grant(parties.project(), dataset, limit=Cost(50_000))
    terms = parties.owner.uses.get(grant).terms
    assert terms is not None
    assert terms.composition is Composition.ZCDP
    parties.owner.runs.reserve(grant, new_run_id(), QUERY, Cost(50_000))
    budget = parties.owner.budgets.get(dataset)
    assert (budget.left, budget.per_consumer) == (NO_COST, Cost(50_000))


def test_no_limit_is_granted_of_which_nothing_could_be_spent(parties: Parties) -> None:
    dataset, project = parties.dataset(budget=False), parties.project()
    parties.owner.budgets.set(dataset, Cost(50_000), composition=Composition.ZCDP)
    grant = parties.request(project, dataset)
    answer: dict[str, Any] = {"valid_until_unix": FAR_UNIX, "stages": ["COLLECTED"]}
    grant_ = parties.owner.uses.grant
    with pytest.raises(InvalidArgument, match="counts rho") as refused:
        grant_(grant, **answer, limit=Cost(50_000, 1), composition=Composition.BASIC)
    assert "in rho (ZCDP)" in refused.value.remedy
    told = grant_(grant, **answer, limit=Cost(50_000), composition=Composition.ZCDP)
    parties.owner.budgets.set(dataset, LIMIT)
    again = grant_(grant, **answer, limit=Cost(50_000), composition=Composition.ZCDP)
    assert again.already_there
    assert again.event == told.event
    exact = parties.request(project, dataset, number=1)
    grant_(exact, **answer, composition=Composition.NONE)


def test_runs_that_race_for_the_last_of_a_budget_never_exceed_it(parties: Parties) -> None:
    dataset, tenth, runs = parties.dataset(), Cost(100_000), 25
    grant = parties.grant(parties.project(), dataset, limit=LIMIT)

    def reserve(_number: int) -> str:
        try:
            parties.owner.runs.reserve(grant, new_run_id(), QUERY, tenth)
        except Refused as error:
            return error.error_name
        return "reserved"

    with ThreadPoolExecutor(runs) as threads:
        ended = Counter(threads.map(reserve, range(runs)))
    assert ended == {"reserved": 10, "GrantLimitExceeded": runs - 10}
    assert parties.owner.budgets.get(dataset).counted == Cost(1_000_000)
    assert len(parties.owner.runs.list(grant=grant, state=RunState.RESERVED)) == 10


def test_what_there_is_not_is_named(parties: Parties) -> None:
    nothing = "0x" + "12" * 32
    for read in (
        parties.owner.projects.get,
        parties.owner.uses.get,
        parties.owner.uses.why_not,
        parties.owner.budgets.get,
    ):
        with pytest.raises(NotFound, match=nothing):
            read(nothing)
    grant = parties.grant(parties.project(), parties.dataset())
    with pytest.raises(NotFound, match="has no run"):
        parties.owner.runs.get(grant, nothing)
    with pytest.raises(NotFound, match="no request or grant"):
        parties.owner.runs.reserve(nothing, new_run_id(), QUERY)
    with pytest.raises(InvalidArgument, match="not a level"):
        parties.owner.budgets.classify(parties.dataset(), 256)


def test_a_profile_without_the_contract_says_so_once_it_is_needed(
    consortium: Consortium,
) -> None:
    pins = {
        name: pin
        for name, pin in consortium.profile.contracts.items()
        if name != ContractName.DATA_USE
    }
    profile = replace(consortium.profile, contracts=pins)
    with Ledger.connect(profile, home=consortium.home) as ledger:
        assert ledger.organisations.list()
        for ask in (ledger.projects.list, ledger.uses.list, ledger.runs.list):
            with pytest.raises(ProfileError, match="names no contract 'DataUse'"):
                ask()
