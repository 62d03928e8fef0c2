"""The head rule: how each event of a dataset extends the dataset's hash chain.

    head' = keccak256(topic0 ‖ topic1 ‖ topic2 ‖ topic3 ‖ keccak256(data))

where `data` is the event's data with its first word still the previous head. The event carries
head' in that word. The rule reads raw logs: it needs no ABI, and holds for events yet unknown.
"""

from collections.abc import Callable, Iterable
from typing import Protocol

from dataledger.contracts.identifiers import NO_HEAD, Head, keccak256
from dataledger.errors import HistoryBroken
from dataledger.hashing import Hash32

HEAD_BYTES = 32
_TOPICS = 4


class RawLog(Protocol):
    """What a contract wrote into a log: one to four topics of 32 bytes, and data."""

    @property
    def topics(self) -> tuple[Hash32, ...]:
        """The event's topic, then its indexed arguments."""

    @property
    def data(self) -> bytes:
        """The other arguments, ABI-encoded."""


def next_head(previous: Head, log: RawLog) -> Head:
    """Return the head that the event in `log` leads to from `previous`."""
    data = previous + log.data[HEAD_BYTES:]
    return Head(keccak256(b"".join(log.topics) + keccak256(data)))


def carried_head(log: RawLog) -> Head:
    """Return the head that the log itself claims to lead to."""
    return Head(Hash32(log.data[:HEAD_BYTES]))


def topic_text(log: RawLog) -> str:
    """Return an event's topic, by which it is named where nothing is known of its ABI."""
    return f"0x{log.topics[0].hex()}"


def verify_history(
    logs: Iterable[RawLog],
    expected: Head | None = None,
    *,
    name_of: Callable[[RawLog], str] = topic_text,
) -> Head:
    """Return the head after all of a dataset's logs, from its first event on.

    With `expected`, the head that the contract holds, the history is also shown to be complete.
    `name_of` names an event in messages.

    Raises:
        HistoryBroken: a log does not follow from those before it; or the last one does not lead to
            `expected`. The message gives the log's number, counted from 1.
    """
    head, count, dataset = NO_HEAD, 0, None
    for count, log in enumerate(logs, start=1):
        if len(log.topics) != _TOPICS or len(log.data) < HEAD_BYTES:
            raise _broken(f"event {count} is not an event of a dataset")
        if dataset not in {None, log.topics[1]}:
            raise _broken(f"event {count} is of another dataset, 0x{log.topics[1].hex()}")
        dataset = log.topics[1]
        head = next_head(head, log)
        if head != carried_head(log):
            raise _broken(
                f"event {count} ({name_of(log)}) does not follow from the one before it: it was "
                "altered or moved, or one before it is missing"
            )
    if expected is not None and head != expected:
        raise _broken(
            f"its {count} events lead to the head 0x{head.hex()}, and the contract holds "
            f"0x{expected.hex()}: events are missing at the end"
        )
    return head


def _broken(reason: str) -> HistoryBroken:
    return HistoryBroken(
        f"The history is broken: {reason}.",
        remedy="Read the logs again from another node, and trust neither until they agree.",
    )
