"""Pages of answers: keyset paging, whose tokens say where the next page begins.

A token is opaque to its bearer, and holds the sort key of the last item shown. It fits the question
that gave it, with the same filters, and no other; what arrives between two pages moves nothing.
"""

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Generic, TypeAlias, TypeVar

from dataledger.errors import InvalidArgument, shown

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
S = TypeVar("S")
KeyPart: TypeAlias = int | str
"""What sort keys consist of."""

DEFAULT_LIMIT = 50
MAX_LIMIT = 1000
MAX_TOKEN_CHARACTERS = 2_000
_CHECK_BYTES = 6
_INTEGERS = range(-(2**63), 2**63)


@dataclass(frozen=True, slots=True)
class Page(Generic[T_co]):
    """Some items of an answer, in its order."""

    items: tuple[T_co, ...]
    next: str | None
    """Give it as `after` to get the page that follows; None on the last page."""
    as_of_block: int
    """The newest block that the index had taken in."""
    is_complete: bool = True
    """False where only the newest of very many matches were looked at."""


@dataclass(frozen=True, slots=True)
class Window:
    """Which part of an answer to `question` is wanted: so many items after a key."""

    question: str
    limit: int
    after: tuple[KeyPart, ...] | None

    @classmethod
    def of(
        cls,
        name: str,
        filters: Sequence[object],
        *,
        limit: int,
        after: str | None,
        key: Sequence[type],
    ) -> "Window":
        """Return the window that a caller asks for.

        Args:
            name: The question's.
            filters: What narrows the answer; their `repr` must not vary.
            limit: How many items, 1 to `MAX_LIMIT`.
            after: The token of the page before, if any.
            key: The types of the parts of the sort key.

        Raises:
            InvalidArgument: the limit is out of range, or the token is none of this question's.
        """
        if type(limit) is not int or not 0 < limit <= MAX_LIMIT:
            raise InvalidArgument(
                f"A page cannot have {shown(limit)} items.",
                remedy=f"Give a limit from 1 to {MAX_LIMIT}.",
            )
        question = repr((name, *filters))
        return cls(question, limit, None if after is None else _opened(question, after, key))

    def page(
        self,
        rows: Sequence[S],
        as_of_block: int,
        *,
        key: Callable[[S], Sequence[KeyPart]],
        item: Callable[[S], T],
    ) -> Page[T]:
        """Return the page of `rows`, of which there is one more than `limit` where more follow."""
        kept = rows[: self.limit]
        more = len(rows) > self.limit
        token = self.token(key(kept[-1])) if more else None
        return Page(tuple(map(item, kept)), token, as_of_block)

    def token(self, key: Sequence[KeyPart]) -> str:
        """Return the token of a page that begins after `key`."""
        payload = json.dumps(list(key), separators=(",", ":")).encode()
        data = _check(self.question, payload) + payload
        return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _opened(question: str, token: str, key: Sequence[type]) -> tuple[KeyPart, ...]:
    parts = _parts(question, token)
    if (
        not isinstance(parts, list)
        or [type(part) for part in parts] != list(key)
        or any(isinstance(part, int) and part not in _INTEGERS for part in parts)
    ):
        raise InvalidArgument(
            f"{shown(token)} is no place in the answer to this question.",
            remedy="Give the `next` of the page before, with the same filters; or leave it out.",
        )
    return tuple(parts)


def _parts(question: str, token: str) -> object:
    """Return what a token holds; None where it holds nothing for this question."""
    if len(token) > MAX_TOKEN_CHARACTERS:
        return None
    try:
        data = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        check, payload = data[:_CHECK_BYTES], data[_CHECK_BYTES:]
        found: object = json.loads(payload) if check == _check(question, payload) else None
    except (ValueError, RecursionError):
        return None
    return found


def _check(question: str, payload: bytes) -> bytes:
    return sha256(question.encode(errors="surrogatepass") + b"\0" + payload).digest()[:_CHECK_BYTES]
