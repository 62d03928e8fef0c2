"""Who could act when, and what stood when: against the histories themselves."""

from dataclasses import replace
from typing import Any

import pytest
from index_rows import (
    DAY,
    Filled,
    Writer,
    admitted,
    key_of,
    member_added,
    policy_published,
    rotated,
)
from sqlalchemy import select

from dataledger.contracts.events import (
    CapabilitiesChanged,
    MemberEnded,
    MemberRenewed,
    OrganisationReinstated,
    OrganisationSuspended,
)
from dataledger.contracts.identifiers import SUSPENDED, WITHOUT_END, OrgId
from dataledger.contracts.types import Capability
from dataledger.errors import NotFound
from dataledger.index.audit import Audit
from dataledger.index.schema import datasets, stage_history, versions
from dataledger.index.store import Store


@pytest.fixture
def start(writer: Writer) -> int:
    """root (1) > north (2) > acme (3); each with a key."""
    at = writer.time
    writer.write(admitted(1, "root", parent=None, at=at))
    writer.write(member_added(1, at=at))
    writer.write(policy_published(at=at))
    north = admitted(2, "north", at=at)
    writer.write(replace(north, grantable=Capability.CUSTODIAN))
    writer.write(member_added(2, at=at))
    writer.write(admitted(3, "acme", parent=2, at=at))
    writer.write(member_added(3, at=at))
    return at


def test_a_membership_counts_from_when_it_was_recorded_and_in_its_window(
    writer: Writer, start: int
) -> None:
    writer.at(start + DAY)
    added = member_added(3, 1, at=writer.time, until=start + 5 * DAY)
    writer.write(replace(added, valid_from_unix=start + 2 * DAY))
    writer.at(start + 3 * DAY)
    key = key_of(3, 1)
    writer.write(MemberRenewed(OrgId(3), key, key_of(3), start + 9 * DAY, writer.time))
    writer.at(start + 4 * DAY)
    writer.write(MemberEnded(OrgId(3), key, key_of(3), writer.time))
    writer.flush()
    audit = Audit(writer.store)

    first, second = audit.roles(key).items
    assert (first.from_unix, first.until_unix) == (start + 2 * DAY, start + 3 * DAY)
    assert (second.from_unix, second.until_unix) == (start + 3 * DAY, start + 4 * DAY)
    assert (first.ended_by, second.ended_by) == ("renewed", "ended")
    for day, expected in ((1, False), (2, True), (3, True), (4, None)):
        tenures = audit.roles(key, at=start + day * DAY).items
        assert [t.in_force for t in tenures] == ([] if expected is None else [expected])
    assert audit.roles(key, at=start + DAY - 1).items == ()


def test_what_an_organisation_could_do_is_limited_and_stopped_from_above(
    writer: Writer, start: int
) -> None:
    org = OrgId(2)
    by: dict[str, Any] = {"by_org": OrgId(1), "by": key_of(1)}
    writer.at(start + DAY)
    writer.write(OrganisationSuspended(org, reason="late", recorded_at_unix=writer.time, **by))
    writer.at(start + 2 * DAY)
    writer.write(OrganisationReinstated(org, recorded_at_unix=writer.time, **by))
    writer.at(start + 3 * DAY)
    writer.write(
        CapabilitiesChanged(
            org,
            capabilities=Capability.AUDITOR,
            grantable=Capability.AUDITOR,
            recorded_at_unix=writer.time,
            **by,
        )
    )
    writer.flush()
    audit = Audit(writer.store)

    def effective(day: int) -> tuple[Capability, str | None]:
        standing = audit.organisation_state("acme", at=start + day * DAY).standing
        assert standing == audit.roles("acme", at=start + day * DAY).items[0].standing
        return standing.effective, standing.suspended_slug

    assert effective(0) == (Capability.CUSTODIAN, None)
    assert effective(1) == (Capability(0), "north")
    assert effective(2) == (Capability.CUSTODIAN, None)
    assert effective(3) == (Capability.AUDITOR, None)
    assert [t.in_force for t in audit.roles("acme", at=start + DAY).items] == [False]
    assert audit.organisation_state("root").standing.effective == 0xFFFF
    assert audit.organisation_state("north").members == 1


def test_an_organisation_has_no_state_before_its_admission(writer: Writer, start: int) -> None:
    writer.at(start + DAY)
    writer.write(admitted(4, "late", at=writer.time))
    writer.flush()
    audit = Audit(writer.store)
    with pytest.raises(NotFound, match="late was not admitted yet"):
        audit.organisation_state("late", at=start)
    assert audit.organisation_state("late").admitted_at_unix == start + DAY


def test_a_rotated_key_hands_on_what_was_left_of_its_window(writer: Writer, start: int) -> None:
    writer.at(start + DAY)
    writer.write(rotated(3, 0, 7, at=writer.time))
    writer.flush()
    old, new = Audit(writer.store).roles("acme").items
    assert (old.ended_by, old.until_unix, old.in_force) == ("rotated", start + DAY, False)
    assert (new.key, new.from_unix, new.until_unix) == (key_of(3, 7), start + DAY, WITHOUT_END)
    assert new.in_force


@pytest.mark.parametrize("number", range(0, 240, 29))
def test_a_dataset_stood_as_its_history_says(
    audit: Audit, store: Store, filled: Filled, number: int
) -> None:
    name = filled.names[number]
    entries = audit.timeline(name, limit=1000).items
    dataset = audit.dataset_state(name).dataset
    with store.read() as connection:
        moves = connection.execute(
            select(stage_history).where(stage_history.c.dataset == dataset)
        ).all()
        recalls = connection.execute(select(versions).where(versions.c.dataset == dataset)).all()
    with pytest.raises(NotFound, match="not registered yet"):
        audit.dataset_state(name, at=f"block:{entries[0].block_number - 1}")
    described = None
    for block in dict.fromkeys(entry.block_number for entry in entries):
        last = (block + 1 << 20) - 1
        state = audit.dataset_state(name, at=f"block:{block}")
        move = max((m for m in moves if m.since_event <= last), key=lambda m: m.since_event)
        assert (state.stage, state.version) == (move.stage, move.version)
        assert (state.suspended_by is not None) == (move.stage == SUSPENDED)
        assert [found.version for found in state.recalled] == [
            row.version
            for row in recalls
            if row.recall_event is not None and row.recall_event <= last
        ]
        for entry in entries:
            if entry.block_number == block and entry.kind == "DatasetDescribed":
                described = entry.event.description  # type: ignore[attr-defined]
        assert state.description == described


def test_the_newest_state_is_what_the_list_says(audit: Audit) -> None:
    for listed in audit.datasets(limit=100).items:
        state = audit.dataset_state(listed.dataset)
        assert (state.name, state.stage_name) == (listed.name, listed.stage_name)
        assert (state.version, state.policy) == (listed.version_count, listed.policy)
        assert state.description == listed.description
        assert (state.suspended_by, bool(state.recalled)) == (listed.suspended_by, listed.recalled)


def test_duties_are_held_by_who_took_the_newest_step_that_has_them(
    audit: Audit, store: Store
) -> None:
    with store.read() as connection:
        audited = connection.execute(select(datasets).where(datasets.c.stage == 6)).first()
    assert audited is not None
    duties = audit.dataset_state(audited.dataset).duties
    assert [holder.duty for holder in duties] == [1, 2, 3]
    assert {holder.org for holder in duties} == {audited.owner}
    first = duties[0]
    assert first.carried_over == (first.version != audited.version_count)
