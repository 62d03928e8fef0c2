"""RFC 9162 trees: shared vectors, published figures, a recursive oracle, and forgeries."""

import json
import runpy
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from dataledger.errors import InvalidArgument, InvalidDigest, ProofInvalid
from dataledger.hashing import (
    EMPTY_ROOT,
    Hash32,
    StreamingRoot,
    consistency_proof,
    hash32_from_hex,
    inclusion_proof,
    leaf_hash,
    node_hash,
    root,
    verify_consistency,
    verify_inclusion,
)

VECTORS = Path(__file__).parents[2] / "vectors"
MERKLE = json.loads((VECTORS / "merkle.json").read_text())
oracle = SimpleNamespace(**runpy.run_path(str(VECTORS / "rfc9162_oracle.py")))

leaf_lists = st.lists(st.binary(max_size=8).map(leaf_hash), min_size=1, max_size=70)


def unprefixed(text: str) -> Hash32:
    return hash32_from_hex(text.removeprefix("0x"))


def case_id(case: dict[str, Any]) -> str:
    return str(case["name"])


# ------------------------------------------------------------------------------ shared vectors


@pytest.mark.parametrize("tree", MERKLE["trees"], ids=lambda tree: str(len(tree["leaves"])))
def test_tree_vector(tree: dict[str, Any]) -> None:
    hashes = [leaf_hash(bytes.fromhex(leaf[2:])) for leaf in tree["leaves"]]
    assert hashes == [unprefixed(text) for text in tree["leaf_hashes"]]
    assert root(hashes) == unprefixed(tree["root"])


@pytest.mark.parametrize("case", MERKLE["inclusion"], ids=case_id)
def test_inclusion_vector(case: dict[str, Any]) -> None:
    arguments = (
        unprefixed(case["leaf_hash"]),
        case["index"],
        case["tree_size"],
        [unprefixed(text) for text in case["path"]],
        unprefixed(case["root"]),
    )
    if case["valid"]:
        verify_inclusion(*arguments)
    else:
        with pytest.raises(ProofInvalid):
            verify_inclusion(*arguments)


@pytest.mark.parametrize("case", MERKLE["consistency"], ids=case_id)
def test_consistency_vector(case: dict[str, Any]) -> None:
    arguments = (
        case["old_size"],
        case["new_size"],
        unprefixed(case["old_root"]),
        unprefixed(case["new_root"]),
        [unprefixed(text) for text in case["path"]],
    )
    if case["valid"]:
        verify_consistency(*arguments)
    else:
        with pytest.raises(ProofInvalid):
            verify_consistency(*arguments)


def test_the_vector_file_is_complete_and_what_its_script_writes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.syspath_prepend(VECTORS)
    script = SimpleNamespace(**runpy.run_path(str(VECTORS / "generate.py")))
    assert (VECTORS / "merkle.json").read_text() == script.written(script.merkle())
    for kind in ("inclusion", "consistency"):
        cases = MERKLE[kind]
        assert len(cases) == MERKLE[f"{kind}_count"]
        assert len({case["name"] for case in cases}) == len(cases)
        assert 20 < sum(case["valid"] for case in cases) < len(cases) - 20


# --------------------------------------------------------------------------- published figures

