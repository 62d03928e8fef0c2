"""Events: what is written into a log is read from it, and nothing else is."""

import dataclasses

import pytest
from generators import events, use_events
from hypothesis import given
from hypothesis import strategies as st

from dataledger.contracts.abi import abi_items, python_name
from dataledger.contracts.artifacts import ContractName
from dataledger.contracts.events import (
    EVENTS,
    DatasetRegistered,
    Event,
    LogContent,
    OrganisationReinstated,
    VersionAdded,
    VersionRecalled,
    decode_event,
    event_item,
)
from dataledger.contracts.identifiers import (
    DatasetId,
    Head,
    OrgId,
    PolicyId,
    Slug,
    Stage,
    address_of,
)
from dataledger.contracts.types import Severity, VersionRecord
from dataledger.contracts.use_events import USE_EVENTS
from dataledger.errors import NodeError
from dataledger.hashing import Digest, Hash32

ALL_EVENTS: tuple[type[Event], ...] = (*EVENTS, *USE_EVENTS)
KEY = address_of(b"\x11" * 20)
RECALL = VersionRecalled(
    dataset=DatasetId(Hash32(b"\x22" * 32)),
    org=OrgId(7),
    by=KEY,
    head=Head(Hash32(b"\x33" * 32)),
    version=3,
    severity=Severity.CRITICAL,
    stage=Stage(31),
    reason="contaminated",
    recorded_at_unix=1_800_000_000,
)


@pytest.mark.parametrize("kind", ALL_EVENTS)
def test_fields_are_those_of_the_solidity_event(kind: type[Event]) -> None:
    names = [python_name(parameter) for parameter in event_item(kind).inputs]
    assert names == [field.name for field in dataclasses.fields(kind)]


def test_every_event_of_the_contracts_has_a_class() -> None:
    in_abi = {item.name for contract in ContractName for item in abi_items(contract, "event")}
    # Declared by OpenZeppelin's EIP712; a contract with a fixed domain never emits it.
    assert in_abi - {"EIP712DomainChanged"} == {kind.__name__ for kind in ALL_EVENTS}


@given(events | use_events)
def test_what_is_written_is_read(event: Event) -> None:
    assert decode_event(event.to_log()) == event


def test_a_log_is_laid_out_as_solidity_lays_it_out() -> None:
    log = RECALL.to_log()
    assert log.topics[1:] == (
        b"\x22" * 32,
        (7).to_bytes(32),
        b"\x11".rjust(13, b"\0") + b"\x11" * 19,
    )
    words = [log.data[at : at + 32] for at in range(0, len(log.data), 32)]
    numbers = [int.from_bytes(word) for word in words[1:6]]
    assert words[0] == b"\x33" * 32
    assert numbers == [3, 2, 31, 6 * 32, 1_800_000_000]
    assert words[6:] == [(12).to_bytes(32), b"contaminated".ljust(32, b"\0")]


@pytest.mark.parametrize(
    ("topics", "data"),
    [
        pytest.param((), b"", id="no topic"),
        pytest.param((Hash32(b"\x01" * 32),), b"", id="unknown topic"),
        pytest.param(RECALL.to_log().topics[:3], RECALL.to_log().data, id="a topic is missing"),
        pytest.param(
            (*RECALL.to_log().topics, Hash32(bytes(32))), RECALL.to_log().data, id="one too many"
        ),
        pytest.param(RECALL.to_log().topics, RECALL.to_log().data[:-32], id="data cut short"),
        pytest.param(RECALL.to_log().topics, RECALL.to_log().data + bytes(32), id="data too long"),
        pytest.param(RECALL.to_log().topics, b"", id="no data"),
    ],
)
def test_other_logs_are_refused(topics: tuple[Hash32, ...], data: bytes) -> None:
    with pytest.raises(NodeError):
        decode_event(LogContent(topics, data))


def _with_word(data: bytes, index: int, word: bytes) -> bytes:
    return data[: index * 32] + word + data[(index + 1) * 32 :]


@pytest.mark.parametrize(
    ("index", "word"),
    [
        pytest.param(1, (2**32).to_bytes(32), id="a number wider than its type"),
        pytest.param(2, (3).to_bytes(32), id="no such severity"),
        pytest.param(4, (7 * 32).to_bytes(32), id="another offset"),
        pytest.param(7, b"contaminated".ljust(31, b"\0") + b"x", id="padding that is not zero"),
    ],
)
def test_encodings_that_the_contract_never_writes_are_refused(index: int, word: bytes) -> None:
    log = RECALL.to_log()
    with pytest.raises(NodeError):
        decode_event(LogContent(log.topics, _with_word(log.data, index, word)))


@given(st.data())
def test_an_altered_byte_is_refused_or_seen(data: st.DataObject) -> None:
    log = RECALL.to_log()
    at = data.draw(st.integers(0, len(log.data) - 1))
    flip = data.draw(st.integers(1, 255))
    altered = bytearray(log.data)
    altered[at] ^= flip
    try:
        event = decode_event(LogContent(log.topics, bytes(altered)))
    except NodeError:
        return
    assert event != RECALL


def test_values_that_the_contract_never_writes_are_refused() -> None:
    record = VersionRecord(Digest.of(b"root"), Digest.of(b"manifest"), 1, 1)
    added = VersionAdded(
        *(RECALL.dataset, RECALL.org, RECALL.by, RECALL.head), 1, Stage(1), record, 5
    )
    log = added.to_log()
    no_files = LogContent(log.topics, _with_word(log.data, 8, bytes(32)))
    with pytest.raises(NodeError, match="without a file"):
        decode_event(no_files)

    registered = DatasetRegistered(
        *(RECALL.dataset, RECALL.org, RECALL.by, RECALL.head), PolicyId(1), Slug("ab"), None, 5
    )
    log = registered.to_log()
    for slug in (b"a\x1b[31m", b"a\0b", b"", b"\xff"):
        with pytest.raises(NodeError, match="not a slug"):
            decode_event(LogContent(log.topics, _with_word(log.data, 2, slug.ljust(32, b"\0"))))


def test_text_that_is_not_unicode_survives() -> None:
    event = dataclasses.replace(RECALL, reason=b"\xff\xfe ok".decode("utf-8", "surrogateescape"))
    assert decode_event(event.to_log()) == event
    assert b"\xff\xfe ok" in event.to_log().data


def test_a_log_read_as_another_event_is_refused() -> None:
    with pytest.raises(NodeError):
        OrganisationReinstated.from_log(RECALL.to_log())
