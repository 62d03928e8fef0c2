"""CSV text as canonical rows in one go, compiled by numba.

It takes well-formed text only, and else gives up: `csv_text` then finds out what is wrong.
Importing this needs numba.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, cast

import numba
import numpy as np

from dataledger.manifest.records.intrinsics import copy, put
from dataledger.manifest.records.source import MAX_RECORD_BYTES, ColumnValues, EncodedBatch
from dataledger.manifest.records.tags import Tag

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Bytes = NDArray[np.uint8]
    Places = NDArray[np.int32]
    Offsets = NDArray[np.int64]
    Fields = tuple[Places, Places]

_STRING = int(Tag.STRING)
_HEAD = np.dtype([("tag", "u1"), ("length", ">u4")])
_HEAD_BYTES = _HEAD.itemsize

_QUOTE, _COMMA, _LINE_FEED, _CARRIAGE_RETURN = (ord(mark) for mark in '",\n\r')

F = TypeVar("F", bound="Callable[..., Any]")


def _compiled(function: F) -> F:
    compiled: Any = numba.njit(nogil=True, cache=True)(function)
    return cast("F", compiled)


def encode_text(text: bytes, width: int) -> tuple[int, EncodedBatch] | None:
    """Return the number of whole records of `width` columns, and their rows.

    None if they are not what they should be.
    """
    if not text.isascii():
        try:
            text.decode()
        except UnicodeDecodeError:
            return None
    codes = np.frombuffer(text, np.uint8)
    cells = int(np.count_nonzero((codes == _COMMA) | (codes == _LINE_FEED))) + 1
    begins = np.empty(cells, np.int32)
    lengths = np.empty(cells, np.int32)
    count = _split(codes, width, begins, lengths)
    if count < 0:
        return None
    sizes = lengths[: count * width].reshape(count, width).astype(np.int64) + _HEAD_BYTES
    row_sizes = sizes.sum(axis=1)
    if row_sizes.max(initial=0) > MAX_RECORD_BYTES:
        return None
    offsets = np.zeros(count + 1, np.int64)
    np.cumsum(row_sizes, out=offsets[1:])
    rows = np.empty(offsets[-1], np.uint8)
    fields = begins[: count * width], lengths[: count * width]
    _fill_rows(codes, fields, rows, offsets)
    heads = np.empty((width, count), _HEAD)
    heads["tag"] = _STRING
    heads["length"] = lengths[: count * width].reshape(count, width).T
    columns = []
    for column, size in enumerate(sizes.sum(axis=0).tolist()):
        bodies = np.empty(size - count * _HEAD_BYTES, np.uint8)
        every = slice(column, count * width, width)
        _fill_bodies(codes, begins[every], lengths[every], bodies)
        columns.append(ColumnValues(heads[column].view(np.uint8).data, bodies.data))
    return count, EncodedBatch(rows.data, offsets.data, columns)


@_compiled
def _split(text: Bytes, width: int, begins: Places, lengths: Places) -> int:
    """Put where each field's content begins, and its length without doubled quotes.

    Where quotes are doubled, the begin is negative. Returns the number of records, or -1.
    """
    size = len(text)
    at = cell = column = 0
    while at < size:
        begin, end, doubled, at = _field(text, at)
        if at < 0:
            return -1
        if cell == len(begins):
            return -1
        begins[cell] = -begin if doubled else begin
        lengths[cell] = end - begin - doubled
        cell += 1
        column += 1
        if at < size and text[at] == _COMMA and column < width:
            at += 1
            continue
        at = _after_record(text, at)
        # An empty record is an empty line, unless it was written as quotes.
        if at < 0 or column != width or (width == 1 and begin == end and text[begin] != _QUOTE):
            return -1
        column = 0
    if column:  # the text ends with a comma, and so with an empty field
        begins[cell] = size
        lengths[cell] = 0
        cell += 1
        if column + 1 != width:
            return -1
    return cell // width


@_compiled
def _field(text: Bytes, at: int) -> tuple[int, int, int, int]:
    """Return a field's begin and end, how many quotes in it are doubled, and what follows it.

    The last is -1 where there is a quote too many or too few.
    """
    size = len(text)
    if text[at] != _QUOTE:
        begin = at
        # Next to all bytes are above the comma, and so the first comparison is the only one.
        while at < size and (text[at] > _COMMA or _is_plain(text[at])):
            at += 1
        if at < size and text[at] == _QUOTE:
            return 0, 0, 0, -1
        return begin, at, 0, at
    doubled = 0
    at += 1
    begin = at
    while at < size:
        if text[at] == _QUOTE:
            if at + 1 == size or text[at + 1] != _QUOTE:
                return begin, at, doubled, at + 1
            doubled += 1
            at += 1
        at += 1
    return 0, 0, 0, -1


@_compiled
def _is_plain(code: int) -> bool:
    return code not in (_COMMA, _LINE_FEED, _CARRIAGE_RETURN, _QUOTE)


@_compiled
def _after_record(text: Bytes, at: int) -> int:
    """Return where the next record begins; -1 where this one does not end."""
    size = len(text)
    if at == size:
        return at
    if text[at] == _CARRIAGE_RETURN and at + 1 < size:
        at += 1
    return at + 1 if text[at] == _LINE_FEED else -1


@_compiled
def _put_head(out: Bytes, at: int, length: int) -> None:
    out[at] = _STRING
    put(out.ctypes.data, at + 1, np.int32(length))


@_compiled
def _put_body(text: Bytes, begin: int, length: int, out: Bytes, at: int) -> None:
    if begin >= 0:
        copy(out.ctypes.data, at, text.ctypes.data, begin, length)
        return
    begin = -begin
    for i in range(length):
        out[at + i] = text[begin]
        begin += 2 if text[begin] == _QUOTE else 1


@_compiled
def _fill_rows(text: Bytes, fields: Fields, out: Bytes, offsets: Offsets) -> None:
    begins, lengths = fields
    count = len(offsets) - 1
    if not count:
        return
    width = len(begins) // count
    for row in range(count):
        head = offsets[row]
        body = head + width * _HEAD_BYTES
        for cell in range(row * width, (row + 1) * width):
            _put_head(out, head, lengths[cell])
            _put_body(text, begins[cell], lengths[cell], out, body)
            head += _HEAD_BYTES
            body += lengths[cell]


@_compiled
def _fill_bodies(text: Bytes, begins: Places, lengths: Places, out: Bytes) -> None:
    at = 0
    for cell in range(len(begins)):
        _put_body(text, begins[cell], lengths[cell], out, at)
        at += lengths[cell]
