"""Merkle-Patricia tries with hashed keys, as Ethereum keeps accounts and storage.

Appendix D of the Ethereum yellow paper. All nodes of a bundle stand in one pool, each under its
hash, so that a node which many proofs share is there once.
"""

from collections.abc import Iterable, Sequence

from dataledger.contracts.identifiers import keccak256
from dataledger.evidence.verifier import rlp
from dataledger.evidence.verifier.refusal import refused
from dataledger.evidence.verifier.rlp import Item
from dataledger.hashing import Hash32

EMPTY_TRIE = keccak256(b"\x80")
"""The root of a trie that holds nothing."""

_HASH_BYTES = 32
_BRANCH_ITEMS, _PAIR_ITEMS = 17, 2
_LEAF, _ODD = 2, 1


class NodePool:
    """The nodes of a bundle; it remembers which were needed."""

    def __init__(self, nodes: Iterable[bytes]) -> None:
        self._nodes: dict[bytes, bytes] = {keccak256(node): node for node in nodes}
        self._unused = set(self._nodes)

    def check_all_used(self) -> None:
        """Return only if no node is left over. Raises `ProofInvalid`."""
        if self._unused:
            raise refused(f"{len(self._unused)} trie nodes belong to no proof.")

    def lookup(self, root: Hash32, key: bytes) -> bytes | None:
        """Return what the trie under `root` holds for `key`; None, if it is shown to hold nothing.

        Raises:
            ProofInvalid: a node on the way is missing or malformed.
        """
        path = _nibbles(keccak256(key))
        if root == EMPTY_TRIE:
            return None
        node: Item = self._node(root, is_root=True)
        while True:
            if not isinstance(node, list) or len(node) not in {_BRANCH_ITEMS, _PAIR_ITEMS}:
                raise refused("A trie node is neither branch, extension nor leaf.")
            if len(node) == _BRANCH_ITEMS:
                # All keys have one length, so that none ends in a branch.
                if node[16] != b"" or not path:
                    raise refused("A branch of a trie holds a value.")
                child, path = node[path[0]], path[1:]
                if child == b"":
                    return None
            else:
                is_leaf, part = _part(node[0])
                if is_leaf:
                    return _value(node[1], path) if part == path else None
                if path[: len(part)] != part:
                    return None
                child, path = node[1], path[len(part) :]
            node = self._child(child)

    def _child(self, reference: Item) -> Item:
        if isinstance(reference, list):
            if len(rlp.encode(reference)) >= _HASH_BYTES:
                raise refused("A trie node stands inside another one, and is too long for that.")
            return reference
        if len(reference) != _HASH_BYTES:
            raise refused("A trie node refers to another one by no hash.")
        return self._node(Hash32(reference))

    def _node(self, digest: Hash32, *, is_root: bool = False) -> Item:
        data = self._nodes.get(digest)
        if data is None:
            raise refused(f"The trie node 0x{digest.hex()} is missing.")
        if len(data) < _HASH_BYTES and not is_root:
            raise refused("A short trie node stands apart from the one that refers to it.")
        self._unused.discard(digest)
        return rlp.decode(data)


def _value(item: Item, path: Sequence[int]) -> bytes:
    if not isinstance(item, bytes) or not item or not path:
        raise refused("A leaf of a trie holds no value.")
    return item


def _part(item: Item) -> tuple[bool, list[int]]:
    """Return whether a node is a leaf, and the part of the path that it spells (hex-prefix)."""
    if not isinstance(item, bytes) or not item:
        raise refused("A trie node has no path.")
    flag, *rest = _nibbles(item)
    if flag > _LEAF + _ODD or (not flag & _ODD and rest[0] != 0):
        raise refused("The path of a trie node is malformed.")
    is_leaf, part = flag >= _LEAF, rest if flag & _ODD else rest[1:]
    if not is_leaf and not part:
        raise refused("An extension of a trie has no path.")
    return is_leaf, part


def _nibbles(data: bytes) -> list[int]:
    return [half for byte in data for half in (byte >> 4, byte & 0x0F)]
