"""RFC 9162, section 2.1, as the RFC defines it: recursively, and without any care for speed.

An oracle for the vectors and the tests. It shares no code with the package.
"""

import hashlib


def leaf_hash(entry: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def split(size: int) -> int:
    """Return k, the largest power of two smaller than `size`."""
    k = 1
    while 2 * k < size:
        k *= 2
    return k


def root(leaves: list[bytes]) -> bytes:
    """MTH of section 2.1.1, over leaf hashes."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = split(len(leaves))
    return node_hash(root(leaves[:k]), root(leaves[k:]))


def inclusion_path(index: int, leaves: list[bytes]) -> list[bytes]:
    """PATH of section 2.1.3.1, over leaf hashes."""
    if len(leaves) == 1:
        return []
    k = split(len(leaves))
    if index < k:
        return [*inclusion_path(index, leaves[:k]), root(leaves[k:])]
    return [*inclusion_path(index - k, leaves[k:]), root(leaves[:k])]


def consistency_path(old_size: int, leaves: list[bytes]) -> list[bytes]:
    """PROOF of section 2.1.4.1, over leaf hashes."""
    return _subproof(old_size, leaves, is_old_tree=True)


def _subproof(old_size: int, leaves: list[bytes], *, is_old_tree: bool) -> list[bytes]:
    if old_size == len(leaves):
        return [] if is_old_tree else [root(leaves)]
    k = split(len(leaves))
    if old_size <= k:
        left = _subproof(old_size, leaves[:k], is_old_tree=is_old_tree)
        return [*left, root(leaves[k:])]
    return [*_subproof(old_size - k, leaves[k:], is_old_tree=False), root(leaves[:k])]


def includes(leaf: bytes, index: int, size: int, path: list[bytes], expected: bytes) -> bool:
    """Whether the path leads from the leaf to the root, walking down the tree's shape."""
    try:
        return 0 <= index < size and _root_above(leaf, index, size, path) == expected
    except WrongLengthError:
        return False


def extends(
    old_size: int, new_size: int, old_root: bytes, new_root: bytes, path: list[bytes]
) -> bool:
    """Whether the path leads to both roots, walking down the new tree's shape."""
    if not 0 < old_size <= new_size:
        return False
    try:
        return _both_roots(old_size, new_size, path, old_root) == (old_root, new_root)
    except WrongLengthError:
        return False


class WrongLengthError(Exception):
    """A path has more or fewer hashes than the tree's shape asks for."""


def _root_above(leaf: bytes, index: int, size: int, path: list[bytes]) -> bytes:
    if size == 1:
        _expect(path, 0)
        return leaf
    k = split(size)
    if index < k:
        return node_hash(_root_above(leaf, index, k, path[:-1]), _last(path))
    return node_hash(_last(path), _root_above(leaf, index - k, size - k, path[:-1]))


def _both_roots(
    old_size: int, size: int, path: list[bytes], old_root: bytes | None
) -> tuple[bytes, bytes]:
    """Return the old and the new root; `old_root` is given while the subtree holds all the old."""
    if old_size == size:
        _expect(path, 0 if old_root else 1)
        known = old_root or path[0]
        return known, known
    k = split(size)
    if old_size <= k:
        old, new = _both_roots(old_size, k, path[:-1], old_root)
        return old, node_hash(new, _last(path))
    old, new = _both_roots(old_size - k, size - k, path[:-1], None)
    return node_hash(_last(path), old), node_hash(_last(path), new)


def _expect(path: list[bytes], length: int) -> None:
    if len(path) != length:
        raise WrongLengthError


def _last(path: list[bytes]) -> bytes:
    if not path:
        raise WrongLengthError
    return path[-1]
