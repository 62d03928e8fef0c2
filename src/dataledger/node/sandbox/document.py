"""The document of an approved algorithm: its code, and what it is told.

    {"algorithm": "<base64>", "format": "dataledger/algorithm/1", "parameters": null}

The algorithm is one file of Python. A grant's code pins its bytes: `code` is their SHA-256,
whatever the parameters are. These are any JSON value, of the asker's choice for each run.
"""

import base64
import binascii
from dataclasses import dataclass, field
from typing import Self

from dataledger.errors import QueryError, UsageError, shown
from dataledger.hashing import Digest, JsonValue, canonical_bytes, members, parse_canonical, string

FORMAT = "dataledger/algorithm/1"
MAX_ALGORITHM_BYTES = 1024 * 1024
MAX_PARAMETER_BYTES = 64 * 1024

_MAX_DOCUMENT_BYTES = 2 * MAX_ALGORITHM_BYTES


@dataclass(frozen=True, slots=True)
class AlgorithmDocument:
    """What is asked of an owner's node.

    Raises:
        QueryError: the algorithm is empty, too large or no text in UTF-8; or the parameters are too
            large, or no JSON.
    """

    algorithm: bytes = field(repr=False)
    """The file of Python."""
    parameters: JsonValue = field(default=None, hash=False)
    """What the algorithm finds in `/parameters.json`; None: `null`."""

    def __post_init__(self) -> None:
        if not 0 < len(self.algorithm) <= MAX_ALGORITHM_BYTES:
            raise _refused(
                f"it has {len(self.algorithm)} bytes of code, not 1 to {MAX_ALGORITHM_BYTES}"
            )
        try:
            self.algorithm.decode()
        except UnicodeDecodeError as error:
            raise _refused(f"its code is not UTF-8 at byte {error.start}") from error
        try:
            size_bytes = len(self.parameters_bytes())
        except UsageError as error:
            raise _refused(str(error)) from error
        if size_bytes > MAX_PARAMETER_BYTES:
            raise _refused(
                f"its parameters have {size_bytes} bytes, and may have {MAX_PARAMETER_BYTES}"
            )

    @property
    def code(self) -> Digest:
        """SHA-256 of the algorithm's file: what a grant names."""
        return Digest.of(self.algorithm)

    def parameters_bytes(self) -> bytes:
        """Return what `/parameters.json` holds: canonical JSON (RFC 8785)."""
        return canonical_bytes(self.parameters)

    def to_bytes(self) -> bytes:
        """Return the document: canonical JSON (RFC 8785)."""
        return canonical_bytes(
            {
                "algorithm": base64.b64encode(self.algorithm).decode("ascii"),
                "format": FORMAT,
                "parameters": self.parameters,
            }
        )

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read a document.

        Raises:
            QueryError: it is too large, not canonical JSON, no such document, or breaks a rule.
        """
        try:
            document = members(
                parse_canonical(data, max_bytes=_MAX_DOCUMENT_BYTES),
                *("algorithm", "format", "parameters"),
            )
            if document["format"] != FORMAT:
                raise _refused(f"its format is {shown(document['format'])}, not {FORMAT!r}")
            return cls(_base64(string(document["algorithm"])), document["parameters"])
        except QueryError:
            raise
        except UsageError as error:
            raise _refused(str(error)) from error


def _base64(text: str) -> bytes:
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error) as error:
        raise _refused("its code is not base64") from error
    if base64.b64encode(data).decode("ascii") != text:
        raise _refused("its code is not the one base64 form of its bytes")
    return data


def _refused(reason: str) -> QueryError:
    return QueryError(
        f"The algorithm is refused: {reason}.",
        remedy="Ask as `dataledger algorithm run` does; docs/algorithms.md has the format.",
    )
