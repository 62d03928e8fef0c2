"""Lists and searches of datasets: against filters in Python, and with hostile words."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from index_rows import (
    LICENCES,
    QUALITIES,
    REGIONS,
    SECTORS,
    STAGES,
    Filled,
    Writer,
    admitted,
    describe,
    id_of,
    key_of,
    policy_published,
)
from sqlalchemy import select

from dataledger.contracts.events import DatasetDescribed, DatasetRegistered
from dataledger.contracts.identifiers import NO_HEAD, OrgId, PolicyId, Slug
from dataledger.errors import InvalidArgument, NotFound
from dataledger.hashing import Digest
from dataledger.index.audit import Audit, DatasetFilter
from dataledger.index.audit.words import WordQuery
from dataledger.index.schema import datasets, documents
from dataledger.index.store import Store

FILTERS = st.fixed_dictionaries(
    {},
    optional={
        "stage": st.sampled_from([*STAGES, "published"]),
        "policy": st.just(1),
        "owner": st.sampled_from(["org-2", "3", "org-4"]),
        "sector": st.sampled_from([*SECTORS, "none"]),
        "region": st.sampled_from(REGIONS),
        "quality": st.sampled_from(QUALITIES),
        "licence": st.sampled_from(LICENCES),
        "recalled": st.booleans(),
        "suspended": st.booleans(),
        "updated_since": st.integers(1_700_000_000, 1_735_000_000),
        "registered_since": st.integers(1_700_000_000, 1_735_000_000),
        "registered_until": st.integers(1_700_000_000, 1_735_000_000),
        "text": st.sampled_from(["roads", "north rec", "health open", "nothing"]),
    },
)


def fits(row: Any, wanted: dict[str, Any], words: str) -> bool:
    """Return whether a dataset fulfils a filter: said once more, in Python."""
    asked = dict(wanted)
    text = WordQuery.parse(asked.pop("text", "x"))
    found = [
        asked.pop("stage", "").upper()
        in ("", next(n for n, s in STAGES.items() if s == row.stage)),
        asked.pop("owner", str(row.owner)).removeprefix("org-") == str(row.owner),
        asked.pop("recalled", row.recalled) == row.recalled,
        asked.pop("suspended", row.suspended_by is not None) == (row.suspended_by is not None),
        asked.pop("updated_since", 0) <= row.last_event_unix,
        asked.pop("registered_since", 0) <= row.registered_at_unix,
        asked.pop("registered_until", 2**40) >= row.registered_at_unix,
        "text" not in wanted or text.score("", words) == 2 * len(text.words),
        *(getattr(row, name) == value for name, value in asked.items()),
    ]
    return all(found)


@given(wanted=FILTERS, order=st.sampled_from(["registered", "updated"]))
@settings(max_examples=35, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_list_is_what_the_filter_says_newest_first(
    audit: Audit, store: Store, wanted: dict[str, Any], order: Any
) -> None:
    with store.read() as connection:
        rows = connection.execute(select(datasets)).all()
        said = {r.digest: r.search_text for r in connection.execute(select(documents))}
    key = "registered_event" if order == "registered" else "last_event"
    expected = sorted(
        (
            row
            for row in rows
            if fits(
                row,
                wanted,
                f"{row.slug} {said.get(row.description, '')}".lower().translate(
                    {ord(c): " " for c in "-.,"}
                ),
            )
        ),
        key=lambda row: -getattr(row, key),
    )
    page = audit.datasets(DatasetFilter(**wanted), order=order, limit=1000)
    assert page.is_complete
    assert [item.dataset for item in page.items] == [row.dataset for row in expected]


def test_a_listed_dataset_shows_its_description(audit: Audit, filled: Filled) -> None:
    for name in filled.names[30:40]:
        (found,) = audit.datasets(DatasetFilter(text=name.partition("/")[2])).items
        assert found.name == name
        assert (found.title is None) == (found.sector is None)
    found = audit.datasets(DatasetFilter(sector="health")).items[0]
    assert found.title is not None
    assert found.region in REGIONS
    assert found.licence in LICENCES


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ({"stage": "NOWHERE"}, "No policy has a stage 'NOWHERE'"),
        ({"stage": 2**70}, "No policy has a stage 1180591620717411303424"),
        ({"policy": 9}, "no policy 9"),
        ({"owner": "orgg-2"}, "no organisation 'orgg-2'"),
    ],
)
def test_what_is_not_there_is_refused_with_what_is(
    audit: Audit, wanted: dict[str, Any], message: str
) -> None:
    with pytest.raises(NotFound, match=message) as caught:
        audit.datasets(DatasetFilter(**wanted))
    assert caught.value.remedy


def test_an_unknown_order_is_refused(audit: Audit) -> None:
    with pytest.raises(InvalidArgument, match="cannot be sorted by 'size; --'"):
        audit.datasets(order="size; --")  # type: ignore[arg-type]  # that is the point


# ------------------------------------------------------------------------------------------ search

HOSTILE = "\x1b[31m<b>Bobby</b> \u202e'; DROP TABLE datasets; --\" OR NEAR(a b) * : ^ & | ! \\"


@given(st.text(max_size=80))
@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_typed_is_only_ever_words(audit: Audit, typed: str) -> None:
    try:
        audit.search(typed, limit=1)
    except InvalidArgument as error:
        assert str(error).isprintable()  # noqa: PT017 - either outcome is right


@pytest.mark.parametrize(
    "typed",
    [
        *(
            '"',
            "'",
            "a'b",
            "roads OR",
            "NOT roads",
            "NEAR(roads)",
            "roads*",
            "words:roads",
            "^roads",
        ),
        *(
            "roads & !x",
            "a:b|c",
            "\\",
            "{roads}",
            "-roads",
            "(",
            "🛣 roads",
            "ro\u0301ads",
            "\0roads",
        ),
    ],
)
def test_operators_of_databases_have_no_meaning(audit: Audit, typed: str) -> None:
    try:
        found = audit.search(typed, limit=1000)
    except InvalidArgument:
        assert not any(char.isalnum() for char in typed)
        return
    words = WordQuery.parse(typed).words
    assert all(word.isalnum() or not word.isascii() for word in words)
    assert found.items == audit.search(" ".join(words), limit=1000).items


@pytest.mark.parametrize("typed", ["", "  ", "***", "_", "a " * 600, "w" * 65])
def test_a_search_without_words_or_with_too_many_is_refused(audit: Audit, typed: str) -> None:
    with pytest.raises(InvalidArgument):
        audit.search(typed)


@pytest.fixture
def told(writer: Writer) -> Audit:
    """Three datasets: named for roads; titled so; and described with all that is hostile."""
    at = writer.time
    writer.write(admitted(1, "root", parent=None, at=at))
    writer.write(policy_published(at=at))
    abouts = {
        "city-roads": {"title": "Traffic", "description": "Counts."},
        "counts": {"title": "Roads of Écija", "description": "Roadside counts."},
        "evil": {"title": HOSTILE + "T" * 1_000_000, "description": "All roads. " + HOSTILE},
    }
    for slug in abouts:
        common = (id_of(1, slug), OrgId(1), key_of(1), NO_HEAD)
        writer.write(DatasetRegistered(*common, PolicyId(1), Slug(slug), None, at))
        writer.write(DatasetDescribed(*common, Digest.of(slug.encode()), at))
    writer.flush()
    describe(
        writer.store,
        iter((Digest.of(slug.encode()), about) for slug, about in abouts.items()),
    )
    return Audit(writer.store)


def slugs(audit: Audit, typed: str) -> list[str]:
    return [found.name.partition("/")[2] for found in audit.search(typed).items]


def test_words_in_the_slug_count_most_then_in_the_title_then_the_newest(told: Audit) -> None:
    assert slugs(told, "ROADS") == ["city-roads", "counts", "evil"]
    assert slugs(told, "roa") == ["city-roads", "counts", "evil"]
    assert slugs(told, "roads counts") == ["counts", "city-roads"]
    assert slugs(told, "counts roads city") == ["city-roads"]
    assert slugs(told, "road") == ["city-roads", "counts", "evil"]
    assert slugs(told, "r") == []
    assert slugs(told, "road counts") == []
    assert slugs(told, "écija") == ["counts"]


def test_hostile_descriptions_are_found_and_kept_as_they_are(told: Audit) -> None:
    assert slugs(told, "bobby drop table") == ["evil"]
    (found,) = told.search("bobby").items
    assert found.title is not None
    assert found.title.startswith(HOSTILE)
    assert len(found.title) == 200
    state = told.dataset_state("root/evil")
    assert state.title == found.title
    with told._store.read() as connection:
        whole = connection.scalars(select(documents.c.title)).all()
    assert HOSTILE + "T" * 1_000_000 in whole


def test_a_description_that_arrives_later_or_goes_is_followed(writer: Writer, told: Audit) -> None:
    with writer.store.write() as connection:
        connection.execute(documents.delete().where(documents.c.title == "Traffic"))
    assert slugs(told, "traffic") == []
    assert slugs(told, "city roads") == ["city-roads"]
    assert told.datasets(DatasetFilter(text="city")).items[0].title is None
    describe(writer.store, iter([(Digest.of(b"city-roads"), {"title": "Lorries"})]))
    assert slugs(told, "lorries") == ["city-roads"]
    at = writer.time
    common = (id_of(1, "city-roads"), OrgId(1), key_of(1), NO_HEAD)
    writer.write(DatasetDescribed(*common, Digest.of(b"counts"), at))
    writer.flush()
    assert slugs(told, "lorries") == []
    assert slugs(told, "roadside") == ["counts", "city-roads"]


def test_of_very_many_matches_the_newest_are_ranked(
    audit: Audit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dataledger.index.audit.listing.RANKED_AT_MOST", 10)
    newest = [found.name for found in audit.datasets(DatasetFilter(text="open"), limit=99).items]
    page = audit.search("open", limit=1000)
    assert not page.is_complete
    assert len(page.items) == 10
    assert {found.name for found in page.items} == set(newest)
