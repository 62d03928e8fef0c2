"""CSV text as encoded columns in one go, compiled by numba.

It takes well-formed text only, and else gives up: `csv_text` then finds out what is wrong.
Importing this needs numba.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from dataledger.manifest.records.compiling import compiled
from dataledger.manifest.records.intrinsics import copy, put
from dataledger.manifest.records.rows import RowBatch, Values, byte_strings
from dataledger.manifest.records.source import MAX_RECORD_BYTES
from dataledger.manifest.records.tags import Tag

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Bytes = NDArray[np.uint8]
    Numbers = NDArray[np.int64]
    Fields = tuple[NDArray[np.int32], NDArray[np.int32]]

_STRING = int(Tag.STRING)
_HEAD_BYTES = 5

_QUOTE, _COMMA, _LINE_FEED, _CARRIAGE_RETURN = (ord(mark) for mark in '",\n\r')


def encode_text(text: bytes, width: int) -> tuple[int, RowBatch] | None:
    """Return the number of whole records of `width` columns, and their rows.

    None if they are not what they should be.
    """
    if not text.isascii():
        try:
            text.decode()
        except UnicodeDecodeError:
            return None
    codes = np.frombuffer(text, np.uint8)
    marks = _marks(codes)
    fields = np.empty(len(marks) + 1, np.int32), np.empty(len(marks) + 1, np.int32)
    sizes = np.zeros(width + 1, np.int64)
    count = _split(codes, marks, width, fields, sizes)
    if count < 0 or sizes[width] + width * _HEAD_BYTES > MAX_RECORD_BYTES:
        return None
    heads = np.empty((width, count, _HEAD_BYTES), np.uint8)
    offsets = np.zeros((width, count + 1), np.int64)
    begins = np.zeros(width + 1, np.int64)
    np.cumsum(sizes[:width], out=begins[1:])
    bodies = np.empty(begins[width], np.uint8)
    _fill(codes, fields, heads.reshape(-1), (bodies, begins), offsets)
    data = pa.py_buffer(bodies)
    return count, RowBatch(
        [
            Values(heads[n], byte_strings(offsets[n], data.slice(begins[n], sizes[n])))
            for n in range(width)
        ],
        count,
    )


def _marks(codes: Bytes) -> Numbers:
    """Return where there is anything that divides text."""
    found = codes == _COMMA
    for mark in (_LINE_FEED, _QUOTE, _CARRIAGE_RETURN):
        found |= codes == mark
    return np.flatnonzero(found)


@compiled
def _split(text: Bytes, marks: Numbers, width: int, fields: Fields, sizes: Numbers) -> int:
    """Put where each field's content begins, and its length without doubled quotes.

    Where quotes are doubled, the begin is negative. Into `sizes` go the length of each column's
    content, and that of the longest record's. Returns the number of records, or -1.
    """
    begins, lengths = fields
    size = len(text)
    at = mark = cell = column = record_bytes = 0
    while at < size:
        begin, end, doubled, at, mark = _field(text, marks, at, mark)
        if at < 0:
            return -1
        if column == width:
            return -1
        length = end - begin - doubled
        begins[cell] = -begin if doubled else begin
        lengths[cell] = length
        sizes[column] += length
        record_bytes += length
        cell += 1
        column += 1
        if at < size and text[at] == _COMMA:
            at += 1
            mark += 1
            if column == width:
                return -1
            continue
        after = _after_record(text, at)
        # An empty record is an empty line, unless it was written as quotes.
        if after < 0 or column != width or (width == 1 and begin == end and text[begin] != _QUOTE):
            return -1
        mark += after - at
        at = after
        sizes[width] = max(sizes[width], record_bytes)
        column = record_bytes = 0
    if column:  # the text ends with a comma, and so with an empty field
        begins[cell] = size
        lengths[cell] = 0
        cell += 1
        if column + 1 != width:
            return -1
        sizes[width] = max(sizes[width], record_bytes)
    return cell // width


@compiled
def _field(text: Bytes, marks: Numbers, at: int, mark: int) -> tuple[int, int, int, int, int]:
    """Return a field's begin and end, how many quotes in it are doubled, and what follows it.

    `mark` is the number of the first mark from `at` on. The last two are where what follows is, and
    the number of the first mark from there on; -1 where there is a quote too many or too few.
    """
    size = len(text)
    following = marks[mark] if mark < len(marks) else size
    if following == size or text[following] != _QUOTE:
        return at, following, 0, following, mark
    if following != at:
        return 0, 0, 0, -1, -1
    begin = at + 1
    doubled = 0
    mark += 1
    while mark < len(marks):
        here = marks[mark]
        mark += 1
        if text[here] == _QUOTE:
            if here + 1 == size or text[here + 1] != _QUOTE:
                return begin, here, doubled, here + 1, mark
            doubled += 1
            mark += 1
    return 0, 0, 0, -1, -1


@compiled
def _after_record(text: Bytes, at: int) -> int:
    """Return where the next record begins; -1 where this one does not end."""
    size = len(text)
    if at == size:
        return at
    if text[at] == _CARRIAGE_RETURN and at + 1 < size:
        at += 1
    return at + 1 if text[at] == _LINE_FEED else -1


@compiled
def _fill(
    text: Bytes, fields: Fields, heads: Bytes, bodies: tuple[Bytes, Numbers], offsets: NDArray[Any]
) -> None:
    """Put the fields' heads and bodies, column after column.

    With the bytes of the bodies goes where each column's begin. `offsets` has, for each column,
    where among its bodies each one begins.
    """
    begins, lengths = fields
    data, data_begins = bodies
    width, count = offsets.shape[0], offsets.shape[1] - 1
    head_at, source, target = heads.ctypes.data, text.ctypes.data, data.ctypes.data
    for row in range(count):
        for column in range(width):
            begin, length = begins[row * width + column], lengths[row * width + column]
            head = (column * count + row) * _HEAD_BYTES
            heads[head] = _STRING
            put(head_at, head + 1, np.int32(length))
            at = data_begins[column] + offsets[column, row]
            if begin >= 0:
                copy(target, at, source, begin, length)
            else:
                _copy_quoted(text, -begin, length, data, at)
            offsets[column, row + 1] = offsets[column, row] + length


@compiled
def _copy_quoted(text: Bytes, begin: int, length: int, out: Bytes, at: int) -> None:
    for i in range(length):
        out[at + i] = text[begin]
        begin += 2 if text[begin] == _QUOTE else 1
