"""Hashing one content by several algorithms in a single read."""

import hashlib
from collections.abc import Callable, Sequence
from typing import Protocol

from dataledger.errors import DependencyMissing, InvalidArgument
from dataledger.hashing import TREE_CHUNK_BYTES, Algorithm, Digest, Hash32, StreamingRoot


class Hasher(Protocol):
    """What takes content piece by piece, and then gives its hash, as `hashlib`'s do."""

    def update(self, data: bytes | memoryview, /) -> object:
        """Take the next piece."""

    def digest(self) -> bytes:
        """Return the hash of all pieces so far."""


class TreeHasher:
    """The root over chunks of `TREE_CHUNK_BYTES`, wherever the pieces that arrive end."""

    def __init__(self) -> None:
        self._tree = StreamingRoot()
        self._chunk = hashlib.sha256(b"\x00")
        self._chunk_bytes = 0

    def update(self, data: bytes | memoryview, /) -> None:
        """Take the next piece."""
        rest = memoryview(data)
        while rest:
            part = rest[: TREE_CHUNK_BYTES - self._chunk_bytes]
            self._chunk.update(part)
            self._chunk_bytes += len(part)
            rest = rest[len(part) :]
            if self._chunk_bytes == TREE_CHUNK_BYTES:
                self._end_chunk()

    def digest(self) -> bytes:
        """Return the root. No piece may follow."""
        if self._chunk_bytes:
            self._end_chunk()
        return self._tree.root()

    def _end_chunk(self) -> None:
        self._tree.append(Hash32(self._chunk.digest()))
        self._chunk = hashlib.sha256(b"\x00")
        self._chunk_bytes = 0


def begin(algorithms: Sequence[Algorithm]) -> list[Hasher]:
    """Return a new hasher for each algorithm, in their order.

    Raises:
        DependencyMissing: one of them cannot be computed here.
        InvalidArgument: there is none, or one stands twice.
    """
    if not algorithms or len(set(algorithms)) != len(algorithms):
        raise InvalidArgument(
            f"{len(algorithms)} algorithms are named, {len(set(algorithms))} of them different.",
            remedy="Name at least one, and none twice.",
        )
    return [_BEGIN[algorithm]() for algorithm in algorithms]


def digests_of(algorithms: Sequence[Algorithm], hashers: Sequence[Hasher]) -> list[Digest]:
    """Return the digests of what the hashers of these algorithms were given."""
    return [
        Digest(algorithm, Hash32(hasher.digest()))
        for algorithm, hasher in zip(algorithms, hashers, strict=True)
    ]


def _sm3() -> Hasher:
    try:
        return hashlib.new("sm3")
    except ValueError:
        raise DependencyMissing(
            "The OpenSSL library that Python uses has no SM3.",
            remedy="Use a Python with OpenSSL 1.1.1 or later, built with SM3; or another digest.",
        ) from None


def _blake3() -> Hasher:
    try:
        from blake3 import blake3
    except ImportError:
        raise DependencyMissing(
            "BLAKE3 is not installed.", remedy="Run: pip install 'dataledger[blake3]'"
        ) from None
    return blake3()


_BEGIN: dict[Algorithm, Callable[[], Hasher]] = {
    Algorithm.SHA256: hashlib.sha256,
    Algorithm.SHA256_TREE: TreeHasher,
    Algorithm.SM3: _sm3,
    Algorithm.BLAKE3: _blake3,
}
