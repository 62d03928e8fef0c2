"""Long lists, to the database and from it, at the speed of its driver."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import BigInteger, Connection, Select, TableValuedAlias, func, literal
from sqlalchemy.dialects.postgresql import ARRAY

_ROWS = 500


def numbers(connection: Connection, values: Sequence[int]) -> TableValuedAlias:
    """Return a table with the column `value`, which holds these numbers, however many.

    They are one value of the query: many are slow, and bounded in number.
    """
    if connection.dialect.name == "postgresql":
        array_of_all = literal(values, ARRAY(BigInteger))
        return func.unnest(array_of_all).table_valued("value").render_derived()
    return func.json_each(json.dumps(values)).table_valued("value")


def raw_rows(connection: Connection, query: Select[*tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
    """Return rows as the driver gives them: SQLAlchemy's would take as long as all the rest."""
    cursor: Any = connection.execute(query).cursor
    while rows := cursor.fetchmany(_ROWS):
        yield from rows
