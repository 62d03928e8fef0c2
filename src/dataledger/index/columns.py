"""Column types that store typed values as they are, and give them back as they were.

Ids and hashes are bytes in the database. Numbers and text are readable there; what neither SQLite
nor PostgreSQL can hold (numbers of 64 bits without a sign, text that is not UTF-8) is kept without
loss, at the price of looking odd.
"""

import json
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Generic, TypeVar

from sqlalchemy import BigInteger, Dialect, Integer, LargeBinary, Text
from sqlalchemy.types import TypeDecorator

from dataledger.contracts.identifiers import Address, DatasetId, Head, address_of
from dataledger.hashing import Algorithm, Digest, Hash32

T = TypeVar("T")

Int64 = BigInteger().with_variant(Integer(), "sqlite")
"""64 bits with a sign. SQLite's INTEGER has them, and only a key of that name is the row's own."""

_ESCAPE = "\U0010ffff"
_NEEDS_ESCAPE = re.compile("[\0\ud800-\udfff\U0010ffff]")
_ESCAPED = re.compile("\U0010ffff([0-9a-f]{4})")
_TWO_TO_64 = 2**64
_TWO_TO_63 = 2**63


class _Bytes(TypeDecorator[T], Generic[T]):
    """Bytes that stand for a value of another type."""

    impl = LargeBinary
    cache_ok = True


class DatasetIdColumn(_Bytes[DatasetId]):
    """A dataset's id, 32 bytes."""

    cache_ok = True

    def process_bind_param(self, value: DatasetId | None, dialect: Dialect) -> bytes | None:
        """Return what the database keeps."""
        return None if value is None else value.value

    def process_result_value(self, value: Any, dialect: Dialect) -> DatasetId | None:
        """Return what was kept."""
        return None if value is None else DatasetId(Hash32(bytes(value)))


class DigestColumn(_Bytes[Digest]):
    """A SHA-256 digest, 32 bytes: the only algorithm whose digests the contracts hold."""

    cache_ok = True

    def process_bind_param(self, value: Digest | None, dialect: Dialect) -> bytes | None:
        """Return what the database keeps."""
        return None if value is None else value.value

    def process_result_value(self, value: Any, dialect: Dialect) -> Digest | None:
        """Return what was kept."""
        return None if value is None else Digest(Algorithm.SHA256, Hash32(bytes(value)))


class HeadColumn(_Bytes[Head]):
    """A dataset's head, or another bare hash: 32 bytes as they are."""

    cache_ok = True

    def process_result_value(self, value: Any, dialect: Dialect) -> Head | None:
        """Return what was kept."""
        return None if value is None else Head(Hash32(bytes(value)))


class AddressColumn(_Bytes[Address]):
    """An address, 20 bytes."""

    cache_ok = True

    def process_bind_param(self, value: Address | None, dialect: Dialect) -> bytes | None:
        """Return what the database keeps."""
        return None if value is None else bytes.fromhex(value[2:])

    def process_result_value(self, value: Any, dialect: Dialect) -> Address | None:
        """Return what was kept, with its checksum."""
        return None if value is None else _address(bytes(value))


class HexColumn(_Bytes[str]):
    """A hash that Python writes as `0x` and hexadecimal digits: of a block or a transaction."""

    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        """Return what the database keeps."""
        return None if value is None else bytes.fromhex(value[2:])

    def process_result_value(self, value: Any, dialect: Dialect) -> str | None:
        """Return what was kept."""
        return None if value is None else f"0x{bytes(value).hex()}"


class Number(TypeDecorator[T], Generic[T]):
    """A whole number that comes back as a value of `kind`: an enum, or another type of integer."""

    impl = Int64
    cache_ok = True

    def __init__(self, kind: Callable[[int], T]) -> None:
        super().__init__()
        self.kind = kind

    def process_bind_param(self, value: Any, dialect: Dialect) -> int | None:
        """Return what the database keeps."""
        return None if value is None else int(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> T | None:
        """Return what was kept."""
        return None if value is None else self.kind(value)


class Unsigned64(TypeDecorator[int]):
    """0 to 2^64 - 1, of which 2^63 and above are kept as what they are modulo 2^64: below zero."""

    impl = Int64
    cache_ok = True

    def process_bind_param(self, value: int | None, dialect: Dialect) -> int | None:
        """Return what the database keeps."""
        return value if value is None or value < _TWO_TO_63 else value - _TWO_TO_64

    def process_result_value(self, value: int | None, dialect: Dialect) -> int | None:
        """Return what was kept."""
        return value if value is None or value >= 0 else value + _TWO_TO_64


class ChainText(TypeDecorator[str]):
    """Text from the chain or from a document, without loss.

    A character that databases refuse (NUL, and what stands for bytes that are not UTF-8) is kept
    as U+10FFFF, which text has no use for, and four hexadecimal digits.
    """

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Return what the database keeps."""
        return None if value is None else escape(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        """Return what was kept."""
        return None if value is None else unescape(value)


class JsonColumn(TypeDecorator[Any]):
    """A JSON value, kept as ASCII text: no character is one that a database refuses."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        """Return what the database keeps."""
        return None if value is None else _to_json(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        """Return what was kept."""
        return None if value is None else json.loads(value)


_to_json = json.JSONEncoder(separators=(",", ":")).encode


def escape(text: str) -> str:
    """Return `text` as `ChainText` keeps it."""
    return _NEEDS_ESCAPE.sub(_escaped, text) if _NEEDS_ESCAPE.search(text) else text


def unescape(text: str) -> str:
    """Return the text that `escape` was given."""
    return _ESCAPED.sub(_unescaped, text) if _ESCAPE in text else text


def _escaped(match: re.Match[str]) -> str:
    # U+10FFFF itself becomes U+10FFFF and `ffff`, which is no surrogate.
    return f"{_ESCAPE}{ord(match[0]) & 0xFFFF:04x}"


def _unescaped(match: re.Match[str]) -> str:
    code = int(match[1], 16)
    return _ESCAPE if code == ord(_ESCAPE) & 0xFFFF else chr(code)


@lru_cache(maxsize=65_536)
def _address(value: bytes) -> Address:
    # The checksum takes a keccak, and pages name few keys.
    return address_of(value)
