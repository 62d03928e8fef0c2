"""Timelines and activities are exactly the events that the index holds."""

from collections.abc import Callable
from typing import Any

import pytest
from index_rows import Filled, Writer, admitted, key_of, member_added, rotated
from sqlalchemy import select

from dataledger.errors import InvalidAddress, InvalidIdentifier, NotFound
from dataledger.index.audit import EVENT_KINDS, Audit, Entry
from dataledger.index.schema import datasets, events, versions
from dataledger.index.store import Store


def rows_where(store: Store, holds: Callable[[Any], bool]) -> list[Any]:
    with store.read() as connection:
        rows = connection.execute(select(events).order_by(events.c.event)).all()
    return [row for row in rows if holds(row)]


def keys(items: tuple[Entry, ...]) -> list[int]:
    return [entry.block_number << 20 | entry.log_index for entry in items]


@pytest.mark.parametrize("number", range(0, 240, 23))
def test_a_timeline_is_all_events_of_the_dataset(
    audit: Audit, store: Store, filled: Filled, number: int
) -> None:
    name = filled.names[number]
    page = audit.timeline(name, limit=1000)
    assert page.next is None
    with store.read() as connection:
        found = connection.execute(
            select(datasets).where(datasets.c.slug == name.partition("/")[2])
        ).one()
    expected = rows_where(store, lambda row: row.dataset == found.dataset)
    assert keys(page.items) == [row.event for row in expected]
    assert [e.kind for e in page.items] == [row.kind for row in expected]
    assert {e.dataset for e in page.items} == {name}
    assert page.items == audit.timeline(str(found.dataset), limit=1000).items
    for entry, row in zip(page.items, expected, strict=True):
        assert type(entry.event).__name__ == row.kind
        assert (entry.by, entry.org, entry.org_slug) == (row.by, row.org, f"org-{row.org}")
        assert entry.transaction_hash == row.transaction_hash
        assert entry.recorded_at_unix == row.recorded_at_unix
        assert entry.text


def test_the_timeline_of_a_version_is_its_time_and_its_recall(audit: Audit, store: Store) -> None:
    with store.read() as connection:
        rows = connection.execute(select(versions).where(versions.c.version == 2)).all()
        recalled = connection.execute(
            select(versions).where(versions.c.recall_event.is_not(None))
        ).first()
    assert rows
    assert recalled is not None
    for row in rows[:5]:
        name = audit.dataset_state(row.dataset).name
        whole = keys(audit.timeline(name, limit=1000).items)
        assert keys(audit.timeline(f"{name}@2", limit=1000).items) == [
            event for event in whole if event >= row.event
        ]
        first = keys(audit.timeline(f"{name}@1", limit=1000).items)
        start = whole.index(first[0])
        assert first == [event for event in whole[start:] if event < row.event]
    told = audit.timeline(f"{recalled.dataset}@{recalled.version}", kinds=["VersionRecalled"])
    assert keys(told.items) == [recalled.recall_event]


def test_a_version_that_is_not_there_is_named(audit: Audit, filled: Filled) -> None:
    with pytest.raises(NotFound, match="has no version 999"):
        audit.timeline(f"{filled.names[0]}@999")
    with pytest.raises(InvalidIdentifier):
        audit.timeline(f"{filled.names[0]}@first")


@pytest.mark.parametrize("org", [1, 2, 5])
def test_activity_is_what_was_done_by_an_organisation_and_to_it(
    audit: Audit, store: Store, org: int
) -> None:
    expected = rows_where(store, lambda row: org in (row.org, row.subject_org))
    assert keys(audit.activity(str(org), limit=1000).items) == [row.event for row in expected]
    for kinds in (["Advanced"], ["VersionRecalled", "MemberAdded", "PolicyPublished"]):
        page = audit.activity(str(org), kinds=kinds, limit=1000)
        assert keys(page.items) == [row.event for row in expected if row.kind in kinds]
    since, until = expected[len(expected) // 3], expected[len(expected) // 2]
    page = audit.activity(
        str(org), since=since.recorded_at_unix, until=until.recorded_at_unix, limit=1000
    )
    assert keys(page.items) == [
        row.event
        for row in expected
        if since.recorded_at_unix <= row.recorded_at_unix <= until.recorded_at_unix
    ]


def test_activity_of_a_key(audit: Audit, store: Store) -> None:
    key = key_of(4, 1)
    expected = rows_where(store, lambda row: key in (row.by, row.subject_key))
    assert keys(audit.activity(key, limit=1000).items) == [row.event for row in expected]
    assert expected[0].kind == "MemberAdded"


def test_filters_by_actor_and_dataset_meet(audit: Audit, filled: Filled) -> None:
    name = next(n for n in filled.names if len(audit.timeline(n).items) > 8)
    owner = name.partition("/")[0]
    done = audit.activity(owner, dataset=name, limit=1000)
    assert done.items == audit.timeline(name, who=owner, limit=1000).items
    key = done.items[0].by
    assert key is not None
    by_key = audit.timeline(name, who=key, limit=1000).items
    assert by_key == tuple(entry for entry in done.items if entry.by == key)


def test_a_rotation_is_told_of_both_keys(writer: Writer) -> None:
    writer.write(admitted(1, "root", parent=None, at=writer.time))
    writer.write(member_added(1, at=writer.time))
    writer.at(writer.time + 60)
    writer.write(rotated(1, 0, 5, at=writer.time))
    writer.flush()
    audit = Audit(writer.store)
    for number in (0, 5):
        last = audit.activity(key_of(1, number)).items[-1]
        assert last.text == f"{key_of(1, 5)} took over from {key_of(1, 0)} in root"


@pytest.mark.parametrize(
    ("who", "error"),
    [
        ("nobody", NotFound),
        ("org-77", NotFound),
        ("77", NotFound),
        ("0", InvalidIdentifier),
        ("0x12", InvalidAddress),
        ("0x" + "77" * 20, NotFound),
        ("x'; DROP TABLE events; --", NotFound),
        ("nul\0", NotFound),
        ("half\ud800", NotFound),
    ],
)
def test_who_is_nobody_is_refused(audit: Audit, who: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        audit.activity(who)


def test_an_unknown_kind_is_refused_with_all_there_are(audit: Audit) -> None:
    with pytest.raises(NotFound, match="no kind of event 'Advance'") as caught:
        audit.activity("org-2", kinds=["Advance"])
    assert all(kind in caught.value.remedy for kind in EVENT_KINDS)


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("org-2/nothing-at-all-like-it", None),
        ("{owner}/{slug}x", "{owner}/{slug}"),
        ("ogr-2/{slug}", "{owner}/{slug}"),
        ("{slug}", "{owner}/{slug}"),
        ("org2", None),
    ],
)
def test_a_dataset_that_is_not_there_has_near_ones(
    audit: Audit, filled: Filled, name: str, near: str | None
) -> None:
    owner, _, slug = filled.names[17].partition("/")
    with pytest.raises(NotFound, match="no dataset") as caught:
        audit.timeline(name.format(owner=owner, slug=slug))
    if near is not None:
        assert near.format(owner=owner, slug=slug) in caught.value.remedy
    assert "OWNER/SLUG" in caught.value.remedy
