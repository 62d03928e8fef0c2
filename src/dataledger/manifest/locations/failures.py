"""What a store's library raises, as errors that tell nothing secret.

The libraries' own words and arguments are never passed on: they may hold URLs with credentials in
them, signatures, or keys. What is told is the kind of failure, the store's code for it, and the
HTTP status.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from dataledger.errors import (
    DataLedgerError,
    SourceChanged,
    SourceNotFound,
    SourceUnreadable,
)
from dataledger.manifest.scan import HOLD_STILL

T = TypeVar("T")

_DENIED = {401, 403}
_GONE = {404, 410}
_RANGE_NOT_SATISFIABLE = 416
_BUSY = {429, 503}
_SERVER_ERROR = 500
_HTTP_STATUSES = range(100, 600)

_BUSY_CODES = {"SlowDown", "Throttling", "ThrottlingException", "RequestLimitExceeded"}
_TOO_BUSY = (
    "the store is too busy",
    "Wait a while and start again, with fewer --workers.",
)
_FAILED = (
    "the store failed",
    "Start again later; if that does not help, ask whoever runs the store.",
)
_NOT_ALLOWED = (
    "the store denies it",
    "Give the store's library credentials that may list and read it; see docs/locations.md.",
)
_NO_ANSWER = (
    "the store does not answer",
    "Check the endpoint and the network, and start again.",
)
_UNKNOWN = (
    "the store's library gives up",
    "Check the URL, and how that library is set up; the store's own tools may say more.",
)

_CODE = re.compile(r"[A-Za-z][A-Za-z0-9.]{0,63}")
_UNANSWERED = re.compile(r"Connect|Timeout|gaierror|ServerDisconnected|DNS")


def ask(shown_place: str, call: Callable[[], T], *, listed: bool = False) -> T:
    """Return what `call` returns. `listed`: the store said before that this is there.

    Raises:
        SourceNotFound: it is not there.
        SourceChanged: it is not there any more.
        SourceUnreadable: the store refuses, fails, or does not answer.
    """
    try:
        return call()
    except DataLedgerError:
        raise
    except Exception as error:  # noqa: BLE001 - stores raise whatever their libraries raise
        failure = _failure(shown_place, error, listed=listed)
    # Outside the handler: a traceback would show the library's error, and with it any secret.
    raise failure


def _failure(place: str, error: Exception, *, listed: bool) -> DataLedgerError:
    errors = list(_chain(error))
    status = next(filter(None, map(_status, errors)), 0)
    code = next(filter(None, map(_code, errors)), "")
    told = " ".join(filter(None, [str(status or ""), code])) or type(errors[-1]).__name__
    reason = _reason(errors, status, code)
    if reason is None and (status in _GONE or isinstance(error, FileNotFoundError)):
        if listed:
            return changed(place, "was removed after it was listed")
        return SourceNotFound(f"There is nothing at {place}.", remedy="Check the URL.")
    if status == _RANGE_NOT_SATISFIABLE and listed:
        return changed(place, "became shorter while it was being read")
    what, remedy = reason or _UNKNOWN
    return SourceUnreadable(f"{place} cannot be read: {what} ({told}).", remedy=remedy)


def _reason(errors: Sequence[BaseException], status: int, code: str) -> tuple[str, str] | None:
    """Return what is wrong and what to do about it, unless the errors do not tell."""
    if status in _BUSY or code in _BUSY_CODES:
        return _TOO_BUSY
    if status >= _SERVER_ERROR:
        return _FAILED
    if status in _DENIED or any(isinstance(error, PermissionError) for error in errors):
        return _NOT_ALLOWED
    if any(_UNANSWERED.search(type(error).__name__) for error in errors):
        return _NO_ANSWER
    return None


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def _status(error: BaseException) -> int:
    """Return the HTTP status that an error of some store's library carries, or 0."""
    answer = getattr(error, "response", None)
    metadata = answer.get("ResponseMetadata", {}) if isinstance(answer, dict) else {}
    if metadata.get("HTTPStatusCode") in _HTTP_STATUSES:
        return int(metadata["HTTPStatusCode"])
    for name in ("status", "status_code", "code"):
        status = getattr(error, name, None)
        if isinstance(status, int) and status in _HTTP_STATUSES:
            return status
    return 0


def _code(error: BaseException) -> str:
    """Return the store's own word for an error, such as `AccessDenied`, or an empty string."""
    answer = getattr(error, "response", None)
    told = answer.get("Error", {}).get("Code") if isinstance(answer, dict) else None
    for code in (told, getattr(error, "error_code", None)):
        if isinstance(code, str) and _CODE.fullmatch(code):
            return code
    return ""


def changed(shown_place: str, what: str) -> SourceChanged:
    """Return the error for a file that did not hold still."""
    return SourceChanged(f"{shown_place} {what}.", remedy=HOLD_STILL)
