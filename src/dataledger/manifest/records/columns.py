"""The tree over a table's columns: each column has a root of its own, over its blocks."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from dataledger.hashing import (
    Algorithm,
    Digest,
    Hash32,
    JsonValue,
    canonical_bytes,
    leaf_hash,
    members,
    root,
    string,
)
from dataledger.manifest.records.source import Column, ColumnValues


@dataclass(frozen=True, slots=True)
class ColumnEntry:
    """A column as the tree over a table's columns holds it."""

    name: str
    type: str
    root: Digest
    """Over the salted digests of the column's blocks."""

    @property
    def column(self) -> Column:
        """The column without its content."""
        return Column(self.name, self.type)

    def to_bytes(self) -> bytes:
        """Return the leaf's content: canonical JSON (RFC 8785)."""
        return canonical_bytes(self.to_json())

    def to_json(self) -> dict[str, JsonValue]:
        """Return the entry as a JSON object."""
        return {"name": self.name, "root": str(self.root), "type": self.type}

    @classmethod
    def from_json(cls, value: JsonValue) -> Self:
        """Read what `to_json` returns.

        Raises:
            CanonicalisationError, InvalidDigest: it is anything else.
        """
        found = members(value, "name", "root", "type")
        return cls(
            name=string(found["name"]),
            type=string(found["type"]),
            root=Digest.parse_sha256(string(found["root"])),
        )


class ColumnDigest:
    """The digest of one column's values in a block, added batch by batch."""

    def __init__(self) -> None:
        # Apart, so that neither is copied: readers have both of them in one piece.
        self._heads = hashlib.sha256()
        self._bodies = hashlib.sha256()

    def add(self, values: ColumnValues) -> None:
        """Add the values that follow those added before."""
        self._heads.update(values.heads)
        self._bodies.update(values.bodies)

    def digest(self) -> bytes:
        """Return the digest of all values added."""
        return hashlib.sha256(self._heads.digest() + self._bodies.digest()).digest()


def column_entry(column: Column, column_root: Hash32) -> bytes:
    """Return a column's entry: its name, its type, and the root over its blocks' leaves."""
    return ColumnEntry(*column, Digest(Algorithm.SHA256, column_root)).to_bytes()


def table_root(entries: Sequence[bytes]) -> Hash32:
    """Return the root over the columns' entries, in the table's order."""
    return root(map(leaf_hash, entries))
