"""Logs into events and into JSON, fast for the kinds that come by the million.

The general codec spends half a millisecond on an event. Here, what is frequent is unpacked with
fixed layouts and packed again: a log whose bytes come back is in the canonical encoding, and every
other log goes to the general codec, which reads it or says what is wrong with it.
"""

import struct
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from enum import IntEnum
from functools import cache, lru_cache
from typing import Any, Final

from dataledger.contracts.events import (
    EVENTS,
    Advanced,
    DatasetDescribed,
    DatasetEvent,
    DatasetRegistered,
    Event,
    PolicyPublished,
    StepApproved,
    VersionAdded,
    decode_event,
    topic_of,
)
from dataledger.contracts.head_rule import RawLog
from dataledger.contracts.identifiers import (
    Address,
    DatasetId,
    Head,
    OrgId,
    PolicyId,
    Slug,
    Stage,
    address_of,
    to_slug,
)
from dataledger.contracts.types import Capability, Parent, Relation, StageTable, VersionRecord
from dataledger.errors import UsageError
from dataledger.hashing import Algorithm, Digest, Hash32, JsonValue

# Words of 32 bytes, big-endian. A number's upper bytes are padding, which packing leaves zero.
_ORG_TOPIC = struct.Struct(">28xI")
_KEY_TOPIC = struct.Struct(">12x20s")
_STEP = struct.Struct(">32s 28xI 31xB 31xB 32s 24xQ")
_DESCRIBED = struct.Struct(">32s 32s 24xQ")
_RECORD = "32s 32s 24xQ 24xQ 24xQ 31xB 24xQ 24xQ"
_ADDED = struct.Struct(f">32s 28xI 31xB 24xQ 24xQ {_RECORD}")
_REGISTERED = struct.Struct(f">32s 30xH 32s 24xQ 24xQ {_RECORD}")
_PARENT = struct.Struct(">32s 28xI 31xB")

_RECORD_OFFSET = 5 * 32
_PARENTS_OFFSET = 7 * 32
_TIME_LIMIT = 2**40
_TOPICS = 4

_FIRST_WRITTEN_AS_TEXT = 2**53
"""Not every JSON parser reads such numbers exactly."""


class _OtherLayout(Exception):
    """The log is not of the layout that was tried."""


def decode(log: RawLog) -> Event:
    """Return the event that `log` holds, as `contracts.events.decode_event` does.

    Raises:
        NodeError: the topic is unknown, or the log is not as the contract writes it.
    """
    read = _readers().get(log.topics[0]) if len(log.topics) == _TOPICS else None
    if read is not None:
        try:
            dataset, org, by = _topics(log.topics)
            return read(dataset, org, by, log.data)
        except (struct.error, _OtherLayout, UsageError, ValueError):
            pass
    return decode_event(log)


def _topics(topics: tuple[Hash32, ...]) -> tuple[DatasetId, OrgId, Address]:
    _, dataset, org_topic, by_topic = topics
    (org,) = _ORG_TOPIC.unpack(org_topic)
    (by,) = _KEY_TOPIC.unpack(by_topic)
    if _ORG_TOPIC.pack(org) != org_topic or _KEY_TOPIC.pack(by) != by_topic:
        raise _OtherLayout
    return DatasetId(dataset), OrgId(org), address(by)


@lru_cache(maxsize=65_536)
def address(value: bytes) -> Address:
    """Return an address of 20 bytes; few keys sign many events, and a checksum takes a keccak."""
    return address_of(value)


_Reader = Callable[[DatasetId, OrgId, Address, bytes], Event]


@cache
def _readers() -> Mapping[Hash32, _Reader]:
    return {
        topic_of(DatasetRegistered): _registered,
        topic_of(VersionAdded): _version_added,
        topic_of(StepApproved): _step_approved,
        topic_of(Advanced): _advanced,
        topic_of(DatasetDescribed): _described,
    }


def _unpack(layout: struct.Struct, data: bytes, at_unix: int) -> tuple[Any, ...]:
    """Return the values of a fixed layout, of which number `at_unix` is a time."""
    values = layout.unpack_from(data)
    if layout.pack(*values) != data[: layout.size] or values[at_unix] >= _TIME_LIMIT:
        raise _OtherLayout
    return values


def _advanced(dataset: DatasetId, org: OrgId, by: Address, data: bytes) -> Event:
    return Advanced(dataset, org, by, *_step(data))


def _step_approved(dataset: DatasetId, org: OrgId, by: Address, data: bytes) -> Event:
    return StepApproved(dataset, org, by, *_step(data))


