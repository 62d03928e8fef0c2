"""Approved algorithms: code whose digest a grant names, run beside the data, in a sandbox.

`docs/algorithms.md` says what keeps it there, and what of its answer is looked at.
"""

from dataledger.node.sandbox.document import AlgorithmDocument
from dataledger.node.sandbox.work import AlgorithmWork, parse_algorithm

__all__ = ["AlgorithmDocument", "AlgorithmWork", "parse_algorithm"]
