"""What a reader of one file format hands over: batches as pyarrow reads them, not yet checked."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from dataledger.errors import RecordError, shown
from dataledger.manifest.records.schema import columns_of
from dataledger.manifest.scan import unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dataledger.manifest.records.source import Column

# Torn or forged files end in any of these, depending on where they are torn.
_REFUSALS = (pa.ArrowException, ValueError, LookupError, TypeError, ArithmeticError, MemoryError)


class Contents:
    """A table's columns, and its rows from some part of the file on.

    What iterating over `batches` raises is what `reading` does.
    """

    def __init__(
        self, path: str, format_name: str, columns: tuple[Column, ...], batches: Iterator[Any]
    ) -> None:
        self.columns = columns
        self._schema: Any = None
        self._file = path, format_name
        self.batches = _read(path, format_name, batches)

    def check(self, batch: Any) -> None:
        """Return if the batch is valid: offsets lie inside their buffers, strings are UTF-8, etc.

        Raises:
            RecordError: it is not, or it has other columns than the file says.
        """
        with reading(*self._file):
            if batch.schema != self._schema and columns_of(batch.schema) != self.columns:
                raise ValueError("its rows have other columns than it says")
            self._schema = batch.schema
            batch.validate(full=True)

    def joined(self, batches: Sequence[Any]) -> Sequence[Any]:
        """Return the batches as one, where Arrow can join such columns."""
        # Units of time may differ from batch to batch; rows do not depend on them.
        if len(batches) <= 1 or any(batch.schema != batches[0].schema for batch in batches):
            return batches
        with reading(*self._file):
            try:
                joined: list[Any] = pa.Table.from_batches(batches).combine_chunks().to_batches()
            except pa.ArrowNotImplementedError:
                return batches
        return joined


def _read(path: str, format_name: str, batches: Iterator[Any]) -> Iterator[Any]:
    # No method of `Contents`: each would hold the other, and with it what was decoded, until the
    # garbage collector happens to come by.
    while True:
        with reading(path, format_name):
            batch = next(batches, None)
        if batch is None:
            return
        yield batch


@contextmanager
def reading(path: str, format_name: str) -> Iterator[None]:
    """Run calls of pyarrow that read the file.

    Raises:
        SourceUnreadable: the system cannot open or read it.
        RecordError: pyarrow cannot make sense of what it holds.
    """
    try:
        yield
    except OSError as error:
        if error.errno is not None:
            raise unreadable(path, error) from error
        raise _refused(path, format_name, error) from error
    except _REFUSALS as error:
        raise _refused(path, format_name, error) from error


def _refused(path: str, format_name: str, error: Exception) -> RecordError:
    reason = str(error).partition("\n")[0] or type(error).__name__
    return RecordError(
        f"{shown(path)} cannot be read as {format_name}: {shown(reason)}",
        remedy="Restore the file, or write the table again.",
    )
