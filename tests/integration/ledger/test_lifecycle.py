"""A dataset's whole life under the default policy, and what the contract refuses on the way."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from consortium import Consortium, evidence, manifest, new_signer, org_of

from dataledger.contracts.events import Advanced, DatasetRegistered
from dataledger.errors import InvalidArgument, NotFound, Refused
from dataledger.ledger import (
    Activity,
    Agent,
    Capability,
    Content,
    DatasetId,
    Ledger,
    PolicyDocument,
    Role,
    Severity,
    Stage,
    Tool,
)

CUSTODIAN = Capability.CUSTODIAN
STAGES = ("COLLECTED", "CLEANED", "LABELED", "VALIDATED", "AUDITED", "PUBLISHED")


@dataclass(frozen=True)
class Cast:
    owner: Ledger
    processor: Ledger
    labeler: Ledger
    auditor: Ledger
    regulator: Ledger

    def actor(self, stage: str) -> Ledger:
        """Who leads a dataset to a stage."""
        special = {"CLEANED": self.processor, "LABELED": self.labeler, "AUDITED": self.auditor}
        return special.get(stage, self.owner)

    def take(self, dataset: DatasetId, last: str) -> None:
        """Lead a dataset from its beginning to a stage."""
        for stage in STAGES[: STAGES.index(last) + 1]:
            self.actor(stage).lifecycle.advance(dataset, stage, evidence(stage))


@pytest.fixture(scope="module")
def cast(consortium: Consortium) -> Cast:
    return Cast(
        owner=consortium.join(CUSTODIAN),
        processor=consortium.join(Capability.PROCESSOR),
        labeler=consortium.join(Capability.LABELER),
        auditor=consortium.join(Capability.AUDITOR),
        regulator=consortium.join(Capability.REGULATOR),
    )


@pytest.fixture
def dataset(consortium: Consortium, cast: Cast) -> DatasetId:
    return cast.owner.datasets.register(consortium.new_slug(), manifest("a", "b")).event.dataset


def test_from_planned_to_published(cast: Cast, dataset: DatasetId) -> None:
    transactions = set()
    for stage in STAGES:
        done = cast.actor(stage).lifecycle.advance(dataset, stage, evidence(stage))
        assert done.event.evidence == evidence(stage)
        assert done.event.org == org_of(cast.actor(stage))
        assert 0 < done.gas_used <= 60_000
        assert not done.already_there
        transactions.add(done.transaction_hash)
    assert len(transactions) == len(STAGES)

    found = cast.auditor.datasets.get(dataset)
    assert (found.stage_name, found.version_count) == ("PUBLISHED", 1)
    assert found.duties == tuple(org_of(o) for o in (cast.processor, cast.labeler, cast.owner))
    assert found.carried_over == (False, False, False)

    history = cast.auditor.datasets.history(dataset)
    assert [type(recorded.event) for recorded in history.events] == [
        DatasetRegistered,
        *[Advanced] * len(STAGES),
    ]
    assert history.head == found.head == history.events[-1].event.head


def test_an_activity_record_is_the_evidence_and_is_kept(cast: Cast, dataset: DatasetId) -> None:
    record = cast.owner.datasets.version(dataset).record
    start = datetime(2026, 1, 31, 12, tzinfo=UTC)
    owner = cast.owner.organisations.get(org_of(cast.owner))
    assert cast.owner.signer is not None
    activity = Activity(
        type="collect",
        tool=Tool("collector", "1.0"),
        agents=(Agent(owner.slug, cast.owner.signer.address, "ADMIN"),),
        started_at=start,
        ended_at=start + timedelta(minutes=5),
        outputs=(Content(record.content_root, record.manifest_digest, dataset, 1),),
        parameters={"source": "survey"},
    )
    done = cast.owner.lifecycle.advance(dataset, "COLLECTED", activity)
    assert done.event.evidence == activity.evidence
    assert cast.auditor.documents.activity(done.event.evidence) == activity


def test_a_stage_cannot_be_skipped(cast: Cast, dataset: DatasetId) -> None:
    cast.take(dataset, "CLEANED")
    before = cast.owner.datasets.get(dataset)
    with pytest.raises(Refused, match="no step from CLEANED to VALIDATED") as caught:
        cast.owner.lifecycle.advance(dataset, "VALIDATED", evidence("skip"))
    assert caught.value.error_name == "NoSuchStep"
    assert cast.owner.datasets.get(dataset).head == before.head


@pytest.mark.parametrize(
    ("part", "words"),
    [("owner", "is the owner"), ("processor", "holder of duty 1"), ("labeler", "holder of duty 2")],
)
def test_nobody_audits_what_it_had_a_part_in(
    consortium: Consortium, cast: Cast, part: str, words: str
) -> None:
    audits = Capability.AUDITOR
    own = {"owner": CUSTODIAN, "processor": Capability.PROCESSOR, "labeler": Capability.LABELER}
    both = consortium.join(own[part] | audits)
    actors = Cast(**{**vars(cast), part: both})
    registered = actors.owner.datasets.register(consortium.new_slug(), manifest("x"))
    actors.take(registered.event.dataset, "VALIDATED")
    with pytest.raises(Refused, match=words) as caught:
        both.lifecycle.advance(registered.event.dataset, "AUDITED", evidence("audit"))
    assert caught.value.error_name == "DutiesNotSeparate"


def test_a_new_key_of_the_owner_is_still_the_owner(consortium: Consortium) -> None:
    owner = consortium.join(
        CUSTODIAN | Capability.PROCESSOR | Capability.LABELER | Capability.AUDITOR
    )
    dataset = owner.datasets.register(consortium.new_slug(), manifest("x")).event.dataset
    for stage in STAGES[:4]:
        owner.lifecycle.advance(dataset, stage, evidence(stage))
    colleague = new_signer()
    owner.members.add(org_of(owner), colleague.address, Role.OPERATOR)
    with pytest.raises(Refused, match="is the owner"):
        consortium.open(colleague).lifecycle.advance(dataset, "AUDITED", evidence("audit"))


def test_the_wrong_capability_is_told_in_words(cast: Cast, dataset: DatasetId) -> None:
    cast.take(dataset, "COLLECTED")
    with pytest.raises(Refused, match="this needs PROCESSOR, and it has LABELER") as caught:
        cast.labeler.lifecycle.advance(dataset, "CLEANED", evidence("x"))
    assert caught.value.error_name == "MissingCapability"
    assert caught.value.arguments["org"] == org_of(cast.labeler)
    assert "organisation" in caught.value.remedy


def test_a_step_is_taken_once(cast: Cast, dataset: DatasetId) -> None:
    first = cast.owner.lifecycle.advance(dataset, "COLLECTED", evidence("1"))
    again = cast.owner.lifecycle.advance(dataset, "COLLECTED", evidence("1"))
    assert again.already_there
    assert (again.event, again.transaction_hash) == (first.event, first.transaction_hash)
    assert again.gas_used == 0

    cast.processor.lifecycle.advance(dataset, "CLEANED", evidence("2"))
    late = cast.owner.lifecycle.advance(dataset, "COLLECTED", evidence("1"))
    assert late.already_there
    explicit = cast.owner.lifecycle.advance(
        dataset, "COLLECTED", evidence("1"), from_stage="PLANNED", version=1
    )
    assert explicit.already_there
    with pytest.raises(Refused) as caught:
        cast.owner.lifecycle.advance(dataset, "COLLECTED", evidence("other"), from_stage="PLANNED")
    assert caught.value.error_name == "StageMismatch"
    assert len(cast.owner.datasets.history(dataset).events) == 3


def test_rework_repeats_a_step_on_purpose(cast: Cast, dataset: DatasetId) -> None:
    cast.take(dataset, "LABELED")
    cast.owner.lifecycle.advance(dataset, "CLEANED", evidence("rejected"))
    again = cast.labeler.lifecycle.advance(
        dataset, "LABELED", evidence("LABELED"), from_stage="CLEANED"
    )
    assert not again.already_there
    assert cast.owner.datasets.get(dataset).stage_name == "LABELED"


def test_a_step_for_an_older_version_is_stale(cast: Cast, dataset: DatasetId) -> None:
    cast.owner.datasets.add_version(dataset, manifest("a", "b", "c"))
    with pytest.raises(Refused, match="at version 2; the step was meant for version 1"):
        cast.owner.lifecycle.advance(dataset, "COLLECTED", evidence("x"), version=1)


def test_a_dataset_without_a_version_takes_no_step(consortium: Consortium, cast: Cast) -> None:
    empty = cast.owner.datasets.register(consortium.new_slug()).event.dataset
    with pytest.raises(Refused, match="no version yet"):
        cast.owner.lifecycle.advance(empty, "COLLECTED", evidence("x"))
    assert cast.owner.datasets.versions(empty) == ()
    with pytest.raises(NotFound, match="0 versions"):
        cast.owner.datasets.version(empty)


def test_next_steps_are_those_of_the_policy(cast: Cast, dataset: DatasetId) -> None:
    cast.take(dataset, "VALIDATED")
    steps = cast.auditor.lifecycle.next_steps(dataset)
    assert [step.to_stage_name for step in steps] == ["AUDITED", "LABELED", "CLEANED"]
    assert steps[0].capability is Capability.AUDITOR
    assert not steps[0].owner_only


def test_unknown_things_are_named(cast: Cast, dataset: DatasetId) -> None:
    with pytest.raises(NotFound, match="no stage 'POLISHED'") as caught:
        cast.owner.lifecycle.advance(dataset, "POLISHED", evidence("x"))
    assert "PLANNED, COLLECTED" in caught.value.remedy
    nowhere = DatasetId(evidence("nowhere").value)
    with pytest.raises(NotFound, match=str(nowhere)):
        cast.owner.lifecycle.advance(nowhere, "COLLECTED", evidence("x"))
    with pytest.raises(NotFound, match=str(nowhere)):
        cast.owner.datasets.get(nowhere)
    with pytest.raises(NotFound, match=str(nowhere)):
        cast.owner.datasets.history(nowhere)
    with pytest.raises(NotFound, match=str(nowhere)):
        cast.owner.datasets.versions(nowhere)


def test_a_suspended_organisation_cannot_act(consortium: Consortium, cast: Cast) -> None:
    owner = consortium.join(CUSTODIAN)
    slug = consortium.new_slug()
    suspended = consortium.root.organisations.suspend(org_of(owner), "under review")
    assert suspended.event.reason == "under review"
    with pytest.raises(Refused, match="is suspended by organisation 1") as caught:
        owner.datasets.register(slug, manifest("x"))
    assert caught.value.error_name == "OrganisationIsSuspended"
    assert not cast.owner.organisations.get(org_of(owner)).effective
    consortium.root.organisations.reinstate(org_of(owner))
    assert not owner.datasets.register(slug, manifest("x")).already_there


def test_a_suspended_dataset_stands_still(cast: Cast, dataset: DatasetId) -> None:
    cast.take(dataset, "CLEANED")
    first = cast.regulator.lifecycle.suspend(dataset, "complaint")
    again = cast.regulator.lifecycle.suspend(dataset, "complaint")
    assert again.already_there
    assert again.transaction_hash == first.transaction_hash
    with pytest.raises(Refused, match="suspended already"):
        cast.regulator.lifecycle.suspend(dataset, "another complaint")

    found = cast.owner.datasets.get(dataset)
    assert found.stage_name == "SUSPENDED"
    assert found.suspended_by == org_of(cast.regulator)
    assert found.resume_stage == 3
    with pytest.raises(Refused) as caught:
        cast.labeler.lifecycle.advance(dataset, "LABELED", evidence("x"))
    assert caught.value.error_name == "NoSuchStep"

    cast.regulator.lifecycle.reinstate(dataset, "settled")
    assert cast.regulator.lifecycle.reinstate(dataset, "settled").already_there
    with pytest.raises(Refused, match="not suspended"):
        cast.regulator.lifecycle.reinstate(dataset, "for another reason")
    assert cast.owner.datasets.get(dataset).stage_name == "CLEANED"

    # The same words once more are another suspension, not the first one again.
    assert not cast.regulator.lifecycle.suspend(dataset, "complaint").already_there


def test_a_recalled_version_leads_to_recalled(cast: Cast, dataset: DatasetId) -> None:
    cast.take(dataset, "PUBLISHED")
    done = cast.regulator.lifecycle.recall(dataset, 1, Severity.CRITICAL, "false labels")
    assert done.event.stage == Stage(31)
    assert cast.regulator.lifecycle.recall(
        dataset, 1, Severity.CRITICAL, "false labels"
    ).already_there
    with pytest.raises(Refused, match=r"Version 1 of the dataset \S+ is recalled already"):
        cast.regulator.lifecycle.recall(dataset, 1, Severity.ADVISORY, "false labels")
    version = cast.owner.datasets.version(dataset)
    assert version.recall is not None
    assert version.recall.severity is Severity.CRITICAL
    cast.owner.lifecycle.advance(dataset, "RETIRED", evidence("x"))
    assert cast.owner.datasets.get(dataset).stage_name == "RETIRED"


def test_only_a_regulator_recalls(cast: Cast, dataset: DatasetId) -> None:
    with pytest.raises(Refused, match="this needs REGULATOR"):
        cast.auditor.lifecycle.recall(dataset, 1, Severity.ADVISORY, "x")


@pytest.mark.parametrize("reason", ["", "two\nlines", "\x1b[31mred", "\udcff", "x" * 1_001])
def test_reasons_are_fit_to_be_shown(cast: Cast, dataset: DatasetId, reason: str) -> None:
    with pytest.raises(InvalidArgument, match="reason"):
        cast.regulator.lifecycle.suspend(dataset, reason)


def test_approvals_come_from_others(consortium: Consortium, cast: Cast) -> None:
    document = PolicyDocument.parse(
        b"""{"format": "dataledger/policy/1", "name": "approved", "stages": ["DRAFT", "DONE"],
        "entry": "DRAFT", "after_version": {"DRAFT": "DRAFT"},
        "edges": [{"from": "DRAFT", "to": "DONE", "capabilities": ["CUSTODIAN"],
                   "approvals": 1, "approver_capabilities": ["AUDITOR"]}]}"""
    )
    policy = consortium.root.policies.publish(document).event.policy
    owner = cast.owner
    dataset = owner.datasets.register(
        consortium.new_slug(), manifest("x"), policy=policy
    ).event.dataset
    with pytest.raises(Refused, match="needs 1 approvals, and has 0"):
        owner.lifecycle.advance(dataset, "DONE", evidence("done"))
    first = cast.auditor.lifecycle.approve(dataset, "DONE", evidence("done"))
    again = cast.auditor.lifecycle.approve(dataset, "DONE", evidence("done"))
    assert again.already_there
    assert again.event == first.event
    with pytest.raises(Refused, match="needs 1 approvals, and has 0"):
        owner.lifecycle.advance(dataset, "DONE", evidence("something else"))
    owner.lifecycle.advance(dataset, "DONE", evidence("done"))
    assert owner.datasets.get(dataset).stage_name == "DONE"
    assert owner.lifecycle.next_steps(dataset) == ()
