"""The kept tree: the same nodes as the whole tree, and a file that is read strictly."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from record_files import KEYS, sha256

from dataledger.errors import InvalidArgument, NotFound, OutputUnwritable, SourceUnreadable
from dataledger.hashing import (
    EMPTY_ROOT,
    Hash32,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    root,
)
from dataledger.hashing.ranges import consistency_path, inclusion_path, range_path, verify_range
from dataledger.manifest import RecordFormat
from dataledger.manifest.records.columns import column_entry
from dataledger.manifest.records.leaves import group_roots
from dataledger.manifest.records.source import BLOCK_RECORDS, GROUP_RECORDS, Block, Column, Plan
from dataledger.manifest.records.tree import KeptTree

SIZES = [0, 1, 2, 255, 256, 257, 1000, BLOCK_RECORDS, BLOCK_RECORDS + 1]
LEAVES = [leaf_hash(number.to_bytes(4, "big")) for number in range(BLOCK_RECORDS + 1)]
COLUMNS = (
    column_entry(Column("id", "int"), Hash32(bytes(32))),
    column_entry(Column("é", "string"), Hash32(b"\1" * 32)),
)


def plan_of(size: int, record_format: RecordFormat = RecordFormat.JSONL) -> Plan:
    """Return a plan of a file with so many records, 10 bytes each."""
    blocks = tuple(
        Block(
            number=number,
            first_record=first,
            record_count=min(BLOCK_RECORDS, size - first),
            locator=(10 * first, 10 * min(first + BLOCK_RECORDS, size)),
        )
        for number, first in enumerate(range(0, size, BLOCK_RECORDS))
    )
    return Plan("file", record_format, (), size, blocks)


def tree_of(size: int) -> KeptTree:
    """Return the kept tree over the first leaves."""
    return KeptTree.of(plan_of(size), KEYS.secret_id, group_roots(list(LEAVES[:size])))


def leaves_of(*indices: int) -> dict[int, list[Hash32]]:
    """Return the leaves of the groups with these leaves."""
    groups = {index // GROUP_RECORDS for index in indices}
    return {group: LEAVES[group * GROUP_RECORDS : (group + 1) * GROUP_RECORDS] for group in groups}


# -------------------------------------------------------------------------------------- proofs


@pytest.mark.parametrize("size", SIZES)
def test_it_leads_to_the_same_root(size: int) -> None:
    assert tree_of(size).root() == root(LEAVES[:size])
    assert (tree_of(size).root() == EMPTY_ROOT) is (size == 0)


@pytest.mark.parametrize("size", SIZES[1:])
def test_paths_are_those_of_the_whole_tree(size: int) -> None:
    leaves, tree = LEAVES[:size], tree_of(size)
    for index in {0, 1, size // 2, size - 2, size - 1} & set(range(size)):
        subtree = tree.subtree(leaves_of(index))
        assert inclusion_path(index, size, subtree) == inclusion_proof(leaves, index)
    for old in {1, 2, 128, 255, 256, 300, size - 1, size} & set(range(1, size + 1)):
        subtree = tree.subtree(leaves_of(old))
        assert consistency_path(old, size, subtree) == consistency_proof(leaves, old)


@given(st.integers(1, 1500), st.data())
def test_ranges_need_the_leaves_at_their_edges_alone(size: int, data: st.DataObject) -> None:
    begin = data.draw(st.integers(0, size - 1))
    end = data.draw(st.integers(begin + 1, size))
    subtree = tree_of(size).subtree(leaves_of(begin, end - 1))
    path = range_path(begin, end, size, subtree)
    verify_range(LEAVES[begin:end], begin, size, path, root(LEAVES[:size]))


def test_leaves_that_are_not_at_hand_are_asked_for() -> None:
    with pytest.raises(InvalidArgument, match="group 1 are not at hand"):
        inclusion_path(300, 1000, tree_of(1000).subtree(leaves_of(0)))


def test_it_says_how_to_read_a_text_file() -> None:
    size = BLOCK_RECORDS + 1
    plan = plan_of(size)
    assert KeptTree.parse(tree_of(size).to_bytes()).plan("file") == plan
    table = KeptTree.of(
        plan_of(5, RecordFormat.CSV), KEYS.secret_id, group_roots(list(LEAVES[:5])), COLUMNS
    )
    again = table.plan("file")
    assert again is not None
    assert again.columns == (Column("id", "int"), Column("é", "string"))


def test_tables_say_themselves_how_they_are_read() -> None:
    tree = KeptTree.of(
        plan_of(5, RecordFormat.PARQUET), KEYS.secret_id, group_roots(list(LEAVES[:5])), COLUMNS
    )
    assert tree.plan("file") is None
    assert tree.offsets == ()
    assert [entry.to_bytes() for entry in tree.column_entries()] == list(COLUMNS)


# --------------------------------------------------------------------------------------- files


@pytest.mark.parametrize("size", [0, 1, 257, BLOCK_RECORDS + 1])
def test_what_is_written_is_read(size: int, tmp_path: Path) -> None:
    tree = replace(tree_of(size), columns=COLUMNS)
    tree.write(tmp_path / "tree")
    assert KeptTree.read(tmp_path / "tree") == tree
    assert (tmp_path / "tree").stat().st_mode & 0o777 == 0o600
    tree.write(tmp_path / "tree")
    assert [path.name for path in tmp_path.iterdir()] == ["tree"]


@given(st.data())
def test_a_damaged_tree_is_noticed(data: st.DataObject) -> None:
    written = bytearray(tree_of(300).to_bytes())
    if data.draw(st.booleans()):
        written[data.draw(st.integers(0, len(written) - 1))] ^= data.draw(st.integers(1, 255))
    else:
        del written[data.draw(st.integers(0, len(written) - 1)) :]
    with pytest.raises(SourceUnreadable, match="no whole tree"):
        KeptTree.parse(bytes(written))


def signed_again(alter: Callable[[bytearray], None]) -> bytes:
    """Return an altered tree with a checksum that fits."""
    content = bytearray(replace(tree_of(300), columns=COLUMNS).to_bytes()[:-32])
    alter(content)
    return bytes(content) + hashlib.sha256(content).digest()


@pytest.mark.parametrize(
    ("begin", "value", "reason"),
    [
        (0, b"dataledger/tree2", "does not begin"),
        (16, b"xml\0\0\0\0\0", "xml"),
        (16, b"\xff", "decode"),
        (24, (2**63).to_bytes(8, "big"), "another length"),
        (40, bytes(8), "another length"),
        (48, bytes(8), "another length"),
        (56, b"{", "JSON"),
        (56, b"{}".ljust(len(b",".join(COLUMNS)) + 2), "JSON|canonical"),
    ],
)
def test_what_no_writer_writes_is_refused(begin: int, value: bytes, reason: str) -> None:
    def alter(content: bytearray) -> None:
        content[begin : begin + len(value)] = value

    with pytest.raises(SourceUnreadable, match=reason):
        KeptTree.parse(signed_again(alter))


def test_parts_must_fit() -> None:
    tree = tree_of(300)
    for changes in (
        {"record_count": 600},
        {"groups": tree.groups[:-1]},
        {"blocks": b""},
        {"offsets": ()},
        {"offsets": (5, 5)},
    ):
        with pytest.raises(InvalidArgument, match="do not fit"):
            replace(tree, **changes)


def test_a_tree_that_is_not_there_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(NotFound) as caught:
        KeptTree.read(tmp_path / "tree")
    assert "Fingerprint the records again" in caught.value.remedy
    with pytest.raises(SourceUnreadable, match="cannot be read"):
        KeptTree.read(tmp_path)
    with pytest.raises(OutputUnwritable, match="cannot be written"):
        tree_of(1).write(tmp_path / "missing" / "tree")
    assert sha256(tree_of(1).root()).value == LEAVES[0]
