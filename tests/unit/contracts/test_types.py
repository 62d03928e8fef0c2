"""Structs: the same fields as in Solidity, and the same digests."""

import dataclasses
import inspect
from typing import Any

import pytest
from generators import structs, values
from hypothesis import given
from hypothesis import strategies as st

from dataledger.contracts import data_use, dataset_ledger, organisations
from dataledger.contracts.abi import (
    Parameter,
    abi_items,
    decode,
    encode,
    field_types,
    from_raw,
    python_name,
    to_raw,
)
from dataledger.contracts.artifacts import Artifact, ContractName
from dataledger.contracts.identifiers import DatasetId, OrgId, PolicyId, Slug, Stage, keccak256
from dataledger.contracts.types import (
    ALL_CAPABILITIES,
    Admission,
    Ancestor,
    Authorisation,
    Capability,
    DatasetState,
    Edge,
    MemberState,
    OrganisationState,
    Parent,
    Place,
    Policy,
    Recall,
    RecordEntry,
    Relation,
    Role,
    Severity,
    StageTable,
    Step,
    VersionRecord,
)
from dataledger.contracts.use_types import (
    Budget,
    Cost,
    Grant,
    Input,
    Project,
    Quorum,
    Receipt,
    Request,
    Reservation,
    Run,
    Terms,
)
from dataledger.errors import InvalidArgument, NodeError
from dataledger.hashing import Algorithm, Digest, Hash32

MODULES = {
    ContractName.ORGANISATIONS: organisations,
    ContractName.DATASET_LEDGER: dataset_ledger,
    ContractName.DATA_USE: data_use,
}
STRUCTS: dict[str, Any] = {
    "Admission": Admission,
    "Ancestor": Ancestor,
    "Authorisation": Authorisation,
    "Budget": Budget,
    "Cost": Cost,
    "Edge": Edge,
    "Grant": Grant,
    "Input": Input,
    "Member": MemberState,
    "Organisation": OrganisationState,
    "Parent": Parent,
    "Place": Place,
    "Policy": Policy,
    "Project": Project,
    "Quorum": Quorum,
    "Recall": Recall,
    "Receipt": Receipt,
    "RecordEntry": RecordEntry,
    "Request": Request,
    "Reservation": Reservation,
    "Run": Run,
    "State": DatasetState,
    "Step": Step,
    "Terms": Terms,
    "VersionRecord": VersionRecord,
}
DATASET = DatasetId(Hash32(b"\x01" * 32))
RECORD = VersionRecord(
    content_root=Digest.of(b"content"),
    manifest_digest=Digest.of(b"manifest"),
    size_bytes=2**60,
    file_count=3,
    parents=(Parent(DATASET, 1, Relation.SAMPLED), Parent(DATASET, 2, Relation.TRAINED_ON)),
)


def _struct_components() -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}

    def visit(item: Any) -> None:
        name = str(item.get("internalType", ""))
        if name.startswith("struct "):
            found[name.rpartition(".")[2].removesuffix("[]")] = item["components"]
        for component in item.get("components", ()):
            visit(component)

    for contract in ContractName:
        for entry in Artifact.load(contract).abi:
            for item in (*entry.get("inputs", ()), *entry.get("outputs", ())):
                visit(item)
    return found


COMPONENTS = _struct_components()


def test_every_struct_of_the_contracts_has_a_class() -> None:
    assert COMPONENTS.keys() == STRUCTS.keys()


@pytest.mark.parametrize("name", STRUCTS)
def test_fields_are_those_of_the_solidity_struct(name: str) -> None:
    expected = [python_name(Parameter.parse(item)) for item in COMPONENTS[name]]
    assert expected == [field.name for field in dataclasses.fields(STRUCTS[name])]


@given(st.sampled_from(sorted(STRUCTS)), st.data())
def test_what_is_encoded_is_decoded(name: str, data: st.DataObject) -> None:
    kind = STRUCTS[name]
    value = data.draw(structs(kind) if kind is not VersionRecord else values(VersionRecord))
    kinds = [Parameter.parse({"name": "", "type": "tuple", "components": COMPONENTS[name]}).type]
    assert from_raw(kind, decode(kinds, encode(kinds, [to_raw(kind, value)]))[0]) == value


def _binding(name: str) -> str:
    return python_name(Parameter(name, "", is_indexed=False, components=()))


@pytest.mark.parametrize("contract", ContractName)
def test_every_function_of_the_contract_has_a_binding(contract: ContractName) -> None:
    module: Any = MODULES[contract]
    names = {item.name for item in abi_items(contract, "function")}
    # Constants of the contract, and OpenZeppelin's description of the EIP-712 domain.
    unbound = {"MAX_DEPTH", "MAX_NAME_LENGTH", "COSIGNED_FROM", "eip712Domain"}
    bound = {name for name, _ in inspect.getmembers(module, inspect.isfunction)} - {"call"}
    assert bound == {_binding(name) for name in names - unbound}


