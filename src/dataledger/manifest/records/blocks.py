"""Hashing one block of records, and combining the results of a file's blocks."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from dataledger.errors import InvalidArgument, SourceChanged, shown
from dataledger.hashing import Algorithm, Digest, Hash32, StreamingRoot
from dataledger.hashing.digest import HASH_BYTES
from dataledger.manifest.record_set import LabelSet, RecordSet, SecretId
from dataledger.manifest.records.accelerate import Engine, new_hasher
from dataledger.manifest.records.columns import ColumnDigest, column_entry, table_root
from dataledger.manifest.records.formats import read_block
from dataledger.manifest.records.secret import Keys, column_leaf, column_salt
from dataledger.manifest.records.source import Block, Plan
from dataledger.manifest.scan import HOLD_STILL


class BlockResult(NamedTuple):
    """What is left of a block once it is hashed; results combine in the order of the blocks."""

    first_record: int
    record_count: int
    groups: bytes
    """The roots over each `GROUP_RECORDS` records, one after another."""
    column_leaves: bytes
    """The leaf of each column, one after another."""
    labels: bytes
    """The label of each record, one after another; none if not asked for."""


def process_block(
    plan: Plan, block: Block, keys: Keys, *, labels: bool, engine: Engine | None = None
) -> BlockResult:
    """Return the hashes of one block, which any process can make that sees the file.

    Raises:
        SourceUnreadable: the file cannot be read.
        SourceChanged: it is not as it was planned.
        RecordError: a record breaks a rule of the format.
        DependencyMissing: it is a table, and pyarrow is not installed.
    """
    hasher = new_hasher(engine, keys, block.first_record, labels=labels)
    columns = [ColumnDigest() for _ in plan.columns]
    for batch in read_block(plan, block):
        hasher.add(batch)
        for column, values in zip(columns, batch.columns, strict=True):
            column.add(values)
    if hasher.record_count != block.record_count:
        raise SourceChanged(
            f"{shown(plan.path)} has {hasher.record_count} records where {block.record_count} "
            f"were counted, from record {block.first_record} on.",
            remedy=HOLD_STILL,
        )
    leaves = []
    for number, column in enumerate(columns):
        digest = column.digest()
        leaves.append(column_leaf(column_salt(keys, number, block.number, digest), digest))
    return BlockResult(
        first_record=block.first_record,
        record_count=block.record_count,
        groups=hasher.groups(),
        column_leaves=b"".join(leaves),
        labels=hasher.labels(),
    )


class Combiner:
    """Turns a file's block results, added in order, into its record set."""

    def __init__(
        self,
        plan: Plan,
        secret_id: SecretId,
        *,
        labels: bool,
        keep_in: Path | None,
        engine: Engine | None = None,
    ) -> None:
        """Take results of blocks of `plan`; keep the trees in a folder, if one is given."""
        self._engine = engine
        self._plan = plan
        self._secret_id = secret_id
        self._has_labels = labels
        self._keep_in = keep_in
        self._record_count = 0
        self._root = StreamingRoot()
        self._column_roots = [StreamingRoot() for _ in plan.columns]
        self._groups = bytearray()
        self._labels = bytearray()

    def add(self, result: BlockResult) -> None:
        """Add the result of the block that follows those added before.

        Raises:
            InvalidArgument: it is of another block.
        """
        if result.first_record != self._record_count:
            raise InvalidArgument(
                f"A block that begins with record {result.first_record} cannot follow "
                f"{self._record_count} records.",
                remedy="Add the results in the order of the blocks.",
            )
        self._record_count += result.record_count
        for group in _hashes(result.groups):
            self._root.append(group)
        for root, leaf in zip(self._column_roots, _hashes(result.column_leaves), strict=True):
            root.append(leaf)
        if self._keep_in is not None:
            self._groups += result.groups
        self._labels += result.labels

    def finish(self) -> RecordSet:
        """Return the record set, and keep the trees where there is a folder for them.

        Raises:
            InvalidArgument: blocks are missing.
            OutputUnwritable: a tree cannot be kept there.
        """
        if self._record_count != self._plan.record_count:
            raise InvalidArgument(
                f"Of {self._plan.record_count} records, only {self._record_count} were added.",
                remedy="Add the results of all blocks.",
            )
        columns = [
            column_entry(column, root.root())
            for column, root in zip(self._plan.columns, self._column_roots, strict=True)
        ]
        labels = self._keep_labels()
        record_root = _sha256(self._root.root())
        if self._keep_in is not None:
            from dataledger.manifest.records.tree import KeptTree, tree_name

            tree = KeptTree.of(self._plan, self._secret_id, bytes(self._groups), columns)
            tree.write(self._keep_in / tree_name(record_root))
        return RecordSet(
            format=self._plan.format,
            record_count=self._record_count,
            record_root=record_root,
            secret_id=self._secret_id,
            column_root=_sha256(table_root(columns)) if columns else None,
            labels=labels,
        )

    def _keep_labels(self) -> LabelSet | None:
        if not self._has_labels:
            return None
        from dataledger.manifest.records.labels import LabelTree, labels_name

        labels, self._labels = self._labels, bytearray()  # the tree takes them over
        tree = LabelTree.build(labels, engine=self._engine)
        label_root = _sha256(tree.root)
        if self._keep_in is not None:
            tree.write(self._keep_in / labels_name(label_root))
        return LabelSet(tree.count, label_root)


def _hashes(joined: bytes) -> Iterator[Hash32]:
    for begin in range(0, len(joined), HASH_BYTES):
        yield Hash32(joined[begin : begin + HASH_BYTES])


def _sha256(value: Hash32) -> Digest:
    return Digest(Algorithm.SHA256, value)
