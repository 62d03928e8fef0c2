"""The answer of a matching: framed, since base64 within base64 would make it a third larger.

    {"format":"dataledger/matching-answer/1","owners":3500000,"response":350000}
    <the owner's blinded items: ServerSetup.raw> <the asker's, blinded twice: Response>

The first line is canonical JSON, and counts the bytes of the two messages that follow it.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Self

from dataledger.errors import OwnerNodeError, UsageError, shown
from dataledger.hashing import canonical_bytes, members, natural, parse_canonical
from dataledger.node.matching.items import MAX_ITEMS
from dataledger.node.matching.messages import (
    ANSWER_TAG,
    ELEMENT_BYTES,
    read_points,
    write_points,
)

FORMAT = "dataledger/matching-answer/1"
MEDIA_TYPE = "application/vnd.dataledger.matching"
MAX_HEAD_BYTES = 200


@dataclass(frozen=True, slots=True)
class MatchingAnswer:
    """Blinded items: the owner's own, and those of the request, blinded twice."""

    owners: list[bytes]
    """Sorted, and different from one another."""
    response: list[bytes]

    def to_bytes(self) -> bytes:
        """Return the answer as it travels."""
        owners = write_points(self.owners, ANSWER_TAG)
        response = write_points(self.response, ANSWER_TAG)
        head = canonical_bytes({"format": FORMAT, "owners": len(owners), "response": len(response)})
        return b"".join((head, b"\n", owners, response))

    @classmethod
    def parse(cls, data: bytes, *, items: int) -> Self:
        """Read the answer to a request of so many items.

        Raises:
            OwnerNodeError: it is no such answer.
        """
        head, newline, _ = data[: MAX_HEAD_BYTES + 1].partition(b"\n")
        try:
            document = members(parse_canonical(head), "format", "owners", "response")
            lengths = natural(document["owners"]), natural(document["response"])
            if document["format"] != FORMAT or not newline:
                raise nonsense(f"its format is {shown(document['format'])}, not {FORMAT!r}")
            begin = len(head) + 1
            if begin + sum(lengths) != len(data):
                raise nonsense("its parts are not as long as it says")
            if lengths[0] > MAX_ITEMS * ELEMENT_BYTES:
                raise nonsense(f"it holds more than {MAX_ITEMS:,} items")
            owners = read_points(data[begin : begin + lengths[0]], ANSWER_TAG)
            response = read_points(data[begin + lengths[0] :], ANSWER_TAG)
        except (UsageError, ValueError) as error:
            raise nonsense(str(error)) from error
        if any(one >= following for one, following in pairwise(owners)):
            raise nonsense("the owner's items are not sorted, or not different")
        if len(response) != items:
            raise nonsense(f"it answers for {len(response)} items, and {items} were asked about")
        return cls(owners, response)


def nonsense(reason: str) -> OwnerNodeError:
    """Return the error for an answer that is none."""
    return OwnerNodeError(
        f"The node's answer to the matching is none: {reason}.",
        remedy="Tell the owner of the node; both sides should run the same release.",
    )
