"""Digests that carry their algorithm, and the bare 32-byte hashes inside trees."""

import hashlib
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import NewType, Self

from dataledger.errors import InvalidDigest, shown

HASH_BYTES = 32

Hash32 = NewType("Hash32", bytes)
"""Exactly 32 bytes: a SHA-256 value whose algorithm is known from where it stands."""


class Algorithm(StrEnum):
    """The hash algorithms that a digest may name."""

    SHA256 = "sha256"


RESERVED_ALGORITHMS = frozenset({"sm3", "blake3"})
"""Names that later versions will give a meaning; nobody else may."""


def to_hash32(value: bytes) -> Hash32:
    """Return `value` as a `Hash32`.

    Raises:
        InvalidDigest: it is not exactly 32 bytes.
    """
    if len(value) != HASH_BYTES:
        raise InvalidDigest(
            f"{shown(value)} is not a hash of {HASH_BYTES} bytes.",
            remedy="Pass the hash as 32 raw bytes.",
        )
    return Hash32(value)


def hash32_from_hex(text: str) -> Hash32:
    """Return the hash written as exactly 64 lowercase hexadecimal characters.

    Raises:
        InvalidDigest: the text is anything else.
    """
    if not re.fullmatch(r"[0-9a-f]{64}", text):
        raise InvalidDigest(
            f"{shown(text)} is not a hash of 64 lowercase hexadecimal characters.",
            remedy="Copy the whole hash, in lowercase and without a prefix.",
        )
    return Hash32(bytes.fromhex(text))


@dataclass(frozen=True, slots=True)
class Digest:
    """A hash value together with its algorithm; written `sha256:<64 lowercase hex>`.

    Raises:
        InvalidDigest: the value is not 32 bytes.
    """

    algorithm: Algorithm
    value: Hash32

    def __post_init__(self) -> None:
        to_hash32(self.value)

    @classmethod
    def of(cls, data: bytes) -> Self:
        """Return the SHA-256 digest of `data`."""
        return cls(Algorithm.SHA256, Hash32(hashlib.sha256(data).digest()))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the form that `str(digest)` writes, and no other.

        Raises:
            InvalidDigest: there is no algorithm, it is not supported, or the value is not exactly
                64 lowercase hexadecimal characters.
        """
        name, colon, value = text.partition(":")
        if not colon:
            raise InvalidDigest(
                f"{shown(text)} is not a digest: it names no algorithm.",
                remedy="Write it as sha256:<64 lowercase hexadecimal characters>.",
            )
        try:
            algorithm = Algorithm(name)
        except ValueError as error:
            why = "reserved, but not supported yet" if name in RESERVED_ALGORITHMS else "unknown"
            raise InvalidDigest(
                f"The hash algorithm {shown(name)} is {why}.",
                remedy=f"Use one of: {', '.join(Algorithm)}.",
            ) from error
        return cls(algorithm, hash32_from_hex(value))

    @property
    def hex(self) -> str:
        """The value alone: 64 lowercase hexadecimal characters."""
        return self.value.hex()

    def __str__(self) -> str:
        return f"{self.algorithm}:{self.hex}"