def _step(data: bytes) -> tuple[Head, int, Stage, Stage, Digest, int]:
    if len(data) != _STEP.size:
        raise _OtherLayout
    head, version, from_stage, to_stage, evidence, time = _unpack(_STEP, data, 5)
    return head, version, from_stage, to_stage, Digest(Algorithm.SHA256, evidence), time


def _described(dataset: DatasetId, org: OrgId, by: Address, data: bytes) -> Event:
    if len(data) != _DESCRIBED.size:
        raise _OtherLayout
    head, description, time = _unpack(_DESCRIBED, data, 2)
    return DatasetDescribed(dataset, org, by, head, Digest(Algorithm.SHA256, description), time)


def _version_added(dataset: DatasetId, org: OrgId, by: Address, data: bytes) -> Event:
    head, version, stage, offset, time, *record = _unpack(_ADDED, data, 4)
    found = _record(offset, record, data[_ADDED.size :])
    if found is None:
        raise _OtherLayout
    return VersionAdded(dataset, org, by, head, version, stage, found, time)


def _registered(dataset: DatasetId, org: OrgId, by: Address, data: bytes) -> Event:
    head, policy, slug, offset, time, *record = _unpack(_REGISTERED, data, 4)
    found = _record(offset, record, data[_REGISTERED.size :])
    return DatasetRegistered(
        dataset, org, by, head, PolicyId(policy), _slug(slug), found, recorded_at_unix=time
    )


def _slug(raw: bytes) -> Slug:
    return to_slug(raw.rstrip(b"\0").decode("ascii"))


def _record(offset: int, values: list[Any], tail: bytes) -> VersionRecord | None:
    root, manifest, size, files, records, scheme, parents_offset, count = values
    if (
        offset != _RECORD_OFFSET
        or parents_offset != _PARENTS_OFFSET
        or len(tail) != count * _PARENT.size
    ):
        raise _OtherLayout
    if not any((size, files, records, scheme, count)) and root == manifest == bytes(32):
        return None
    return VersionRecord(
        Digest(Algorithm.SHA256, root),
        Digest(Algorithm.SHA256, manifest),
        size,
        files,
        records,
        scheme,
        tuple(_parents(tail)) if count else (),
    )


def _parents(tail: bytes) -> list[Parent]:
    found = list(_PARENT.iter_unpack(tail))
    if b"".join(_PARENT.pack(*values) for values in found) != tail:
        raise _OtherLayout
    return [Parent(DatasetId(d), version, Relation(relation)) for d, version, relation in found]


def recorded_at(event: Event) -> int:
    """Return when an event was recorded, which every one says of itself: its block's time."""
    time: int = event.recorded_at_unix  # type: ignore[attr-defined]  # of every class in EVENTS
    return time


# -------------------------------------------------------------------------------------------- JSON

_IN_COLUMNS: Final = frozenset(("dataset", "org", "by", "head", "recorded_at_unix"))
_IN_COLUMNS_OF_OTHERS: Final = frozenset(("by", "recorded_at_unix"))


def details(event: Event) -> dict[str, JsonValue]:
    """Return the fields of an event that have no column of their own.

    For organisations' events, `org` is whom the event is about, and is among them.
    """
    return {name: to_json(getattr(event, name)) for name in _detail_names[type(event)]}


_detail_names: Final[Mapping[type[Event], tuple[str, ...]]] = {
    kind: tuple(
        field.name
        for field in fields(kind)
        if field.name
        not in (
            _IN_COLUMNS
            if issubclass(kind, DatasetEvent | PolicyPublished)
            else _IN_COLUMNS_OF_OTHERS
        )
    )
    for kind in EVENTS
}


def to_json(value: Any) -> JsonValue:
    """Return a value of the contracts as JSON.

    Enums go by name, digests with their algorithm, ids and other bytes as `0x…`, capabilities as a
    list of names, and counts of 2^53 or more as decimal text.
    """
    write = _WRITERS.get(type(value))
    if write is not None:
        return write(value)
    if isinstance(value, IntEnum):
        return value.name
    if is_dataclass(value):
        return {field.name: to_json(getattr(value, field.name)) for field in fields(value)}
    # Flags without a list of names of their own.
    return int(value)


def _int_to_json(value: int) -> JsonValue:
    return value if value < _FIRST_WRITTEN_AS_TEXT else str(value)


def _same(value: Any) -> JsonValue:
    found: JsonValue = value
    return found


_WRITERS: Final[Mapping[type, Callable[[Any], JsonValue]]] = {
    type(None): _same,
    bool: _same,
    str: _same,
    int: _int_to_json,
    bytes: lambda value: f"0x{value.hex()}",
    Digest: str,
    DatasetId: str,
    Capability: lambda value: list(value.names),
    StageTable: lambda table: {str(stage): to for stage, to in table.steps.items()},
    tuple: lambda values: [to_json(value) for value in values],
}
