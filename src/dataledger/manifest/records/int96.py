"""Parquet's old timestamps of 96 bits, which Spark and Impala write.

pyarrow reads them as 64 bits of nanoseconds, and lets those that do not fit run over: year 9999,
which stands for "never" in many tables, becomes 1816. Read a second time in whole seconds, all of
them fit; and together, both tell the exact time.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from dataledger.manifest.records.layout import fixed_width_values, nulls
from dataledger.manifest.records.tags import NANOSECONDS_PER_SECOND

_MOST_SECONDS = {"ns": 2**63 // 10**9 - 1, "us": 2**63 // 10**6 - 1}


def int96_columns(file: Any) -> list[str]:
    """Return the names of a Parquet file's columns that are INT96.

    Raises:
        ValueError: one stands inside a list or struct.
    """
    names = []
    for number in range(len(file.schema)):
        leaf = file.schema.column(number)
        if leaf.physical_type != "INT96":
            continue
        if leaf.path not in file.schema_arrow.names:
            raise ValueError("an INT96 timestamp stands inside a list or struct")
        names.append(leaf.path)
    return names


def exact(batch: Any, seconds: Any) -> Any:
    """Return the batch with the right times in those columns that `seconds` has as whole seconds.

    Raises:
        ValueError: a time needs nanoseconds and lies outside the years that they reach.
    """
    for name, whole in zip(seconds.schema.names, seconds.columns, strict=True):
        place = batch.schema.get_field_index(name)
        column = batch.column(place)
        right = _exact_column(column, whole)
        if right is not column:
            batch = batch.set_column(place, name, right)
    return batch


def _exact_column(column: Any, whole: Any) -> Any:
    missing = nulls(column)
    present = np.ones(len(column), np.bool_) if missing is None else ~missing
    seconds = fixed_width_values(whole, "<i8")
    # Runs over just as pyarrow does: what is left is right.
    nanoseconds = fixed_width_values(column, "<i8") - seconds * NANOSECONDS_PER_SECOND
    reach = np.abs(seconds[present]).max(initial=0)
    if reach <= _MOST_SECONDS["ns"]:
        return column
    if reach > _MOST_SECONDS["us"] or (nanoseconds[present] % 1000).any():
        raise ValueError("an INT96 timestamp lies outside of what Arrow can hold")
    values = np.where(present, seconds * 1_000_000 + nanoseconds // 1000, 0)
    return pa.array(values, pa.timestamp("us", column.type.tz), mask=missing)
