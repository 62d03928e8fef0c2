"""Proofs from subtrees, and range paths, against the RFC's recursive definitions."""

import runpy
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataledger.errors import InvalidArgument, InvalidDigest, ProofInvalid
from dataledger.hashing import Hash32, leaf_hash, verify_inclusion
from dataledger.hashing.ranges import (
    consistency_path,
    inclusion_path,
    inclusion_paths,
    range_path,
    split,
    subtree_of,
    verify_range,
)

VECTORS = Path(__file__).parents[2] / "vectors"
oracle = SimpleNamespace(**runpy.run_path(str(VECTORS / "rfc9162_oracle.py")))

LEAVES = [leaf_hash(bytes([number])) for number in range(70)]
STRANGER = leaf_hash(b"of no tree")


@st.composite
def ranges(draw: st.DrawFn) -> tuple[int, int, int]:
    """A begin and an end within a size."""
    size = draw(st.integers(1, len(LEAVES)))
    begin = draw(st.integers(0, size - 1))
    return begin, draw(st.integers(begin + 1, size)), size


def test_the_left_subtree_is_a_power_of_two() -> None:
    assert [split(size) for size in (2, 3, 4, 5, 8, 9)] == [1, 2, 2, 4, 4, 8]


@given(st.integers(1, len(LEAVES)), st.data())
def test_paths_are_those_of_the_rfc(size: int, data: st.DataObject) -> None:
    leaves = LEAVES[:size]
    index = data.draw(st.integers(0, size - 1))
    old = data.draw(st.integers(1, size))
    subtree = subtree_of(leaves)
    assert list(inclusion_path(index, size, subtree)) == oracle.inclusion_path(index, leaves)
    assert list(consistency_path(old, size, subtree)) == oracle.consistency_path(old, leaves)


@given(ranges())
def test_a_range_proves_its_leaves(at: tuple[int, int, int]) -> None:
    begin, end, size = at
    leaves, root = LEAVES[:size], Hash32(oracle.root(LEAVES[:size]))
    path = range_path(begin, end, size, subtree_of(leaves))
    assert len(path) <= 2 * size.bit_length()
    verify_range(leaves[begin:end], begin, size, path, root)
    for index, own in enumerate(inclusion_paths(leaves[begin:end], begin, size, path), begin):
        assert list(own) == oracle.inclusion_path(index, leaves)
        verify_inclusion(leaves[index], index, size, own, root)


@given(st.integers(1, len(LEAVES)), st.data())
def test_the_range_path_of_one_leaf_has_its_siblings(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    path = range_path(index, index + 1, size, subtree_of(LEAVES[:size]))
    assert sorted(path) == sorted(oracle.inclusion_path(index, LEAVES[:size]))


@given(ranges(), st.data())
def test_nothing_else_is_proved(at: tuple[int, int, int], data: st.DataObject) -> None:
    begin, end, size = at
    leaves, root = LEAVES[begin:end], Hash32(oracle.root(LEAVES[:size]))
    path = list(range_path(begin, end, size, subtree_of(LEAVES[:size])))
    altered = data.draw(st.integers(0, 7))
    if altered == 0:
        leaves[data.draw(st.integers(0, len(leaves) - 1))] = STRANGER
    elif altered == 1:
        leaves = leaves[:-1]
    elif altered == 2:
        leaves.append(STRANGER)
    elif altered == 3:
        begin += data.draw(st.sampled_from([-1, 1, size]))
    elif altered == 4:
        path.insert(data.draw(st.integers(0, len(path))), STRANGER)
    elif altered == 5 and path:
        del path[data.draw(st.integers(0, len(path) - 1))]
    elif altered == 6 and path:
        path[data.draw(st.integers(0, len(path) - 1))] = STRANGER
    else:
        root = STRANGER
    with pytest.raises(ProofInvalid):
        verify_range(leaves, begin, size, path, root)


@pytest.mark.parametrize(("begin", "end", "size"), [(0, 0, 0), (2, 2, 3), (2, 1, 3), (-1, 1, 3)])
def test_there_is_no_proof_of_nothing(begin: int, end: int, size: int) -> None:
    with pytest.raises(InvalidArgument, match=r"There (is|are) no"):
        range_path(begin, end, size, subtree_of(LEAVES[:size]))
    with pytest.raises(ProofInvalid, match="no range"):
        verify_range(LEAVES[: max(end - begin, 0)] if begin >= 0 else [], begin, size, (), STRANGER)


def test_no_path_leads_from_outside_the_tree() -> None:
    with pytest.raises(InvalidArgument, match="no leaf 3 in a tree of 3"):
        inclusion_path(3, 3, subtree_of(LEAVES[:3]))
    for old in (0, 4):
        with pytest.raises(InvalidArgument, match="No consistency proof"):
            consistency_path(old, 3, subtree_of(LEAVES[:3]))


def test_hashes_have_32_bytes() -> None:
    with pytest.raises(InvalidDigest):
        verify_range([Hash32(b"short")], 0, 1, (), STRANGER)
