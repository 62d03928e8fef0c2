"""A declared query as the node's engine sees it; and its pieces, for nodes that add theirs up."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from dataledger.contracts.use_types import Composition, Cost
from dataledger.errors import (
    AnswerWithheld,
    DataLedgerError,
    DependencyMissing,
    NodeRefused,
    NotFound,
    QueryError,
    shown,
)
from dataledger.hashing import Digest
from dataledger.ledger.costs import cost_at_least
from dataledger.node.queries.document import Quantile, Query
from dataledger.node.queries.parse import parse
from dataledger.node.queries.write import cost_name
from dataledger.node.work import Answer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dataledger.node.queries.noise import Noise
    from dataledger.node.work import Holding

PACKAGES = ("dataledger", "numpy", "opendp", "pyarrow")

_COUNTED = {
    Composition.NONE: "this grant counts none: it is for exact uses",
    Composition.BASIC: "this budget counts epsilon",
    Composition.ZCDP: "this budget counts rho",
}


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
            NodeRefused: the owner names another unit, or it cannot be read.
        """
        check_query(self.query, holding)

    def compute(self, holding: Holding) -> Answer:
        """Answer it.

        Raises:
            AnswerWithheld: the data cannot be read, or is not as the manifest says.
        """
        from dataledger.node.queries.answer import write

        noises, totals = _noisy(self.query, holding)
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
    if query.composition is not composition:
        raise QueryError(
            f"The query's cost is {cost_name(query)}, and {_COUNTED[composition]}.",
            remedy="Declare the cost that the dataset's budget counts.",
        )
    from dataledger.node.queries.noise import plan

    return cost_at_least(sum((noise.loss for noise in plan(query)), Fraction(0)))


def check_query(query: Query, holding: Holding) -> None:
    """Return only if the holding has such a table with such columns. Reads none of its rows.

    Raises:
        QueryError: it has not.
        NodeRefused: the owner names another unit (`other-unit`), a row could end the reading
            (`records-missing`), or it cannot be read (`unreadable`).
    """
    check_table(holding, query.path, query.columns, unit=query.unit.column)


def check_table(holding: Holding, path: str, columns: Sequence[str], *, unit: str | None) -> None:
    """Return only if declared work may read these columns. Raises as `check_query` does."""
    from dataledger.node.tables import require_steady, require_table

    holding.rules.privacy.require_unit(unit)
    try:
        require_steady(holding, path)
        require_table(holding, path, columns)
    except NotFound as error:
        raise QueryError(str(error), remedy=error.remedy) from error
    except (DependencyMissing, NodeRefused):
        raise
    except DataLedgerError as error:
        # Its words may tell where the file lies, or quote its header.
        raise NodeRefused(
            f"The table {shown(path)} cannot be read now.",
            remedy="Ask the data's owner, whose node has the reason.",
            reason="unreadable",
        ) from error


def require_addable(query: Query) -> None:
    """Return only if several nodes' parts of the answer can be added up.

    Raises:
        QueryError: the query asks for a quantile.
    """
    for measure in query.measures:
        if isinstance(measure, Quantile):
            raise QueryError(
                f"The quantile {measure.name!r} cannot be asked of several nodes: what each would "
                "choose does not add up.",
                remedy="Ask for a histogram, and read the quantile from it.",
            )


def noisy_parts(query: Query, holding: Holding) -> list[int]:
    """Return this node's part of the answer: whole numbers, each with full noise of its own.

    The list's length depends on the query alone. Each number is within ±2^57.

    Raises:
        QueryError: as `require_addable`.
        AnswerWithheld: the data cannot be read, or is not as the manifest says.
    """
    require_addable(query)
    return _noisy(query, holding)[1]


def answer_of(query: Query, totals: Sequence[int], parties: int) -> bytes:
    """Return the answer from the sums of what `parties` nodes gave: canonical JSON.

    Raises:
        QueryError: as `require_addable`, where there are several.
    """
    from dataledger.node.queries.answer import write
    from dataledger.node.queries.noise import plan

    if parties > 1:
        require_addable(query)
    return write(query, plan(query), totals, parties)


def _noisy(query: Query, holding: Holding) -> tuple[tuple[Noise, ...], list[int]]:
    from dataledger.node.queries.noise import plan
    from dataledger.node.queries.release import release

    noises = plan(query)
    try:
        return noises, release(query, noises, holding)
    except DataLedgerError as error:
        # Its words may quote a row.
        raise AnswerWithheld(
            f"The table {shown(query.path)} could not be read as the version was recorded.",
            remedy="Ask the data's owner, whose node has the reason.",
        ) from error
