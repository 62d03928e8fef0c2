"""Activity records: one spelling each, everything checked, whoever wrote it."""

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from generators import addresses, digests, hashes, slugs
from hypothesis import given
from hypothesis import strategies as st

from dataledger.contracts.identifiers import DatasetId, Slug, address_of
from dataledger.errors import ActivityError, InvalidAddress, InvalidIdentifier, InvalidSlug
from dataledger.hashing import Digest, Hash32
from dataledger.ledger.activity import (
    MAX_ACTIVITY_BYTES,
    Activity,
    Agent,
    Content,
    Tool,
)

MEMBER = address_of(b"\x01" * 20)
START = datetime(2026, 1, 31, 11, 0, 0, tzinfo=UTC)
CONTENT = Content(
    content_root=Digest.of(b"root"),
    manifest_digest=Digest.of(b"manifest"),
    dataset=DatasetId(Hash32(b"\x02" * 32)),
    version=1,
)
ACTIVITY = Activity(
    type="clean",
    tool=Tool("clean.py", "1.2", Digest.of(b"code")),
    agents=(Agent(Slug("acme"), MEMBER, "OPERATOR"),),
    started_at=START,
    ended_at=START + timedelta(hours=1),
    inputs=(CONTENT,),
    parameters={"drop": ["email"], "ratio": 0.5, "nested": {"deep": None}},
)

texts = st.text(st.characters(categories=["L", "N", "P", "S"]), min_size=1, max_size=256)
json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
moments = st.datetimes(timezones=st.just(UTC))
contents = st.builds(Content, digests, digests) | st.builds(
    Content, digests, digests, hashes.map(DatasetId), st.none() | st.integers(1, 2**32 - 1)
)


@st.composite
def activities(draw: st.DrawFn) -> Activity:
    start, end = sorted((draw(moments), draw(moments)))
    return Activity(
        type=draw(texts),
        tool=Tool(draw(texts), draw(texts), draw(st.none() | digests)),
        agents=tuple(draw(st.lists(st.builds(Agent, slugs, addresses, texts), min_size=1))),
        started_at=start,
        ended_at=end,
        inputs=tuple(draw(st.lists(contents, max_size=2))),
        outputs=tuple(draw(st.lists(contents, max_size=2))),
        parameters=draw(st.dictionaries(texts, json_values, max_size=3)),
    )


@given(activities())
def test_what_is_written_is_read(activity: Activity) -> None:
    data = activity.to_bytes()
    assert Activity.parse(data) == activity
    assert Activity.parse(data).to_bytes() == data
    assert activity.evidence == Digest.of(data)


def test_a_record_spelled_out() -> None:
    assert ACTIVITY.to_bytes().decode() == (
        '{"agents":[{"member":"0x0101010101010101010101010101010101010101","organisation":"acme",'
        '"role":"OPERATOR"}],"ended_at":"2026-01-31T12:00:00Z","format":"dataledger/activity/1",'
        f'"inputs":[{{"content_root":"{CONTENT.content_root}","dataset":"0x{"02" * 32}",'
        f'"manifest_digest":"{CONTENT.manifest_digest}","version":1}}],"outputs":[],'
        '"parameters":{"drop":["email"],"nested":{"deep":null},"ratio":0.5},'
        '"started_at":"2026-01-31T11:00:00Z",'
        f'"tool":{{"code_digest":"{Digest.of(b"code")}","name":"clean.py","version":"1.2"}},'
        '"type":"clean"}'
    )


def test_times_are_told_in_utc_to_the_microsecond() -> None:
    east = timezone(timedelta(hours=8))
    local = replace(ACTIVITY, started_at=datetime(2026, 1, 31, 19, 0, 0, tzinfo=east))
    assert local == ACTIVITY
    finer = replace(ACTIVITY, ended_at=START + timedelta(microseconds=1))
    assert b'"ended_at":"2026-01-31T11:00:00.000001Z"' in finer.to_bytes()


def test_parameters_are_the_records_own() -> None:
    parameters: dict[str, Any] = {"steps": ["a"]}
    activity = replace(ACTIVITY, parameters=parameters)
    before = activity.evidence
    parameters["steps"].append("b")
    assert activity.evidence == before


