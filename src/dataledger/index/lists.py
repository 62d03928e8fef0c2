"""Lists of numbers in a query: as one value, not as many, which are slow and bounded in number."""

import json
from collections.abc import Sequence

from sqlalchemy import BigInteger, Connection, TableValuedAlias, func, literal
from sqlalchemy.dialects.postgresql import ARRAY


def numbers(connection: Connection, values: Sequence[int]) -> TableValuedAlias:
    """Return a table with the column `value`, which holds these numbers, however many."""
    if connection.dialect.name == "postgresql":
        array_of_all = literal(values, ARRAY(BigInteger))
        return func.unnest(array_of_all).table_valued("value").render_derived()
    return func.json_each(json.dumps(values)).table_valued("value")