@pytest.mark.parametrize("contract", ContractName)
@given(data=st.data())
def test_calldata_and_results_round_trip(contract: ContractName, data: st.DataObject) -> None:
    module: Any = MODULES[contract]
    functions = [f for name, f in inspect.getmembers(module, inspect.isfunction) if name != "call"]
    function = data.draw(st.sampled_from(functions))
    hints = inspect.get_annotations(function, eval_str=True)
    del hints["return"]
    (item,) = (
        item
        for item in abi_items(contract, "function")
        if _binding(item.name) == function.__name__ and len(item.inputs) == len(hints)
    )
    kinds = zip(hints.items(), item.inputs, strict=True)
    call = function(**{name: data.draw(_fitting(of, p.type)) for (name, of), p in kinds})
    assert (call.item, call.data[:4]) == (item, keccak256(item.signature.encode())[:4])
    types = [parameter.type for parameter in item.inputs]
    assert encode(types, decode(types, call.data[4:])) == call.data[4:]
    if call.kind is None:
        assert call.result(b"") is None
    else:
        outputs = [output.type for output in item.outputs]
        result = data.draw(_fitting(call.kind, outputs[0]))
        raw = to_raw(call.kind, result)
        assert call.result(encode(outputs, [raw] if len(outputs) == 1 else raw)) == result


def _fitting(kind: Any, abi_type: str) -> st.SearchStrategy[Any]:
    if kind is int:
        return st.integers(0, 2 ** int(abi_type.removeprefix("uint")) - 1)
    if "Sequence" in str(kind):
        return st.lists(values(kind.__args__[0]), max_size=2)
    return values(kind)


def test_a_result_that_is_no_such_result_is_refused() -> None:
    with pytest.raises(NodeError, match="2 bytes"):
        organisations.organisation_count().result(b"\x00\x01")
    with pytest.raises(NodeError, match="canonical"):
        organisations.organisation_count().result(bytes(64))


def test_an_argument_outside_its_type_is_refused() -> None:
    with pytest.raises(InvalidArgument, match="4294967296"):
        dataset_ledger.add_version(DATASET, 2**32, RECORD)
    with pytest.raises(InvalidArgument):
        organisations.set_capabilities(OrgId(1), Capability(2**16), Capability(0))


@pytest.mark.parametrize("algorithm", [name for name in Algorithm if name != Algorithm.SHA256])
def test_a_digest_that_the_chain_would_give_back_as_another_is_refused(
    algorithm: Algorithm,
) -> None:
    with pytest.raises(InvalidArgument, match="hold SHA-256 digests"):
        to_raw(Digest, Digest(algorithm, Hash32(bytes(32))))


def test_the_commitment_is_over_the_fields_without_an_offset() -> None:
    words = [
        *(RECORD.content_root.value, RECORD.manifest_digest.value),
        *(n.to_bytes(32) for n in (2**60, 3, 0, 0, 7 * 32, 2)),
        *(DATASET.value, (1).to_bytes(32), (2).to_bytes(32)),
        *(DATASET.value, (2).to_bytes(32), (5).to_bytes(32)),
    ]
    assert RECORD.commitment == keccak256(b"".join(words))


@pytest.mark.parametrize(
    "change",
    [
        {"file_count": 0},
        {"file_count": 2**64},
        {"size_bytes": -1},
        {"record_count": 2**64},
        {"salt_scheme": 256},
    ],
)
def test_a_record_that_no_version_can_have_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(InvalidArgument):
        dataclasses.replace(RECORD, **change)


def test_state_is_unpacked() -> None:
    state = DatasetState(
        owner=OrgId(9),
        stage=Stage(30),
        version_count=2,
        policy=PolicyId(1),
        updated_at_unix=5,
        duties=7 | 8 << 32,
        revision=4,
        flags=0b101 | 6 << 3,
    )
    assert [state.duty_holder(duty) for duty in (1, 2, 3)] == [7, 8, None]
    assert [state.is_carried_over(duty) for duty in (1, 2, 3)] == [True, False, True]
    assert state.resume_stage == 6
    assert dataclasses.replace(state, flags=7).resume_stage is None


def test_a_stage_table_is_read_from_the_left() -> None:
    table = StageTable.of({Stage(1): Stage(1), Stage(31): Stage(2)})
    assert table.value == b"\x00\x01" + bytes(29) + b"\x02"
    assert table.steps == {1: 1, 31: 2}


def test_capabilities_have_names_even_without_a_meaning() -> None:
    assert (Capability.CUSTODIAN | Capability(1 << 9)).names == ("CUSTODIAN", "BIT_9")
    assert len(ALL_CAPABILITIES.names) == 16


def test_a_policy_names_its_stages_and_the_regulators() -> None:
    policy = Policy("p", ("A", "B"), Stage(1), StageTable(Hash32(bytes(32))), None, ())
    assert policy.stages == {1: "A", 2: "B", 30: "SUSPENDED", 31: "RECALLED"}


def test_enums_have_the_order_of_solidity() -> None:
    assert [role.name for role in Role] == ["NONE", "OPERATOR", "ADMIN"]
    assert [s.name for s in Severity] == ["ADVISORY", "SERIOUS", "CRITICAL"]
    assert [r.name for r in Relation] == [
        *("DERIVED", "MERGED", "SAMPLED", "SYNTHESISED", "LABELED_FROM", "TRAINED_ON"),
    ]


def test_slugs_are_padded_words() -> None:
    assert to_raw(Slug, Slug("ab")) == b"ab" + bytes(30)
    assert from_raw(Slug, b"ab" + bytes(30)) == "ab"


def test_fields_are_resolved_once() -> None:
    assert field_types(Step) is field_types(Step)
