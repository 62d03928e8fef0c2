"""Each kind of anomaly: found where its rule says, and nowhere else."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from index_rows import (
    DAY,
    STAGES,
    Filled,
    Writer,
    admitted,
    id_of,
    key_of,
    member_added,
    policy_published,
    record_of,
    rotated,
)
from sqlalchemy import select

from dataledger.contracts.events import (
    Advanced,
    DatasetRegistered,
    OrganisationSuspended,
    VersionAdded,
    VersionRecalled,
)
from dataledger.contracts.identifiers import (
    NO_HEAD,
    Address,
    DatasetId,
    Head,
    OrgId,
    PolicyId,
    Slug,
)
from dataledger.contracts.types import Parent, Severity
from dataledger.errors import InvalidArgument, NotFound
from dataledger.hashing import Digest
from dataledger.index.audit import ANOMALY_KINDS, Anomaly, Audit
from dataledger.index.audit.anomalies.finding import Usual
from dataledger.index.schema import lineage, versions
from dataledger.index.store import Store


class World:
    """root (1) and acme (2), each with a key; datasets that take the policy's first step."""

    def __init__(self, writer: Writer) -> None:
        self.writer = writer
        at = writer.time
        writer.write(admitted(1, "root", parent=None, at=at))
        writer.write(member_added(1, at=at))
        writer.write(policy_published(at=at))
        writer.write(admitted(2, "acme", at=at))
        writer.write(member_added(2, at=at))

    def common(self, slug: str, key: int = 0) -> tuple[DatasetId, OrgId, Address, Head]:
        return (id_of(2, slug), OrgId(2), key_of(2, key), NO_HEAD)

    def register(self, slug: str, *parents: Parent, after: int = 1) -> None:
        self.writer.at(self.writer.time + after)
        event = DatasetRegistered(
            *self.common(slug),
            PolicyId(1),
            Slug(slug),
            record_of(slug, *parents),
            self.writer.time,
        )
        self.writer.write(event)

    def step(self, slug: str, start: str, end: str, *, after: int, key: int = 0) -> None:
        self.writer.at(self.writer.time + after)
        event = Advanced(
            *self.common(slug, key),
            1,
            STAGES[start],
            STAGES[end],
            Digest.of(slug.encode()),
            self.writer.time,
        )
        self.writer.write(event)

    def usual_steps(self, count: int = 40) -> None:
        """Let datasets be collected after an hour, a little more or less."""
        for number in range(count):
            self.register(f"usual-{number}")
            self.step(f"usual-{number}", "PLANNED", "COLLECTED", after=3600 + 40 * (number % 9))

    def audit(self) -> Audit:
        self.writer.flush()
        return Audit(self.writer.store)


@pytest.fixture
def world(writer: Writer) -> World:
    return World(writer)


def test_a_step_is_judged_by_what_is_usual_for_it(world: World) -> None:
    world.usual_steps()
    world.register("late")
    world.step("late", "PLANNED", "COLLECTED", after=30 * DAY)
    world.register("early")
    world.step("early", "PLANNED", "COLLECTED", after=2)
    world.register("other")
    world.step("other", "PLANNED", "COLLECTED", after=2 * 3600)
    audit = world.audit()
    (slow,) = audit.anomalies(["slow-step"]).items
    assert (slow.name, slow.seconds) == ("acme/late", 30 * DAY)
    assert slow.usual_seconds == pytest.approx(3760, abs=200)
    assert slow.text == "PLANNED → COLLECTED came much later than usual"
    (fast,) = audit.anomalies(["fast-step"]).items
    assert (fast.name, fast.seconds, fast.org_slug) == ("acme/early", 2, "acme")


def test_few_steps_say_nothing_of_what_is_usual(world: World) -> None:
    world.usual_steps(10)
    world.register("late")
    world.step("late", "PLANNED", "COLLECTED", after=300 * DAY)
    assert world.audit().anomalies(["slow-step", "fast-step", "stalled"]).items == ()


def test_a_dataset_is_stalled_where_others_have_long_gone_on(world: World) -> None:
    world.register("forgotten")
    world.usual_steps()
    world.register("fresh")
    audit = world.audit()
    (stalled,) = audit.anomalies(["stalled"]).items
    assert (stalled.name, stalled.text) == ("acme/forgotten", "stands at PLANNED")
    assert stalled.seconds is not None
    assert stalled.seconds > 24 * 3600
    # Nobody left COLLECTED: it is a place to rest, unless one says how long is too long.
    by_days = audit.anomalies(["stalled"], stalled_days=1).items
    assert {found.text for found in by_days} == {"stands at PLANNED", "stands at COLLECTED"}
    assert audit.anomalies(["stalled"], stalled_days=300).items == ()


