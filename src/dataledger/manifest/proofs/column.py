"""The proofs of a table's schema, and of one column."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Self

from dataledger.errors import InvalidArgument, ProofInvalid, shown
from dataledger.hashing import (
    Hash32,
    JsonValue,
    leaf_hash,
    natural,
    root,
    verify_inclusion,
)
from dataledger.manifest.proofs.base import FileContentProof
from dataledger.manifest.proofs.fields import (
    REMEDY,
    base64_bytes,
    base64_text,
    check_path,
    check_position,
    hash_list,
    hashes,
    items,
)
from dataledger.manifest.proofs.place import FilePlace
from dataledger.manifest.records.columns import ColumnEntry, table_root
from dataledger.manifest.records.secret import SALT_BYTES, column_leaf
from dataledger.manifest.records.source import BLOCK_RECORDS


@dataclass(frozen=True, slots=True)
class ColumnProof(FileContentProof):
    """A column, by its entry, stands at `leaf_index` among the columns of a file of the version.

    `salts` has one salt for each block of the column; with it, whoever holds the column's values
    can check that they are the recorded ones.

    The manifest does not hold the number of columns: `tree_size` fits the path, and is otherwise
    the owner's word. The proof of the schema shows it.

    Raises:
        InvalidArgument: the file has no columns, a position is negative, or there is not one salt
            of `SALT_BYTES` for each block.
    """

    KIND: ClassVar[str] = "column"
    MEMBERS: ClassVar[tuple[str, ...]] = (
        *("column", "file", "leaf_index", "path", "salts", "tree_size"),
    )

    file: FilePlace
    column: ColumnEntry
    leaf_index: int
    tree_size: int
    path: tuple[Hash32, ...]
    salts: tuple[bytes, ...]

    def __post_init__(self) -> None:
        check_position(self.leaf_index, self.tree_size)
        check_path(self.path)
        column_root(self.file)
        blocks = -(-self.file.records.record_count // BLOCK_RECORDS)
        if len(self.salts) != blocks or any(len(salt) != SALT_BYTES for salt in self.salts):
            raise InvalidArgument(
                f"The salts are not {blocks} of {SALT_BYTES} bytes each, one for each block.",
                remedy=REMEDY,
            )

    def verify_content(self) -> None:
        """Return only if the path leads from the column's entry to the entry's column root."""
        verify_inclusion(
            leaf_hash(self.column.to_bytes()),
            self.leaf_index,
            self.tree_size,
            self.path,
            column_root(self.file),
        )

    def verify_values(self, digests: Iterable[bytes]) -> None:
        """Return only if the column's blocks have these digests, SHA-256 of their encodings.

        Raises:
            ProofInvalid: they have not.
        """
        found = list(digests)
        same_size = len(found) == len(self.salts)
        leaves = map(column_leaf, self.salts, found)
        if not same_size or root(leaves) != self.column.root.value:
            raise ProofInvalid(
                f"The values are not those of the column {shown(self.column.name)} that the proof "
                "is about.",
                remedy="Give the column as it was recorded, or ask for a proof of this one.",
            )

    def to_members(self) -> dict[str, JsonValue]:
        """Return the document's members."""
        return {
            "column": self.column.to_json(),
            "file": self.file.to_json(),
            "leaf_index": self.leaf_index,
            "path": hash_list(self.path),
            "salts": [base64_text(salt) for salt in self.salts],
            "tree_size": self.tree_size,
        }

    @classmethod
    def from_members(cls, found: dict[str, JsonValue]) -> Self:
        """Read what `to_members` returns."""
        return cls(
            file=FilePlace.from_json(found["file"]),
            column=ColumnEntry.from_json(found["column"]),
            leaf_index=natural(found["leaf_index"]),
            tree_size=natural(found["tree_size"]),
            path=hashes(found["path"]),
            salts=tuple(base64_bytes(salt) for salt in items(found["salts"])),
        )


@dataclass(frozen=True, slots=True)
class SchemaProof(FileContentProof):
    """These, and no others, are the columns of a file of the version, in this order.

    Raises:
        InvalidArgument: the file has no columns.
    """

    KIND: ClassVar[str] = "schema"
    MEMBERS: ClassVar[tuple[str, ...]] = ("columns", "file")

    file: FilePlace
    columns: tuple[ColumnEntry, ...]

    def __post_init__(self) -> None:
        column_root(self.file)

    def verify_content(self) -> None:
        """Return only if the tree over the columns has the entry's column root."""
        if table_root([column.to_bytes() for column in self.columns]) != column_root(self.file):
            raise ProofInvalid(
                f"These are not the columns of {shown(self.file.entry.path)}: they lead to another "
                "column root.",
                remedy=REMEDY,
            )

    def to_members(self) -> dict[str, JsonValue]:
        """Return the document's members."""
        return {
            "columns": [column.to_json() for column in self.columns],
            "file": self.file.to_json(),
        }

    @classmethod
    def from_members(cls, found: dict[str, JsonValue]) -> Self:
        """Read what `to_members` returns."""
        return cls(
            file=FilePlace.from_json(found["file"]),
            columns=tuple(ColumnEntry.from_json(column) for column in items(found["columns"])),
        )


def column_root(file: FilePlace) -> Hash32:
    """Return the root over the columns of a file. Raises `InvalidArgument` if there is none."""
    found = file.records.column_root
    if found is None:
        raise InvalidArgument(
            f"The file {shown(file.entry.path)} has no columns: it is no table.",
            remedy="Ask about one of its records, or about a file of another format.",
        )
    return found.value
