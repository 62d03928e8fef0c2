"""The head rule: no event of a dataset can be dropped, moved or altered unseen."""

import pytest
from generators import hashes, histories
from hypothesis import given
from hypothesis import strategies as st

from dataledger.contracts.events import DatasetEvent, LogContent
from dataledger.contracts.head import next_head, verify_history
from dataledger.contracts.identifiers import NO_HEAD, Head, keccak256
from dataledger.errors import HistoryBroken
from dataledger.hashing import Hash32


def _logs(history: list[DatasetEvent]) -> list[LogContent]:
    return [event.to_log() for event in history]


def test_the_rule_spelled_out() -> None:
    topics = tuple(Hash32(bytes([number]) * 32) for number in range(1, 5))
    log = LogContent(topics, b"\xaa" * 32 + b"rest")
    previous = Head(Hash32(b"\x05" * 32))
    expected = keccak256(b"".join(topics) + keccak256(b"\x05" * 32 + b"rest"))
    assert next_head(previous, log) == expected


def test_no_events_lead_to_the_zero_head() -> None:
    assert verify_history([]) == NO_HEAD
    assert verify_history([], NO_HEAD) == bytes(32)


@given(histories())
def test_a_whole_history_leads_to_its_last_head(history: list[DatasetEvent]) -> None:
    assert verify_history(_logs(history), history[-1].head) == history[-1].head


@given(histories(min_size=2), st.data())
def test_a_dropped_event_is_noticed_where_it_is_missing(
    history: list[DatasetEvent], data: st.DataObject
) -> None:
    logs = _logs(history)
    at = data.draw(st.integers(0, len(logs) - 1))
    del logs[at]
    where = "at the end" if at == len(logs) else f"event {at + 1} "
    with pytest.raises(HistoryBroken, match=where):
        verify_history(logs, history[-1].head)


@given(histories(min_size=2), st.data())
def test_two_events_that_changed_places_are_noticed(
    history: list[DatasetEvent], data: st.DataObject
) -> None:
    logs = _logs(history)
    at = data.draw(st.integers(0, len(logs) - 2))
    logs[at], logs[at + 1] = logs[at + 1], logs[at]
    with pytest.raises(HistoryBroken, match=f"event {at + 1} "):
        verify_history(logs, history[-1].head)


@given(histories(), st.data())
def test_an_altered_event_is_noticed(history: list[DatasetEvent], data: st.DataObject) -> None:
    logs = _logs(history)
    at = data.draw(st.integers(0, len(logs) - 1))
    log = logs[at]
    whole = bytearray(b"".join(log.topics) + log.data)
    whole[data.draw(st.integers(0, len(whole) - 1))] ^= data.draw(st.integers(1, 255))
    topics = tuple(Hash32(bytes(whole[start : start + 32])) for start in range(0, 128, 32))
    logs[at] = LogContent(topics, bytes(whole[128:]))
    with pytest.raises(HistoryBroken, match=r"event \d+ "):
        verify_history(logs, history[-1].head)


@given(histories(), st.data())
def test_a_repeated_event_is_noticed(history: list[DatasetEvent], data: st.DataObject) -> None:
    logs = _logs(history)
    at = data.draw(st.integers(0, len(logs) - 1))
    logs.insert(at, logs[at])
    with pytest.raises(HistoryBroken, match=f"event {at + 2} "):
        verify_history(logs, history[-1].head)


@given(histories(), hashes)
def test_another_head_in_the_contract_is_noticed(history: list[DatasetEvent], head: Hash32) -> None:
    if head != history[-1].head:
        with pytest.raises(HistoryBroken, match="missing at the end"):
            verify_history(_logs(history), Head(head))


@pytest.mark.parametrize(
    "log",
    [
        pytest.param(LogContent((Hash32(bytes(32)),) * 3, bytes(32)), id="three topics"),
        pytest.param(LogContent((Hash32(bytes(32)),) * 4, bytes(31)), id="no head"),
    ],
)
def test_a_log_that_is_no_event_of_a_dataset_is_refused(log: LogContent) -> None:
    with pytest.raises(HistoryBroken, match="event 1 is not an event of a dataset"):
        verify_history([log])


@given(histories(), histories())
def test_events_of_another_dataset_do_not_continue_a_history(
    history: list[DatasetEvent], other: list[DatasetEvent]
) -> None:
    if history[0].dataset != other[0].dataset:
        with pytest.raises(HistoryBroken, match="is of another dataset"):
            verify_history([*_logs(history), *_logs(other)])
