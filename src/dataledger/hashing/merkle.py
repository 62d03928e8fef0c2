"""Merkle trees of RFC 9162 (Certificate Transparency v2), section 2.1, with SHA-256.

A leaf is hashed behind a 0x00 byte and an inner node behind a 0x01 byte, so neither can pass for
the other. A node without a right sibling moves up one level as it is; it is never paired with
itself. The functions take leaf *hashes*: entries are hashed by `leaf_hash`, once.
"""

import hashlib
from collections.abc import Iterable, Sequence

from dataledger.errors import InvalidArgument, ProofInvalid
from dataledger.hashing.digest import Hash32, to_hash32

EMPTY_ROOT = Hash32(hashlib.sha256(b"").digest())
"""Root of the tree without leaves (section 2.1.1)."""

# Copying a hash that has begun takes half the time of beginning one.
_begun_leaf = hashlib.sha256(b"\x00").copy
_begun_node = hashlib.sha256(b"\x01").copy


def leaf_hash(entry: bytes) -> Hash32:
    """Return SHA-256(0x00 ‖ entry)."""
    content = _begun_leaf()
    content.update(entry)
    return Hash32(content.digest())


def node_hash(left: Hash32, right: Hash32) -> Hash32:
    """Return SHA-256(0x01 ‖ left ‖ right)."""
    content = _begun_node()
    content.update(left + right)
    return Hash32(content.digest())


# -------------------------------------------------------------------------------------- building


def root(leaf_hashes: Iterable[Hash32]) -> Hash32:
    """Return the root over the leaf hashes in their order (section 2.1.1)."""
    level = list(leaf_hashes)
    while len(level) > 1:
        level = _parents(level)
    return level[0] if level else EMPTY_ROOT


def inclusion_proof(leaf_hashes: Iterable[Hash32], index: int) -> tuple[Hash32, ...]:
    """Return the path from leaf `index` to the root, lowest sibling first (section 2.1.3.1).

    Raises:
        InvalidArgument: there is no leaf at `index`.
    """
    level = list(leaf_hashes)
    if not 0 <= index < len(level):
        raise InvalidArgument(
            f"There is no leaf {index} in a tree of {len(level)} leaves.",
            remedy="Use an index from 0 to the number of leaves less one.",
        )
    return _siblings(level, index)


def consistency_proof(leaf_hashes: Iterable[Hash32], old_size: int) -> tuple[Hash32, ...]:
    """Return the proof that the tree extends that of its first `old_size` leaves (section 2.1.4.1).

    Of a tree to itself, the proof is empty.

    Raises:
        InvalidArgument: unless 0 < `old_size` <= number of leaves.
    """
    level = list(leaf_hashes)
    if not 0 < old_size <= len(level):
        raise InvalidArgument(
            f"No consistency proof leads from {old_size} to {len(level)} leaves.",
            remedy="Use an old size from 1 to the number of leaves.",
        )
    if old_size == len(level):
        return ()
    # The proof starts at the largest complete subtree that ends where the old tree ends.
    height = _trailing_zeros(old_size)
    for _ in range(height):
        level = _parents(level)
    index = (old_size - 1) >> height
    # When that subtree is the whole old tree, its hash is the old root, which the verifier has.
    start = () if index == 0 else (level[index],)
    return start + _siblings(level, index)


class StreamingRoot:
    """The root of a tree that grows at its right edge, in O(log n) memory.

    It holds the roots of the complete subtrees that tile the leaves so far, largest first: one for
    each 1 bit of `size`.
    """

    def __init__(self) -> None:
        self._size = 0
        self._subtrees: list[Hash32] = []

    @property
    def size(self) -> int:
        """Number of leaves appended."""
        return self._size

    def append(self, leaf: Hash32) -> None:
        """Add one leaf hash after all others."""
        for _ in range(_trailing_zeros(self._size + 1)):
            leaf = node_hash(self._subtrees.pop(), leaf)
        self._subtrees.append(leaf)
        self._size += 1

    def root(self) -> Hash32:
        """Return what `root` would over the same leaves."""
        if not self._subtrees:
            return EMPTY_ROOT
        *larger, result = self._subtrees
        for subtree in reversed(larger):
            result = node_hash(subtree, result)
        return result


