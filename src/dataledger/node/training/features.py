"""Rows of a table as numbers that lie within what was declared, whatever the table holds.

A number between its bounds becomes one from -1 to 1; one outside them counts as the nearer bound,
and an absent one as the middle. A category becomes a 1 in its own place; one that was not declared,
as an absent one, leaves 0 in all of them. Last stands the constant 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from dataledger.node.training.document import NumberColumn

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    from dataledger.node.training.document import Column, TrainingDocument, UnitColumn
    from dataledger.node.work import Holding


class Columns(Protocol):
    """A table, by its columns."""

    def numbers(self, name: str) -> NDArray[np.float64]:
        """Return a column's numbers; NaN for what is none."""

    def categories(self, name: str, known: Sequence[str]) -> NDArray[np.int64]:
        """Return where each value of a column stands among those known; -1 for none of them."""


@dataclass(frozen=True, slots=True)
class TableColumns:
    """The columns of a table that was read beside the node."""

    table: pa.Table

    def numbers(self, name: str) -> NDArray[np.float64]:
        """Return a column's numbers; NaN for what is none."""
        from dataledger.node.tables import numbers

        return numbers(self.table.column(name))

    def categories(self, name: str, known: Sequence[str]) -> NDArray[np.int64]:
        """Return where each value of a column stands among those known; -1 for none of them."""
        import numpy as np
        import pyarrow as pa
        import pyarrow.compute as pc

        from dataledger.node.tables import texts

        places = pc.index_in(
            texts(self.table.column(name)), value_set=pa.array(known, pa.large_string())
        )
        return np.asarray(pc.fill_null(places, -1).to_numpy(), dtype=np.int64)

    def units(self, name: str) -> NDArray[np.int64]:
        """Return a number for each row, the same for equal values; -1 for absent ones."""
        import numpy as np
        import pyarrow.compute as pc

        from dataledger.node.tables import texts

        column = pc.dictionary_encode(texts(self.table.column(name))).combine_chunks()
        if not len(column):
            return np.zeros(0, dtype=np.int64)
        return np.asarray(pc.fill_null(column.indices, -1).to_numpy(), dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Examples:
    """The rows that count, those of one unit one after another."""

    features: tuple[Column, ...]
    values: tuple[NDArray[np.float64] | NDArray[np.int8], ...]
    """Of each feature, over all rows, as `encoded` returns them."""
    targets: NDArray[np.float64]
    """The number that is to be found, from -1 to 1; or the category's place."""
    starts: NDArray[np.int64]
    """The first row of each unit."""

    @property
    def unit_count(self) -> int:
        """How many units have a row that counts."""
        return len(self.starts)

    def columns(self, rows: slice) -> NDArray[np.float64]:
        """Return the inputs of some rows: one array for each."""
        return expanded(self.features, [values[rows] for values in self.values])


def read_examples(holding: Holding, document: TrainingDocument) -> Examples:
    """Return what a version of a dataset has to train on. Raises as `read_table` does.

    A row without a target, or without a unit where one is asked for, does not count. Of one unit,
    the first rows count. So each unit's rows depend on nothing but this unit.
    """
    from dataledger.node.tables import read_table

    columns = TableColumns(read_table(holding, document.path, document.columns))
    return examples_of(columns, document)


def examples_of(columns: TableColumns, document: TrainingDocument) -> Examples:
    """Return what a table has to train on."""
    import numpy as np

    answers = targets(columns, document.target)
    kept = np.flatnonzero(np.isfinite(answers))
    starts = np.arange(len(kept))
    if document.unit is not None:
        kept, starts = _by_unit(columns, document.unit, kept)
    values = (encoded(columns, feature)[kept] for feature in document.features)
    return Examples(document.features, tuple(values), answers[kept], starts)


def inputs(columns: Columns, features: Sequence[Column]) -> NDArray[np.float64]:
    """Return all rows as inputs of a model: one array for each."""
    return expanded(features, [encoded(columns, feature) for feature in features])


def encoded(columns: Columns, feature: Column) -> NDArray[np.float64] | NDArray[np.int8]:
    """Return a feature in the least space: numbers from -1 to 1, or places of categories."""
    import numpy as np

    if isinstance(feature, NumberColumn):
        values = scaled(columns.numbers(feature.column), feature)
        return np.where(np.isnan(values), 0.0, values)
    return columns.categories(feature.column, feature.categories).astype(np.int8)


def expanded(
    features: Sequence[Column], values: Sequence[NDArray[np.float64] | NDArray[np.int8]]
) -> NDArray[np.float64]:
    """Return encoded features as inputs, an array for each: the constant 1 last.

    A category that is not among the known ones is 0 in the arrays of all of them.
    """
    import numpy as np

    arrays: list[NDArray[np.float64]] = []
    for feature, column in zip(features, values, strict=True):
        if isinstance(feature, NumberColumn):
            arrays.append(column[None].astype(np.float64))
        else:
            places = np.arange(len(feature.categories))
            arrays.append((places[:, None] == column).astype(np.float64))
    return np.concatenate([*arrays, np.ones((1, len(values[0])))])


def targets(columns: Columns, target: Column) -> NDArray[np.float64]:
    """Return each row's target: a number from -1 to 1, or a category's place; NaN for none."""
    import numpy as np

    if isinstance(target, NumberColumn):
        return scaled(columns.numbers(target.column), target)
    places = columns.categories(target.column, target.categories)
    return np.where(places < 0, np.nan, places.astype(np.float64))


def scaled(values: NDArray[np.float64], column: NumberColumn) -> NDArray[np.float64]:
    """Return numbers as they lie between their bounds, from -1 to 1; NaN stays."""
    import numpy as np

    low, high = float(column.low), float(column.high)
    return (np.clip(values, low, high) - low) / (high - low) * 2 - 1


def unscaled(values: NDArray[np.float64], column: NumberColumn) -> NDArray[np.float64]:
    """Return what `scaled` was given, as far as it lay within the bounds."""
    low, high = float(column.low), float(column.high)
    return (values + 1) / 2 * (high - low) + low


def _by_unit(
    columns: TableColumns, unit: UnitColumn, kept: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return which rows count, unit by unit, and where each unit starts among them."""
    import numpy as np

    units = columns.units(unit.column)[kept]
    kept, units = kept[units >= 0], units[units >= 0]
    order = np.argsort(units, kind="stable")
    kept, units = kept[order], units[order]
    starts = _starts(units)
    # How many of the unit's rows stand before each row.
    before = np.arange(len(units)) - np.repeat(starts, np.diff(starts, append=len(units)))
    counted = before < unit.contributions
    return kept[counted], _starts(units[counted])


def _starts(units: NDArray[np.int64]) -> NDArray[np.int64]:
    import numpy as np

    return np.flatnonzero(np.diff(units, prepend=-1))
