"""Strict and canonical JSON, beside the standard library's parser and a plain list of refusals."""

import json
import math
from collections.abc import Iterator
from random import Random
from typing import Any

from fuzzing import accepted, mutate_json

from dataledger.hashing import canonical_bytes, parse_canonical, parse_strict
from dataledger.hashing.canonical import MAX_DEPTH

DOCUMENTS = (
    b"null", b"[]", b"{}", b'{"a":1,"b":[true,false,null]}', b' { "b" : 1 , "a" : 2 } ',
    b'"\\u00e9\\ud83d\\ude00\\n"', '"é😀\u2028"'.encode(), b'"\\ud800"', b"\xef\xbb\xbf1",
    b'"\xff"', b"[1e400,-0,-0.0,1.0,1e21,9007199254740991,0.1e-7,5e-324]", b"9007199254740992",
    b"NaN", b"[Infinity]", b'{"a":1,"a":2}', b"[" * 65 + b"]" * 65, b"[" * 64 + b"]" * 64,
    b'{"\\u0061":1,"a":2}', b'"[{\\"[["', b"1" * 5000, b'{"\xc3\xa9":1,"e":2}', b"[1,]",
    b"123456789012345680000", b"1234567890123456789e3", b"1.7976931348623157e308", b"\t1\r\n",
)  # fmt: skip


def check(data: bytes) -> None:
    value = accepted(lambda: (parse_strict(data),))
    expected = _model(data)
    assert (value is None) == (expected is None), f"accepted {value}, expected {expected}"
    canonical = accepted(lambda: (parse_canonical(data),))
    if value is None or expected is None:
        assert canonical is None
        return
    assert _same(value[0], expected[0])
    written = canonical_bytes(value[0])
    assert (canonical is not None) == (written == data)
    again = parse_canonical(written)
    assert again == value[0]
    assert canonical_bytes(again) == written


def seeds() -> Iterator[bytes]:
    yield from DOCUMENTS


def mutate(data: bytes, random: Random) -> bytes:
    return mutate_json(data, random)


def _model(data: bytes) -> tuple[Any] | None:
    try:
        text = data.decode()
        value = json.loads(text, object_pairs_hook=_pairs, parse_constant=_no, parse_int=_whole)
        json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return None
    if text.startswith("\ufeff") or _depth(value) > MAX_DEPTH or not _numbers_fit(value):
        return None
    return (value,)


def _no(_: str) -> Any:
    raise ValueError


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({key for key, _ in pairs}) < len(pairs):
        raise ValueError
    return dict(pairs)


def _whole(text: str) -> int:
    if len(text) > 100:
        raise ValueError
    return int(text)


def _depth(value: Any) -> int:
    if isinstance(value, dict):
        return 1 + max(map(_depth, value.values()), default=0)
    if isinstance(value, list):
        return 1 + max(map(_depth, value), default=0)
    return 0


def _numbers_fit(value: Any) -> bool:
    if isinstance(value, dict | list):
        return all(map(_numbers_fit, value.values() if isinstance(value, dict) else value))
    if isinstance(value, float):
        return math.isfinite(value) and not 2**53 <= abs(value) < 1e21
    return not isinstance(value, int) or abs(value) < 2**53


def _same(one: Any, other: Any) -> bool:
    return repr(one) == repr(other)
