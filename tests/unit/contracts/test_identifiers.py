"""Identifiers: what is taken, what is refused, and what they are derived from."""

from collections.abc import Callable

import pytest
from generators import addresses, slugs
from hypothesis import given

from dataledger.contracts.identifiers import (
    DatasetId,
    OrgId,
    Slug,
    dataset_id,
    keccak256,
    to_address,
    to_org_id,
    to_policy_id,
    to_slug,
    to_version,
)
from dataledger.errors import InvalidAddress, InvalidDigest, InvalidIdentifier, InvalidSlug
from dataledger.hashing import Hash32

# The examples of EIP-55.
CHECKSUMMED = [
    "0x52908400098527886E0F7030069857D2E4169EE7",
    "0x8617E340B3D01FA5F11F306F4090FD50E238070D",
    "0xde709f2102306220921060314715629080e2fb77",
    "0x27b1fdb04752bbc536007a920d24acb045561c26",
    "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
    "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
    "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
    "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
]


@pytest.mark.parametrize("text", CHECKSUMMED)
def test_addresses_carry_their_checksum(text: str) -> None:
    assert to_address(text) == text
    assert to_address(text.lower()) == text
    assert to_address("0x" + text[2:].upper()) == text


@pytest.mark.parametrize(
    "text",
    [
        *("", "0x", CHECKSUMMED[4][:-1], CHECKSUMMED[4] + "0", CHECKSUMMED[4][2:]),
        *("0x" + "g" * 40, CHECKSUMMED[4] + "\n", CHECKSUMMED[4].replace("0x5aAe", "0x5AAe")),
    ],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(InvalidAddress):
        to_address(text)


@given(addresses)
def test_addresses_are_stable(address: str) -> None:
    assert to_address(address) == address


@given(slugs)
def test_slugs_are_taken(slug: str) -> None:
    assert to_slug(slug) == slug


@pytest.mark.parametrize(
    "text", ["", "-a", ".a", "_a", "A", "a" * 33, "a b", "a/b", "ä", "a\n", "a\0", "\u202ea"]
)
def test_what_is_no_slug_is_refused(text: str) -> None:
    with pytest.raises(InvalidSlug):
        to_slug(text)


def test_a_dataset_id_is_derived_as_the_contract_derives_it() -> None:
    ledger = to_address(CHECKSUMMED[4])
    words = [
        (77).to_bytes(32),
        bytes(12) + bytes.fromhex(ledger[2:]),
        (5).to_bytes(32),
        b"faces-2026".ljust(32, b"\0"),
    ]
    expected = DatasetId(keccak256(b"".join(words)))
    assert dataset_id(77, ledger, OrgId(5), Slug("faces-2026")) == expected


def test_dataset_ids_are_written_and_read() -> None:
    id_ = DatasetId(Hash32(b"\xab" * 32))
    assert str(id_) == "0x" + "ab" * 32
    assert repr(id_) == f"DatasetId('{id_}')"
    assert DatasetId.parse(str(id_)) == id_
    with pytest.raises(InvalidDigest):
        DatasetId(Hash32(b"\xab" * 31))


@pytest.mark.parametrize("text", ["", "0x", "ab" * 32, "0x" + "AB" * 32, "0x" + "ab" * 33])
def test_what_is_no_dataset_id_is_refused(text: str) -> None:
    with pytest.raises(InvalidIdentifier):
        DatasetId.parse(text)


@pytest.mark.parametrize(
    ("read", "largest"),
    [(to_org_id, 2**32 - 1), (to_policy_id, 2**16 - 1), (to_version, 2**32 - 1)],
)
def test_numbers_are_taken_within_their_range(
    read: Callable[[int | str], int], largest: int
) -> None:
    assert read(1) == read("1") == 1
    assert read(largest) == read(str(largest)) == largest
    for value in (
        0,
        -1,
        largest + 1,
        "0",
        "01",
        "+1",
        " 1",
        "1 ",
        "\u0661",
        "",
        "x",
        True,
        "1" * 5000,
    ):
        with pytest.raises(InvalidIdentifier):
            read(value)


def test_keccak_is_not_sha3() -> None:
    expected = "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"
    assert keccak256(b"").hex() == expected
