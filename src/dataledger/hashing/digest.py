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
    """The hash algorithms that a digest may name. All of them give 32 bytes."""

    SHA256 = "sha256"
    """FIPS 180-4; what `sha256sum` prints."""
    SHA256_TREE = "sha256-tree"
    """The RFC 9162 root over the content's chunks of `TREE_CHUNK_BYTES`, the last one shorter."""
    SM3 = "sm3"
    """GB/T 32905-2016, ISO/IEC 10118-3."""
    BLAKE3 = "blake3"
    """The hash of the BLAKE3 paper; what `b3sum` prints."""


TREE_CHUNK_BYTES = 1024 * 1024


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
    """A hash value together with its algorithm; written `algorithm:<64 lowercase hex>`.

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
            raise InvalidDigest(
                f"The hash algorithm {shown(name)} is unknown.",
                remedy=f"Use one of: {', '.join(Algorithm)}.",
            ) from error
        return cls(algorithm, hash32_from_hex(value))

    @classmethod
    def parse_sha256(cls, text: str) -> Self:
        """Read a digest that must be SHA-256, as roots and document digests are.

        Raises:
            InvalidDigest: as `parse`, or it names another algorithm.
        """
        digest = cls.parse(text)
        if digest.algorithm is not Algorithm.SHA256:
            raise InvalidDigest(
                f"{shown(text)} is a digest by {digest.algorithm}, where only SHA-256 has a place.",
                remedy="Give the sha256:… digest: a content root, or the digest of a document.",
            )
        return digest

    @property
    def hex(self) -> str:
        """The value alone: 64 lowercase hexadecimal characters."""
        return self.value.hex()

    def __str__(self) -> str:
        return f"{self.algorithm}:{self.hex}"
