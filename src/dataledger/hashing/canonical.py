"""Canonical JSON (RFC 8785), and a parser that takes nothing on trust.

One restriction beyond the RFC: a number whose canonical form is an integer of 2^53 or more is
refused in both directions, since not every JSON parser reads such an integer exactly. So whatever
`canonical_bytes` writes, `parse_canonical` reads back as an equal value.
"""

import json
import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NoReturn, TypeAlias

import rfc8785

from dataledger.errors import CanonicalisationError, shown

JsonValue: TypeAlias = (
    bool | int | float | str | Sequence["JsonValue"] | Mapping[str, "JsonValue"] | None
)
"""Parsers return exactly None, bool, int, float, str, list and dict; writers take tuples, too."""

MAX_DEPTH = 64
"""Arrays and objects inside one another; a scalar has depth 0."""

MAX_DOCUMENT_BYTES = 16 * 1024 * 1024

_ALWAYS_ITEMS = 1_000_000
_BYTES_PER_ITEM = 8
"""A value takes 60 bytes of memory or more, however short its text: `[]` takes three bytes."""

_FIRST_UNSAFE_INTEGER = 2**53
_FIRST_EXPONENT_NUMBER = 1e21
"""From here on, a double's canonical form has an exponent and is not taken for an integer."""

# A string counts as one token, so brackets inside it do not nest. Its closing quote is optional:
# the scan of an unfinished string must not start again at every quote within.
_STRING = re.compile(r'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
_TOKEN = re.compile(rf"{_STRING.pattern}|[\[\]{{}}]", re.DOTALL)


def canonical_bytes(value: JsonValue) -> bytes:
    """Return the canonical form of a JSON value (RFC 8785), as UTF-8 without a final newline.

    Raises:
        CanonicalisationError: the value has something that JSON lacks (NaN, infinity, lone
            surrogates, keys that are no strings, other types), a number whose canonical form is an
            integer of 2^53 or more, or more than `MAX_DEPTH` levels.
    """
    _check_writable(value, MAX_DEPTH)
    try:
        return rfc8785.dumps(value)
    except ValueError as error:  # its own errors, and UnicodeEncodeError from a key
        raise CanonicalisationError(
            f"A value has no canonical JSON form: {shown(str(error))}.",
            remedy="Use null, booleans, finite numbers, Unicode strings, lists, and objects.",
        ) from error


def parse_strict(
    data: bytes, *, max_bytes: int = MAX_DOCUMENT_BYTES, max_items: int | None = None
) -> JsonValue:
    """Return the value of a UTF-8 JSON document.

    `max_items` bounds the memory that it takes: lists and objects count as one each, and so does
    every comma between items. By default it is one for 8 of `max_bytes`, and at least a million.

    Raises:
        CanonicalisationError: the document is larger than `max_bytes`, has more than `max_items`,
            nests deeper than `MAX_DEPTH`, is not UTF-8, starts with a byte order mark, is not JSON,
            repeats a key within an object, or holds NaN, infinity, a lone surrogate, or a number
            whose canonical form is an integer of 2^53 or more.
    """
    if len(data) > max_bytes:
        raise _refused(f"it has {len(data)} bytes, and at most {max_bytes} are read")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _refused(f"it is not UTF-8 at byte {error.start}") from error
    if text.startswith("\ufeff"):
        raise _refused("it starts with a byte order mark")
    default_items = max(_ALWAYS_ITEMS, max_bytes // _BYTES_PER_ITEM)
    _check_items(text, default_items if max_items is None else max_items)
    _check_depth(text)
    try:
        value: JsonValue = json.loads(
            text,
            object_pairs_hook=_object_without_duplicates,
            parse_constant=_refuse_constant,
            parse_float=_parse_float,
            parse_int=_parse_int,
        )
    except json.JSONDecodeError as error:
        raise _refused(
            f"it is not JSON: {error.msg} at line {error.lineno}, column {error.colno}"
        ) from error
    if "\\u" in text:
        _check_surrogates(value)
    return value


def parse_canonical(
    data: bytes, *, max_bytes: int = MAX_DOCUMENT_BYTES, max_items: int | None = None
) -> JsonValue:
    """Return the value of a JSON document that is its own canonical form (RFC 8785).

    Raises:
        CanonicalisationError: as `parse_strict`, or the same value has another canonical form.
    """
    value = parse_strict(data, max_bytes=max_bytes, max_items=max_items)
    expected = canonical_bytes(value)
    if data != expected:
        raise not_canonical(data, expected)
    return value


def members(value: JsonValue, *names: str, optional: Sequence[str] = ()) -> dict[str, JsonValue]:
    """Return a JSON object that has all of `names`, perhaps some of `optional`, and nothing else.

    Raises:
        CanonicalisationError: the value is anything else.
    """
    if not isinstance(value, dict):
        raise _refused(f"{shown(value)} stands where an object belongs")
    for name in names:
        if name not in value:
            raise _refused(f"an object lacks the member {shown(name)}")
    for name in value:
        if name not in names and name not in optional:
            raise _refused(f"an object has the unknown member {shown(name)}")
    return value


def string(value: JsonValue) -> str:
    """Return a JSON string.

    Raises:
        CanonicalisationError: the value is anything else.
    """
    if not isinstance(value, str):
        raise _refused(f"{shown(value)} stands where a string belongs")
    return value


def natural(value: JsonValue) -> int:
    """Return a JSON integer that is not negative.

    Raises:
        CanonicalisationError: the value is anything else.
    """
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise _refused(f"{shown(value)} stands where a number 0, 1, 2, … belongs")
    return value


def not_canonical(data: bytes, expected: bytes) -> CanonicalisationError:
    """Return the error for bytes that differ from their canonical form."""
    pairs = zip(data, expected, strict=False)
    same = next((at for at, (a, b) in enumerate(pairs) if a != b), min(len(data), len(expected)))
    return CanonicalisationError(
        f"The document is not in canonical form: from byte {same} on, it has "
        f"{shown(data[same : same + 20])} instead of {shown(expected[same : same + 20])}.",
        remedy="Use the file exactly as it was written, without reformatting it.",
    )


def _refused(reason: str) -> CanonicalisationError:
    return CanonicalisationError(
        f"The JSON document is refused: {reason}.",
        remedy="Use the file as it was written; if it was written like this, correct its writer.",
    )


def _check_items(text: str, max_items: int) -> None:
    # Strings hold commas, too: they are taken out only where so many are seen.
    if _item_count(text) > max_items and _item_count(_STRING.sub("", text)) > max_items:
        raise _refused(f"it has more than {max_items} items")


def _item_count(text: str) -> int:
    return text.count(",") + text.count("[") + text.count("{")


def _check_depth(text: str) -> None:
    # Before parsing: deep nesting must not reach the recursive parser.
    depth = 0
    for token in _TOKEN.finditer(text):
        first = text[token.start()]
        if first in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise _refused(f"it nests deeper than {MAX_DEPTH} levels")
        elif first in "]}":
            depth -= 1


def _check_surrogates(value: JsonValue) -> None:
    try:
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError as error:
        raise _refused("it holds half of a surrogate pair") from error


def _check_writable(value: JsonValue, levels_left: int) -> None:
    if isinstance(value, float):
        if _FIRST_UNSAFE_INTEGER <= abs(value) < _FIRST_EXPONENT_NUMBER:
            raise _unsafe_integer(repr(value))
    elif isinstance(value, list | tuple | dict):
        if levels_left == 0:
            raise CanonicalisationError(
                f"A JSON value nests deeper than {MAX_DEPTH} levels.",
                remedy="Flatten the value.",
            )
        for child in value.values() if isinstance(value, dict) else value:
            _check_writable(child, levels_left - 1)


def _object_without_duplicates(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    result = dict(pairs)
    if len(result) < len(pairs):
        counts = Counter(key for key, _ in pairs)
        duplicate = next(key for key, count in counts.items() if count > 1)
        raise _refused(f"an object has the key {shown(duplicate)} twice")
    return result


def _refuse_constant(literal: str) -> NoReturn:
    raise _refused(f"{literal} is no JSON number")


def _parse_float(literal: str) -> float:
    value = float(literal)
    if not math.isfinite(value):
        raise _refused(f"the number {shown(literal)} is too large")
    if _FIRST_UNSAFE_INTEGER <= abs(value) < _FIRST_EXPONENT_NUMBER:
        raise _unsafe_integer(literal)
    return value


def _parse_int(literal: str) -> int:
    # By length first: Python refuses to convert thousands of digits with an error of its own.
    digits_of_limit = len(str(_FIRST_UNSAFE_INTEGER))
    if len(literal.lstrip("-")) > digits_of_limit or abs(int(literal)) >= _FIRST_UNSAFE_INTEGER:
        raise _unsafe_integer(literal)
    return int(literal)


def _unsafe_integer(literal: str) -> CanonicalisationError:
    return CanonicalisationError(
        f"The number {shown(literal)} is an integer of 2^53 or more, which not every JSON parser "
        "reads exactly.",
        remedy="Write it as a string.",
    )
