"""A declared query as the node's engine sees it; and its pieces, for nodes that add theirs up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dataledger.contracts.use_types import Composition, Cost
from dataledger.errors import (
    AnswerWithheld,
    DataLedgerError,
    NotFound,
    QueryError,
)
from dataledger.hashing import Digest
from dataledger.node.queries.document import Quantile, Query
from dataledger.node.queries.parse import parse
from dataledger.node.work import Answer

if TYPE_CHECKING:
    from dataledger.node.work import Holding

PACKAGES = ("dataledger", "numpy", "opendp", "pyarrow")


@dataclass(frozen=True, slots=True)
class QueryWork:
    """A query, as the engine does it."""

    query: Query
    code: Digest
    """SHA-256 of the query's document."""

    kind = "query"
    is_declared = True
    purposes = None
    packages = PACKAGES
    isolation = "the node's own process"

    def cost(self, composition: Composition) -> Cost:
        """Return the most that it can cost. Raises `QueryError` as `cost_of` does."""
        return cost_of(self.query, composition)

    def check(self, holding: Holding) -> None:
        """Return only if there is such a table with such columns, going by its header.

        Raises:
            QueryError: there is not.
        """
        check_query(self.query, holding)

    def compute(self, holding: Holding) -> Answer:
        """Answer it.

        Raises:
            AnswerWithheld: the data cannot be read, or is not as the manifest says.
        """
        from dataledger.node.queries.answer import write
        from dataledger.node.queries.noise import plan
        from dataledger.node.queries.release import release

        noises = plan(self.query)
        totals = _computed(lambda: release(self.query, noises, holding))
        return Answer(write(self.query, noises, totals, 1))


def parse_query(document: bytes) -> QueryWork:
    """Return the work that a document `dataledger/query/1` declares.

    Raises:
        QueryError: it is no such document, or what it asks has no bounded sensitivity.
    """
    return QueryWork(parse(document), Digest.of(document))


def cost_of(query: Query, composition: Composition) -> Cost:
    """Return what the query costs each dataset that it reads, rounded up to what is counted.

    Raises:
        QueryError: it names another cost than `composition` counts, or one too small to be kept.
    """
    raise NotImplementedError


def check_query(query: Query, holding: Holding) -> None:
    """Return only if the holding has such a table with such columns. Reads none of its rows.

    Raises:
        QueryError: it has not.
    """
    from dataledger.node.tables import require_table

    try:
        require_table(holding, query.path, query.columns)
    except NotFound as error:
        raise QueryError(str(error), remedy=error.remedy) from error


def require_addable(query: Query) -> None:
    """Return only if several nodes' parts of the answer can be added up.

    Raises:
        QueryError: the query asks for a quantile.
    """


def noisy_parts(query: Query, holding: Holding) -> list[int]:
    """Return this node's part of the answer: whole numbers, each with full noise of its own.

    The list's length depends on the query alone. Each number is within ±2^57.

    Raises:
        QueryError: as `require_addable`.
        AnswerWithheld: the data cannot be read, or is not as the manifest says.
    """
    raise NotImplementedError


def answer_of(query: Query, totals: list[int], parties: int) -> bytes:
    """Return the answer from the sums of what `parties` nodes gave: canonical JSON.

    Raises:
        QueryError: as `require_addable`, where there are several.
    """
    raise NotImplementedError
