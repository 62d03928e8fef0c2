"""The kept tree: what is left of a file's records once they are hashed, so that proofs are quick.

It holds the root over each `GROUP_RECORDS` records. These are salted and tell nothing to those who
lack the secret. A proof needs, besides, only the records of the groups at its edges: they are read
again. The file, in which numbers are big-endian:

    magic, 16 bytes                     format, 8 bytes: its name, padded with zeros
    number of records, 8 bytes          id of the secret, 8 bytes
    length of the columns, 8 bytes      number of offsets, 8 bytes
    columns: the canonical JSON list of the column entries, in the table's order
    offsets, 8 bytes each: where each block of a text file begins, and where the last one ends
    block roots, 32 bytes each          group roots, 32 bytes each
    SHA-256 of all before
"""

import hashlib
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Self

from dataledger.errors import (
    InvalidArgument,
    NotFound,
    OutputUnwritable,
    SourceUnreadable,
    UsageError,
    shown,
)
from dataledger.hashing import Digest, Hash32, node_hash, parse_canonical, root
from dataledger.hashing.ranges import Subtree, split
from dataledger.manifest.record_set import RecordFormat, SecretId, to_secret_id
from dataledger.manifest.records.columns import ColumnEntry
from dataledger.manifest.records.source import BLOCK_RECORDS, GROUP_RECORDS, Block, Plan
from dataledger.writing import write_whole

_MAGIC = b"dataledger/tree1"
_HEADER = struct.Struct(">16s8sQ8sQQ")
_HASH_BYTES = 32
_GROUPS_PER_BLOCK = BLOCK_RECORDS // GROUP_RECORDS
_TEXT_FORMATS = (RecordFormat.CSV, RecordFormat.JSONL)
_REMEDY = "Fingerprint the records again with the same secret: that keeps the tree anew."


def tree_name(record_root: Digest) -> str:
    """Return the name of the file that keeps the tree with this root, in a folder of such."""
    return f"{record_root.hex}.tree"


