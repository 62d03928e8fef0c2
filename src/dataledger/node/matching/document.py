"""The document of a matching: whose column is compared, what is revealed, and the blinded items.

    {"column": "email", "format": "dataledger/matching/1", "from": "people.csv", "items": 10000,
     "normalise": "nfc-casefold-trim", "request": "<base64>", "reveal": "size"}

`normalise` is absent where texts are compared as they are. `request` is the `Request` of any client
of the library. A grant's code pins all the rest: `code` is the SHA-256 of the document without it.
"""

import base64
import binascii
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Self

from dataledger.errors import QueryError, UsageError, shown
from dataledger.hashing import (
    Digest,
    JsonValue,
    canonical_bytes,
    members,
    natural,
    parse_canonical,
    string,
)
from dataledger.manifest import check_path
from dataledger.node.kinds import MAX_WORK_BYTES
from dataledger.node.matching.items import MAX_ITEMS, Normalisation
from dataledger.node.matching.messages import read_request

FORMAT = "dataledger/matching/1"
MAX_COLUMN_CHARACTERS = 1024


class Reveal(StrEnum):
    """What whoever asks learns."""

    SIZE = "size"
    """How many items are shared."""
    IDS = "ids"
    """Which of its own items are."""


@dataclass(frozen=True, slots=True)
class MatchingDocument:
    """What is asked of an owner's node.

    Raises:
        QueryError: a part breaks a rule, or the request is not what the other parts declare.
    """

    path: str
    """Of the table, within the dataset."""
    column: str
    reveal: Reveal
    items: int
    """How many different items whoever asks has: the elements of the request."""
    request: bytes = field(repr=False)
    normalise: Normalisation = Normalisation.EXACT

    def __post_init__(self) -> None:
        if not 0 < len(self.column) <= MAX_COLUMN_CHARACTERS:
            raise _refused(f"{shown(self.column)} is no name of a column")
        if not 0 < self.items <= MAX_ITEMS:
            raise _refused(f"it declares {self.items} items, and 1 to {MAX_ITEMS} can be compared")
        try:
            check_path(self.path)
            reveals, points = read_request(self.request)
        except (UsageError, ValueError) as error:
            raise _refused(str(error)) from error
        if reveals != (self.reveal is Reveal.IDS):
            asked = Reveal.IDS if reveals else Reveal.SIZE
            raise _refused(f"it declares to reveal {self.reveal}, and its request is for {asked}")
        if len(points) != self.items:
            raise _refused(f"it declares {self.items} items, and its request has {len(points)}")

    @property
    def code(self) -> Digest:
        """SHA-256 of the canonical document without `request`."""
        return Digest.of(canonical_bytes(self._declared()))

    def points(self) -> list[bytes]:
        """Return the elements of the request."""
        return read_request(self.request)[1]

    def to_bytes(self) -> bytes:
        """Return the document: canonical JSON (RFC 8785)."""
        request = base64.b64encode(self.request).decode("ascii")
        return canonical_bytes({**self._declared(), "request": request})

    def _declared(self) -> dict[str, JsonValue]:
        declared: dict[str, JsonValue] = {
            "column": self.column,
            "format": FORMAT,
            "from": self.path,
            "items": self.items,
            "reveal": self.reveal.value,
        }
        if self.normalise is not Normalisation.EXACT:
            declared["normalise"] = self.normalise.value
        return declared

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read a document.

        Raises:
            QueryError: it is too large, not canonical JSON, no such document, or breaks a rule.
        """
        try:
            document = members(
                parse_canonical(data, max_bytes=MAX_WORK_BYTES),
                *("column", "format", "from", "items", "request", "reveal"),
                optional=("normalise",),
            )
            if document["format"] != FORMAT:
                raise _refused(f"its format is {shown(document['format'])}, not {FORMAT!r}")
            return cls(
                path=string(document["from"]),
                column=string(document["column"]),
                reveal=_reveal(string(document["reveal"])),
                items=natural(document["items"]),
                request=_base64(string(document["request"])),
                normalise=_normalise(document),
            )
        except QueryError:
            raise
        except UsageError as error:
            raise _refused(str(error)) from error


def _reveal(text: str) -> Reveal:
    if text not in tuple(Reveal):
        raise _refused(f"{shown(text)} is neither size nor ids")
    return Reveal(text)


def _normalise(document: dict[str, JsonValue]) -> Normalisation:
    if "normalise" not in document:
        return Normalisation.EXACT
    text = string(document["normalise"])
    # What the absence says is not said twice: one meaning has one digest.
    if text == Normalisation.EXACT or text not in tuple(Normalisation):
        raise _refused(f"{shown(text)} is no way of making texts alike that can be declared")
    return Normalisation(text)


def _base64(text: str) -> bytes:
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error) as error:
        raise _refused("its request is not base64") from error
    if base64.b64encode(data).decode("ascii") != text:
        raise _refused("its request is not the one base64 form of its bytes")
    return data


def _refused(reason: str) -> QueryError:
    return QueryError(
        f"The matching is refused: {reason}.",
        remedy="Ask as `dataledger psi` does; docs/matching.md has the format.",
    )
