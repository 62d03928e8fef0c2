"""How a node tells what went wrong, and how its client reads that.

    {"error": {"code": "node-refused", "message": "…", "reason": "replayed", "remedy": "…"}}

Only errors whose words are about what was asked travel. All others may name folders or endpoints
of the node: they travel as `internal`, or `chain-unavailable`, with a `reference` under which the
node's own log has them.
"""

import re
import secrets
from dataclasses import dataclass
from http import HTTPStatus
from typing import Self

from dataledger.errors import (
    AnswerWithheld,
    CanonicalisationError,
    ChainError,
    Conflict,
    DataLedgerError,
    DependencyMissing,
    NodeRefused,
    OwnerNodeError,
    QueryError,
    Refused,
    SignatureInvalid,
    UsageError,
    UseDocumentError,
    shown,
)
from dataledger.hashing import JsonValue, canonical_bytes, members, parse_strict, string

MAX_PROBLEM_BYTES = 64 * 1024

INTERNAL = "internal"
UNAVAILABLE = "chain-unavailable"
TOO_LARGE = "body-too-large"
BUSY = "busy"
SLOW = "body-too-slow"

_WORD = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,63}")
_STATUS_OF_REASON = {
    "replayed": HTTPStatus.CONFLICT,
    "rate-limited": HTTPStatus.TOO_MANY_REQUESTS,
    "unknown-run": HTTPStatus.NOT_FOUND,
    TOO_LARGE: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    SLOW: HTTPStatus.REQUEST_TIMEOUT,
    BUSY: HTTPStatus.SERVICE_UNAVAILABLE,
}
_STATUS_OF_ERROR: tuple[tuple[type[DataLedgerError], HTTPStatus], ...] = (
    (SignatureInvalid, HTTPStatus.UNAUTHORIZED),
    (Conflict, HTTPStatus.CONFLICT),
    (AnswerWithheld, HTTPStatus.FORBIDDEN),
    (QueryError, HTTPStatus.UNPROCESSABLE_ENTITY),
    (UseDocumentError, HTTPStatus.UNPROCESSABLE_ENTITY),
    (CanonicalisationError, HTTPStatus.BAD_REQUEST),
    (DependencyMissing, HTTPStatus.NOT_IMPLEMENTED),
)
_KNOWN: dict[str, type[DataLedgerError]] = {
    known.code: known
    for known in (
        AnswerWithheld,
        CanonicalisationError,
        Conflict,
        DependencyMissing,
        QueryError,
        SignatureInvalid,
        UseDocumentError,
    )
}


@dataclass(frozen=True, slots=True)
class Problem:
    """An error as it travels."""

    status: HTTPStatus
    code: str
    """Of the error's class; or `internal`, `chain-unavailable`."""
    reason: str
    """Why, as one word; the code, where it says all."""
    message: str
    remedy: str
    reference: str | None = None
    """Under which the node's own log has what is not told."""

    @classmethod
    def of(cls, error: Exception) -> Self:
        """Return what may be told of an error."""
        if isinstance(error, Refused):
            error = NodeRefused(str(error), remedy=error.remedy, reason=error.error_name)
        if isinstance(error, NodeRefused):
            status = _STATUS_OF_REASON.get(error.reason, HTTPStatus.FORBIDDEN)
            return cls(status, error.code, error.reason, str(error), error.remedy)
        for known, status in _STATUS_OF_ERROR:
            if isinstance(error, known):
                return cls(status, error.code, error.code, str(error), error.remedy)
        reference = secrets.token_hex(6)
        if isinstance(error, ChainError):
            return cls(
                HTTPStatus.SERVICE_UNAVAILABLE,
                *(UNAVAILABLE, UNAVAILABLE),
                "The node cannot use the chain now.",
                "Fetch the run's answer later; ask anew, with another run, if there is none.",
                reference,
            )
        return cls(
            HTTPStatus.INTERNAL_SERVER_ERROR,
            *(INTERNAL, INTERNAL),
            "The node failed.",
            f"Ask its operator, who finds the reason in its log under {reference}.",
            reference,
        )

    def to_bytes(self) -> bytes:
        """Return it as it travels."""
        error: dict[str, JsonValue] = {
            "code": self.code,
            "message": self.message,
            "reason": self.reason,
            "remedy": self.remedy,
        }
        if self.reference is not None:
            error["reference"] = self.reference
        return canonical_bytes({"error": error})


def error_in(status: int, body: bytes, node: str) -> DataLedgerError:
    """Return the error that a node's answer stands for. All of its words are untrusted."""
    try:
        error = members(
            members(parse_strict(body, max_bytes=MAX_PROBLEM_BYTES), "error")["error"],
            *("code", "message", "reason", "remedy"),
            optional=("reference",),
        )
        code, reason = string(error["code"]), string(error["reason"])
        message, remedy = string(error["message"]), string(error["remedy"])
        reference = string(error.get("reference", "none"))
    except UsageError:
        return OwnerNodeError(
            f"The node at {node} answers with HTTP status {status}, and with nothing that a node "
            "says.",
            remedy="Check that this is the address of an owner's node.",
        )
    if not (_WORD.fullmatch(code) and _WORD.fullmatch(reason)):
        code = reason = INTERNAL
    # The remedy was written for whoever asks, and is as untrusted as the message.
    advice = f"The node advises: {shown(remedy)}"
    if code == NodeRefused.code:
        return NodeRefused(
            f"The node at {node} refuses ({reason}): {shown(message)}",
            remedy=advice,
            reason=reason,
        )
    if code in _KNOWN:
        return _KNOWN[code](f"The node at {node} says: {shown(message)}", remedy=advice)
    return OwnerNodeError(
        f"The node at {node} could not do it ({code}, reference {shown(reference)}): "
        f"{shown(message)}",
        remedy=advice,
    )