def _parents(level: list[Hash32]) -> list[Hash32]:
    # This loop is where building a tree spends its time: no call but those of the hash.
    begin = _begun_node
    parents = []
    for left, right in zip(level[::2], level[1::2], strict=False):
        content = begin()
        content.update(left + right)
        parents.append(Hash32(content.digest()))
    if len(level) % 2:
        parents.append(level[-1])
    return parents


def _siblings(level: list[Hash32], index: int) -> tuple[Hash32, ...]:
    path = []
    while len(level) > 1:
        sibling = index ^ 1
        if sibling < len(level):
            path.append(level[sibling])
        level = _parents(level)
        index >>= 1
    return tuple(path)


def _trailing_zeros(number: int) -> int:
    return (number & -number).bit_length() - 1


# ------------------------------------------------------------------------------------- verifying


def verify_inclusion(
    leaf: Hash32, index: int, tree_size: int, path: Sequence[Hash32], expected_root: Hash32
) -> None:
    """Return only if `leaf` is leaf number `index` of the tree (section 2.1.3.2).

    Raises:
        ProofInvalid: the index lies outside the tree, the path has the wrong length, or it leads to
            another root.
        InvalidDigest: a hash is not 32 bytes.
    """
    _check_hashes(leaf, expected_root, *path)
    if not 0 <= index < tree_size:
        raise _invalid(f"leaf index {index} lies outside a tree of {tree_size} leaves")
    node, last = index, tree_size - 1
    result = leaf
    for sibling in path:
        if last == 0:
            raise _invalid(f"its path of {len(path)} hashes is too long")
        if node % 2 or node == last:
            result = node_hash(sibling, result)
            # A node without a right sibling moves up unhashed until it is a right child.
            rise = _trailing_zeros(node)
            node, last = node >> rise, last >> rise
        else:
            result = node_hash(result, sibling)
        node, last = node >> 1, last >> 1
    if last != 0:
        raise _invalid(f"its path of {len(path)} hashes is too short")
    _check_root("root", result, expected_root)


def verify_consistency(
    old_size: int,
    new_size: int,
    old_root: Hash32,
    new_root: Hash32,
    path: Sequence[Hash32],
) -> None:
    """Return only if the old tree's leaves are the first leaves of the new one (section 2.1.4.2).

    Every tree extends the empty one, but no proof exists of it: `old_size` must not be 0. Equal
    sizes need equal roots and an empty path.

    Raises:
        ProofInvalid: unless 0 < `old_size` <= `new_size`; or the path has the wrong length, or
            leads to another old or new root.
        InvalidDigest: a hash is not 32 bytes.
    """
    _check_hashes(old_root, new_root, *path)
    if not 0 < old_size <= new_size:
        raise _invalid(f"it cannot lead from {old_size} to {new_size} leaves")
    if old_size == new_size:
        if path:
            raise _invalid("between trees of equal size, its path must be empty")
        _check_root("new root", old_root, new_root)
        return
    if not path:
        raise _invalid("its path is empty")
    height = _trailing_zeros(old_size)
    node, last = (old_size - 1) >> height, (new_size - 1) >> height
    # An old tree of a power of two is itself a node of the new one, and then not part of the path.
    start, *siblings = path if node else (old_root, *path)
    old_result = new_result = start
    for sibling in siblings:
        if last == 0:
            raise _invalid(f"its path of {len(path)} hashes is too long")
        if node % 2 or node == last:
            old_result = node_hash(sibling, old_result)
            new_result = node_hash(sibling, new_result)
            rise = _trailing_zeros(node)
            node, last = node >> rise, last >> rise
        else:
            new_result = node_hash(new_result, sibling)
        node, last = node >> 1, last >> 1
    if last != 0:
        raise _invalid(f"its path of {len(path)} hashes is too short")
    _check_root("old root", old_result, old_root)
    _check_root("new root", new_result, new_root)


def _check_hashes(*hashes: bytes) -> None:
    for value in hashes:
        to_hash32(value)


def _check_root(name: str, result: Hash32, expected: Hash32) -> None:
    if result != expected:
        raise _invalid(f"it leads to the {name} {result.hex()} instead of {expected.hex()}")


def _invalid(reason: str) -> ProofInvalid:
    return ProofInvalid(
        f"The proof does not hold: {reason}.",
        remedy="Ask for a new proof, and check that it is about this leaf and this root.",
    )
