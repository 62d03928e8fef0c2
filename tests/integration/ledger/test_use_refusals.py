"""What the contract refuses of the use of data, each with its reason in words."""

import time
from collections.abc import Callable

import pytest
from consortium import Consortium, manifest, new_signer, org_of
from uses import (
    ANSWER,
    COST,
    FAR_UNIX,
    LIMIT,
    MACHINE,
    QUERY,
    STATISTICS,
    Parties,
    document,
)

from dataledger.errors import InvalidArgument, Refused
from dataledger.hashing import Digest
from dataledger.ledger import (
    Capability,
    Composition,
    Cost,
    DatasetId,
    GrantId,
    ProjectId,
    Quorum,
    Severity,
    new_run_id,
)

REGULATOR = Capability.REGULATOR
CONSUMER = Capability.CONSUMER


@pytest.fixture(scope="module")
def parties(consortium: Consortium) -> Parties:
    return Parties.join(consortium)


@pytest.fixture(scope="module")
def project(parties: Parties) -> ProjectId:
    return parties.project()


@pytest.fixture(scope="module")
def dataset(parties: Parties) -> DatasetId:
    """A dataset of which nothing is ever counted, stopped or recalled."""
    return parties.dataset()


def refused(error_name: str, act: Callable[[], object]) -> str:
    """Return in which words `act` is refused."""
    with pytest.raises(Refused) as caught:
        act()
    assert caught.value.error_name == error_name, str(caught.value)
    assert caught.value.remedy
    return str(caught.value)


def stopped(parties: Parties, grant: GrantId, error_name: str) -> str:
    """Return in which words a grant is not usable, which are those by which a run is refused."""
    why = parties.consumer.uses.why_not(grant)
    assert why is not None
    assert why.error_name == error_name
    assert not parties.consumer.uses.is_usable(grant)
    reserve = parties.owner.runs.reserve
    words = refused(error_name, lambda: reserve(grant, new_run_id(), QUERY, COST, version=1))
    assert words == str(why)
    return words


# ---------------------------------------------------------------------------------------- projects


def test_a_project_is_asked_under_once_it_is_approved(parties: Parties, dataset: DatasetId) -> None:
    proposed = parties.consumer.projects.propose(document("Not yet")).event.project
    words = refused("ProjectNotApproved", lambda: parties.request(proposed, dataset))
    assert words == f"The project {proposed} is not approved."
    words = refused(
        "AlreadyOver", lambda: parties.regulator.projects.approve(proposed, valid_until_unix=1)
    )
    assert words == "The end, 1970-01-01T00:00:01Z, is not in the future."


def test_who_is_no_consumer_proposes_nothing(parties: Parties) -> None:
    words = refused("MissingCapability", lambda: parties.owner.projects.propose(document("X")))
    assert "this needs CONSUMER" in words


def test_a_project_is_its_applicants(
    consortium: Consortium, parties: Parties, project: ProjectId, dataset: DatasetId
) -> None:
    stranger = consortium.join(CONSUMER)
    words = refused("NotApplicant", lambda: stranger.uses.request(dataset, project, "research"))
    assert f"is of organisation {org_of(parties.consumer)}" in words


def test_only_the_projects_purposes_can_be_asked_for(
    parties: Parties, project: ProjectId, dataset: DatasetId
) -> None:
    ask = parties.consumer.uses.request
    words = refused("PurposeNotApproved", lambda: ask(dataset, project, STATISTICS))
    assert words == f"Purpose 3 is not among those of the project {project}."
    with pytest.raises(InvalidArgument, match="'fun' is not a purpose"):
        ask(dataset, project, "fun")


def test_a_regulator_approves_within_its_jurisdiction_alone(
    consortium: Consortium, parties: Parties, dataset: DatasetId
) -> None:
    region = consortium.join(Capability(0), grantable=REGULATOR | CONSUMER)
    authority = consortium.join(REGULATOR, by=region)
    outside = parties.consumer.projects.propose(document("Elsewhere")).event.project
    approve = authority.projects.approve
    words = refused("OutsideJurisdiction", lambda: approve(outside, valid_until_unix=FAR_UNIX))
    assert words.startswith(f"Organisation {org_of(parties.consumer)} ")

    local = consortium.join(CONSUMER, by=region)
    inside = local.projects.propose(document("Here")).event.project
    approve(inside, valid_until_unix=FAR_UNIX)
    # The dataset's owner lies outside of the region, so the region's approval does not cover it.
    refused("OutsideJurisdiction", lambda: local.uses.request(dataset, inside, "research"))


