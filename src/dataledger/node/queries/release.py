"""From the table to the numbers that may leave the node."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dataledger.node.queries.noise import add_noise
from dataledger.node.queries.rows import Rows
from dataledger.node.tables import read_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

    from dataledger.node.queries.document import Query
    from dataledger.node.queries.noise import Noise
    from dataledger.node.work import Holding

MAX_NUMBER = 2**57
"""Nothing goes beyond, so that the numbers of many nodes can be added."""


def release(query: Query, noises: Sequence[Noise], holding: Holding) -> list[int]:
    """Return the numbers of all parts, with their noise. Raises as `read_table` does."""
    return numbers_of(query, noises, read_table(holding, query.path, query.columns))


def numbers_of(query: Query, noises: Sequence[Noise], table: pa.Table) -> list[int]:
    """Return the numbers of all parts, of a table's rows, with their noise."""
    rows = Rows(query, table)
    return [
        max(-MAX_NUMBER, min(MAX_NUMBER, number))
        for noise in noises
        for number in add_noise(noise, query, rows)
    ]