# From the tests of github.com/transparency-dev/merkle (proof/verify_test.go), for the trees of the
# first 1 to 8 reference leaves. Indices there count from 1, here from 0.
LEAVES = [unprefixed(text) for text in MERKLE["trees"][8]["leaf_hashes"]]
PUBLISHED_ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
PUBLISHED_INCLUSION = {
    (0, 1): [],
    (0, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (5, 8): [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 3): ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"],
    (1, 5): [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}
PUBLISHED_CONSISTENCY = {
    (1, 1): [],
    (1, 8): PUBLISHED_INCLUSION[0, 8],
    (6, 8): [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 5): [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
    (6, 7): [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
}


def test_published_roots() -> None:
    assert EMPTY_ROOT.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert root([]) == EMPTY_ROOT
    assert [root(LEAVES[:size]).hex() for size in range(1, 9)] == PUBLISHED_ROOTS


@pytest.mark.parametrize(("index", "size"), PUBLISHED_INCLUSION)
def test_published_inclusion_proofs(index: int, size: int) -> None:
    path = [hash32_from_hex(text) for text in PUBLISHED_INCLUSION[index, size]]
    assert inclusion_proof(LEAVES[:size], index) == tuple(path)
    verify_inclusion(LEAVES[index], index, size, path, hash32_from_hex(PUBLISHED_ROOTS[size - 1]))


@pytest.mark.parametrize(("old", "new"), PUBLISHED_CONSISTENCY)
def test_published_consistency_proofs(old: int, new: int) -> None:
    path = [hash32_from_hex(text) for text in PUBLISHED_CONSISTENCY[old, new]]
    old_root, new_root = (hash32_from_hex(PUBLISHED_ROOTS[size - 1]) for size in (old, new))
    assert consistency_proof(LEAVES[:new], old) == tuple(path)
    verify_consistency(old, new, old_root, new_root, path)


# -------------------------------------------------------------------------------------- oracle


@given(leaf_lists, st.data())
def test_roots_and_proofs_are_the_oracles(leaves: list[Hash32], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(leaves) - 1))
    old_size = data.draw(st.integers(1, len(leaves)))
    path, steps = inclusion_proof(leaves, index), consistency_proof(leaves, old_size)
    assert root(leaves) == oracle.root(leaves)
    assert list(path) == oracle.inclusion_path(index, leaves)
    assert list(steps) == oracle.consistency_path(old_size, leaves)
    verify_inclusion(leaves[index], index, len(leaves), path, root(leaves))
    verify_consistency(old_size, len(leaves), root(leaves[:old_size]), root(leaves), steps)


def test_every_proof_of_every_small_tree() -> None:
    leaves = [leaf_hash(bytes([number])) for number in range(33)]
    for size in range(1, len(leaves) + 1):
        tree = leaves[:size]
        for index in range(size):
            path = inclusion_proof(tree, index)
            assert list(path) == oracle.inclusion_path(index, tree)
            verify_inclusion(tree[index], index, size, path, root(tree))
        for old_size in range(1, size + 1):
            steps = consistency_proof(tree, old_size)
            assert list(steps) == oracle.consistency_path(old_size, tree)
            verify_consistency(old_size, size, root(tree[:old_size]), root(tree), steps)


numbers = st.integers(-1, 12)
paths = st.lists(st.sampled_from([*LEAVES[:3], node_hash(LEAVES[0], LEAVES[1])]), max_size=5)


@given(st.sampled_from(LEAVES), numbers, numbers, paths, st.integers(0, 8))
def test_inclusion_verdicts_are_the_oracles(
    leaf: Hash32, index: int, size: int, path: list[Hash32], root_size: int
) -> None:
    candidates = [root(LEAVES[:root_size])]
    if 0 <= index < size and len(path) < 5:
        candidates.append(claimed_root(leaf, index, size, path))
    for candidate in candidates:
        accepted = True
        try:
            verify_inclusion(leaf, index, size, path, candidate)
        except ProofInvalid:
            accepted = False
        assert accepted is oracle.includes(leaf, index, size, path, candidate)


def claimed_root(leaf: Hash32, index: int, size: int, path: list[Hash32]) -> Hash32:
    """Return the root that the path leads to, so that drawn proofs are often true."""
    try:
        return Hash32(oracle._root_above(leaf, index, size, path))
    except oracle.WrongLengthError:
        return LEAVES[0]


@given(numbers, numbers, paths, st.integers(0, 8), st.integers(0, 8))
def test_consistency_verdicts_are_the_oracles(
    old_size: int, new_size: int, path: list[Hash32], old_tree: int, new_tree: int
) -> None:
    old_root, new_root = root(LEAVES[:old_tree]), root(LEAVES[:new_tree])
    accepted = True
    try:
        verify_consistency(old_size, new_size, old_root, new_root, path)
    except ProofInvalid:
        accepted = False
    assert accepted is oracle.extends(old_size, new_size, old_root, new_root, path)


@given(leaf_lists, st.data())
def test_a_proof_holds_for_no_other_leaf(leaves: list[Hash32], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(leaves) - 1))
    path = inclusion_proof(leaves, index)
    with pytest.raises(ProofInvalid, match="leads to the root"):
        verify_inclusion(leaf_hash(b"a stranger"), index, len(leaves), path, root(leaves))


@given(leaf_lists, st.data())
def test_one_flipped_bit_breaks_a_proof(leaves: list[Hash32], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(leaves) - 1))
    path = list(inclusion_proof(leaves, index))
    if not path:
        return
    at, bit = data.draw(st.integers(0, len(path) - 1)), data.draw(st.integers(0, 255))
    path[at] = Hash32((int.from_bytes(path[at]) ^ (1 << bit)).to_bytes(32))
    with pytest.raises(ProofInvalid, match="leads to the root"):
        verify_inclusion(leaves[index], index, len(leaves), path, root(leaves))


# ---------------------------------------------------------------------------------- edges


def test_leaves_and_nodes_are_hashed_apart() -> None:
    left, right = LEAVES[:2]
    assert leaf_hash(left + right) != node_hash(left, right)
    assert leaf_hash(b"\x01" + left + right) != node_hash(left, right)


def test_an_odd_leaf_is_not_paired_with_itself() -> None:
    assert root(LEAVES[:3]) != root([*LEAVES[:3], LEAVES[2]])


@pytest.mark.parametrize("index", [-1, 3, 2**64])
def test_no_proof_of_a_leaf_that_is_not_there(index: int) -> None:
    with pytest.raises(InvalidArgument, match=f"no leaf {index} in a tree of 3"):
        inclusion_proof(LEAVES[:3], index)


def test_no_proof_in_an_empty_tree() -> None:
    with pytest.raises(InvalidArgument, match="tree of 0 leaves"):
        inclusion_proof([], 0)
    with pytest.raises(InvalidArgument, match="from 0 to 0 leaves"):
        consistency_proof([], 0)


@pytest.mark.parametrize("old_size", [-1, 0, 4])
def test_no_consistency_proof_from_nothing_or_from_the_future(old_size: int) -> None:
    with pytest.raises(InvalidArgument, match=f"from {old_size} to 3 leaves"):
        consistency_proof(LEAVES[:3], old_size)


@pytest.mark.parametrize("bad", [Hash32(b""), Hash32(b"x" * 31), Hash32(b"x" * 33)])
def test_hashes_of_a_wrong_length_are_named_as_such(bad: Hash32) -> None:
    good = LEAVES[0]
    for arguments in ((bad, [good], good), (good, [bad], good), (good, [good], bad)):
        leaf, path, expected = arguments
        with pytest.raises(InvalidDigest, match="32 bytes"):
            verify_inclusion(leaf, 0, 2, path, expected)
        with pytest.raises(InvalidDigest, match="32 bytes"):
            verify_consistency(1, 2, leaf, expected, path)


def test_the_message_says_what_is_wrong() -> None:
    path = inclusion_proof(LEAVES, 3)
    with pytest.raises(ProofInvalid, match="leaf index 8 lies outside a tree of 8 leaves"):
        verify_inclusion(LEAVES[3], 8, 8, path, root(LEAVES))
    with pytest.raises(ProofInvalid, match="path of 2 hashes is too short"):
        verify_inclusion(LEAVES[3], 3, 8, path[:2], root(LEAVES))
    with pytest.raises(ProofInvalid, match="path of 4 hashes is too long"):
        verify_inclusion(LEAVES[3], 3, 8, [*path, LEAVES[0]], root(LEAVES))
    with pytest.raises(ProofInvalid, match="leads to the old root"):
        verify_consistency(3, 8, LEAVES[0], root(LEAVES), consistency_proof(LEAVES, 3))
    with pytest.raises(ProofInvalid, match="leads to the new root"):
        verify_consistency(3, 8, root(LEAVES[:3]), LEAVES[0], consistency_proof(LEAVES, 3))


# ------------------------------------------------------------------------------- streaming root


class StreamingRootMachine(RuleBasedStateMachine):
    """A streaming root beside the list of all its leaves."""

    @initialize()
    def start(self) -> None:
        self.leaves: list[Hash32] = []
        self.streaming = StreamingRoot()

    @rule(entry=st.binary(max_size=4))
    def append(self, entry: bytes) -> None:
        self.leaves.append(leaf_hash(entry))
        self.streaming.append(leaf_hash(entry))

    @rule(count=st.integers(2, 40))
    def append_many(self, count: int) -> None:
        for number in range(count):
            self.append(bytes([number]))

    @rule()
    def asking_changes_nothing(self) -> None:
        assert self.streaming.root() == self.streaming.root()

    @invariant()
    def root_is_that_of_all_leaves(self) -> None:
        assert self.streaming.root() == oracle.root(self.leaves)
        assert self.streaming.size == len(self.leaves)

    @invariant()
    def memory_is_logarithmic(self) -> None:
        assert len(self.streaming._subtrees) == self.streaming.size.bit_count()


TestStreamingRoot = StreamingRootMachine.TestCase
TestStreamingRoot.settings = settings(max_examples=30, stateful_step_count=15, deadline=None)
