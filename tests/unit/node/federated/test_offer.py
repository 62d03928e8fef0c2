from dataclasses import replace
from typing import Any

import pytest
from consortium import new_signer
from hypothesis import given
from hypothesis import strategies as st

from dataledger.contracts.identifiers import Address, GrantId, RunId
from dataledger.errors import SignatureInvalid, UseDocumentError
from dataledger.hashing import Digest, Hash32, canonical_bytes, parse_canonical
from dataledger.node.federated import Offer, SignedOffer

CONTRACT = Address("0x5FbDB2315678afecb367f032d93F642f64180aa3")
OTHER = Address("0xe7f1725E7734CE288F8367e1Bb143E90bb3F0512")
SIGNER = new_signer()
OFFER = Offer(
    grant=GrantId(Hash32(bytes([1]) * 32)),
    run=RunId(Hash32(bytes([2]) * 32)),
    document=Digest.of(b"a question"),
    host="node.acme.example",
    port=40_001,
    certificate=b"DER",
    expires_at_unix=1_790_000_000,
)
SIGNED = SignedOffer.sign(OFFER, SIGNER, 31_337, CONTRACT)


def test_an_offer_travels_and_keeps_its_signature() -> None:
    travelled = SignedOffer.from_json(parse_canonical(canonical_bytes(SIGNED.to_json())))
    assert travelled == SIGNED
    travelled.check(31_337, CONTRACT)


@pytest.mark.parametrize(
    "changed",
    [
        {"grant": GrantId(Hash32(bytes([9]) * 32))},
        {"run": RunId(Hash32(bytes([9]) * 32))},
        {"document": Digest.of(b"another")},
        {"host": "node.evil.example"},
        {"port": 40_002},
        {"certificate": b"another"},
        {"expires_at_unix": 1_790_000_001},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_every_part_of_an_offer_is_signed(changed: dict[str, Any]) -> None:
    with pytest.raises(SignatureInvalid):
        replace(SIGNED, offer=replace(OFFER, **changed)).check(31_337, CONTRACT)


def test_an_offer_is_for_one_chain_contract_and_key() -> None:
    for chain_id, contract in [(1, CONTRACT), (31_337, OTHER)]:
        with pytest.raises(SignatureInvalid):
            SIGNED.check(chain_id, contract)
    with pytest.raises(SignatureInvalid):
        replace(SIGNED, by=new_signer().address).check(31_337, CONTRACT)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "node-1.acme.example", "localhost", "a"])
def test_names_and_addresses_are_hosts(host: str) -> None:
    SignedOffer.from_json({**SIGNED.to_json(), "host": host})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("host", host) for host in ["", "a b", "-a", "a/b", "a@b", "x" * 254, "é", "a\n", 7]),
        *(("port", port) for port in [0, 65_536, "40001", -1]),
        *(("certificate", text) for text in ["", "!", "QQ", "QR==", "é", "A" * 8000, None]),
        *(
            ("signature", text)
            for text in ["0x", "0x12", "zz", "0x" + "0" * 128, "00" * 65, "0x" + "AB" * 65]
        ),
        *(("by", text) for text in ["0x", CONTRACT.lower(), None]),
        *(("document", text) for text in ["sha256:", "blake3:" + "0" * 64]),
        *(("expires_at_unix", when) for when in [-1, "soon", True]),
        *(("grant", text) for text in ["0x12", "0X" + "0" * 64]),
        *(("run", text) for text in ["", 5]),
        ("more", "of it"),
    ],
)
def test_anything_else_is_no_offer(name: str, value: Any) -> None:
    with pytest.raises(UseDocumentError, match="no offer of a node"):
        SignedOffer.from_json({**SIGNED.to_json(), name: value})


@pytest.mark.parametrize("name", sorted(SIGNED.to_json()))
def test_an_offer_lacks_nothing(name: str) -> None:
    document = {key: value for key, value in SIGNED.to_json().items() if key != name}
    with pytest.raises(UseDocumentError, match="no offer of a node"):
        SignedOffer.from_json(document)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
        max_leaves=5,
    )
)
def test_no_other_json_is_an_offer(value: Any) -> None:
    with pytest.raises(UseDocumentError):
        SignedOffer.from_json(value)
