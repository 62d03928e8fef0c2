"""Hashing the records of one block with hashlib: salted leaves, group roots, and labels.

A leaf costs two SHA-256, and a tree one more for each leaf. What is done for each record beside
them is as little as Python allows: `accelerate` does the same several times faster.
"""

import hashlib
from collections.abc import Sequence
from functools import cache
from typing import Protocol

from dataledger.hashing import Hash32, root
from dataledger.hashing.digest import HASH_BYTES
from dataledger.manifest.records.secret import SALT_BYTES, Keys
from dataledger.manifest.records.source import GROUP_RECORDS, Batch

_RUN_RECORDS = 2**16
_HMAC_BLOCK_BYTES = 64
_HMAC_INNER = bytes(value ^ 0x36 for value in range(256))
_HMAC_OUTER = bytes(value ^ 0x5C for value in range(256))


class Hasher(Protocol):
    """Hashes the records of one block, batch by batch."""

    def add(self, batch: Batch) -> None:
        """Hash the batch's records, which follow those added before."""

    @property
    def record_count(self) -> int:
        """How many records were added."""

    def groups(self) -> bytes:
        """Return the group roots over all records added, one after another."""

    def labels(self) -> bytes:
        """Return the labels of all records added, one after another; none if not asked for."""


class PlainHasher:
    """The `Hasher` that needs nothing but Python."""

    def __init__(self, keys: Keys, first_record: int, *, labels: bool) -> None:
        self._keys = keys
        self._first_record = first_record
        self._leaves: list[bytes] = []
        self._labels: list[bytes] | None = [] if labels else None

    def add(self, batch: Batch) -> None:
        """Hash the batch's records, which follow those added before."""
        for records in batch.runs():
            number = self._first_record + self.record_count
            self._leaves += record_leaves(self._keys, number, records)
            if self._labels is not None:
                self._labels += record_labels(self._keys, records)

    @property
    def record_count(self) -> int:
        """How many records were added."""
        return len(self._leaves)

    def groups(self) -> bytes:
        """Return the group roots over all records added, one after another."""
        return group_roots(self._leaves)

    def labels(self) -> bytes:
        """Return the labels of all records added, one after another; none if not asked for."""
        return b"".join(self._labels or ())


def record_leaves(keys: Keys, first_record: int, records: Sequence[bytes]) -> list[bytes]:
    """Return the leaves of neighbouring records, the first of which is number `first_record`."""
    sha256 = hashlib.sha256
    leaves: list[bytes] = []
    while len(leaves) < len(records):
        # Of a number's eight bytes, six stay the same for a long run: usually, for all records.
        high, low = divmod(first_record + len(leaves), _RUN_RECORDS)
        before = keys.record_salt + high.to_bytes(6, "big")
        lasts = _last_bytes()[low:]
        leaves += [
            sha256(b"\0" + sha256(before + last + record).digest()[:SALT_BYTES] + record).digest()
            for last, record in zip(lasts, records[len(leaves) :], strict=False)
        ]
    return leaves


@cache
def _last_bytes() -> list[bytes]:
    return [number.to_bytes(2, "big") for number in range(_RUN_RECORDS)]


def group_roots(leaves: list[bytes]) -> bytes:
    """Return the root over each `GROUP_RECORDS` leaves, and over what is left, one after another.

    The first leaf must be the first of a group.
    """
    complete = len(leaves) - len(leaves) % GROUP_RECORDS
    rest = [Hash32(leaf) for leaf in leaves[complete:]]
    sha256 = hashlib.sha256
    level = leaves[:complete]
    # Complete groups are levelled together: none of their nodes lacks a sibling.
    while len(level) * GROUP_RECORDS > complete:
        nodes = iter(level)
        level = [
            sha256(b"\1" + left + right).digest() for left, right in zip(nodes, nodes, strict=True)
        ]
    return b"".join([*level, root(rest)] if rest else level)


def record_labels(keys: Keys, records: Sequence[bytes]) -> list[bytes]:
    """Return the records' labels."""
    # By the definition of HMAC: the standard library takes twice as long, for it makes the two
    # keys anew each time.
    inner, outer = hmac_keys(keys)
    sha256 = hashlib.sha256
    return [sha256(outer + sha256(inner + record).digest()).digest() for record in records]


def plain_label_groups(labels: bytes) -> bytes:
    """Return the root over each `GROUP_RECORDS` labels, and over what is left, one after another.

    A label's leaf is its leaf hash.
    """
    sha256 = hashlib.sha256
    leaves = [
        sha256(b"\0" + labels[begin : begin + HASH_BYTES]).digest()
        for begin in range(0, len(labels), HASH_BYTES)
    ]
    return group_roots(leaves)


def hmac_keys(keys: Keys) -> tuple[bytes, bytes]:
    """Return the inner and the outer key of HMAC-SHA256 (RFC 2104) that labels are made with."""
    key = keys.record_label.ljust(_HMAC_BLOCK_BYTES, b"\0")
    return key.translate(_HMAC_INNER), key.translate(_HMAC_OUTER)
