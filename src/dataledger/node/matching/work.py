"""A matching as work of the owner's node: what of it is allowed, and what it answers."""

from dataclasses import dataclass

from dataledger.contracts.use_types import NO_COST, Composition, Cost
from dataledger.errors import AnswerWithheld, NodeRefused, NotFound, QueryError, shown
from dataledger.hashing import Digest
from dataledger.ledger.purposes import parse_purpose
from dataledger.node.matching.answer import MEDIA_TYPE, MatchingAnswer
from dataledger.node.matching.document import MatchingDocument, Reveal
from dataledger.node.matching.items import items_of, texts_of
from dataledger.node.matching.meter import Meter
from dataledger.node.matching.protocol import NotAPoint, OwnerSide
from dataledger.node.tables import read_table, require_table
from dataledger.node.work import Answer, Holding

PURPOSES = frozenset(parse_purpose(name).code for name in ("decontamination", "matching"))


@dataclass(frozen=True, slots=True)
class MatchingWork:
    """Compares the asker's blinded items with a column of the data."""

    document: MatchingDocument
    kind: str = "matching"
    is_declared: bool = True
    purposes: frozenset[int] = PURPOSES
    packages: tuple[str, ...] = ("openmined-psi", "protobuf", "pyarrow")
    isolation: str = "none"

    @property
    def code(self) -> Digest:
        """SHA-256 of the canonical document without its request."""
        return self.document.code

    def cost(self, composition: Composition) -> Cost:
        """Return nothing: the answer is exact, and only a grant for exact use allows it.

        Raises:
            QueryError: the grant counts a privacy budget.
        """
        if composition is not Composition.NONE:
            raise QueryError(
                "A matching is exact: no privacy budget protects what it tells.",
                remedy="Ask the owner for a grant of exact use (`grant approve --exact`).",
            )
        return NO_COST

    def check(self, holding: Holding) -> None:
        """Return only if the rules allow it, there is such a column, and the meter has room.

        Raises:
            QueryError: there is no such file or column.
            NodeRefused: a rule of the node is against it (`column-not-offered`,
                `ids-not-revealed`, `too-few-items`), or the meter is (`metered`, `no-meter`).
        """
        document, rules = self.document, holding.rules.matching
        if document.column not in rules.columns:
            raise NodeRefused(
                f"The column {shown(document.column)} is not one that this node matches.",
                remedy="Ask the owner which columns are ([matching] columns).",
                reason="column-not-offered",
            )
        if document.reveal is Reveal.IDS and not rules.reveal_ids:
            raise NodeRefused(
                "This node tells how many items are shared, and not which.",
                remedy="Ask for the size, or agree with the owner on more ([matching] reveal_ids).",
                reason="ids-not-revealed",
            )
        if document.items < rules.least_items:
            raise NodeRefused(
                f"{document.items} items are compared, and at least {rules.least_items} must be.",
                remedy="Ask about more items at once.",
                reason="too-few-items",
            )
        try:
            require_table(holding, document.path, [document.column])
        except NotFound as error:
            raise QueryError(str(error), remedy=error.remedy) from error
        _meter(holding).check(holding.consumer, holding.dataset, document.items, rules)

    def compute(self, holding: Holding) -> Answer:
        """Compare. The run is counted first.

        Raises:
            AnswerWithheld: another run took the last place meanwhile; the request holds what is
                no point of the curve; or the column has fewer different items than the node's
                rules demand, or more than `MAX_ITEMS`.
        """
        document, rules = self.document, holding.rules.matching
        try:
            _meter(holding).count(holding.consumer, holding.dataset, document.items, rules)
        except NodeRefused as error:
            raise AnswerWithheld(str(error), remedy=error.remedy) from error
        side = OwnerSide(reveal_ids=document.reveal is Reveal.IDS)
        try:
            response = side.respond(document.points())
        except NotAPoint as error:
            raise AnswerWithheld(
                f"The request cannot be computed with: {error}.",
                remedy="Make the request with the library's client.",
            ) from error
        table = read_table(holding, document.path, [document.column])
        try:
            items = items_of(texts_of(table.column(0)), document.normalise)
        except QueryError as error:
            raise AnswerWithheld(str(error), remedy="Ask about another column.") from error
        if len(items) < rules.least_items:
            raise AnswerWithheld(
                "The column has too few different items to be compared.",
                remedy="Ask about another column.",
            )
        answer = MatchingAnswer(side.blind(list(items)), response)
        return Answer(answer.to_bytes(), MEDIA_TYPE)


def parse_matching(document: bytes) -> MatchingWork:
    """Return the work that a document of the format `dataledger/matching/1` describes.

    Raises:
        QueryError: it is malformed, or its request is not what it declares.
    """
    return MatchingWork(MatchingDocument.parse(document))


def _meter(holding: Holding) -> Meter:
    if holding.state is None:
        raise NodeRefused(
            "This node keeps no state: it cannot count matchings, and so does none.",
            remedy="Tell its owner.",
            reason="no-meter",
        )
    return Meter(holding.state)
