"""RLP and tries: what is in one and what is not can be shown, and nothing else."""

import pytest
from eth_hash.auto import keccak
from hypothesis import given
from hypothesis import strategies as st
from tries import Trie

from dataledger.errors import ProofInvalid
from dataledger.evidence.verifier import rlp
from dataledger.evidence.verifier.trie import EMPTY_TRIE, NodePool
from dataledger.hashing import Hash32

KEYS = st.binary(min_size=1, max_size=8)
CONTENT = st.dictionaries(KEYS, st.binary(min_size=1, max_size=40), min_size=1, max_size=40)

# As in the tests that the Ethereum project publishes ("secure" tries).
PUBLISHED = {b"do": b"verb", b"horse": b"stallion", b"doge": b"coin", b"dog": b"puppy"}
PUBLISHED_ROOT = "29b235a58c3c25ab83010c327d5932bcf05324b7d6b1185e650798034783ca9d"

ITEMS = st.recursive(
    st.binary(max_size=80), lambda inner: st.lists(inner, max_size=6), max_leaves=20
)


def levels(item: rlp.Item) -> int:
    return 1 + max(map(levels, item), default=0) if isinstance(item, list) else 0


def test_a_published_trie_has_its_published_root() -> None:
    trie = Trie(PUBLISHED)
    assert trie.root.hex() == PUBLISHED_ROOT
    pool = NodePool(trie.nodes)
    assert {key: pool.lookup(trie.root, key) for key in PUBLISHED} == PUBLISHED
    pool.check_all_used()


@given(CONTENT, KEYS)
def test_what_a_trie_holds_and_what_it_lacks_can_be_shown(
    content: dict[bytes, bytes], key: bytes
) -> None:
    trie = Trie(content)
    for wanted in {key, *content}:
        pool = NodePool(trie.proof(wanted))
        assert pool.lookup(trie.root, wanted) == content.get(wanted)
        pool.check_all_used()


@given(CONTENT, KEYS)
def test_no_node_of_a_proof_can_be_left_out_or_added(
    content: dict[bytes, bytes], key: bytes
) -> None:
    trie = Trie(content)
    proof = trie.proof(key)
    for node in proof:
        with pytest.raises(ProofInvalid, match="is missing"):
            NodePool(proof - {node}).lookup(trie.root, key)
    pool = NodePool({*proof, b"\xc2\x80\x80"})
    pool.lookup(trie.root, key)
    with pytest.raises(ProofInvalid, match="1 trie nodes belong to no proof"):
        pool.check_all_used()


def test_an_empty_trie_holds_nothing() -> None:
    assert NodePool([]).lookup(EMPTY_TRIE, b"key") is None


@pytest.mark.parametrize(
    "node",
    [
        b"text",
        [b"", b"", b""],
        [b"", b"value"],
        [b"\x40" + b"\0" * 32, b"value"],
        [b"\x21" + b"\0" * 32, b"value"],
        [b"\x00", b"\1" * 32],
        [[b"path"], b"value"],
        [b"\x20" + keccak(b"key"), b""],
        [b"\x20" + keccak(b"key"), [b"value"]],
        [*[b"\1" * 31] * 16, b""],
        [*[b"\1" * 32] * 16, b"value"],
        [*[[b"\1" * 16, b"\2" * 16]] * 16, b""],
    ],
)
def test_a_malformed_node_is_refused(node: rlp.Item) -> None:
    data = rlp.encode(node)
    with pytest.raises(ProofInvalid):
        NodePool([data]).lookup(Hash32(keccak(data)), b"key")


@given(ITEMS)
def test_rlp_reads_what_it_writes(item: rlp.Item) -> None:
    if levels(item) <= rlp.MAX_LEVELS:
        assert rlp.decode(rlp.encode(item)) == item


@given(st.binary(max_size=60))
def test_rlp_has_one_spelling_of_everything(data: bytes) -> None:
    try:
        item = rlp.decode(data)
    except ProofInvalid:
        return
    assert rlp.encode(item) == data


@pytest.mark.parametrize(
    "text",
    [
        "",
        "8100",  # a byte that stands for itself
        "b80161",  # a long length where a short one would do
        "b900" + "38" + "00" * 56,  # a length with a leading zero
        "83616263" + "00",  # something after the item
        "836162",  # cut off
        "c26162" + "63",
        "c3" + "8261",  # an item that ends after its list
        "f8" + "ff",
        "bfffffffffffffffff",  # longer than anything
        "c1" * 9 + "c0",  # nested deeper than anything is
        "c1" * 5_000,
    ],
)
def test_rlp_in_any_other_spelling_is_refused(text: str) -> None:
    with pytest.raises(ProofInvalid):
        rlp.decode(bytes.fromhex(text))


@pytest.mark.parametrize("item", [b"\0", b"\0\1", b"\1" * 33, []])
def test_an_integer_has_one_spelling(item: rlp.Item) -> None:
    with pytest.raises(ProofInvalid):
        rlp.to_integer(item)
    assert rlp.to_integer(rlp.integer(0)) == 0
    assert rlp.to_integer(rlp.integer(2**256 - 1)) == 2**256 - 1