def test_keys_that_acted_outside_their_membership_are_found(world: World) -> None:
    writer = world.writer
    start = writer.time
    bounded = member_added(2, 1, at=start, until=start + 3 * DAY)
    writer.write(replace(bounded, valid_from_unix=start + 2 * DAY))
    writer.write(member_added(2, 2, at=start))
    world.register("roads")
    world.step("roads", "PLANNED", "COLLECTED", after=DAY, key=1)
    world.step("roads", "COLLECTED", "CLEANED", after=DAY, key=1)
    world.step("roads", "CLEANED", "LABELED", after=2 * DAY, key=1)
    writer.at(writer.time + 1)
    writer.write(rotated(2, 2, 3, at=writer.time))
    world.step("roads", "LABELED", "CLEANED", after=DAY, key=3)
    clean = len(world.audit().anomalies(["key-outside-membership"]).items)
    world.step("roads", "CLEANED", "LABELED", after=DAY, key=2)
    found = world.audit().anomalies(["key-outside-membership"]).items
    assert clean == 2
    assert [(a.key, a.text.partition("acted ")[2]) for a in found] == [
        (key_of(2, 1), "before its window"),
        (key_of(2, 1), "after its window"),
        (key_of(2, 2), "after it was rotated"),
    ]
    assert {a.name for a in found} == {"acme/roads"}


def test_nobody_in_an_honest_history_acts_outside_a_membership(audit: Audit) -> None:
    assert audit.anomalies(["key-outside-membership"], limit=1000).items == ()


def test_versions_straight_from_a_recalled_one_are_found(audit: Audit, store: Store) -> None:
    with store.read() as connection:
        rows = connection.execute(select(versions)).all()
        edges = connection.execute(select(lineage)).all()
    recalled = {(row.dataset, row.version) for row in rows if row.recall_event is not None}
    expected = {
        (edge.child_dataset, edge.child_version)
        for edge in edges
        if (edge.parent_dataset, edge.parent_version) in recalled
        and (edge.child_dataset, edge.child_version) not in recalled
    }
    found = audit.anomalies(["recalled-parent"], limit=1000).items
    assert {(a.dataset, a.version) for a in found} == expected


def test_a_child_says_whether_it_came_before_the_recall(world: World) -> None:
    world.register("source")
    parent = Parent(id_of(2, "source"), 1)
    world.register("before", parent)
    world.writer.at(world.writer.time + 1)
    regulator = (id_of(2, "source"), OrgId(1), key_of(1), NO_HEAD)
    stage, at = STAGES["RECALLED"], world.writer.time
    world.writer.write(VersionRecalled(*regulator, 1, Severity.CRITICAL, stage, "why", at))
    world.register("after", parent)
    later, earlier = world.audit().anomalies(["recalled-parent"]).items
    assert (later.name, earlier.name) == ("acme/after", "acme/before")
    assert later.text.startswith("DERIVED after the recall from acme/source@1")
    assert earlier.text.startswith("DERIVED before the recall")
    assert "CRITICAL" in later.text


def test_open_datasets_of_suspended_owners_are_found(world: World) -> None:
    world.register("open")
    world.register("ended")
    for start, end in (("PLANNED", "COLLECTED"), ("COLLECTED", "DESTROYED")):
        world.step("ended", start, end, after=1)
    audit = world.audit()
    assert audit.anomalies(["suspended-owner"]).items == ()
    writer = world.writer
    writer.at(writer.time + 60)
    suspended = OrganisationSuspended(OrgId(2), OrgId(1), key_of(1), "unpaid", writer.time)
    writer.write(suspended)
    (found,) = world.audit().anomalies(["suspended-owner"]).items
    assert (found.name, found.at_unix) == ("acme/open", writer.time)
    assert found.text == "stands at PLANNED while acme is suspended"


def test_a_version_that_leads_like_an_edge_is_no_duty(world: World) -> None:
    world.register("roads")
    world.step("roads", "PLANNED", "COLLECTED", after=1)
    writer = world.writer
    writer.at(writer.time + 1)
    common = world.common("roads")
    record = record_of("again")
    writer.write(VersionAdded(*common, 2, STAGES["CLEANED"], record, writer.time))
    assert world.audit().dataset_state("acme/roads").duties == ()


@pytest.mark.parametrize(
    ("ask", "error"),
    [
        (lambda a: a.anomalies(["slow"]), NotFound),
        (lambda a: a.anomalies(stalled_days=0), InvalidArgument),
        (lambda a: a.anomalies(stalled_days=10**9), InvalidArgument),
    ],
)
def test_what_is_no_kind_or_no_time_is_refused(
    audit: Audit, ask: Callable[[Audit], object], error: type[Exception]
) -> None:
    with pytest.raises(error) as caught:
        ask(audit)
    if error is NotFound:
        assert isinstance(caught.value, NotFound)
        assert all(kind in caught.value.remedy for kind in ANOMALY_KINDS)


def test_a_page_ends_after_much_was_looked_through(
    audit: Audit, filled: Filled, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = audit.anomalies(stalled_days=200, limit=1000)
    assert whole.next is None
    assert filled.names
    monkeypatch.setattr("dataledger.index.audit.anomalies.MAX_CHECKPOINTS", 3)
    found: list[Anomaly] = []
    token, pages = None, 0
    while True:
        page = audit.anomalies(stalled_days=200, limit=1000, after=token)
        found += page.items
        pages += 1
        token = page.next
        if token is None:
            break
    assert tuple(found) == whole.items
    assert pages > 5


@given(st.lists(st.integers(0, 2**40), min_size=20, max_size=60))
def test_the_middle_half_of_the_times_is_usual(times: list[int]) -> None:
    usual = Usual.of(times)
    assert usual is not None
    middle = sorted(times)[len(times) // 4 : 3 * len(times) // 4 + 1]
    assert all(usual.least <= time <= usual.most for time in middle)
    assert usual.median in middle
