"""The protocol, both sides of it, by the library: Diffie-Hellman on P-256, a key a side and a run.

    asker                              owner
    H(y)^c for its items y      →      H(y)^cs for each, and H(x)^s for its own items x
    (H(y)^cs)^(1/c) = H(y)^s    ←      both sorted, unless ids are revealed

The owner's points are sent as they are (the library's RAW), and not in one of its filters: those
are smaller, and sometimes say that an item is shared which is not.

The library computes without the interpreter's lock, in as many threads as there are processors:
each has the same key.
"""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any, TypeVar

from dataledger.errors import DependencyMissing
from dataledger.manifest.processes import usable_processors
from dataledger.node.matching.messages import ANSWER_TAG, REQUEST_TAG, write_points

if TYPE_CHECKING:
    from types import ModuleType

LEAST_OF_A_THREAD = 256
"""Items: fewer are not worth another thread."""

T = TypeVar("T")
R = TypeVar("R")

_REVEALS = b"\x08\x01"
_UNUSED_RATE = 0.5
"""Of false positives, in the library's filters; RAW has none."""


class NotAPoint(ValueError):
    """An element that came from the other side is no point of the curve."""


class OwnerSide:
    """The owner's side of one run. Its key is made here, kept here, and used for nothing else."""

    def __init__(self, *, reveal_ids: bool) -> None:
        """Make the key.

        Raises:
            DependencyMissing: openmined-psi is not installed.
        """
        self._library = _library()
        self._reveal_ids = reveal_ids
        self._key = self._library.server.CreateWithNewKey(reveal_ids).GetPrivateKeyBytes()

    def respond(self, points: Sequence[bytes]) -> list[bytes]:
        """Blind the asker's points, once more; in their order only if ids are revealed.

        Raises:
            NotAPoint: one of them is none.
        """
        blinded = list(chain.from_iterable(_side_by_side(self._respond, points)))
        # Of the whole: what each thread sorted would tell of its neighbourhood.
        return blinded if self._reveal_ids else sorted(blinded)

    def blind(self, items: Sequence[str]) -> list[bytes]:
        """Blind the owner's own items, and sort them."""
        return sorted(chain.from_iterable(_side_by_side(self._blind, items)))

    def _respond(self, points: Sequence[bytes]) -> Iterable[bytes]:
        request = self._library.Request(
            reveal_intersection=self._reveal_ids, encrypted_elements=points
        )
        try:
            response = self._server().ProcessRequest(request)
        except RuntimeError as error:
            raise NotAPoint("an element is no point of the curve P-256") from error
        return list(response.encrypted_elements)

    def _blind(self, items: Sequence[str]) -> Iterable[bytes]:
        raw = self._library.DataStructure.RAW
        setup = self._server().CreateSetupMessage(_UNUSED_RATE, 1, items, raw)
        return list(setup.raw.encrypted_elements)

    def _server(self) -> Any:
        return self._library.server.CreateFromKey(self._key, self._reveal_ids)


class AskerSide:
    """The asker's side of one run. Its key is made here, kept here, and used for nothing else."""

    def __init__(self, *, reveal_ids: bool) -> None:
        """Make the key.

        Raises:
            DependencyMissing: openmined-psi is not installed.
        """
        self._library = _library()
        self._reveal_ids = reveal_ids
        self._key = self._library.client.CreateWithNewKey(reveal_ids).GetPrivateKeyBytes()

    def request(self, items: Sequence[str]) -> bytes:
        """Blind the asker's items; return the library's `Request`, in their order."""
        points = list(chain.from_iterable(_side_by_side(self._blind, items)))
        return (_REVEALS if self._reveal_ids else b"") + write_points(points, REQUEST_TAG)

    def count(self, owners: Sequence[bytes], response: Sequence[bytes]) -> int:
        """Return how many items are shared.

        Raises:
            NotAPoint: an element of the response is none.
        """
        count = partial(self._compare, self._setup(owners), "GetIntersectionSize")
        return sum(_side_by_side(count, response))

    def shared(self, owners: Sequence[bytes], response: Sequence[bytes]) -> list[int]:
        """Return which items of the request are shared, by their place in it, in order.

        Raises:
            NotAPoint: an element of the response is none.
        """
        places = partial(self._compare, self._setup(owners), "GetIntersection")
        found: list[int] = []
        for begin, part in zip(_begins(response), _side_by_side(places, response), strict=True):
            found += sorted(begin + place for place in part)
        return found

    def _blind(self, items: Sequence[str]) -> Iterable[bytes]:
        return list(self._client().CreateRequest(items).encrypted_elements)

    def _compare(self, setup: Any, question: str, response: Sequence[bytes]) -> Any:
        try:
            answer = self._library.Response(encrypted_elements=response)
            return getattr(self._client(), question)(setup, answer)
        except RuntimeError as error:
            raise NotAPoint("an element is no point of the curve P-256") from error

    def _setup(self, owners: Sequence[bytes]) -> Any:
        setup = self._library.ServerSetup()
        setup.raw.ParseFromString(write_points(owners, ANSWER_TAG))
        return setup

    def _client(self) -> Any:
        return self._library.client.CreateFromKey(self._key, self._reveal_ids)


def _side_by_side(work: Callable[[Sequence[T]], R], items: Sequence[T]) -> list[R]:
    """Return what `work` makes of parts of the items, in their order."""
    begins = _begins(items)
    parts = [items[begin : begin + _part(items)] for begin in begins]
    if len(parts) == 1:
        return [work(parts[0])]
    with ThreadPoolExecutor(len(parts)) as threads:
        return list(threads.map(work, parts))


def _begins(items: Sequence[object]) -> range:
    return range(0, max(len(items), 1), _part(items))


def _part(items: Sequence[object]) -> int:
    return max(-(-len(items) // usable_processors()), LEAST_OF_A_THREAD)


def _library() -> "ModuleType":
    try:
        import private_set_intersection.python as psi
    except ImportError as error:
        raise DependencyMissing(
            "Matching needs the package openmined-psi.",
            remedy="Install DataLedger with its privacy extra: dataledger[privacy].",
        ) from error
    module: ModuleType = psi
    return module