@dataclass(frozen=True)
class KeptTree:
    """A tree over a file's records, without its lowest levels.

    Raises:
        InvalidArgument: the parts do not fit the number of records, or each other.
    """

    format: RecordFormat
    record_count: int
    secret_id: SecretId
    groups: bytes
    """The group roots, one after another."""
    blocks: bytes
    """The block roots, one after another; they follow from the group roots."""
    offsets: tuple[int, ...] = ()
    """Of a text file: where each block begins, and where the last one ends. Empty for others."""
    columns: tuple[bytes, ...] = ()
    """The column entries, in the table's order; empty for `RecordFormat.JSONL`."""

    def __post_init__(self) -> None:
        blocks = _ceil(self.record_count, BLOCK_RECORDS)
        offsets = blocks + 1 if self.format in _TEXT_FORMATS and blocks else 0
        fits = (
            len(self.groups) == _HASH_BYTES * _ceil(self.record_count, GROUP_RECORDS)
            and len(self.blocks) == _HASH_BYTES * blocks
            and len(self.offsets) == offsets
            and all(begin < end for begin, end in pairwise(self.offsets))
        )
        if not fits:
            raise InvalidArgument(
                f"The parts of a tree do not fit its {shown(self.record_count)} records.",
                remedy=_REMEDY,
            )

    @classmethod
    def of(
        cls, plan: Plan, secret_id: SecretId, groups: bytes, columns: Sequence[bytes] = ()
    ) -> Self:
        """Return the tree of a planned file, by all its group roots and column entries."""
        offsets: tuple[int, ...] = ()
        if plan.format in _TEXT_FORMATS and plan.blocks:
            offsets = (*(block.locator[0] for block in plan.blocks), plan.blocks[-1].locator[1])
        return cls(
            format=plan.format,
            record_count=plan.record_count,
            secret_id=secret_id,
            groups=groups,
            blocks=_block_roots(groups),
            offsets=offsets,
            columns=tuple(columns),
        )

    # -------------------------------------------------------------------------------------- proofs

    def root(self) -> Hash32:
        """Return the record root that the tree leads to."""
        return root(_hashes(self.blocks))

    def subtree(self, leaves: Mapping[int, Sequence[Hash32]]) -> Subtree:
        """Return the function `subtree` of this tree, for `dataledger.hashing.ranges`.

        `leaves` are those of the groups that proofs are to lead into, by the groups' numbers. It
        raises `InvalidArgument` where another group's leaves are needed.
        """

        def subtree(begin: int, end: int) -> Hash32:
            for node_records, nodes in ((BLOCK_RECORDS, self.blocks), (GROUP_RECORDS, self.groups)):
                number, offset = divmod(begin, node_records)
                if offset == 0 and end == min(begin + node_records, self.record_count):
                    return Hash32(nodes[_HASH_BYTES * number : _HASH_BYTES * (number + 1)])
            number = begin // GROUP_RECORDS
            if end > (number + 1) * GROUP_RECORDS:
                middle = begin + split(end - begin)
                return node_hash(subtree(begin, middle), subtree(middle, end))
            if number not in leaves:
                raise InvalidArgument(
                    f"The leaves of the group {number} are not at hand.",
                    remedy="Read the records of that group first.",
                )
            first = number * GROUP_RECORDS
            return root(leaves[number][begin - first : end - first])

        return subtree

    def plan(self, path: str) -> Plan | None:
        """Return how to read the text file at `path`, which has these records.

        None where the file itself says so: it is no text.
        """
        if self.format not in _TEXT_FORMATS:
            return None
        blocks = tuple(
            Block(
                number=number,
                first_record=number * BLOCK_RECORDS,
                record_count=min(BLOCK_RECORDS, self.record_count - number * BLOCK_RECORDS),
                locator=locator,
            )
            for number, locator in enumerate(pairwise(self.offsets))
        )
        columns = tuple(entry.column for entry in self.column_entries())
        return Plan(path, self.format, columns, self.record_count, blocks)

    def column_entries(self) -> tuple[ColumnEntry, ...]:
        """Return the table's columns, in its order."""
        parsed = (parse_canonical(entry, max_bytes=len(entry)) for entry in self.columns)
        return tuple(map(ColumnEntry.from_json, parsed))

    # --------------------------------------------------------------------------------------- files

    def to_bytes(self) -> bytes:
        """Return the tree's file."""
        columns = b"[" + b",".join(self.columns) + b"]"
        content = b"".join(
            (
                _HEADER.pack(
                    _MAGIC,
                    self.format.encode(),
                    self.record_count,
                    bytes.fromhex(self.secret_id),
                    len(columns),
                    len(self.offsets),
                ),
                columns,
                struct.pack(f">{len(self.offsets)}Q", *self.offsets),
                self.blocks,
                self.groups,
            )
        )
        return content + hashlib.sha256(content).digest()

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read what `to_bytes` returns.

        Raises:
            SourceUnreadable: it is anything else: damaged, cut off, or of another version.
        """
        content = memoryview(data)[:-_HASH_BYTES]
        if len(data) < _HEADER.size + _HASH_BYTES or data[: len(_MAGIC)] != _MAGIC:
            raise _damaged("it does not begin as one")
        if hashlib.sha256(content).digest() != data[-_HASH_BYTES:]:
            raise _damaged("its checksum is wrong")
        _, name, record_count, secret_id, columns_bytes, offset_count = _HEADER.unpack_from(content)
        sizes = (
            columns_bytes,
            8 * offset_count,
            _HASH_BYTES * _ceil(record_count, BLOCK_RECORDS),
            _HASH_BYTES * _ceil(record_count, GROUP_RECORDS),
        )
        if len(content) != _HEADER.size + sum(sizes):
            raise _damaged("it has another length than it says")
        parts = []
        position = _HEADER.size
        for size in sizes:
            parts.append(bytes(content[position : position + size]))
            position += size
        columns, offsets, blocks, groups = parts
        try:
            listed = parse_canonical(columns, max_bytes=len(columns))
            if not isinstance(listed, list):
                raise _damaged("its columns are no list")
            return cls(
                format=RecordFormat(name.rstrip(b"\0").decode()),
                record_count=record_count,
                secret_id=to_secret_id(secret_id.hex()),
                groups=groups,
                blocks=blocks,
                offsets=struct.unpack(f">{offset_count}Q", offsets),
                columns=tuple(ColumnEntry.from_json(column).to_bytes() for column in listed),
            )
        except (UsageError, ValueError) as error:
            raise _damaged(str(error)) from error

    def write(self, path: Path) -> None:
        """Write the tree to `path`, as a whole or not at all, readable by the user alone.

        Raises:
            OutputUnwritable: it cannot be written there.
        """
        try:
            write_whole(path, self.to_bytes(), mode=0o600, replace=True)
        except OSError as error:
            raise OutputUnwritable(
                f"The tree {shown(str(path))} cannot be written: {error.strerror}.",
                remedy="Name a file in a directory that you may write to.",
            ) from error

    @classmethod
    def read(cls, path: Path) -> Self:
        """Return the tree that was written to `path`.

        Raises:
            NotFound: there is none.
            SourceUnreadable: it cannot be read, or is damaged.
        """
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            raise NotFound(
                f"There is no tree of records {shown(str(path))}.", remedy=_REMEDY
            ) from None
        except OSError as error:
            raise SourceUnreadable(
                f"The tree {shown(str(path))} cannot be read: {error.strerror}.",
                remedy="Give yourself permission to read it.",
            ) from error
        return cls.parse(data)


def _block_roots(groups: bytes) -> bytes:
    size = _HASH_BYTES * _GROUPS_PER_BLOCK
    return b"".join(
        root(_hashes(groups[first : first + size])) for first in range(0, len(groups), size)
    )


def _hashes(joined: bytes) -> list[Hash32]:
    return [
        Hash32(joined[first : first + _HASH_BYTES]) for first in range(0, len(joined), _HASH_BYTES)
    ]


def _ceil(number: int, divisor: int) -> int:
    return -(-number // divisor)


def _damaged(reason: str) -> SourceUnreadable:
    return SourceUnreadable(f"This is no whole tree of records: {reason}.", remedy=_REMEDY)
