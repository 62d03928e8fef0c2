"""Lineage over the index: up and down, typed, at any depth and time; and what recalls taint.

`walk` finds, `confirming` asks the contract, `drawing` makes pictures of it.
"""

from dataledger.index.lineage.lineage import MAX_VERSIONS, LineageIndex
from dataledger.index.lineage.results import Confirmation, Impact, LineageGraph, RecalledVersion

__all__ = [
    "MAX_VERSIONS",
    "Confirmation",
    "Impact",
    "LineageGraph",
    "LineageIndex",
    "RecalledVersion",
]
