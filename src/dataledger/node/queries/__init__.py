"""Differentially private queries, declared in a document and answered by the node's own code."""

from dataledger.node.queries.document import Query
from dataledger.node.queries.parse import parse, to_json
from dataledger.node.queries.work import (
    QueryWork,
    answer_of,
    cost_of,
    noisy_parts,
    parse_query,
    require_addable,
)

__all__ = [
    "Query",
    "QueryWork",
    "answer_of",
    "cost_of",
    "noisy_parts",
    "parse",
    "parse_query",
    "require_addable",
    "to_json",
]
