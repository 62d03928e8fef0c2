"""Digests say which algorithm made them, in one spelling."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataledger.errors import InvalidDigest
from dataledger.hashing import Algorithm, Digest, Hash32, hash32_from_hex, to_hash32

EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_digest_of_nothing_is_the_published_one() -> None:
    assert str(Digest.of(b"")) == f"sha256:{EMPTY}"
    assert Digest.of(b"").hex == EMPTY


def test_digest_of_abc_is_the_published_one() -> None:
    # FIPS 180-2, appendix B.1.
    assert (
        Digest.of(b"abc").hex == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    )


@given(st.binary())
def test_parsing_reads_what_str_writes(data: bytes) -> None:
    digest = Digest.of(data)
    assert digest.value == hashlib.sha256(data).digest()
    assert Digest.parse(str(digest)) == digest


@pytest.mark.parametrize("algorithm", Algorithm)
def test_every_algorithm_has_one_spelling(algorithm: Algorithm) -> None:
    text = f"{algorithm.value}:{EMPTY}"
    assert str(Digest.parse(text)) == text
    assert Digest.parse(text).algorithm is algorithm


def test_where_sha256_belongs_no_other_algorithm_is_read() -> None:
    assert Digest.parse_sha256(f"sha256:{EMPTY}").hex == EMPTY
    with pytest.raises(InvalidDigest, match="a digest by blake3"):
        Digest.parse_sha256(f"blake3:{EMPTY}")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "names no algorithm"),
        (EMPTY, "names no algorithm"),
        (f":{EMPTY}", "unknown"),
        (f"SHA256:{EMPTY}", "unknown"),
        (f"sha-256:{EMPTY}", "unknown"),
        (f"md5:{EMPTY[:32]}", "unknown"),
        (f" sha256:{EMPTY}", "unknown"),
        ("sha256:", "64 lowercase"),
        (f"sha256:{EMPTY[:-1]}", "64 lowercase"),
        (f"sha256:{EMPTY}0", "64 lowercase"),
        (f"sha256:{EMPTY.upper()}", "64 lowercase"),
        (f"sha256:0x{EMPTY[2:]}", "64 lowercase"),
        (f"sha256:{EMPTY[:-1]}g", "64 lowercase"),
        (f"sha256:{EMPTY[:-1]}\u0661", "64 lowercase"),  # a digit, but no ASCII digit
        (f"sha256:{EMPTY}\n", "64 lowercase"),
        (f"sha256:sha256:{EMPTY}", "64 lowercase"),
    ],
)
def test_any_other_spelling_is_refused(text: str, reason: str) -> None:
    with pytest.raises(InvalidDigest, match=reason) as caught:
        Digest.parse(text)
    assert caught.value.remedy


@given(st.text())
def test_arbitrary_text_is_a_digest_or_a_clean_error(text: str) -> None:
    try:
        digest = Digest.parse(text)
    except InvalidDigest:
        return
    assert str(digest) == text


@pytest.mark.parametrize("value", [b"", b"x" * 31, b"x" * 33])
def test_a_hash_has_32_bytes(value: bytes) -> None:
    with pytest.raises(InvalidDigest, match="32 bytes"):
        to_hash32(value)
    with pytest.raises(InvalidDigest, match="32 bytes"):
        Digest(Algorithm.SHA256, Hash32(value))


def test_hash32_from_hex_reads_bare_hexadecimal() -> None:
    assert hash32_from_hex(EMPTY) == hashlib.sha256(b"").digest()
    with pytest.raises(InvalidDigest, match="64 lowercase"):
        hash32_from_hex(f"0x{EMPTY}")


def test_digests_are_values() -> None:
    assert len({Digest.of(b"a"), Digest.of(b"a"), Digest.of(b"b")}) == 2
    with pytest.raises(AttributeError):
        Digest.of(b"a").value = to_hash32(bytes(32))  # type: ignore[misc]  # frozen is the point
