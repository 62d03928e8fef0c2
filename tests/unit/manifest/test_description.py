import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataledger.errors import CanonicalisationError, DescriptionError
from dataledger.hashing import Digest, canonical_bytes
from dataledger.manifest.description import (
    MAX_DESCRIPTION_BYTES,
    MAX_TEXT_BYTES,
    Description,
    ForeignFormat,
    Measure,
    Party,
    Period,
    Source,
    Topic,
)
from dataledger.manifest.description.parts import MediaType

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1)
times = st.sampled_from(
    ["2026", "2026-01", "2026-01-31", "2026-01-31T12:00:00Z", "2026-01-31T12:00:00.5+02:00"]
)
parties = st.builds(Party, texts, st.none() | texts, st.none() | texts)
lists = st.lists(texts, max_size=3).map(tuple)
descriptions = st.builds(
    Description,
    title=texts,
    description=st.none() | texts,
    keywords=lists,
    licence=st.none() | texts,
    sector=st.none() | texts,
    region=st.none() | texts,
    quality=st.none() | texts,
    languages=lists,
    creators=st.lists(parties, max_size=2).map(tuple),
    publisher=st.none() | parties,
    contact=st.none() | parties,
    homepage=st.none() | texts,
    version=st.none() | texts,
    issued=st.none() | times,
    temporal=st.none() | st.builds(Period, times, st.none() | times),
    spatial=lists,
    measures=st.lists(st.builds(Measure, texts, texts, st.none() | texts), max_size=2).map(tuple),
    statements=st.dictionaries(st.sampled_from(Topic), lists, max_size=4),
    citation=st.none() | texts,
    source=st.none()
    | st.builds(Source, st.sampled_from(ForeignFormat), st.sampled_from(MediaType), texts),
)


@given(descriptions)
def test_a_description_is_read_back_as_it_was_written(description: Description) -> None:
    data = description.to_bytes()
    assert Description.parse(data) == description
    assert Description.parse(data).to_bytes() == data
    assert description.digest == Digest.of(data)


@given(descriptions)
def test_any_layout_by_hand_has_the_digest_of_the_canonical_form(description: Description) -> None:
    by_hand = json.dumps(description.to_json(), indent=3, sort_keys=False).encode()
    assert Description.read(by_hand).digest == description.digest


def test_the_document_is_the_canonical_json_of_what_was_said() -> None:
    description = Description(
        "Roads", licence="CC-BY-4.0", statements={Topic.BIASES: ("Cities only.",)}
    )
    assert description.to_bytes() == (
        b'{"format":"dataledger/description/1","licence":"CC-BY-4.0",'
        b'"statements":{"biases":["Cities only."]},"title":"Roads"}'
    )


@pytest.mark.parametrize(
    "text",
    [
        "\x1b]0;owned\x07\x1b[2J",
        "[bold red]markup[/]",
        "\u202egnp.exe",
        "'; DROP TABLE documents; --",
        "line\r\nbreak\u2028",
        "x" * MAX_TEXT_BYTES,
    ],
)
def test_hostile_texts_are_kept_as_they_are(text: str) -> None:
    description = Description(text, description=text, keywords=(text,), creators=(Party(text),))
    again = Description.parse(description.to_bytes())
    assert (again.title, again.keywords, again.creators[0].name) == (text, (text,), text)


def test_what_the_caller_changes_later_changes_nothing() -> None:
    said = {Topic.BIASES: ("Cities only.",)}
    description = Description("Roads", statements=said)
    said[Topic.BIASES] = ("None.",)
    assert description.said(Topic.BIASES) == ("Cities only.",)
    assert description.said(Topic.GAPS) == ()


def _document(**changes: Any) -> bytes:
    return canonical_bytes({"format": "dataledger/description/1", "title": "Roads"} | changes)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "not JSON"),
        (b"{}", "lacks the member 'format'"),
        (b"[" * 100, "nests deeper"),
        (_document(format="dataledger/description/2"), "its format is"),
        (_document(title=""), "its title"),
        (_document(title=7), "where a string belongs"),
        (_document(title="a\0b"), "U\\+0000"),
        (_document(title="x" * (MAX_TEXT_BYTES + 1)), "at most 1048576"),
        (_document(keywords="roads"), "where a list belongs"),
        (_document(keywords=[]), "not in canonical form"),
        (_document(publisher={"name": "Acme", "phone": "1"}), "unknown member 'phone'"),
        (_document(issued="31.1.2026"), "no date"),
        (_document(issued="2026-02-30"), "no date"),
        (_document(temporal={}), "neither a start nor an end"),
        (_document(statements={"biasses": ["x"]}), "unknown member 'biasses'"),
        (_document(source={"format": "x", "media_type": "text/turtle", "text": "x"}), "none of"),
        (_document(colour="red"), "unknown member 'colour'"),
        (json.dumps(json.loads(_document())).encode(), "not in canonical form"),
    ],
)
def test_anything_else_is_refused_with_a_reason(data: bytes, says: str) -> None:
    with pytest.raises(DescriptionError, match=says):
        Description.parse(data)


def test_half_of_a_surrogate_pair_is_no_text() -> None:
    with pytest.raises(DescriptionError, match="surrogate"):
        Description("Roads \ud800")


def test_a_document_above_the_limit_is_neither_made_nor_read() -> None:
    source = Source(ForeignFormat.DCAT, MediaType.TURTLE, "x" * MAX_DESCRIPTION_BYTES)
    with pytest.raises(DescriptionError, match="at most 16777216"):
        Description("Roads", source=source)
    with pytest.raises(DescriptionError, match="at most 16777216"):
        Description.parse(b" " * (MAX_DESCRIPTION_BYTES + 1))


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with pytest.raises(CanonicalisationError):
        Description.parse(data)


def test_the_specification_names_every_member_and_every_topic() -> None:
    page = Path("docs/formats.md").read_text().partition("## Description:")[2]
    named = set(re.findall(r"`([a-z_]+)`", page))
    members = set(Description.__dataclass_fields__) | {"format"}
    assert members <= named
    assert set(Topic) <= named
