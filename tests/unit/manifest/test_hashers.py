"""Several digests of one content, in a single read."""

import hashlib
import sys

import pytest
from blake3 import blake3
from hypothesis import given
from hypothesis import strategies as st

from dataledger.errors import DependencyMissing, InvalidArgument
from dataledger.hashing import EMPTY_ROOT, TREE_CHUNK_BYTES, Algorithm, Digest, leaf_hash, root
from dataledger.manifest.hashers import begin, digests_of

ALL = tuple(Algorithm)


def digests(*pieces: bytes) -> dict[Algorithm, str]:
    hashers = begin(ALL)
    for piece in pieces:
        for hasher in hashers:
            hasher.update(piece)
    return {digest.algorithm: digest.hex for digest in digests_of(ALL, hashers)}


def tree_root(content: bytes) -> str:
    starts = range(0, len(content), TREE_CHUNK_BYTES)
    return root(leaf_hash(content[at : at + TREE_CHUNK_BYTES]) for at in starts).hex()


def test_each_is_what_its_own_tool_gives() -> None:
    assert digests(b"ab", b"c") == {
        Algorithm.SHA256: hashlib.sha256(b"abc").hexdigest(),
        Algorithm.SHA256_TREE: leaf_hash(b"abc").hex(),
        # GB/T 32905-2016, appendix A.1
        Algorithm.SM3: "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0",
        Algorithm.BLAKE3: blake3(b"abc").hexdigest(),
    }


def test_of_nothing() -> None:
    found = digests()
    assert found[Algorithm.SHA256] == Digest.of(b"").hex
    assert found[Algorithm.SHA256_TREE] == EMPTY_ROOT.hex()


@pytest.mark.parametrize(
    "size_bytes",
    [TREE_CHUNK_BYTES - 1, TREE_CHUNK_BYTES, TREE_CHUNK_BYTES + 1, 3 * TREE_CHUNK_BYTES + 17],
)
def test_a_tree_is_cut_into_chunks_however_the_pieces_arrive(size_bytes: int) -> None:
    content = bytes(range(256)) * (size_bytes // 256 + 1)
    content = content[:size_bytes]
    expected = tree_root(content)
    assert digests(content)[Algorithm.SHA256_TREE] == expected
    step = 700_001
    pieces = [content[at : at + step] for at in range(0, size_bytes, step)]
    assert digests(*pieces)[Algorithm.SHA256_TREE] == expected


@given(st.lists(st.binary(max_size=50)))
def test_pieces_do_not_matter(pieces: list[bytes]) -> None:
    assert digests(*pieces) == digests(b"".join(pieces))


@pytest.mark.parametrize("algorithms", [(), (Algorithm.SM3, Algorithm.SM3)])
def test_no_algorithm_or_one_twice_is_refused(algorithms: tuple[Algorithm, ...]) -> None:
    with pytest.raises(InvalidArgument, match="algorithms are named"):
        begin(algorithms)


def test_without_blake3_the_error_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "blake3", None)
    with pytest.raises(DependencyMissing) as caught:
        begin([Algorithm.BLAKE3])
    assert caught.value.remedy == "Run: pip install 'dataledger[blake3]'"


def test_without_sm3_the_error_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def new(name: str) -> None:
        raise ValueError(name)

    monkeypatch.setattr(hashlib, "new", new)
    with pytest.raises(DependencyMissing, match="has no SM3"):
        begin([Algorithm.SM3])
