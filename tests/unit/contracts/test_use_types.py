"""The values of `DataUse`: ids, quorums, costs, and what executors sign."""

import json
import runpy
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from eth_account.messages import _hash_eip191_message, encode_typed_data
from generators import addresses, digests, hashes
from hypothesis import given
from hypothesis import strategies as st

from dataledger.chain.typed_data import Domain, TypedData
from dataledger.contracts.abi import abi_items, encode, to_raw
from dataledger.contracts.artifacts import ContractName
from dataledger.contracts.identifiers import (
    Commitment,
    DatasetId,
    GrantId,
    OrgId,
    ProjectId,
    RunId,
    address_of,
    keccak256,
)
from dataledger.contracts.use_types import (
    MAX_PURPOSE,
    NO_COST,
    RECEIPT_TYPES,
    Cost,
    Input,
    Outcome,
    Quorum,
    Receipt,
    Request,
    bitmap_of,
    grant_id,
    numbers_in,
    project_id,
    receipt_message,
)
from dataledger.errors import InvalidArgument, InvalidIdentifier
from dataledger.hashing import Algorithm, Digest, Hash32

VECTORS = Path(__file__).resolve().parents[2] / "vectors"
RECEIPTS: dict[str, Any] = json.loads((VECTORS / "receipts.json").read_text("utf-8"))
USE = address_of(bytes.fromhex(RECEIPTS["data_use"][2:]))
KEYS = [address_of(bytes([number]) * 20) for number in (9, 1, 200)]


def _bytes(text: str) -> Hash32:
    return Hash32(bytes.fromhex(text[2:]))


def _digest(text: str) -> Digest:
    return Digest(Algorithm.SHA256, _bytes(text))


def _receipt(case: dict[str, Any]) -> Receipt:
    inputs = zip(case["datasets"], case["versions"], case["commitments"], strict=True)
    return Receipt(
        grant=GrantId.parse(case["grant"]),
        run=RunId.parse(case["run"]),
        code=_digest(case["code"]),
        environment=_digest(case["environment"]),
        inputs=tuple(
            Input(DatasetId.parse(dataset), version, Commitment(_bytes(commitment)))
            for dataset, version, commitment in inputs
        ),
        output=_digest(case["output"]) if any(_bytes(case["output"])) else None,
        spent=Cost(case["micro"], case["delta_pico"]),
        outcome=Outcome(case["outcome"]),
    )


@pytest.mark.parametrize("case", RECEIPTS["receipts"], ids=lambda case: str(case["name"]))
def test_what_executors_sign_is_that_of_the_vectors(case: dict[str, Any]) -> None:
    domain = Domain("DataLedger", "1", RECEIPTS["chain_id"], USE)
    data = TypedData(domain, "Receipt", RECEIPT_TYPES, receipt_message(_receipt(case)))
    data.check()
    signable = encode_typed_data(full_message=data.document())
    assert signable.body == _bytes(case["struct_hash"])
    assert bytes(_hash_eip191_message(signable)) == _bytes(case["digest"])


def test_the_vectors_are_what_their_script_writes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(VECTORS)
    script = SimpleNamespace(**runpy.run_path(str(VECTORS / "generate_receipts.py")))
    assert (VECTORS / "receipts.json").read_text() == script.written(script.receipts())
    assert len(RECEIPTS["receipts"]) == RECEIPTS["receipt_count"]


@given(st.integers(1, 2**63), addresses, st.integers(1, 2**32 - 1), digests, st.integers(1, 2**256))
def test_a_projects_id_is_the_hash_of_what_it_is(
    chain_id: int, use: Any, org: int, document: Digest, purposes: int
) -> None:
    purposes -= 1
    types = ["uint256", "address", "uint32", "bytes32", "uint256"]
    encoded = encode(types, [chain_id, use, org, document.value, purposes])
    found = project_id(chain_id, use, OrgId(org), document, purposes)
    assert found == ProjectId(keccak256(encoded))


@given(hashes, digests | st.none(), st.integers(0, 2**32 - 1), st.integers(0, 255))
def test_a_requests_id_is_the_hash_of_what_it_asks(
    value: Hash32, code: Digest | None, version: int, purpose: int
) -> None:
    request = Request(
        *(ProjectId(value), DatasetId(value), version, purpose),
        Digest.of(b"terms"),
        code,
        2**64 - 1,
    )
    (item,) = (f for f in abi_items(ContractName.DATA_USE, "function") if f.name == "grantId")
    types = ["uint256", "address", item.inputs[0].type]
    encoded = encode(types, [7, USE, to_raw(Request, request)])
    assert grant_id(7, USE, request) == GrantId(keccak256(encoded))


def test_a_quorum_is_put_in_order() -> None:
    assert Quorum.of(2, KEYS).executors == (KEYS[1], KEYS[0], KEYS[2])
    assert Quorum.of(0, ()) == Quorum()


@pytest.mark.parametrize(("threshold", "count"), [(0, 1), (2, 1), (1, 0), (-1, 0), (-1, 2)])
def test_a_quorum_that_cannot_sign_is_refused(threshold: int, count: int) -> None:
    with pytest.raises(InvalidArgument, match=f"{threshold} of {count}"):
        Quorum.of(threshold, KEYS[:count])


def test_an_executor_that_stands_twice_is_refused() -> None:
    with pytest.raises(InvalidArgument, match="twice"):
        Quorum.of(1, [KEYS[0], KEYS[1], KEYS[0]])


def test_costs_are_within_their_fields() -> None:
    assert Cost(3, 4) + Cost(1, 2) == Cost(4, 6)
    assert Cost(3, 4) - Cost(3, 1) == Cost(0, 3)
    assert Cost(3, 4).is_within(Cost(3, 4))
    assert not Cost(3, 4).is_within(Cost(4, 3))
    assert not Cost(4, 3).is_within(Cost(3, 4))
    for parts in ((-1, 0), (0, 2**64)):
        with pytest.raises(InvalidArgument):
            Cost(*parts)
    with pytest.raises(InvalidArgument):
        NO_COST - Cost(1)


@given(st.sets(st.integers(0, MAX_PURPOSE)))
def test_bitmaps_hold_numbers(numbers: set[int]) -> None:
    assert numbers_in(bitmap_of(numbers, highest=MAX_PURPOSE)) == tuple(sorted(numbers))


@pytest.mark.parametrize("number", [-1, 256])
def test_a_number_that_no_bitmap_holds_is_refused(number: int) -> None:
    with pytest.raises(InvalidArgument, match=str(number)):
        bitmap_of([number], highest=MAX_PURPOSE)


@pytest.mark.parametrize(
    ("kind", "noun"),
    [
        (DatasetId, "a dataset id"),
        (ProjectId, "a project id"),
        (GrantId, "a grant id"),
        (RunId, "a run id"),
    ],
)
def test_ids_are_of_one_kind_each(kind: Any, noun: str) -> None:
    value = Hash32(b"\x07" * 32)
    assert kind.parse(f"0x{value.hex()}") == kind(value)
    assert repr(kind(value)) == f"{kind.__name__}('0x{value.hex()}')"
    assert sum(kind(value) == other(value) for other in (DatasetId, ProjectId, GrantId, RunId)) == 1
    with pytest.raises(InvalidIdentifier, match=noun):
        kind.parse("0x07")
