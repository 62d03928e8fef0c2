"""Encoded columns as a batch of rows, which are put together where they are needed.

No Python object is made for a row: Arrow's joining of byte strings puts them together, or, several
times faster, the accelerator.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dataledger.manifest.records.layout import offsets_of
from dataledger.manifest.records.source import ColumnValues, EncodedBatch

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from dataledger.manifest.records.source import Span

_SPAN_BYTES = 256 * 1024
"""About as much of the rows as is put together at a time: it stays in a processor's cache."""


class Values(NamedTuple):
    """Encoded values: a matrix of heads, and the bodies, if the type has any."""

    heads: NDArray[np.uint8]
    """One row for each value, of as many bytes as a head of the type has."""
    bodies: Any
    """As Arrow's `large_binary`, without nulls."""


class RowBatch:
    """Neighbouring rows of a table, by their columns: each has values for all of the rows."""

    def __init__(self, values: Sequence[Values], count: int) -> None:
        self._values = values
        self._count = count

    @cached_property
    def columns(self) -> Sequence[ColumnValues]:
        """For each of the columns, its values."""
        return [
            ColumnValues(
                values.heads.reshape(-1).data,
                b"" if values.bodies is None else data_of(values.bodies),
            )
            for values in self._values
        ]

    def records(self) -> list[bytes]:
        """Return the rows one by one."""
        return self._joined().records()

    def runs(self) -> Iterator[list[bytes]]:
        """Yield the rows one by one, so few at a time that they fit into a processor's cache."""
        return self._joined().runs()

    def spans(self) -> Iterator[Span]:
        """Yield bytes that hold rows, and where in them each begins and ends. This needs numba."""
        from dataledger.manifest.records.joining import Joiner

        joiner = Joiner(self._values)
        size_bytes = joiner.size_bytes(0, self._count)
        most = max(1, _SPAN_BYTES * self._count // max(1, size_bytes))
        for first in range(0, self._count, most):
            rows, offsets = joiner.rows(first, min(first + most, self._count))
            yield rows.data, offsets[:-1].data, offsets[1:].data

    def _joined(self) -> EncodedBatch:
        rows = join(self._values, self._count)
        return EncodedBatch(data_of(rows), offsets_of(rows).data)


def join(encoded: Sequence[Values], count: int) -> Any:
    """Return rows as `large_binary`: all heads, then all bodies."""
    heads = _side_by_side([values.heads for values in encoded], count)
    offsets = np.arange(count + 1, dtype=np.int64) * heads.dtype.itemsize
    data = pa.py_buffer(heads.view(np.uint8)) if heads.nbytes else pa.py_buffer(b"")
    bodies = [values.bodies for values in encoded if values.bodies is not None]
    rows = byte_strings(offsets, data)
    return pc.binary_join_element_wise(rows, *bodies, NOTHING) if bodies else rows


def _side_by_side(matrices: Sequence[NDArray[np.uint8]], count: int) -> NDArray[np.void]:
    # Copied as opaque items: several times faster than numpy joins matrices.
    kinds = [f"V{matrix.shape[1]}" for matrix in matrices]
    rows = np.empty(count, np.dtype([(f"c{n}", kind) for n, kind in enumerate(kinds)]))
    for number, (matrix, kind) in enumerate(zip(matrices, kinds, strict=True)):
        rows[f"c{number}"] = matrix.view(kind).reshape(count)
    return rows


def byte_strings(offsets: NDArray[np.int64], data: Any) -> Any:
    """Return `large_binary` values that lie one after another in a buffer."""
    count = len(offsets) - 1
    return pa.Array.from_buffers(pa.large_binary(), count, [None, pa.py_buffer(offsets), data])


NOTHING = byte_strings(np.zeros(2, np.int64), pa.py_buffer(b""))[0]
"""The value of no bytes. Made like this, as it is Arrow's `scalar` that would import pandas."""


def data_of(strings: Any) -> memoryview:
    """Return the bytes of all values of a `large_binary` array, one after another."""
    offsets = offsets_of(strings)
    return memoryview(strings.buffers()[2] or b"")[int(offsets[0]) : int(offsets[-1])]