def test_an_ended_project_stops_its_grants_for_good(parties: Parties, dataset: DatasetId) -> None:
    project = parties.project()
    grant = parties.grant(project, dataset)
    parties.regulator.projects.end(project, "ethics withdrawn")
    words = stopped(parties, grant, "ProjectIsEnded")
    assert words == f"The project {project} was ended, for good."
    refused("ProjectIsEnded", lambda: parties.request(project, dataset, number=1))


# ------------------------------------------------------------------------------------------ grants


def test_only_the_owner_grants(parties: Parties, project: ProjectId, dataset: DatasetId) -> None:
    grant = parties.request(project, dataset, number=10)
    words = refused(
        "MissingCapability",
        lambda: parties.consumer.uses.grant(
            grant, valid_until_unix=FAR_UNIX, stages=["COLLECTED"], limit=LIMIT
        ),
    )
    assert "this needs CUSTODIAN" in words


def test_a_request_is_answered_once(
    parties: Parties, project: ProjectId, dataset: DatasetId
) -> None:
    grant = parties.request(project, dataset, number=11)
    assert "is not in force: it is REQUESTED" in stopped(parties, grant, "NotGranted")
    with pytest.raises(InvalidArgument, match="nothing to co-sign"):
        parties.regulator.uses.cosign(grant)
    parties.owner.uses.refuse(grant, "no")
    give = parties.owner.uses.grant
    words = refused(
        "NotRequested",
        lambda: give(grant, valid_until_unix=FAR_UNIX, stages=["COLLECTED"], limit=LIMIT),
    )
    assert words == f"The request {grant} was answered already: it is REFUSED."
    assert "it is REFUSED" in stopped(parties, grant, "NotGranted")


def test_a_grant_and_a_project_expire(parties: Parties, dataset: DatasetId) -> None:
    lasting = parties.project()
    soon = parties.owner.connection.head().timestamp_unix + 3
    short = parties.project(valid_until_unix=soon)
    by_grant = parties.grant(lasting, dataset, valid_until_unix=soon)
    by_project = parties.grant(short, dataset)
    while parties.owner.connection.head().timestamp_unix < soon:
        time.sleep(max(0.1, soon - time.time()))
        parties.owner.connection.transport.request("evm_mine")
    assert "ended at" in stopped(parties, by_grant, "GrantExpired")
    assert "The approval of the project" in stopped(parties, by_project, "ProjectExpired")
    assert parties.owner.uses.get(by_grant).is_expired
    assert not parties.owner.uses.get(by_project).is_expired
    assert parties.owner.projects.get(short).state.name == "EXPIRED"
    parties.regulator.projects.approve(short, valid_until_unix=FAR_UNIX)
    assert parties.consumer.uses.is_usable(by_project)


def test_a_revoked_grant_is_over_but_its_open_run_is_settled(
    parties: Parties, project: ProjectId
) -> None:
    grant, run = parties.grant(project, parties.dataset()), new_run_id()
    parties.owner.runs.reserve(grant, run, QUERY, COST)
    parties.regulator.uses.revoke(grant, "misuse")
    words = stopped(parties, grant, "NotGranted")
    assert words == f"The grant {grant} is not in force: it is REVOKED."
    receipt = parties.owner.runs.prepare(grant, run, environment=MACHINE)
    parties.owner.runs.settle(receipt)
    assert parties.owner.uses.get(grant).counted == Cost()


