"""What a range of events does to the rows of a table: some are new, others change."""

from collections.abc import Iterator, Mapping
from typing import Any, Generic, TypeAlias, TypeVar

Row: TypeAlias = dict[str, Any]
"""A row by the names of its columns, in the types of `columns`."""

K = TypeVar("K")


class Rows(Generic[K]):
    """The rows of one table that a range concerns, by what they are looked up by.

    Those that the database has are given at the start; what is added or changed is collected.
    """

    def __init__(self, stored: Mapping[K, Row] | None = None) -> None:
        self._now: dict[K, Row] = dict(stored or {})
        self._is_new: set[int] = set()
        self.new: list[Row] = []
        """Rows to insert, as they are after the range."""
        self._changed: dict[int, tuple[Row, set[str]]] = {}

    def get(self, key: K) -> Row | None:
        """Return the row that stands under `key` now."""
        return self._now.get(key)

    def all(self) -> Iterator[tuple[K, Row]]:
        """Return every row that stands under a key now."""
        return iter(list(self._now.items()))

    def add(self, key: K, row: Row) -> None:
        """Let a new row stand under `key`, where another one may have stood until now."""
        self._now[key] = row
        self._is_new.add(id(row))
        self.new.append(row)

    def change(self, row: Row, values: Row) -> None:
        """Give a row, which was got from here, other values."""
        row.update(values)
        if id(row) not in self._is_new:
            self._changed.setdefault(id(row), (row, set()))[1].update(values)

    def changed(self) -> dict[tuple[str, ...], list[Row]]:
        """Return the rows to update, by the columns in which they changed."""
        groups: dict[tuple[str, ...], list[Row]] = {}
        for row, names in self._changed.values():
            groups.setdefault(tuple(sorted(names)), []).append(row)
        return groups

    def drop(self, key: K) -> None:
        """Let no row stand under `key` any more. The row itself stays."""
        self._now.pop(key, None)
