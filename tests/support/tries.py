"""Merkle-Patricia tries made from what they hold, for proofs about them; for tests alone."""

from collections.abc import Mapping

from dataledger.contracts.identifiers import keccak256
from dataledger.evidence.verifier import rlp
from dataledger.evidence.verifier.rlp import Item
from dataledger.hashing import Hash32


class Trie:
    """A trie whose keys are hashed; all of its nodes at once."""

    def __init__(self, content: Mapping[bytes, bytes]) -> None:
        self.nodes: set[bytes] = set()
        hashed = {keccak256(key).hex(): value for key, value in content.items()}
        top = self._node(hashed, 0) if hashed else b""
        data = rlp.encode(top)
        self.root: Hash32 = keccak256(data)
        if hashed:
            self.nodes.add(data)

    def proof(self, key: bytes) -> set[bytes]:
        """Return the nodes on the way to a key, as `eth_getProof` does."""
        by_hash = {keccak256(node): node for node in self.nodes}
        path, found = keccak256(key).hex(), set()
        reference: Item = self.root
        while reference:
            if isinstance(reference, bytes):
                found.add(by_hash[Hash32(reference)])
                reference = rlp.decode(by_hash[Hash32(reference)])
            node = reference
            assert isinstance(node, list)
            if len(node) == 17:
                reference, path = node[int(path[0], 16)], path[1:]
                continue
            assert isinstance(node[0], bytes)
            spelled = node[0].hex()
            part = spelled[1:] if spelled[0] in "13" else spelled[2:]
            if spelled[0] in "23" or not path.startswith(part):
                break
            reference, path = node[1], path[len(part) :]
        return found

    def _node(self, content: dict[str, bytes], depth: int) -> Item:
        if len(content) == 1:
            [(key, value)] = content.items()
            return [_spelled(key[depth:], 2), value]
        first, last = min(content), max(content)
        end = depth
        while first[end] == last[end]:
            end += 1
        if end > depth:
            return [_spelled(first[depth:end], 0), self._reference(content, end)]
        branch: list[Item] = [b""] * 17
        for digit in range(16):
            below = {k: v for k, v in content.items() if int(k[depth], 16) == digit}
            if below:
                branch[digit] = self._reference(below, depth + 1)
        return branch

    def _reference(self, content: dict[str, bytes], depth: int) -> Item:
        node = self._node(content, depth)
        data = rlp.encode(node)
        if len(data) < 32:
            return node
        self.nodes.add(data)
        return keccak256(data)


def _spelled(path: str, flag: int) -> bytes:
    odd = len(path) % 2
    return bytes.fromhex(f"{flag + odd:x}{'' if odd else '0'}{path}")
