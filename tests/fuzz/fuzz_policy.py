"""Lifecycle policies: what is accepted can be sent to the contract, and read back from it."""

from collections.abc import Iterator
from importlib.resources import files
from random import Random

from fuzzing import accepted, mutate_json

from dataledger.contracts.abi import abi_item, decode, encode_struct, from_raw
from dataledger.contracts.artifacts import ContractName
from dataledger.contracts.types import Policy
from dataledger.ledger.policy_document import PolicyDocument

MAX_BYTES = 16_384


def check(data: bytes) -> None:
    document = accepted(PolicyDocument.parse, data)
    if document is None:
        return
    assert PolicyDocument.parse(data) == document
    assert all(warning.isprintable() for warning in document.warnings)
    encoded = encode_struct(document.policy)
    (parameter,) = abi_item(ContractName.DATASET_LEDGER, "function", "publishPolicy", 1).inputs
    (raw,) = decode([parameter.type], encoded)
    assert from_raw(Policy, raw) == document.policy


def seeds() -> Iterator[bytes]:
    yield files("dataledger.ledger").joinpath("policies/default.json").read_bytes()
    yield (
        b'{"format":"dataledger/policy/1","name":"p","stages":["A","B"],"entry":"A",'
        b'"after_version":{"A":"A"},"gate":"0x0000000000000000000000000000000000000001",'
        b'"edges":[{"from":"A","to":"B","capabilities":["CUSTODIAN"],"gated":true,"duty":1,'
        b'"must_differ":["OWNER"],"approvals":2,"approver_capabilities":["AUDITOR"],'
        b'"min_seconds":4294967295}]}'
    )


def mutate(data: bytes, random: Random) -> bytes:
    return mutate_json(data, random)
