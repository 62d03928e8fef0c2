"""The kept tree and the label tree: any file, also one whose checksum is right."""

import hashlib
from collections.abc import Iterator
from random import Random

from fuzzing import Scratch, accepted

from dataledger.hashing import Hash32, leaf_hash, node_hash
from dataledger.hashing.ranges import inclusion_path
from dataledger.manifest.record_set import RecordFormat, to_secret_id
from dataledger.manifest.records.columns import column_entry
from dataledger.manifest.records.labels import LabelTree
from dataledger.manifest.records.leaves import group_roots
from dataledger.manifest.records.source import Block, Column, Plan
from dataledger.manifest.records.tree import KeptTree

_SECRET_ID = to_secret_id("0123456789abcdef")
_scratch = Scratch("labels")


def check(data: bytes) -> None:
    _check_kept(data)
    _check_kept(data[:-32] + hashlib.sha256(data[:-32]).digest())
    _check_labels(data)


def _check_kept(data: bytes) -> None:
    tree = accepted(KeptTree.parse, data)
    if tree is None:
        return
    assert tree.to_bytes() == data
    tree.root()
    tree.column_entries()
    plan = tree.plan("records")
    if plan is not None:
        assert sum(block.record_count for block in plan.blocks) == tree.record_count
    if tree.record_count:
        subtree = tree.subtree({0: [Hash32(bytes(32))] * 256})
        accepted(inclusion_path, 0, tree.record_count, subtree)
        accepted(inclusion_path, tree.record_count - 1, tree.record_count, subtree)


def _check_labels(data: bytes) -> None:
    _scratch.write(data)
    tree = accepted(LabelTree.read, _scratch.path)
    if tree is None:
        return
    accepted(lambda: tree.root)
    for label in (bytes(32), b"\xff" * 32, data[-32:], data[-64:-32]):
        gap = accepted(tree.gap, Hash32(label))
        if gap is not None:
            assert len(gap.neighbours) == min(2, tree.count) or gap.first in (0, tree.count - 1)


def seeds() -> Iterator[bytes]:
    leaf = leaf_hash(b"x")
    node_hash(leaf, leaf)
    for count in (0, 1, 256, 300, 65_537):
        for record_format in RecordFormat:
            columns = () if record_format is RecordFormat.JSONL else (Column("a", "int"),)
            blocks = tuple(
                Block(number, first, min(65_536, count - first), (10 * number, 10 * number + 10))
                for number, first in enumerate(range(0, count, 65_536))
            )
            plan = Plan("records", record_format, columns, count, blocks)
            entries = [column_entry(column, leaf) for column in columns]
            tree = KeptTree.of(plan, _SECRET_ID, group_roots([leaf] * count), entries)
            yield tree.to_bytes()
    for count in (0, 1, 2, 257):
        labels = b"".join(hashlib.sha256(bytes([n % 256, n // 256])).digest() for n in range(count))
        LabelTree.build(labels).write(_scratch.path)
        yield _scratch.path.read_bytes()


MAX_BYTES = 12_000


def mutate(data: bytes, random: Random) -> bytes:
    """Change the header's numbers, which stand at known places."""
    changed = bytearray(data)
    for _ in range(random.randint(1, 2)):
        at = random.choice((16, 24, 32, 40, 48, 56))
        value = random.choice((0, 1, 2, 255, 256, 257, 65_536, 65_537, 2**32, 2**63, 2**64 - 1))
        changed[at : at + 8] = value.to_bytes(8)
    return bytes(changed)
