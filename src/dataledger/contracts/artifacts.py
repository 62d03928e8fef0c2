"""The compiled contracts that ship in the package, so that using them needs no compiler."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any


class ContractName(StrEnum):
    """The contracts that a profile names."""

    ORGANISATIONS = "Organisations"
    DATASET_LEDGER = "DatasetLedger"
    DATA_USE = "DataUse"


LEDGER_CONTRACTS = (ContractName.ORGANISATIONS, ContractName.DATASET_LEDGER)
"""The contracts that every profile names; the others may be missing."""


@dataclass(frozen=True, slots=True)
class ImmutableReference:
    """Bytes of the runtime code that the constructor fills in."""

    start: int
    length: int


@dataclass(frozen=True, slots=True)
class Artifact:
    """One compiled contract.

    `abi` is the contract's JSON ABI. `bytecode` creates the contract when the ABI-encoded
    constructor arguments follow it; `deployed_bytecode` is the runtime code, zero at the
    `immutable_references`. Compare objects of this class by `name`.
    """

    name: ContractName
    abi: tuple[Mapping[str, Any], ...] = field(repr=False, compare=False)
    bytecode: bytes = field(repr=False, compare=False)
    deployed_bytecode: bytes = field(repr=False, compare=False)
    immutable_references: tuple[ImmutableReference, ...] = field(compare=False)

    @classmethod
    @cache
    def load(cls, name: ContractName) -> "Artifact":
        """Return the artifact of `name`; read from the package once in a process."""
        text = files(__package__).joinpath("artifacts", f"{name}.json").read_text("utf-8")
        document = json.loads(text)
        return cls(
            name=name,
            abi=tuple(MappingProxyType(item) for item in document["abi"]),
            bytecode=_code(document["bytecode"]),
            deployed_bytecode=_code(document["deployed_bytecode"]),
            immutable_references=tuple(
                ImmutableReference(reference["start"], reference["length"])
                for reference in document["immutable_references"]
            ),
        )


def _code(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))