def test_a_suspension_or_a_recall_stops_grants_at_once(
    consortium: Consortium, project: ProjectId, parties: Parties
) -> None:
    frozen, recalled = parties.dataset(), parties.dataset()
    of_frozen, of_recalled = parties.grant(project, frozen), parties.grant(project, recalled)
    parties.regulator.lifecycle.suspend(frozen, "inquiry")
    assert "SUSPENDED" in stopped(parties, of_frozen, "StageNotAllowed")
    parties.regulator.lifecycle.reinstate(frozen, "cleared")
    assert parties.consumer.uses.is_usable(of_frozen)

    parties.regulator.lifecycle.recall(recalled, 1, Severity.SERIOUS, "wrong sensor")
    assert "RECALLED" in stopped(parties, of_recalled, "StageNotAllowed")

    older = parties.dataset()
    of_first = parties.grant(project, older, version=1)
    parties.owner.datasets.add_version(older, manifest("the next"))
    parties.regulator.lifecycle.recall(older, 1, Severity.SERIOUS, "wrong sensor")
    words = stopped(parties, of_first, "VersionIsRecalled")
    assert words.startswith("Version 1 of the dataset")

    org = org_of(parties.consumer)
    consortium.root.organisations.suspend(org, "inquiry")
    try:
        stopped(parties, of_frozen, "OrganisationIsSuspended")
    finally:
        consortium.root.organisations.reinstate(org)
    assert parties.consumer.uses.is_usable(of_frozen)


def test_a_sensitive_dataset_needs_a_regulators_signature(
    parties: Parties, project: ProjectId
) -> None:
    dataset = parties.dataset()
    grant = parties.grant(project, dataset)
    assert parties.consumer.uses.is_usable(grant)
    parties.owner.budgets.classify(dataset, 2)
    words = stopped(parties, grant, "CosignatureMissing")
    assert words == (
        f"A dataset of level 2 is not used by the grant {grant} without a co-signature."
    )
    refused("MissingCapability", lambda: parties.owner.budgets.classify(dataset, 1))
    refused("MissingCapability", lambda: parties.owner.uses.cosign(grant))
    read = parties.regulator.uses.get(grant).terms
    assert read is not None
    parties.regulator.uses.cosign(grant, terms=read)
    assert parties.consumer.uses.get(grant).cosigned_by == org_of(parties.regulator)
    assert parties.consumer.uses.is_usable(grant)
    other = parties.grant(project, dataset, number=1)
    refused("OtherTerms", lambda: parties.regulator.uses.cosign(other, terms=read))


def test_a_grant_is_for_some_stages(
    consortium: Consortium, parties: Parties, project: ProjectId
) -> None:
    dataset = parties.dataset()
    grant = parties.grant(project, dataset, stages=["CLEANED", "PUBLISHED"])
    assert "other stages of the dataset than COLLECTED" in stopped(
        parties, grant, "StageNotAllowed"
    )
    processor = consortium.join(Capability.PROCESSOR)
    processor.lifecycle.advance(dataset, "CLEANED", Digest.of(b"cleaned"))
    assert parties.consumer.uses.is_usable(grant)
    with pytest.raises(InvalidArgument, match="30 is out of range"):
        parties.grant(project, dataset, number=1, stages=["SUSPENDED"])


# -------------------------------------------------------------------------------- runs and budgets


def test_no_run_exceeds_a_limit(
    consortium: Consortium, parties: Parties, project: ProjectId
) -> None:
    dataset, reserve = parties.dataset(), parties.owner.runs.reserve
    grants = [
        parties.grant(project, dataset, number=n, limit=Cost(1_000_000, 1_000)) for n in (0, 1)
    ]
    reserve(grants[0], new_run_id(), QUERY, Cost(900_000))
    words = refused(
        "GrantLimitExceeded", lambda: reserve(grants[0], new_run_id(), QUERY, Cost(100_001))
    )
    assert "has 0.1 of ε (or rho) and 1e-9 of δ left" in words
    words = refused(
        "ConsumerBudgetExceeded", lambda: reserve(grants[1], new_run_id(), QUERY, Cost(600_001))
    )
    assert "has 0.6 of ε" in words
    other = Parties(consortium, parties.owner, consortium.join(CONSUMER), parties.regulator)
    third = other.grant(other.project(), dataset, limit=Cost(1_400_000))
    words = refused(
        "DatasetBudgetExceeded", lambda: reserve(third, new_run_id(), QUERY, Cost(1_100_001))
    )
    assert "has 1.1 of ε" in words
    reserve(third, new_run_id(), QUERY, Cost(1_100_000))
    assert parties.owner.budgets.get(dataset).left.micro == 0
    assert len(parties.owner.budgets.get(dataset).consumers) == 2

    set_ = parties.owner.budgets.set
    words = refused("BudgetTooLow", lambda: set_(dataset, Cost(1_999_999)))
    assert "2 of ε" in words
    refused(
        "CompositionFixed", lambda: set_(dataset, Cost(2_000_000), composition=Composition.ZCDP)
    )


