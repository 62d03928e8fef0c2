"""The sorted tree of labels, against a plain one."""

import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataledger.errors import Conflict, NotFound, OutputUnwritable, SourceUnreadable
from dataledger.hashing import EMPTY_ROOT, Hash32, leaf_hash, root
from dataledger.hashing.ranges import verify_range
from dataledger.manifest.records import labels as labels_module
from dataledger.manifest.records.accelerate import Engine
from dataledger.manifest.records.labels import LabelTree

label = st.binary(min_size=32, max_size=32) | st.integers(0, 40).map(
    lambda number: number.to_bytes(32, "big")
)


def many(count: int) -> list[bytes]:
    """Return so many labels in no order, some of them twice."""
    found = [hashlib.sha256(number.to_bytes(8, "big")).digest() for number in range(count)]
    return found + found[: count // 3]


def expected_root(labels: list[bytes]) -> Hash32:
    """Return the root over the distinct labels in their order."""
    return root(leaf_hash(each) for each in sorted(set(labels)))


@given(st.lists(label, max_size=60))
def test_labels_are_distinct_and_sorted(labels: list[bytes]) -> None:
    tree = LabelTree.build(b"".join(labels))
    assert tree.count == len(set(labels))
    assert tree.root == expected_root(labels)


@pytest.mark.parametrize("count", [0, 1, 2, 255, 256, 257, 1000, 65_537])
def test_both_ways_of_sorting_give_the_same(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    labels = many(count)
    roots = set()
    for plainly in (0, 10**9):
        monkeypatch.setattr(labels_module, "_SORTED_PLAINLY", plainly if count else 10**9)
        tree = LabelTree.build(bytearray(b"".join(labels)))
        assert tree.count == count
        roots.add(tree.root)
    assert roots == {expected_root(labels)}


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=50))
def test_labels_that_begin_alike_are_told_apart(pairs: list[tuple[int, int]]) -> None:
    labels = [a.to_bytes(8, "big") + b.to_bytes(24, "big") for a, b in pairs]
    found = bytearray(b"".join(labels))
    size_bytes = labels_module._sort_by_numpy(found)
    assert found[:size_bytes] == b"".join(sorted(set(labels)))


@given(st.lists(label, max_size=600), label)
def test_a_gap_lies_between_neighbours(labels: list[bytes], asked: bytes) -> None:
    tree = LabelTree.build(b"".join(labels))
    present = sorted(set(labels))
    if asked in present:
        with pytest.raises(Conflict, match="There is such a record"):
            tree.gap(Hash32(asked))
        return
    gap = tree.gap(Hash32(asked))
    if not present:
        assert gap == (0, (), ())
        assert tree.root == EMPTY_ROOT
        return
    assert list(gap.neighbours) == present[gap.first : gap.first + len(gap.neighbours)]
    assert [each < asked for each in gap.neighbours] == sorted(
        (each < asked for each in gap.neighbours), reverse=True
    )
    leaves = [leaf_hash(each) for each in gap.neighbours]
    verify_range(leaves, gap.first, tree.count, gap.path, tree.root)


@pytest.mark.parametrize("count", [0, 1, 2, 255, 257, 1000, 70_000])
def test_the_accelerator_makes_the_same_tree(count: int) -> None:
    labels = b"".join(many(count))
    assert LabelTree.build(labels, engine=Engine.ACCELERATED) == LabelTree.build(labels)


# --------------------------------------------------------------------------------------- files


@pytest.mark.parametrize("count", [0, 1, 257, 1000])
def test_what_is_written_is_read(count: int, tmp_path: Path) -> None:
    tree = LabelTree.build(b"".join(many(count)))
    tree.write(tmp_path / "labels")
    again = LabelTree.read(tmp_path / "labels")
    assert again.count == tree.count == count
    assert again.root == tree.root
    asked = Hash32(b"\x77" * 32)
    assert again.gap(asked) == tree.gap(asked)
    assert (tmp_path / "labels").stat().st_mode & 0o777 == 0o600


def test_what_is_no_such_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "labels"
    LabelTree.build(b"".join(many(300))).write(path)
    whole = path.read_bytes()
    for damaged in (b"", whole[:10], whole[:-1], whole + b"x", b"X" + whole[1:]):
        path.write_bytes(damaged)
        with pytest.raises(SourceUnreadable):
            LabelTree.read(path)
    path.unlink()
    with pytest.raises(NotFound) as caught:
        LabelTree.read(path)
    assert "with labels" in caught.value.remedy
    with pytest.raises(OutputUnwritable):
        LabelTree.build(b"").write(tmp_path / "missing" / "labels")
