"""The fast decoder reads exactly what the general one reads, and refuses what it refuses."""

import json
from random import Random

import pytest
from event_chain import EventChain
from hypothesis import given
from hypothesis import strategies as st

from dataledger.contracts.events import EVENTS, Event, LogContent, decode_event
from dataledger.errors import NodeError
from dataledger.hashing import Hash32
from dataledger.index import decoding
from dataledger.index.cursor import INDEXED
from dataledger.index.decoding import decode, details


def logs_of(chain: EventChain) -> list[LogContent]:
    return [
        LogContent(
            tuple(Hash32(bytes.fromhex(topic[2:])) for topic in log["topics"]),
            bytes.fromhex(log["data"][2:]),
        )
        for block in chain.blocks
        for log in block.logs
    ]


def history() -> list[LogContent]:
    chain = EventChain()
    chain.mine_at_random(Random(1), 200)  # noqa: S311 - no secret
    return logs_of(chain)


LOGS = history()


def outcome(read: object, log: LogContent) -> Event | str:
    try:
        return read(log)  # type: ignore[operator,no-any-return]
    except NodeError as error:
        return str(error)


def test_every_kind_of_event_is_in_the_history_that_is_tried() -> None:
    indexed = {kind for kind in EVENTS if kind.contract in INDEXED}
    assert {type(decode(log)) for log in LOGS} == indexed


def test_every_event_is_read_as_by_the_general_codec() -> None:
    for log in LOGS:
        event = decode(log)
        assert event == decode_event(log)
        assert repr(event) == repr(decode_event(log))
        assert event.to_log() == log


@given(log=st.sampled_from(LOGS), random=st.randoms(use_true_random=False))
def test_an_altered_log_has_the_outcome_of_the_general_codec(
    log: LogContent, random: Random
) -> None:
    data, topics = bytearray(log.data), [bytearray(topic) for topic in log.topics]
    target = random.choice([data, data, data, *topics[1:]])
    if target:
        target[random.randrange(len(target))] ^= 1 << random.randrange(8)
    if random.random() < 0.2:
        data += bytes(random.choice((1, 31, 32)))
    if random.random() < 0.1:
        del data[-random.choice((1, 32)) :]
    altered = LogContent(tuple(Hash32(bytes(topic)) for topic in topics), bytes(data))
    assert outcome(decode, altered) == outcome(decode_event, altered)


@pytest.mark.parametrize("topics", [(), (Hash32(bytes(32)),), LOGS[0].topics[:1]])
def test_a_log_of_no_event_is_refused(topics: tuple[Hash32, ...]) -> None:
    with pytest.raises(NodeError):
        decode(LogContent(topics, b""))


def test_frequent_events_never_take_the_slow_way(monkeypatch: pytest.MonkeyPatch) -> None:
    frequent = {"DatasetRegistered", "VersionAdded", "StepApproved", "Advanced", "DatasetDescribed"}
    chosen = [log for log in LOGS if type(decode(log)).__name__ in frequent]

    def slow(_log: LogContent) -> Event:
        raise AssertionError("the general codec was asked")

    monkeypatch.setattr(decoding, "decode_event", slow)
    for log in chosen:
        decode(log)


def test_details_are_plain_json_of_all_that_has_no_column() -> None:
    chain = EventChain()
    found = [details(decode(log)) for log in logs_of(chain)]
    assert found[0] == {
        "org": 1,
        "parent": None,
        "slug": "root",
        "name": "The root \x1b[31mauthority\x00",
        "capabilities": found[0]["capabilities"],
        "grantable": found[0]["grantable"],
        "profile_digest": None,
    }
    assert found[1]["role"] == "ADMIN"
    for log in LOGS:
        json.dumps(details(decode(log)))