@pytest.mark.parametrize(
    "change",
    [
        {"type": ""},
        {"type": "two\nlines"},
        {"type": "x" * 257},
        {"agents": ()},
        {"started_at": START.replace(tzinfo=None)},
        {"ended_at": START - timedelta(microseconds=1)},
        {"parameters": {"x": float("nan")}},
        {"parameters": {"x": 2**53}},
        {"parameters": {"x": object()}},
    ],
)
def test_what_is_no_activity_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ActivityError):
        replace(ACTIVITY, **change)


def test_parts_are_checked_where_they_are_made() -> None:
    with pytest.raises(ActivityError, match="without its dataset"):
        replace(CONTENT, dataset=None)
    with pytest.raises(InvalidIdentifier):
        replace(CONTENT, version=0)
    with pytest.raises(InvalidSlug):
        Agent(Slug("Acme"), MEMBER, "OPERATOR")
    with pytest.raises(InvalidAddress):
        Agent(Slug("acme"), MEMBER[:-1], "OPERATOR")  # type: ignore[arg-type]  # cut short
    with pytest.raises(ActivityError, match="tool version"):
        Tool("tool", "")


def _set(*path: str | int, to: object) -> Callable[[Any], None]:
    def change(document: Any) -> None:
        for key in path[:-1]:
            document = document[key]
        document[path[-1]] = to

    return change


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(_set("format", to="dataledger/activity/2"), id="format"),
        pytest.param(_set("extra", to=1), id="unknown member"),
        pytest.param(lambda document: document.pop("tool"), id="missing member"),
        pytest.param(_set("agents", to={}), id="agents are no list"),
        pytest.param(_set("agents", to=[]), id="no agent"),
        pytest.param(_set("agents", 0, "member", to="0x" + "ab" * 20), id="no checksum"),
        pytest.param(_set("agents", 0, "organisation", to="No Slug"), id="no slug"),
        pytest.param(_set("parameters", to=[]), id="parameters are no object"),
        pytest.param(_set("inputs", 0, "content_root", to="sha256:00"), id="short digest"),
        pytest.param(_set("inputs", 0, "version", to="1"), id="version is text"),
        pytest.param(_set("inputs", 0, "version", to=None), id="version is null"),
        pytest.param(_set("inputs", 0, "dataset", to="0x00"), id="short dataset"),
        pytest.param(_set("tool", "code_digest", to=None), id="null for none"),
        pytest.param(_set("started_at", to="2026-01-31T11:00:00+00:00"), id="offset"),
        pytest.param(_set("started_at", to="2026-01-31T11:00:00.000000Z"), id="zero fraction"),
        pytest.param(_set("started_at", to="2026-01-31T11:00:00.5Z"), id="short fraction"),
        pytest.param(_set("started_at", to="2026-02-30T11:00:00Z"), id="no such day"),
        pytest.param(_set("started_at", to="2026-01-31 11:00:00Z"), id="blank"),
        pytest.param(_set("started_at", to="2026-01-31T13:00:00Z"), id="after its end"),
    ],
)
def test_documents_that_are_no_records_are_refused(change: Callable[[Any], None]) -> None:
    document = json.loads(ACTIVITY.to_bytes())
    change(document)
    data = json.dumps(document, sort_keys=True, separators=(",", ":")).encode()
    with pytest.raises(ActivityError, match="no activity record"):
        Activity.parse(data)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"{",
        ACTIVITY.to_bytes() + b"\n",
        b"[" * 10_000 + b"]" * 10_000,
        b" " * (MAX_ACTIVITY_BYTES + 1),
    ],
)
def test_bytes_that_are_no_records_are_refused(data: bytes) -> None:
    with pytest.raises(ActivityError):
        Activity.parse(data)


@given(st.data())
def test_no_other_bytes_read_as_the_same_record(data: st.DataObject) -> None:
    written = bytearray(ACTIVITY.to_bytes())
    written[data.draw(st.integers(0, len(written) - 1))] ^= data.draw(st.integers(1, 255))
    with suppress(ActivityError):
        assert Activity.parse(bytes(written)) != ACTIVITY
