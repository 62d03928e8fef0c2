"""Salting scheme 1 as `docs/records.md` defines it, without any care for speed.

An oracle for the vectors and the tests. It shares no code with the package.
"""

import hashlib
import hmac
import json
from collections.abc import Sequence
from functools import cache
from typing import TypeAlias

import rfc9162_oracle

BLOCK_RECORDS = 65_536

Value: TypeAlias = tuple[bytes, bytes]
"""A value's encoding: its head, and its body."""


@cache
def hkdf(key: bytes, info: str, length: int) -> bytes:
    """HKDF-SHA256 of RFC 5869 with an empty salt, step by step."""
    extracted = hmac.new(bytes(32), key, hashlib.sha256).digest()
    output = last = b""
    counter = 1
    while len(output) < length:
        last = hmac.new(extracted, last + info.encode() + bytes([counter]), hashlib.sha256).digest()
        output += last
        counter += 1
    return output[:length]


def secret_id(secret: bytes) -> str:
    return hkdf(secret, "dataledger/secret-id/1", 8).hex()


def salt(secret: bytes, index: int, record: bytes) -> bytes:
    key = hkdf(secret, "dataledger/record-salt/1", 64)
    return hashlib.sha256(key + index.to_bytes(8, "big") + record).digest()[:16]


def leaf(secret: bytes, index: int, record: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + salt(secret, index, record) + record).digest()


def record_root(secret: bytes, records: Sequence[bytes]) -> bytes:
    leaves = [leaf(secret, index, record) for index, record in enumerate(records)]
    return rfc9162_oracle.root(leaves)


def label(secret: bytes, record: bytes) -> bytes:
    key = hkdf(secret, "dataledger/record-label/1", 32)
    return hmac.new(key, record, hashlib.sha256).digest()


def labels(secret: bytes, records: Sequence[bytes]) -> tuple[int, bytes]:
    """The number of distinct labels, and the root over them in their order."""
    ordered = sorted({label(secret, record) for record in records})
    return len(ordered), rfc9162_oracle.root([rfc9162_oracle.leaf_hash(each) for each in ordered])


def column_salt(secret: bytes, column: int, block: int, digest: bytes) -> bytes:
    key = hkdf(secret, "dataledger/column-salt/1", 32)
    bound = column.to_bytes(4, "big") + block.to_bytes(8, "big") + digest
    return hmac.new(key, bound, hashlib.sha256).digest()[:16]


def column_leaf(secret: bytes, column: int, block: int, values: Sequence[Value]) -> bytes:
    """The leaf of one block's values."""
    heads = hashlib.sha256(b"".join(head for head, _ in values)).digest()
    bodies = hashlib.sha256(b"".join(body for _, body in values)).digest()
    digest = hashlib.sha256(heads + bodies).digest()
    return rfc9162_oracle.leaf_hash(column_salt(secret, column, block, digest) + digest)


def column_root(
    secret: bytes, columns: Sequence[tuple[str, str, Sequence[Value]]]
) -> tuple[list[bytes], bytes]:
    """The column entries and the root over them; a column is its name, type and encoded values."""
    entries = []
    for number, (name, kind, values) in enumerate(columns):
        leaves = [
            column_leaf(
                secret, number, first // BLOCK_RECORDS, values[first : first + BLOCK_RECORDS]
            )
            for first in range(0, len(values), BLOCK_RECORDS)
        ]
        root = rfc9162_oracle.root(leaves).hex()
        entry = {"name": name, "root": f"sha256:{root}", "type": kind}
        entries.append(json.dumps(entry, ensure_ascii=False, separators=(",", ":")).encode())
    return entries, rfc9162_oracle.root([rfc9162_oracle.leaf_hash(entry) for entry in entries])
