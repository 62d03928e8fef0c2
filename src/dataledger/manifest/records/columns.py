"""The tree over a table's columns: each column has a root of its own, over its blocks."""

from collections.abc import Sequence

from dataledger.hashing import Algorithm, Digest, Hash32, canonical_bytes, leaf_hash, root
from dataledger.manifest.records.source import Column


def column_entry(column: Column, column_root: Hash32) -> bytes:
    """Return a column's entry: its name, its type, and the root over its blocks' leaves."""
    digest = Digest(Algorithm.SHA256, column_root)
    return canonical_bytes({"name": column.name, "root": str(digest), "type": column.type})


def table_root(entries: Sequence[bytes]) -> Hash32:
    """Return the root over the columns' entries, in the table's order."""
    return root(map(leaf_hash, entries))
