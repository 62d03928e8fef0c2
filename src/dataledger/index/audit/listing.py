"""Datasets by what is known of them: the listing, and the search by words."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

from sqlalchemy import Row, select
from sqlalchemy.sql.elements import ColumnElement

from dataledger.contracts.identifiers import DatasetId, OrgId, PolicyId, Stage
from dataledger.errors import InvalidArgument, shown
from dataledger.hashing import Digest
from dataledger.index.audit.filters import Condition, DatasetFilter, conditions_of, newest_first
from dataledger.index.audit.paging import Page, Window
from dataledger.index.audit.reading import Reading
from dataledger.index.audit.words import WordQuery
from dataledger.index.lists import numbers, raw_rows
from dataledger.index.schema import datasets

Order: TypeAlias = Literal["registered", "updated"]

RANKED_AT_MOST = 1_000
"""Of datasets with all words, so many are looked at: the newest."""


@dataclass(frozen=True, slots=True)
class ListedDataset:
    """A dataset as it stands, with what its newest description says: untrusted text."""

    dataset: DatasetId
    name: str
    owner: OrgId
    owner_slug: str
    policy: PolicyId
    stage: Stage
    stage_name: str
    version_count: int
    recalled: bool
    suspended_by: OrgId | None
    title: str | None
    """Its first 200 characters. None, as the four that follow, where no description is at hand."""
    licence: str | None
    sector: str | None
    region: str | None
    quality: str | None
    description: Digest | None
    registered_at_unix: int
    updated_at_unix: int
    """When it last had an event."""
    event_count: int


def listing(
    reading: Reading, wanted: DatasetFilter, *, order: Order, limit: int, after: str | None
) -> Page[ListedDataset]:
    """See `Audit.datasets`."""
    if order not in ("registered", "updated"):
        raise InvalidArgument(
            f"Datasets cannot be sorted by {shown(order)}.",
            remedy="Sort them by registered or updated.",
        )
    window = Window.of("datasets", (wanted, order), limit=limit, after=after, key=(int,))
    key = datasets.c.registered_event if order == "registered" else datasets.c.last_event
    conditions = conditions_of(reading, wanted)
    is_complete = True
    if wanted.text is not None:
        events, is_complete = _matching(reading, WordQuery.parse(wanted.text))
        conditions.append(Condition("datasets_registered", (_is_among(reading, events),)))
    if window.after is not None:
        conditions.append(Condition(None, (key < window.after[0],)))
    rows = reading.connection.execute(
        newest_first(reading.connection, conditions, key, window.limit + 1)
    ).all()
    page = window.page(
        rows,
        reading.as_of_block,
        key=lambda row: (getattr(row, key.name),),
        item=_presenter(reading, rows),
    )
    return replace(page, is_complete=is_complete)


def search(
    reading: Reading, typed: str, wanted: DatasetFilter, *, limit: int, after: str | None
) -> Page[ListedDataset]:
    """See `Audit.search`."""
    words = WordQuery.parse(typed)
    window = Window.of("search", (words.words, wanted), limit=limit, after=after, key=(int, int))
    events, is_complete = _matching(reading, words)
    conditions = [condition.joined for condition in conditions_of(reading, wanted)]
    query = select(datasets.c.registered_event, datasets.c.slug, datasets.c.title)
    found = raw_rows(reading.connection, query.where(_is_among(reading, events), *conditions))
    ranked = sorted((-words.score(slug, title), -event) for event, slug, title in found)
    if window.after is not None:
        ranked = [key for key in ranked if key > window.after]
    page = ranked[: window.limit]
    shown_events = [-event for _, event in page]
    rows = {
        row.registered_event: row
        for row in reading.connection.execute(
            select(datasets).where(_is_among(reading, shown_events))
        )
    }
    present = _presenter(reading, list(rows.values()))
    return Page(
        items=tuple(present(rows[event]) for event in shown_events),
        next=window.token(page[-1]) if len(ranked) > window.limit else None,
        as_of_block=reading.as_of_block,
        is_complete=is_complete,
    )


def _matching(reading: Reading, words: WordQuery) -> tuple[list[int], bool]:
    """Return the newest datasets with all words, and whether these are all."""
    query = words.matches(reading.connection.dialect.name, limit=RANKED_AT_MOST + 1)
    events = list(reading.connection.scalars(query))
    return events[:RANKED_AT_MOST], len(events) <= RANKED_AT_MOST


def _is_among(reading: Reading, events: Sequence[int]) -> ColumnElement[bool]:
    ids = numbers(reading.connection, events)
    return datasets.c.registered_event.in_(select(ids.c.value))


def _presenter(reading: Reading, rows: Sequence[Row[Any]]) -> Callable[[Row[Any]], ListedDataset]:
    reading.naming.organisation_names(row.owner for row in rows)

    def present(row: Row[Any]) -> ListedDataset:
        owner = reading.naming.organisation_name(row.owner)
        return ListedDataset(
            dataset=row.dataset,
            name=f"{owner}/{row.slug}",
            owner=row.owner,
            owner_slug=owner,
            policy=row.policy,
            stage=row.stage,
            stage_name=reading.naming.stage_name(row.policy, row.stage),
            version_count=row.version_count,
            recalled=row.recalled,
            suspended_by=row.suspended_by,
            title=row.title,
            licence=row.licence,
            sector=row.sector,
            region=row.region,
            quality=row.quality,
            description=row.description,
            registered_at_unix=row.registered_at_unix,
            updated_at_unix=row.last_event_unix,
            event_count=row.event_count,
        )

    return present
