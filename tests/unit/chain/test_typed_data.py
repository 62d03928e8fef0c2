"""EIP-712 messages are checked exactly before they are signed."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataledger.chain.signer import Signer
from dataledger.chain.typed_data import Domain, TypedData
from dataledger.contracts.identifiers import Address, address_of, keccak256
from dataledger.errors import TypedDataError

COW = address_of(bytes.fromhex("CD2a3d9F938E13CD947Ec05AbC7FE734Df8DD826"))
BOB = address_of(bytes.fromhex("bBbBBBBbbBBBbbbBbbBbbbbBBbBbbbbBbBbbBBbB"))
MAIL = TypedData(
    domain=Domain("Ether Mail", "1", 1, address_of(b"\xcc" * 20)),
    primary_type="Mail",
    types={
        "Person": [("name", "string"), ("wallet", "address")],
        "Mail": [("from", "Person"), ("to", "Person"), ("contents", "string")],
    },
    message={
        "from": {"name": "Cow", "wallet": COW},
        "to": {"name": "Bob", "wallet": BOB},
        "contents": "Hello, Bob!",
    },
)


def single(kind: str, value: object) -> TypedData:
    return replace(MAIL, primary_type="T", types={"T": [("x", kind)]}, message={"x": value})


def test_the_example_of_eip_712_is_signed_as_published() -> None:
    cow = Signer(keccak256(b"cow"))
    assert cow.address == COW
    # The signature that EIP-712 gives in its reference example.
    assert cow.sign_typed_data(MAIL).hex() == (
        "4355c47d63924e8a72e509b65029052eb6c299d53a04e167c5775fd466751c9d"
        "07299936d304c153f6443dfa05f40ff007d72911b6f72307f996231605b91562"
        "1c"
    )


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("uint8", 255),
        ("uint256", 2**256 - 1),
        ("int8", -128),
        ("int256", 2**255 - 1),
        ("bytes1", b"x"),
        ("bytes32", bytes(32)),
        ("bytes", b""),
        ("string", "数据"),
        ("bool", False),
        ("address", BOB),
        ("uint8[]", []),
        ("uint8[2][]", [[1, 2], (3, 4)]),
    ],
)
def test_exact_values_are_signed(kind: str, value: object) -> None:
    assert len(Signer(b"\x01" * 32).sign_typed_data(single(kind, value))) == 65


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("uint8", 256),
        ("uint8", -1),
        ("uint8", True),
        ("uint8", "1"),
        ("uint8", 1.0),
        ("int8", 128),
        ("int8", -129),
        ("bytes32", bytes(31)),
        ("bytes32", bytes(33)),
        ("bytes32", "0x" + "00" * 32),
        ("bytes32", bytearray(32)),
        ("bytes", "0x00"),
        ("string", b"x"),
        ("string", "\ud800"),
        ("bool", 1),
        ("address", BOB.lower()),
        ("address", BOB[:-1]),
        ("address", bytes(20)),
        ("uint8[]", 5),
        ("uint8[]", "12"),
        ("uint8[2]", [1]),
        ("uint8[]", [1, 256]),
        ("uint8", None),
    ],
)
def test_other_values_are_not(kind: str, value: object) -> None:
    with pytest.raises(TypedDataError, match=r"not signed: T\.x"):
        single(kind, value).check()


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"primary_type": "Post"}, "primary type 'Post' is not among"),
        ({"message": {"from": {}, "to": {}}}, "lacks the field"),
        ({"message": {**MAIL.message, "more": 1}}, "unknown field 'more'"),
        ({"message": {**MAIL.message, "from": "Cow"}}, r"Mail\.from is 'Cow', not a Person"),
        ({"types": {**MAIL.types, "Unused": [("x", "bool")]}}, r"\['Unused'\] are not used"),
        ({"types": {"Mail": [("x", "uint7")]}}, "unknown type 'uint7'"),
        ({"types": {"Mail": [("x", "bytes33")]}}, "unknown type 'bytes33'"),
        ({"types": {"Mail": [("x", "uint")]}}, "unknown type 'uint'"),
        ({"types": {"Mail": [("x", "uint8[0]")]}}, "unknown type"),
        ({"types": {"Mail": [("x", "bool"), ("x", "bool")]}}, "repeated or misnamed"),
        ({"types": {"Mail": [("x y", "bool")]}}, "repeated or misnamed"),
        ({"types": {"Mail": [("x", "uint8")], "uint8": [("y", "bool")]}}, "cannot name a struct"),
        (
            {"primary_type": "EIP712Domain", "types": {"EIP712Domain": [("x", "bool")]}},
            "cannot name a struct",
        ),
        ({"domain": replace(MAIL.domain, chain_id=-1)}, r"domain\.chainId"),
        (
            {"domain": replace(MAIL.domain, verifying_contract=Address("0x" + "cc" * 20))},
            r"domain\.verifyingContract",
        ),
        ({"message": 5}, "is 5, not a Mail"),
    ],
)
def test_messages_that_do_not_match_their_types(changes: dict[str, Any], reason: str) -> None:
    message = replace(MAIL, **changes)
    with pytest.raises((TypedDataError, TypeError), match=reason):
        message.check()


def test_endless_nesting_is_refused() -> None:
    types = {"Node": [("next", "Node[]")]}
    value: dict[str, Any] = {"next": []}
    for _ in range(20):
        value = {"next": [value]}
    with pytest.raises(TypedDataError, match="nested too deeply"):
        replace(MAIL, primary_type="Node", types=types, message=value).check()


@given(bits=st.sampled_from(range(8, 257, 8)), value=st.integers(-(2**257), 2**257))
def test_integer_ranges(bits: int, value: int) -> None:
    fits = {
        f"uint{bits}": 0 <= value < 2**bits,
        f"int{bits}": -(2 ** (bits - 1)) <= value < 2 ** (bits - 1),
    }
    for kind, expected in fits.items():
        try:
            single(kind, value).check()
            accepted = True
        except TypedDataError:
            accepted = False
        assert accepted is expected
