"""One question to several owners: `dataledger/federated-query/1`.

{"format": "dataledger/federated-query/1", "parties": ["0x…", "0x…", "0x…"],
 "query": {"format": "dataledger/query/1", …}}
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dataledger.errors import AnswerWithheld, QueryError, UsageError, shown
from dataledger.hashing import Digest, JsonValue, canonical_bytes, members, parse_canonical
from dataledger.node.federated.parties import parties_from_json
from dataledger.node.queries import QueryWork, answer_of, noisy_parts, parse_query, require_addable
from dataledger.node.queries.document import MAX_QUERY_BYTES
from dataledger.node.work import Answer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dataledger.contracts.identifiers import GrantId
    from dataledger.contracts.use_types import Composition, Cost
    from dataledger.node.work import Holding, SecureSum

FORMAT = "dataledger/federated-query/1"


@dataclass(frozen=True, slots=True)
class FederatedQuery:
    """A query to several owners, as the engine of each of their nodes does its part."""

    query: QueryWork
    parties: tuple[GrantId, ...]
    code: Digest
    """SHA-256 of the document: it says what was asked, and of whom."""

    kind = "federated-query"
    is_declared = True
    purposes = None
    isolation = "the node's own process; sums in a process apart"

    @property
    def packages(self) -> tuple[str, ...]:
        """The installed packages that take part."""
        return tuple(sorted({*self.query.packages, "cryptography", "mpyc"}))

    def cost(self, composition: Composition) -> Cost:
        """Return the most that it can cost each dataset: all that the query alone would cost.

        Raises:
            QueryError: the query names another cost than `composition` counts.
        """
        return self.query.cost(composition)

    def check(self, holding: Holding) -> None:
        """Return only if there is such a table with such columns, going by its header.

        Raises:
            QueryError: there is not.
        """
        self.query.check(holding)

    def compute(self, holding: Holding) -> Answer:
        """Refuse: no node answers it alone. Raises `AnswerWithheld`."""
        raise AnswerWithheld(
            f"The dataset {holding.dataset} is one of {len(self.parties)} parties, and does not "
            "answer alone.",
            remedy="Join at every node, and start at each.",
        )

    def compute_together(self, holding: Holding, add: SecureSum, parties: int) -> Answer:
        """Answer it, with the others. What is added carries this node's full noise already.

        Raises:
            AnswerWithheld: the data cannot be read, or the nodes could not compute together.
        """
        totals = add(noisy_parts(self.query.query, holding))
        return Answer(answer_of(self.query.query, totals, parties))


def parse_federated_query(document: bytes) -> FederatedQuery:
    """Return the work that a document describes.

    Raises:
        QueryError: it is no such document, names fewer parties than three, or its query is not
            bounded, or asks for what cannot be added up.
    """
    try:
        value = members(
            parse_canonical(document, max_bytes=MAX_QUERY_BYTES), "format", "parties", "query"
        )
    except UsageError as error:
        raise QueryError(str(error), remedy=error.remedy) from error
    if value["format"] != FORMAT:
        raise QueryError(
            f"{shown(value['format'])} is not {FORMAT}.", remedy="Ask as `docs/federated.md` says."
        )
    parties = parties_from_json(value["parties"])
    query = parse_query(canonical_bytes(value["query"]))
    require_addable(query.query)
    return FederatedQuery(query, parties, Digest.of(document))


def federated_query(parties: Sequence[GrantId], query: bytes) -> bytes:
    """Return the document that asks one query of several owners.

    Args:
        parties: The grants, in the order in which the nodes are asked.
        query: A document `dataledger/query/1`.

    Raises:
        QueryError: the query is none that several nodes can answer, or there are too few parties.
    """
    try:
        asked = parse_canonical(query, max_bytes=MAX_QUERY_BYTES)
    except UsageError as error:
        raise QueryError(str(error), remedy=error.remedy) from error
    document: JsonValue = {
        "format": FORMAT,
        "parties": [str(grant) for grant in parties],
        "query": asked,
    }
    content = canonical_bytes(document)
    parse_federated_query(content)
    return content