def test_a_dataset_without_a_budget_has_none_to_spend(parties: Parties, project: ProjectId) -> None:
    dataset = parties.dataset(budget=False)
    grant = parties.grant(project, dataset)
    refused(
        "OtherComposition", lambda: parties.owner.runs.reserve(grant, new_run_id(), QUERY, COST)
    )


def test_a_run_is_what_was_granted(parties: Parties, project: ProjectId) -> None:
    dataset, reserve = parties.dataset(), parties.owner.runs.reserve
    approved, other = Digest.of(b"approved"), Digest.of(b"other")
    grant = parties.grant(project, dataset, version=1, code=approved)
    words = refused("OtherCode", lambda: reserve(grant, new_run_id(), other, COST))
    assert f"is for the code 0x{approved.hex}" in words
    parties.owner.datasets.add_version(dataset, manifest("the next"))
    refused(
        "VersionNotGranted",
        lambda: reserve(grant, new_run_id(), approved, COST, version=2),
    )
    refused(
        "MissingCapability",
        lambda: parties.consumer.runs.reserve(grant, new_run_id(), approved, COST),
    )
    run = new_run_id()
    reserve(grant, run, approved, COST)
    words = refused("RunExists", lambda: reserve(grant, run, approved, Cost(1)))
    assert words == f"The grant {grant} has a run {run} already."


def test_a_run_is_settled_once_and_as_it_was_reserved(parties: Parties, project: ProjectId) -> None:
    grant, run = parties.grant(project, parties.dataset()), new_run_id()
    parties.owner.runs.reserve(grant, run, QUERY, COST)
    prepare, settle = parties.owner.runs.prepare, parties.owner.runs.settle
    more = prepare(grant, run, environment=MACHINE, output=ANSWER, spent=Cost(400_001))
    words = refused("SpentMoreThanReserved", lambda: settle(more))
    assert "reserved 0.4 of ε (or rho) and 1e-10 of δ" in words
    free = prepare(grant, run, environment=MACHINE, output=ANSWER)
    refused("NothingSpent", lambda: settle(free))
    settle(prepare(grant, run, environment=MACHINE, output=ANSWER, spent=COST))
    less = prepare(grant, run, environment=MACHINE, output=ANSWER, spent=Cost(1))
    words = refused("AlreadySettled", lambda: settle(less))
    assert words == f"The run {run} of the grant {grant} is settled already."


def test_a_receipt_needs_the_signatures_of_its_executors(
    parties: Parties, project: ProjectId
) -> None:
    grant = parties.grant(project, parties.dataset(), quorum=parties.quorum)
    run, first, second = new_run_id(), *parties.executors[:2]
    parties.owner.runs.reserve(grant, run, QUERY, COST)
    receipt = parties.owner.runs.prepare(grant, run, environment=MACHINE, output=ANSWER, spent=COST)
    settle = parties.owner.runs.settle
    words = refused("SignaturesMissing", lambda: settle(receipt, [receipt.sign(first)]))
    assert words == f"Receipts under the grant {grant} need 2 signatures; this one has 1."
    failed = parties.owner.runs.prepare(grant, run, environment=MACHINE)
    mixed = [receipt.sign(first), failed.sign(second)]
    words = refused("InvalidExecutorSignature", lambda: settle(receipt, mixed))
    assert words.startswith(f"The signature is not by {second.address}")
    with pytest.raises(InvalidArgument, match="none of the grant's 3 executors"):
        settle(receipt, [receipt.sign(new_signer())])
    with pytest.raises(InvalidArgument, match="stands twice"):
        Quorum.of(1, [first.address, first.address])
    settle(receipt, [receipt.sign(second), receipt.sign(first)])
