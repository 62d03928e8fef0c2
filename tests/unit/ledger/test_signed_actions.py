"""Signed actions: what is signed is what is said, and files are read strictly."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any, get_args

import pytest
from generators import values
from hypothesis import given, settings
from hypothesis import strategies as st

from dataledger.chain.identifiers import BlockHash, ChainIdentity
from dataledger.chain.signer import Signer
from dataledger.contracts.abi import abi_items, decode, from_raw
from dataledger.contracts.artifacts import ContractName
from dataledger.contracts.identifiers import DatasetId, PolicyId, Slug, Stage, address_of
from dataledger.contracts.types import Authorisation, Parent, Step, VersionRecord
from dataledger.errors import (
    CanonicalisationError,
    InvalidArgument,
    SignatureInvalid,
    TypedDataError,
    WrongChain,
)
from dataledger.hashing import Digest, Hash32
from dataledger.ledger.actions import (
    ACTIONS,
    Action,
    AddVersion,
    Advance,
    Approve,
    Describe,
    Register,
)
from dataledger.ledger.signed import MAX_SIGNED_ACTION_BYTES, SignedAction, Unsigned, sign

SIGNER = Signer(b"\x07" * 32)
LEDGER = address_of(b"\x1e" * 20)
DATASET = DatasetId(Hash32(b"\x02" * 32))
RECORD = VersionRecord(Digest.of(b"a"), Digest.of(b"b"), 2**63, 2, parents=(Parent(DATASET, 1),))
STEP = Step(DATASET, 1, Stage(1), Stage(2), Digest.of(b"evidence"))
EXAMPLES: tuple[Action, ...] = (
    Register(Slug("faces"), PolicyId(1), RECORD),
    Register(Slug("faces"), PolicyId(1), None),
    AddVersion(DATASET, 2, RECORD),
    Advance(STEP),
    Approve(STEP),
    Describe(DATASET, Digest.of(b"description")),
)


def _sign(action: Action, deadline_unix: int = 2_000_000_000) -> SignedAction:
    return sign(action, SIGNER, chain_id=31337, ledger=LEDGER, deadline_unix=deadline_unix)


any_action: st.SearchStrategy[Action] = st.one_of(
    st.builds(Register, values(Slug), values(PolicyId), values(VersionRecord) | st.none()),
    st.builds(AddVersion, values(DatasetId), st.integers(1, 2**32 - 1), values(VersionRecord)),
    st.builds(Advance, values(Step)),
    st.builds(Approve, values(Step)),
    st.builds(Describe, values(DatasetId), values(Digest)),
)


def _is_readable(action: Action) -> bool:
    # The chain counts versions from 1, and so do files.
    record = getattr(action, "record", None)
    numbers = [parent.version for parent in record.parents] if record else []
    step = getattr(action, "step", None)
    return all([*numbers, *([step.version] if step else [])])


@settings(max_examples=40)
@given(any_action.filter(_is_readable), st.integers(0, 2**53 - 1))
def test_what_is_written_is_read_and_by_its_signer(action: Action, deadline_unix: int) -> None:
    signed = _sign(action, deadline_unix)
    assert SignedAction.parse(signed.to_bytes()) == signed
    signed.verify()


@pytest.mark.parametrize("action", EXAMPLES)
def test_the_message_says_what_the_calldata_says(action: Action) -> None:
    signed = _sign(action)
    call = signed.call()
    raw = decode([parameter.type for parameter in call.item.inputs], call.data[4:])
    message = dict(signed.content.typed_data().message)
    said = _flat([message[name] for name, _ in action.fields])
    assert _flat(list(raw[:-1])) == said
    authorisation: Authorisation = from_raw(Authorisation, raw[-1])
    assert (authorisation.signer, authorisation.nonce) == (SIGNER.address, message["nonce"])
    assert (authorisation.deadline_unix, authorisation.signature) == (
        message["deadline"],
        signed.signature,
    )


def _flat(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return _flat(list(value.values()))
    if isinstance(value, list | tuple):
        return [leaf for item in value for leaf in _flat(item)]
    return [value]


def test_every_relayed_function_has_an_action() -> None:
    relayed = {
        item.name
        for item in abi_items(ContractName.DATASET_LEDGER, "function")
        if item.name.endswith("BySig")
    }
    assert {_sign(action).call().item.name for action in EXAMPLES} == relayed
    assert set(ACTIONS.values()) == set(get_args(Action))


def test_nonces_are_first_within_a_key_of_their_own() -> None:
    nonces = {_sign(EXAMPLES[0]).content.nonce for _ in range(10)}
    assert len(nonces) == 10
    assert all(nonce % 2**64 == 0 for nonce in nonces)


def test_what_lies_outside_its_type_is_not_signed() -> None:
    with pytest.raises(TypedDataError):
        _sign(AddVersion(DATASET, 2**32, RECORD))
    for deadline_unix in (-1, 2**53):
        with pytest.raises(InvalidArgument, match="out of range"):
            _sign(EXAMPLES[0], deadline_unix=deadline_unix)
    with pytest.raises(InvalidArgument, match="chain id"):
        sign(EXAMPLES[0], SIGNER, chain_id=0, ledger=LEDGER, deadline_unix=1)


def test_a_bound_key_signs_for_its_chain_only() -> None:
    other = Signer(b"\x07" * 32, bound_to=ChainIdentity(5, BlockHash("0x" + "00" * 32)))
    with pytest.raises(WrongChain):
        sign(EXAMPLES[0], other, chain_id=31337, ledger=LEDGER, deadline_unix=1)


@pytest.mark.parametrize(
    "change",
    [
        lambda s: replace(s, content=replace(s.content, nonce=s.content.nonce + 1)),
        lambda s: replace(s, content=replace(s.content, deadline_unix=1)),
        lambda s: replace(s, content=replace(s.content, chain_id=1)),
        lambda s: replace(s, content=replace(s.content, ledger=SIGNER.address)),
        lambda s: replace(s, content=replace(s.content, signer=LEDGER)),
        lambda s: replace(s, content=replace(s.content, action=Approve(STEP))),
        lambda s: replace(s, signature=b""),
        lambda s: replace(s, signature=s.signature[:-1]),
        lambda s: replace(s, signature=s.signature[:-1] + bytes([s.signature[-1] - 27])),
        lambda s: replace(s, signature=bytes(65)),
        lambda s: replace(s, signature=bytes(64) + b"\x1b"),
    ],
)
def test_a_signature_is_over_all_of_it(change: Callable[[SignedAction], SignedAction]) -> None:
    signed = _sign(Advance(STEP))
    with pytest.raises(SignatureInvalid, match="is not by"):
        change(signed).verify()


def test_the_other_spelling_of_a_signature_is_refused() -> None:
    order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
    signed = _sign(Advance(STEP))
    s = order - int.from_bytes(signed.signature[32:64])
    twin = signed.signature[:32] + s.to_bytes(32) + bytes([55 - signed.signature[64]])
    with pytest.raises(SignatureInvalid):
        replace(signed, signature=twin).verify()


def _set(*path: str, to: object) -> Callable[[Any], None]:
    def change(document: Any) -> None:
        for key in path[:-1]:
            document = document[key]
        document[path[-1]] = to

    return change


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(_set("format", to="dataledger/signed-action/2"), id="format"),
        pytest.param(_set("action", to="destroy"), id="unknown action"),
        pytest.param(_set("action", to=["register"]), id="action is no text"),
        pytest.param(_set("action", to="advance"), id="another action"),
        pytest.param(_set("comment", to="hello"), id="unknown member"),
        pytest.param(lambda document: document.pop("nonce"), id="missing member"),
        pytest.param(_set("nonce", to=5), id="nonce is a number"),
        pytest.param(_set("nonce", to="05"), id="nonce has a leading zero"),
        pytest.param(_set("nonce", to=str(2**256)), id="nonce too large"),
        pytest.param(_set("deadline_unix", to=-1), id="deadline is negative"),
        pytest.param(_set("chain_id", to=0), id="no chain"),
        pytest.param(_set("ledger", to="0x" + "ab" * 20), id="no checksum"),
        pytest.param(_set("signature", to="0x"), id="no signature"),
        pytest.param(_set("signature", to="0xABCD"), id="signature in capitals"),
        pytest.param(_set("signature", to="0x" + "ab" * 10_000), id="signature too long"),
        pytest.param(_set("arguments", "policy", to=0), id="no policy"),
        pytest.param(_set("arguments", "slug", to="No Slug"), id="no slug"),
        pytest.param(_set("arguments", "record", "file_count", to=0), id="no file"),
        pytest.param(_set("arguments", "record", "size_bytes", to="5"), id="count as text"),
        pytest.param(_set("arguments", "record", "size_bytes", to=str(2**64)), id="too large"),
        pytest.param(_set("arguments", "record", "parents", to={}), id="parents are no list"),
        pytest.param(
            _set("arguments", "record", "parents", to=[{"dataset": "0x", "version": 1}]),
            id="parent without relation",
        ),
    ],
)
def test_documents_that_are_no_signed_actions_are_refused(change: Callable[[Any], None]) -> None:
    document = json.loads(_sign(EXAMPLES[0]).to_bytes())
    change(document)
    data = json.dumps(document, sort_keys=True, separators=(",", ":")).encode()
    with pytest.raises(CanonicalisationError):
        SignedAction.parse(data)


@pytest.mark.parametrize(
    ("key", "value"),
    [("from_stage", 0), ("to_stage", 32), ("version", 0), ("evidence", "sha256:00")],
)
def test_steps_are_read_strictly(key: str, value: object) -> None:
    document = json.loads(_sign(Advance(STEP)).to_bytes())
    document["arguments"]["step"][key] = value
    data = json.dumps(document, sort_keys=True, separators=(",", ":")).encode()
    with pytest.raises(CanonicalisationError):
        SignedAction.parse(data)


@pytest.mark.parametrize(
    ("key", "value"),
    [("dataset", "0x00"), ("description", None), ("description", "sha256:00"), ("version", 1)],
)
def test_descriptions_are_read_strictly(key: str, value: object) -> None:
    document = json.loads(_sign(EXAMPLES[-1]).to_bytes())
    document["arguments"][key] = value
    data = json.dumps(document, sort_keys=True, separators=(",", ":")).encode()
    with pytest.raises(CanonicalisationError):
        SignedAction.parse(data)


def test_an_unknown_relation_is_refused() -> None:
    data = _sign(EXAMPLES[0]).to_bytes().replace(b'"DERIVED"', b'"STOLEN"')
    with pytest.raises(CanonicalisationError, match="one of DERIVED"):
        SignedAction.parse(data)


@pytest.mark.parametrize("data", [b"", b"{}", b"[" * 10_000, b" " * (MAX_SIGNED_ACTION_BYTES + 1)])
def test_bytes_that_are_no_signed_actions_are_refused(data: bytes) -> None:
    with pytest.raises(CanonicalisationError):
        SignedAction.parse(data)


def test_a_typed_message_names_contract_and_chain() -> None:
    content = Unsigned(Advance(STEP), 5, LEDGER, SIGNER.address, 0, 1)
    domain = content.typed_data().document()["domain"]
    assert domain == {
        "name": "DataLedger",
        "version": "1",
        "chainId": 5,
        "verifyingContract": LEDGER,
    }
