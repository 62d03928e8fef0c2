"""Rows put together from encoded columns, compiled by numba. Importing this needs numba."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dataledger.manifest.records.compiling import compiled
from dataledger.manifest.records.intrinsics import copy, get
from dataledger.manifest.records.layout import offsets_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from dataledger.manifest.records.rows import Values

    Bytes = NDArray[np.uint8]
    Numbers = NDArray[np.int64]
    Addresses = NDArray[np.uintp]


class Joiner:
    """Puts rows together. It holds what it reads from."""

    def __init__(self, values: Sequence[Values]) -> None:
        """Take the values of all columns, which are of one number of rows.

        Raises:
            IndexError: a body lies outside of the column's bytes.
        """
        self._heads = [np.ascontiguousarray(each.heads) for each in values]
        self._bodies = [each.bodies for each in values]
        self._offsets = [offsets_of(bodies) for bodies in self._bodies if bodies is not None]
        data = [bodies.buffers()[2] for bodies in self._bodies if bodies is not None]
        for offsets, buffer in zip(self._offsets, data, strict=True):
            size_bytes = buffer.size if buffer else 0
            if offsets[0] < 0 or offsets[-1] > size_bytes or np.any(offsets[1:] < offsets[:-1]):
                raise IndexError("a body lies outside of its column")  # compiled code does not look
        self._head_at = np.array([heads.ctypes.data for heads in self._heads], np.uintp)
        self._widths = np.array([heads.shape[1] for heads in self._heads], np.int64)
        self._body_at = np.array([buffer.address if buffer else 0 for buffer in data], np.uintp)
        self._offset_at = np.array([each.ctypes.data for each in self._offsets], np.uintp)

    def size_bytes(self, first: int, last: int) -> int:
        """Return how many bytes the rows from `first` to before `last` have."""
        bodies = sum(int(offsets[last]) - int(offsets[first]) for offsets in self._offsets)
        return (last - first) * int(self._widths.sum()) + bodies

    def rows(self, first: int, last: int) -> tuple[Bytes, Numbers]:
        """Return the rows from `first` to before `last`, and where each begins and all end."""
        out = np.empty(self.size_bytes(first, last), np.uint8)
        offsets = np.zeros(last - first + 1, np.int64)
        heads, bodies = (self._head_at, self._widths), (self._body_at, self._offset_at)
        _join(heads, bodies, first, out, offsets)
        return out, offsets


@compiled
def _join(
    heads: tuple[Addresses, Numbers],
    bodies: tuple[Addresses, Addresses],
    first: int,
    out: Bytes,
    offsets: Numbers,
) -> None:
    head_at, widths = heads
    body_at, offset_at = bodies
    begin = out.ctypes.data
    at = 0
    for i in range(len(offsets) - 1):
        row = first + i
        for column in range(len(widths)):
            copy(begin, at, head_at[column], row * widths[column], widths[column])
            at += widths[column]
        for column in range(len(body_at)):
            body = get(offset_at[column], row)
            size_bytes = get(offset_at[column], row + 1) - body
            copy(begin, at, body_at[column], body, size_bytes)
            at += size_bytes
        offsets[i + 1] = at
