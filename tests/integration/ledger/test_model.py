"""The ledger against a plain model of it: whatever is done in whatever order, both agree."""

from collections.abc import Callable
from dataclasses import dataclass, field

from consortium import Consortium, evidence, manifest, org_of
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from dataledger.contracts.events import DatasetDescribed, DatasetEvent
from dataledger.contracts.identifiers import RECALLED, SUSPENDED
from dataledger.contracts.types import DUTIES, Edge, Parts
from dataledger.errors import Refused
from dataledger.ledger import (
    Capability,
    Confirmed,
    DatasetId,
    Ledger,
    OrgId,
    PolicyDocument,
    Severity,
    Stage,
)
from dataledger.manifest.description import Description

POLICY = PolicyDocument.default().policy
EDGES = {(edge.from_stage, edge.to_stage): edge for edge in POLICY.edges}
CAST = {
    "owner": Capability.CUSTODIAN,
    "worker": Capability.PROCESSOR | Capability.LABELER,
    "labeler": Capability.LABELER,
    "auditor": Capability.AUDITOR | Capability.LABELER,
    "stranger": Capability.CUSTODIAN,
}
REGULATORS = ("regulator", "other regulator")
PARTS = {1: Parts.DUTY_1, 2: Parts.DUTY_2, 3: Parts.DUTY_3}


@dataclass
class Model:
    """What one dataset should be."""

    id: DatasetId
    stage: Stage = POLICY.entry
    versions: list[str] = field(default_factory=list)
    recalled: dict[int, tuple[str, Severity]] = field(default_factory=dict)
    duties: dict[int, str] = field(default_factory=dict)
    carried: set[int] = field(default_factory=set)
    suspended_by: str | None = None
    resume: Stage | None = None
    steps: list[tuple[int, Stage, str, str]] = field(default_factory=list)
    described: list[Description] = field(default_factory=list)
    events: int = 1

    def add_version(self, content: str) -> str:
        """Apply, and return what should come of it."""
        if self.versions and self.versions[-1] == content:
            return "already there"
        following = POLICY.after_version.steps.get(self.stage)
        if following is None:
            return "VersionNotAllowed"
        self.versions.append(content)
        self.carried = set(DUTIES)
        self.stage = following
        self.events += 1
        return "done"

    def describe(self, actor: str, description: Description) -> str:
        """Apply, and return what should come of it."""
        if not CAST[actor] & Capability.CUSTODIAN:
            return "MissingCapability"
        if actor != "owner":
            return "NotOwner"
        if self.described[-1:] == [description]:
            return "already there"
        self.described.append(description)
        self.events += 1
        return "done"

    def advance(self, actor: str, to: Stage, word: str) -> str:
        """Apply, and return what should come of it."""
        step = (len(self.versions), to, word, actor)
        if step in self.steps:
            return "already there"
        outcome = self._judge(actor, EDGES.get((self.stage, to)))
        if outcome == "done":
            duty = EDGES[self.stage, to].duty
            if duty:
                self.duties[duty] = actor
                self.carried.discard(duty)
            self.stage = to
            self.steps.append(step)
            self.events += 1
        return outcome

    def _judge(self, actor: str, edge: Edge | None) -> str:
        if not self.versions:
            return "NoVersion"
        if edge is None:
            return "NoSuchStep"
        if edge.capability & ~CAST[actor]:
            return "MissingCapability"
        if edge.owner_only and actor != "owner":
            return "NotOwner"
        held = {PARTS[duty] for duty, holder in self.duties.items() if holder == actor}
        held |= {Parts.OWNER} if actor == "owner" else set()
        if any(part in edge.must_differ for part in held):
            return "DutiesNotSeparate"
        taken = self.duties.get(edge.duty, actor) != actor and edge.duty not in self.carried
        return "DutyTaken" if taken else "done"

    def suspend(self, regulator: str) -> str:
        """Apply, and return what should come of it."""
        if self.stage == SUSPENDED:
            return "already there" if self.suspended_by == regulator else "AlreadySuspended"
        self.resume, self.stage, self.suspended_by = self.stage, SUSPENDED, regulator
        self.events += 1
        return "done"

    def reinstate(self) -> None:
        """Apply to what is suspended."""
        assert self.resume is not None
        self.stage, self.resume, self.suspended_by = self.resume, None, None
        self.events += 1

    def recall(self, regulator: str, version: int, severity: Severity) -> str:
        """Apply, and return what should come of it."""
        if not 0 < version <= len(self.versions):
            return "UnknownVersion"
        if version in self.recalled:
            same = self.recalled[version] == (regulator, severity)
            return "already there" if same else "AlreadyRecalled"
        self.recalled[version] = (regulator, severity)
        if version == len(self.versions):
            if self.stage == SUSPENDED:
                self.resume = RECALLED
            else:
                self.stage = RECALLED
        self.events += 1
        return "done"


