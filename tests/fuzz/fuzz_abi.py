"""What a node answers: results of calls, logs of events, and refusals, all of them any bytes."""

from collections.abc import Iterator
from functools import cache
from random import Random
from typing import Any

from fuzzing import accepted
from generators import events, values
from hypothesis import HealthCheck, Phase, given, settings

from dataledger.contracts.abi import AbiItem, abi_items, encode, to_raw
from dataledger.contracts.artifacts import ContractName
from dataledger.contracts.calls import Call
from dataledger.contracts.events import EVENTS, LogContent, decode_event, event_item, name_of
from dataledger.contracts.identifiers import Address, Commitment, DatasetId, Head, OrgId, PolicyId
from dataledger.contracts.reverts import decode_refusal
from dataledger.contracts.types import (
    Actor,
    DatasetState,
    Edge,
    MemberState,
    OrganisationState,
    Recall,
    Standing,
)
from dataledger.hashing import Hash32

MAX_BYTES = 3000

_KINDS: dict[str, Any] = {
    "actor": Actor,
    "approvals": int,
    "approvedBy": bool,
    "commitment": Commitment,
    "datasetId": DatasetId,
    "edge": Edge,
    "head": Head,
    "isWithin": bool,
    "member": MemberState,
    "organisation": OrganisationState,
    "organisationBySlug": OrgId | None,
    "policyByDigest": PolicyId | None,
    "recallOf": Recall,
    "rootSuccessor": Address | None,
    "standing": Standing,
    "state": DatasetState,
}


def check(data: bytes) -> None:
    if not data:
        return
    number, rest = data[0], data[1:]
    if number < len(functions()):
        _check_result(functions()[number], rest)
    elif number < len(functions()) + len(EVENTS):
        _check_event(EVENTS[number - len(functions())], rest)
    else:
        for contract in ContractName:
            words = decode_refusal(rest, contract).in_words()
            assert str(words).isprintable()
            assert words.remedy


def _check_result(item: AbiItem, data: bytes) -> None:
    kind = _KINDS[item.name]
    call: Call[Any] = Call(item, b"", kind)
    result = accepted(lambda: (call.result(data),))
    if result is not None:
        assert _encoded_result(item, result[0]) == data


def _check_event(kind: Any, data: bytes) -> None:
    topics = [event_item(kind).topic]
    topics += [Hash32(data[at : at + 32]) for at in range(0, 32 * _indexed(kind), 32)]
    log = LogContent(tuple(topics), data[32 * _indexed(kind) :])
    if len(data) < 32 * _indexed(kind):
        return
    assert name_of(log) == kind.__name__
    event = accepted(decode_event, log)
    if event is not None:
        assert type(event) is kind
        assert event.to_log() == log


@cache
def functions() -> list[AbiItem]:
    """Return the functions whose results are read, in a fixed order."""
    items = [item for name in ContractName for item in abi_items(name, "function")]
    return sorted((item for item in items if item.name in _KINDS), key=lambda item: item.name)


def _indexed(kind: Any) -> int:
    return sum(parameter.is_indexed for parameter in event_item(kind).inputs)


def _encoded_result(item: AbiItem, value: Any) -> bytes:
    raw = to_raw(_KINDS[item.name], value)
    types = [output.type for output in item.outputs]
    return encode(types, raw if len(types) > 1 else [raw])


def seeds() -> Iterator[bytes]:
    for number, item in enumerate(functions()):
        for value in _drawn(values(_KINDS[item.name]), 3):
            yield bytes([number]) + _encoded_result(item, value)
    for event in _drawn(events, 80):
        log = event.to_log()
        number = len(functions()) + EVENTS.index(type(event))
        yield bytes([number]) + b"".join(log.topics[1:]) + log.data
    for name in ContractName:
        for item in abi_items(name, "error"):
            yield b"\xff" + item.selector + bytes(32 * len(item.inputs))
    yield b"\xff" + bytes.fromhex("08c379a0") + encode(["string"], [b"reason"])
    yield b"\xff" + bytes.fromhex("4e487b71") + encode(["uint256"], [17])


def _drawn(strategy: Any, count: int) -> list[Any]:
    found: list[Any] = []

    @settings(
        max_examples=count,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def collect(value: Any) -> None:
        found.append(value)

    collect()
    return found


def mutate(data: bytes, random: Random) -> bytes:
    """Change, move, add or leave out words."""
    words = [data[at : at + 32] for at in range(1, len(data), 32)]
    for _ in range(random.randint(1, 3)):
        at = random.randrange(len(words) + 1)
        small = random.choice((0, 1, 2, 31, 32, 33, 64, 96, 128, 2**16, 2**32, 2**64, 2**256 - 1))
        word = random.choice((small.to_bytes(32), random.randbytes(32), *words))
        match random.randrange(4):
            case 0:
                words[at : at + 1] = [word]
            case 1:
                words.insert(at, word)
            case 2:
                del words[at : at + 1]
            case _ if at < len(words):
                number = int.from_bytes(words[at]) + random.choice((-32, -1, 1, 32))
                words[at] = (number % 2**256).to_bytes(32)
    number = random.randrange(256) if random.random() < 0.1 else (data or b"\xff")[0]
    return bytes([number]) + b"".join(words)
