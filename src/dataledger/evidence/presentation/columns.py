"""Columns of a table with their values: whole ones, or one block of 65,536 records.

A block's values are what the tree over the column holds: the heads of all values, one after
another, and likewise their bodies (`docs/records.md`).
"""

import hashlib
from dataclasses import dataclass
from typing import ClassVar, Self

from dataledger.errors import InvalidArgument, ProofInvalid
from dataledger.evidence.presentation.anchor import Anchor
from dataledger.evidence.presentation.fields import REMEDY, base64_text, list_of
from dataledger.evidence.presentation.findings import Finding, proven
from dataledger.evidence.presentation.items import (
    Item,
    check_bare,
    proof_text,
    read_file_proof,
    read_proof,
    verify,
)
from dataledger.hashing import (
    Hash32,
    JsonValue,
    leaf_hash,
    members,
    natural,
    verify_inclusion,
)
from dataledger.manifest.proofs import ColumnEntry, ColumnProof, FileProof
from dataledger.manifest.proofs.column import column_root
from dataledger.manifest.proofs.fields import (
    base64_bytes,
    check_path,
    check_position,
    hash_list,
    hashes,
)
from dataledger.manifest.records.secret import SALT_BYTES, column_leaf
from dataledger.manifest.records.source import BLOCK_RECORDS


@dataclass(frozen=True, slots=True)
class BlockValues:
    """One column's values in one block, in their canonical form."""

    heads: bytes
    bodies: bytes

    def digest(self) -> bytes:
        """Return the digest of which the column's tree has a leaf, salted."""
        parts = (hashlib.sha256(part).digest() for part in (self.heads, self.bodies))
        return hashlib.sha256(b"".join(parts)).digest()

    def row(self) -> bytes:
        """Return the values as if they were one row, as `records.decoding` reads rows."""
        return self.heads + self.bodies

    def to_json(self) -> dict[str, JsonValue]:
        """Return both parts in base64."""
        return {"bodies": base64_text(self.bodies), "heads": base64_text(self.heads)}

    @classmethod
    def from_json(cls, value: JsonValue) -> Self:
        """Read what `to_json` returns. Raises `UsageError` on anything else."""
        found = members(value, "bodies", "heads")
        return cls(base64_bytes(found["heads"]), base64_bytes(found["bodies"]))


@dataclass(frozen=True, slots=True)
class ColumnItem(Item):
    """All values of a column.

    Raises:
        InvalidArgument: there are not the values of each block.
    """

    KIND: ClassVar[str] = "column"
    MEMBERS: ClassVar[tuple[str, ...]] = ("proof", "values")

    proof: ColumnProof
    values: tuple[BlockValues, ...]

    def __post_init__(self) -> None:
        check_bare(self.proof)
        if len(self.values) != len(self.proof.salts):
            raise InvalidArgument(
                f"{len(self.values)} blocks of values do not fit a column of "
                f"{len(self.proof.salts)}.",
                remedy=REMEDY,
            )

    def check(self, anchor: Anchor) -> tuple[Finding, ...]:
        """Return that these are the column's values."""
        verify(self.proof, anchor)
        self.proof.verify_values(block.digest() for block in self.values)
        return (proven("The file's table has this column, with these values."),)

    def to_members(self) -> dict[str, JsonValue]:
        """Return the proof as text, and the values block by block."""
        return {
            "proof": proof_text(self.proof),
            "values": [block.to_json() for block in self.values],
        }

    @classmethod
    def from_members(cls, found: dict[str, JsonValue]) -> Self:
        """Read what `to_members` returns."""
        proof = read_proof(found["proof"])
        if not isinstance(proof, ColumnProof):
            raise InvalidArgument("That is no proof of a column.", remedy=REMEDY)
        return cls(proof, tuple(map(BlockValues.from_json, list_of(found["values"]))))


@dataclass(frozen=True, slots=True)
class ColumnBlockItem(Item):
    """The values of a column in one block, and nothing of its others but hashes.

    `column_path` leads from the column's entry to the file's column root, and `path` from the
    block's leaf to the column's own root.

    Raises:
        InvalidArgument: the file has no columns, a position is negative, a path is longer than any,
            or the salt is not `SALT_BYTES` long.
    """

    KIND: ClassVar[str] = "column-block"
    MEMBERS: ClassVar[tuple[str, ...]] = (
        *("block", "column", "column_count", "column_index", "column_path"),
        *("file", "path", "salt", "values"),
    )

    file: FileProof
    column: ColumnEntry
    column_index: int
    column_count: int
    column_path: tuple[Hash32, ...]
    block: int
    salt: bytes
    path: tuple[Hash32, ...]
    values: BlockValues

    def __post_init__(self) -> None:
        column_root(self.file.file)
        check_position(self.column_index, self.column_count, self.block)
        check_path(self.column_path)
        check_path(self.path)
        if len(self.salt) != SALT_BYTES:
            raise InvalidArgument(f"A salt has {SALT_BYTES} bytes.", remedy=REMEDY)

    @property
    def begin(self) -> int:
        """The first record of the block."""
        return self.block * BLOCK_RECORDS

    @property
    def end(self) -> int:
        """The record after the last of the block."""
        return min(self.begin + BLOCK_RECORDS, self.file.file.records.record_count)

    def check(self, anchor: Anchor) -> tuple[Finding, ...]:
        """Return that these are the column's values in the block."""
        verify(self.file, anchor)
        blocks = -(-self.file.file.records.record_count // BLOCK_RECORDS)
        if self.block >= blocks:
            raise ProofInvalid(
                f"The proof is about block {self.block} of a column of {blocks}.", remedy=REMEDY
            )
        verify_inclusion(
            leaf_hash(self.column.to_bytes()),
            self.column_index,
            self.column_count,
            self.column_path,
            column_root(self.file.file),
        )
        verify_inclusion(
            column_leaf(self.salt, self.values.digest()),
            self.block,
            blocks,
            self.path,
            self.column.root.value,
        )
        return (proven("The file's table has this column, with these values in this block."),)

    def to_members(self) -> dict[str, JsonValue]:
        """Return the proof of the file as text, and the rest member by member."""
        return {
            "block": self.block,
            "column": self.column.to_json(),
            "column_count": self.column_count,
            "column_index": self.column_index,
            "column_path": hash_list(self.column_path),
            "file": proof_text(self.file),
            "path": hash_list(self.path),
            "salt": base64_text(self.salt),
            "values": self.values.to_json(),
        }

    @classmethod
    def from_members(cls, found: dict[str, JsonValue]) -> Self:
        """Read what `to_members` returns."""
        return cls(
            file=read_file_proof(found["file"]),
            column=ColumnEntry.from_json(found["column"]),
            column_index=natural(found["column_index"]),
            column_count=natural(found["column_count"]),
            column_path=hashes(found["column_path"]),
            block=natural(found["block"]),
            salt=base64_bytes(found["salt"]),
            path=hashes(found["path"]),
            values=BlockValues.from_json(found["values"]),
        )