class LedgerMachine(RuleBasedStateMachine):
    """Does the same to the ledger and to the model."""

    consortium: Consortium
    cast: dict[str, Ledger]
    orgs: dict[str, OrgId]

    def __init__(self) -> None:
        super().__init__()
        slug = self.consortium.new_slug("model")
        registered = self.cast["owner"].datasets.register(slug)
        self.model = Model(registered.event.dataset)

    def attempt(self, write: Callable[[], Confirmed[DatasetEvent]]) -> str:
        """Make a write, and name what came of it."""
        try:
            return "already there" if write().already_there else "done"
        except Refused as refused:
            return refused.error_name

    def compare(self) -> None:
        """Compare everything that can be seen of the dataset."""
        model, reader, orgs = self.model, self.cast["stranger"], self.orgs
        found = reader.datasets.get(model.id)
        assert found.stage == model.stage
        assert found.version_count == len(model.versions)
        assert found.duties == tuple(
            orgs[model.duties[duty]] if duty in model.duties else None for duty in DUTIES
        )
        carried = tuple(duty in model.carried for duty in DUTIES)
        assert found.carried_over == carried
        assert found.resume_stage == (model.resume if model.stage == SUSPENDED else None)
        versions = reader.datasets.versions(model.id)
        assert [v.record.content_root for v in versions] == [
            manifest(content).content_root for content in model.versions
        ]
        assert {v.number for v in versions if v.recall} == model.recalled.keys()
        events = [recorded.event for recorded in reader.datasets.history(model.id).events]
        assert len(events) == model.events
        assert [e.description for e in events if isinstance(e, DatasetDescribed)] == [
            description.digest for description in model.described
        ]

    @rule(content=st.sampled_from(["a", "b"]))
    def add_version(self, content: str) -> None:
        datasets = self.cast["owner"].datasets
        outcome = self.attempt(lambda: datasets.add_version(self.model.id, manifest(content)))
        assert outcome == self.model.add_version(content)
        self.compare()

    @rule(
        actor=st.sampled_from(["owner", "owner", "stranger", "worker"]), title=st.sampled_from("ab")
    )
    def describe(self, actor: str, title: str) -> None:
        datasets, description = self.cast[actor].datasets, Description(title=title)
        outcome = self.attempt(lambda: datasets.describe(self.model.id, description))
        assert outcome == self.model.describe(actor, description)
        said = self.model.described[-1] if self.model.described else None
        assert datasets.description(self.model.id) == said
        self.compare()

    @rule(
        actor=st.sampled_from(sorted(CAST)),
        to=st.integers(2, 8).map(Stage),
        word=st.sampled_from(["x", "y"]),
    )
    def advance_anyhow(self, actor: str, to: Stage, word: str) -> None:
        lifecycle = self.cast[actor].lifecycle
        outcome = self.attempt(lambda: lifecycle.advance(self.model.id, to, evidence(word)))
        assert outcome == self.model.advance(actor, to, word)
        self.compare()

    @precondition(lambda self: any(start == self.model.stage for start, _ in EDGES))
    @rule(data=st.data(), word=st.sampled_from(["x", "y"]))
    def advance_along_an_edge(self, data: st.DataObject, word: str) -> None:
        ways = [edge for (start, _), edge in EDGES.items() if start == self.model.stage]
        edge = data.draw(st.sampled_from(ways))
        able = [name for name, held in CAST.items() if not edge.capability & ~held]
        self.advance_anyhow(data.draw(st.sampled_from(able)), edge.to_stage, word)

    @rule(regulator=st.sampled_from(REGULATORS))
    def suspend(self, regulator: str) -> None:
        lifecycle = self.cast[regulator].lifecycle
        outcome = self.attempt(lambda: lifecycle.suspend(self.model.id, "halt"))
        assert outcome == self.model.suspend(regulator)
        self.compare()

    @precondition(lambda self: self.model.stage == SUSPENDED)
    @rule(regulator=st.sampled_from(REGULATORS))
    def reinstate(self, regulator: str) -> None:
        lifecycle = self.cast[regulator].lifecycle
        assert self.attempt(lambda: lifecycle.reinstate(self.model.id, "go on")) == "done"
        self.model.reinstate()
        self.compare()

    @rule(
        regulator=st.sampled_from(REGULATORS),
        version=st.integers(1, 3),
        severity=st.sampled_from([Severity.ADVISORY, Severity.CRITICAL]),
    )
    def recall(self, regulator: str, version: int, severity: Severity) -> None:
        lifecycle = self.cast[regulator].lifecycle
        outcome = self.attempt(lambda: lifecycle.recall(self.model.id, version, severity, "flawed"))
        assert outcome == self.model.recall(regulator, version, severity)
        self.compare()


def test_the_ledger_agrees_with_its_model(consortium: Consortium) -> None:
    LedgerMachine.consortium = consortium
    LedgerMachine.cast = {name: consortium.join(held) for name, held in CAST.items()}
    LedgerMachine.cast |= {name: consortium.join(Capability.REGULATOR) for name in REGULATORS}
    LedgerMachine.orgs = {name: org_of(ledger) for name, ledger in LedgerMachine.cast.items()}
    run_state_machine_as_test(
        LedgerMachine,
        settings=settings(
            max_examples=12,
            stateful_step_count=15,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
