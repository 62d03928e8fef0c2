"""What the verifier knows of the contract without its ABI is what the compiler says."""

from dataclasses import replace
from operator import attrgetter
from typing import Any

import build_contracts
import pytest
from generators import structs
from hypothesis import given, settings
from hypothesis import strategies as st

from dataledger.contracts.events import (
    EVENTS,
    Advanced,
    DatasetDescribed,
    DatasetEvent,
    DatasetRegistered,
    DatasetReinstated,
    DatasetSuspended,
    StepApproved,
    VersionAdded,
    VersionRecalled,
    event_item,
)
from dataledger.contracts.identifiers import DatasetId, keccak256
from dataledger.errors import ProofInvalid
from dataledger.evidence.verifier import Event, slots
from dataledger.evidence.verifier.history import SIGNATURES, SUSPENDED, read_history
from dataledger.hashing import Hash32

KINDS: list[Any] = [kind for kind in EVENTS if issubclass(kind, DatasetEvent)]


@pytest.fixture(scope="module")
def layout() -> dict[str, Any]:
    """Return the storage layout of `DatasetLedger`, as the compiler gives it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(build_contracts, "OUTPUTS", ["storageLayout"])
        compiled = build_contracts.compile_contracts()
    contract = compiled["contracts/DatasetLedger.sol"]["DatasetLedger"]
    found: dict[str, Any] = contract["storageLayout"]
    return found


def test_slots_are_where_the_compiler_puts_them(layout: dict[str, Any]) -> None:
    at = {item["label"]: int(item["slot"]) for item in layout["storage"]}
    assert at["head"] == slots.HEADS
    assert at["commitment"] == slots.COMMITMENTS
    assert at["suspendedBy"] == slots.SUSPENDED_BY
    assert at["_states"] == slots.STATES
    assert at["_recalls"] == slots.RECALLS


def test_slots_hold_what_the_compiler_keeps_there(layout: dict[str, Any]) -> None:
    kinds = {item["label"]: layout["types"][item["type"]] for item in layout["storage"]}
    dataset = "mapping(DatasetId => "
    assert kinds["head"]["label"] == f"{dataset}bytes32)"
    assert kinds["commitment"]["label"] == f"{dataset}mapping(uint32 => bytes32))"
    assert kinds["suspendedBy"]["label"] == f"{dataset}OrgId)"
    assert kinds["_states"]["label"] == f"{dataset}PackedState)"
    by_version = layout["types"][kinds["_recalls"]["value"]]
    members = layout["types"][by_version["value"]]["members"]
    assert [(m["label"], m["slot"], m["offset"]) for m in members] == [
        ("by", "0", 0),
        ("severity", "0", 4),
        ("recordedAt", "0", 5),
    ]


def test_the_place_of_a_mapped_value_is_spelled_out() -> None:
    dataset = DatasetId(Hash32(bytes(range(32))))
    inner = keccak256(dataset.value + slots.RECALLS.to_bytes(32))
    assert slots.recall_slot(dataset, 3) == keccak256((3).to_bytes(32) + inner)
    assert slots.to_recall(Hash32(bytes(32))) is None


def test_every_event_of_a_dataset_is_known_by_its_signature() -> None:
    expected = {event_item(kind).topic for kind in EVENTS if issubclass(kind, DatasetEvent)}
    assert {keccak256(text.encode()) for text in SIGNATURES} == expected


@st.composite
def sensible(draw: st.DrawFn) -> list[DatasetEvent]:
    """Return events in an order that the contract could have written; heads are of no matter."""
    registered: DatasetRegistered = draw(structs(DatasetRegistered))
    versions = 0 if registered.record is None else 1
    history: list[DatasetEvent] = [registered]
    later = [kind for kind in KINDS if kind is not DatasetRegistered]
    for kind in draw(st.lists(st.sampled_from(later), max_size=5)):
        event: DatasetEvent = draw(structs(kind))
        if isinstance(event, VersionAdded):
            versions += 1
            event = replace(event, version=versions)
        if isinstance(event, VersionRecalled):
            if versions == 0:
                continue
            event = replace(event, version=draw(st.integers(1, versions)))
        history.append(event)
    return history


@settings(max_examples=30)
@given(sensible())
def test_events_are_read_as_the_abi_has_them(history: list[DatasetEvent]) -> None:
    logs = [event.to_log() for event in history]
    found = read_history([Event(log.topics, log.data) for log in logs])
    first = history[0]
    assert isinstance(first, DatasetRegistered)
    assert (found.owner, found.slug, found.policy) == (first.org, first.slug, first.policy)
    for line, event in zip(found.lines, history, strict=True):
        assert (line.name, line.org, line.by) == (type(event).__name__, event.org, event.by)
        assert line.recorded_at_unix == attrgetter("recorded_at_unix")(event)
    steps = [event for event in history if isinstance(event, StepApproved | Advanced)]
    assert found.evidence == [event.evidence for event in steps]
    said = [event for event in history if isinstance(event, DatasetDescribed)]
    assert found.descriptions == [event.description for event in said]
    introduced = [
        (event.record, event.recorded_at_unix)
        for event in history
        if isinstance(event, DatasetRegistered | VersionAdded) and event.record is not None
    ]
    for version, (record, time) in zip(found.versions, introduced, strict=True):
        assert version.content_root == record.content_root
        assert version.manifest_digest == record.manifest_digest
        assert version.size_bytes == record.size_bytes
        assert version.file_count == record.file_count
        assert version.record_count == record.record_count
        assert version.commitment == record.commitment
        assert version.recorded_at_unix == time
    last_recalls = {e.version: e for e in history if isinstance(e, VersionRecalled)}
    for version in found.versions:
        recalled = last_recalls.get(version.number)
        expected = (
            None
            if recalled is None
            else slots.Recall(recalled.org, recalled.severity, recalled.recorded_at_unix)
        )
        assert version.recall == expected
    stages = [
        {
            VersionAdded: "stage",
            Advanced: "to_stage",
            DatasetReinstated: "to_stage",
            VersionRecalled: "stage",
        }.get(type(event), "")
        for event in history
    ]
    told = [
        SUSPENDED if isinstance(event, DatasetSuspended) else attrgetter(name)(event)
        for event, name in zip(history, stages, strict=True)
        if name or isinstance(event, DatasetSuspended)
    ]
    assert found.stage == (told[-1] if told else None)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind is not DatasetRegistered])
def test_a_history_begins_with_the_registration(kind: type[DatasetEvent]) -> None:
    topics = (event_item(kind).topic, *[Hash32(bytes(32))] * 3)
    with pytest.raises(ProofInvalid, match="not the dataset's registration"):
        read_history([Event(topics, bytes(320))])


def registration(*words: bytes) -> Event:
    topics = (event_item(DatasetRegistered).topic, *[Hash32(bytes(32))] * 3)
    return Event(topics, b"".join(words))


@pytest.mark.parametrize("slug", [b"", b"A", b"a\0b", b"\xff", b"-a"])
def test_a_registration_under_no_slug_is_refused(slug: bytes) -> None:
    with pytest.raises(ProofInvalid, match="under no slug"):
        read_history([registration(bytes(64), slug.ljust(32, b"\0"), bytes(320))])


def test_events_that_the_contract_would_not_write_are_refused() -> None:
    first = registration(bytes(64), b"a".ljust(32, b"\0"), bytes(320))
    read_history([first])
    with pytest.raises(ProofInvalid, match="registered twice"):
        read_history([first, first])
    with pytest.raises(ProofInvalid, match="cut off"):
        read_history([Event(first.topics, first.data[:120])])
    added = (event_item(VersionAdded).topic, *first.topics[1:])
    with pytest.raises(ProofInvalid, match="Version 2 follows 0 versions"):
        read_history([first, Event(added, bytes(32) + (2).to_bytes(32) + bytes(320))])
    recalled = (event_item(VersionRecalled).topic, *first.topics[1:])
    with pytest.raises(ProofInvalid, match="tell of no version 1"):
        read_history([first, Event(recalled, bytes(32) + (1).to_bytes(32) + bytes(320))])


def test_an_event_that_is_not_known_yet_counts_all_the_same() -> None:
    first = registration(bytes(64), b"a".ljust(32, b"\0"), bytes(320))
    unknown = Event((Hash32(b"\1" * 32), *first.topics[1:]), b"")
    found = read_history([first, unknown])
    assert found.lines[1].name == f"0x{'01' * 32}"
    assert found.lines[1].recorded_at_unix is None
