"""Differentially private queries, declared in a document and answered by the node's own code."""

from dataledger.node.queries.document import Query
from dataledger.node.queries.parse import parse, parse_value
from dataledger.node.queries.work import (
    QueryWork,
    answer_of,
    check_query,
    cost_of,
    noisy_parts,
    parse_query,
    require_addable,
)
from dataledger.node.queries.write import to_bytes, to_json

__all__ = [
    "Query",
    "QueryWork",
    "answer_of",
    "check_query",
    "cost_of",
    "noisy_parts",
    "parse",
    "parse_query",
    "parse_value",
    "require_addable",
    "to_bytes",
    "to_json",
]
