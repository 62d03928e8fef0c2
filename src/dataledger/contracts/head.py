"""The head rule over logs whose events have names: `head_rule`, with the ABI at hand."""

from collections.abc import Iterable

from dataledger.contracts import head_rule
from dataledger.contracts.events import name_of
from dataledger.contracts.head_rule import HEAD_BYTES, RawLog, carried_head, next_head
from dataledger.contracts.identifiers import Head

__all__ = ["HEAD_BYTES", "carried_head", "next_head", "verify_history"]


def verify_history(logs: Iterable[RawLog], expected: Head | None = None) -> Head:
    """Return the head after all of a dataset's logs; see `head_rule.verify_history`.

    Raises:
        HistoryBroken: as it does. The message names the event.
    """
    return head_rule.verify_history(logs, expected, name_of=name_of)
