"""What a contract returns when it refuses, decoded by its ABI and put into words."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

from dataledger.contracts.abi import (
    SELECTOR_BYTES,
    AbiItem,
    Parameter,
    abi_items,
    decode,
    from_raw,
    text_from_raw,
)
from dataledger.contracts.amounts import delta_text, epsilon_text
from dataledger.contracts.artifacts import ContractName
from dataledger.contracts.identifiers import (
    RESERVED_STAGES,
    WITHOUT_END,
    Address,
    DatasetId,
    GrantId,
    Identifier,
    OrgId,
    PolicyId,
    ProjectId,
    RunId,
    Slug,
    Stage,
)
from dataledger.contracts.refusal_words import WORDS
from dataledger.contracts.types import Capability
from dataledger.contracts.use_refusal_words import USE_WORDS
from dataledger.contracts.use_types import Composition, GrantState, Outcome
from dataledger.errors import NodeError, Refused, shown


@dataclass(frozen=True, slots=True)
class Moment:
    """A time on the chain, in Unix seconds."""

    unix: int


@dataclass(frozen=True, slots=True)
class Part:
    """A part in a dataset's life: 0 is its owner, n is duty n."""

    number: int


class Micro(int):
    """Millionths of ε, or of rho."""


class Pico(int):
    """Units of 10^-12 of δ."""


_NUMBERS = (
    *(("version", "uint32"), ("expected", "uint32"), ("given", "uint32"), ("current", "uint32")),
    *(("length", "uint256"), ("maximum", "uint256"), ("maximum", "uint8"), ("index", "uint256")),
    *(("count", "uint256"), ("duty", "uint8"), ("required", "uint8"), ("given", "uint256")),
    *(("currentNonce", "uint256"), ("code", "uint256")),
    *(("level", "uint8"), ("purpose", "uint8"), ("threshold", "uint8"), ("stages", "uint32")),
    *(("granted", "uint32"), ("executors", "uint256"), ("signatures", "uint256")),
)
_KINDS: dict[tuple[str, str], Any] = {
    **{(name, "uint32"): OrgId for name in ("org", "suspendedBy", "actor", "grantor", "owner")},
    **{(name, "uint32"): OrgId for name in ("holder", "regulator", "parent")},
    **{(name, "uint32"): OrgId for name in ("other", "applicant", "consumer")},
    **{(name, "uint8"): Stage for name in ("stage", "next", "entry", "from", "to")},
    **{(name, "uint8"): Stage for name in ("current", "given")},
    **{(name, "uint16"): Capability for name in ("required", "held", "requested")},
    **{(name, "uint16"): Capability for name in ("capabilities", "grantable")},
    **{(name, "address"): Address for name in ("key", "successor", "gate", "signer", "account")},
    ("executor", "address"): Address,
    **{(name, "uint8"): Composition for name in ("composition", "ofBudget", "ofGrant")},
    **{(name, "bytes32"): bytes for name in ("granted", "given", "recorded", "output")},
    **{(name, "uint64"): Micro for name in ("micro", "leftMicro", "countedMicro", "reservedMicro")},
    **{(name, "uint64"): Pico for name in ("deltaPico", "leftDeltaPico", "countedDeltaPico")},
    ("reservedDeltaPico", "uint64"): Pico,
    **{(name, "uint40"): Moment for name in ("validFrom", "validUntil")},
    **{(name, "uint256"): Moment for name in ("allowedFrom", "deadline")},
    **{(name, "string"): str for name in ("message", "str")},
    **dict.fromkeys(_NUMBERS, int),
    ("policy", "uint16"): PolicyId,
    ("dataset", "bytes32"): DatasetId,
    ("project", "bytes32"): ProjectId,
    ("grant", "bytes32"): GrantId,
    ("run", "bytes32"): RunId,
    ("state", "uint8"): GrantState,
    ("outcome", "uint8"): Outcome,
    ("slug", "bytes32"): Slug,
    ("part", "uint8"): Part,
}
"""What an error's argument is, by its name and type in the ABI."""

_WORDS = WORDS | USE_WORDS
_EMPTY = AbiItem(ContractName.DATASET_LEDGER, "error", "NoReason", (), ())
_SOLIDITY_ERRORS = tuple(
    AbiItem(ContractName.DATASET_LEDGER, "error", name, (Parameter(argument, kind, False, ()),), ())  # noqa: FBT003 - indexed, of which errors have none
    for name, argument, kind in (("Error", "message", "string"), ("Panic", "code", "uint256"))
)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A decoded refusal. `arguments` hold typed values by the names that Solidity gives them."""

    error_name: str
    arguments: Mapping[str, Any]
    kinds: Mapping[str, Any]

    def of_kind(self, kind: Any) -> frozenset[Any]:
        """Return the arguments of one type, such as `OrgId`."""
        return frozenset(self.arguments[name] for name, of in self.kinds.items() if of is kind)

    def in_words(
        self,
        *,
        organisations: Mapping[OrgId, str] | None = None,
        datasets: Mapping[DatasetId, str] | None = None,
        stages: Mapping[Stage, str] | None = None,
    ) -> Refused:
        """Return the error to raise, with things by their names where these are given.

        Its `arguments` are plain: numbers, and text as the contract has it.
        """
        names: dict[Any, Mapping[Any, str]] = {
            OrgId: organisations or {},
            DatasetId: datasets or {},
            Stage: {**RESERVED_STAGES, **(stages or {})},
        }
        words = _WORDS[f"{self.error_name}({', '.join(self.arguments)})"]
        told = {
            name: _told(self.kinds[name], value, names) for name, value in self.arguments.items()
        }
        message = words.message.format_map(told)
        return Refused(
            message[:1].upper() + message[1:],
            remedy=words.remedy.format_map(told),
            error_name=self.error_name,
            arguments={name: _plain(value) for name, value in self.arguments.items()},
        )


def decode_refusal(data: bytes, contract: ContractName) -> Refusal:
    """Return what a contract's revert data says. Any bytes are some refusal.

    Errors of the other contracts are known, too: the ledger passes on what `Organisations` refuses.
    """
    item = _EMPTY if not data else _errors(contract).get(data[:SELECTOR_BYTES])
    if item is not None:
        kinds = {parameter.name: kind_of(parameter) for parameter in item.inputs}
        try:
            raw = decode([p.type for p in item.inputs], data[SELECTOR_BYTES:])
            values = [_typed(kind, value) for kind, value in zip(kinds.values(), raw, strict=True)]
            return Refusal(item.name, dict(zip(kinds, values, strict=True)), kinds)
        except NodeError:
            pass
    return Refusal("UnknownError", {"data": data}, {"data": bytes})


def kind_of(parameter: Parameter) -> Any:
    """Return the type that an error's argument has here. Raises `KeyError` on an unknown one."""
    return _KINDS[parameter.name, parameter.type]


@cache
def _errors(contract: ContractName) -> dict[bytes, AbiItem]:
    # Of errors with one signature in several contracts, the called one's goes last, and wins.
    contracts = sorted(ContractName, key=lambda name: name is contract)
    items = [item for name in contracts for item in abi_items(name, "error")]
    return {item.selector: item for item in (*_SOLIDITY_ERRORS, *items)}


def _typed(kind: Any, raw: Any) -> Any:
    if kind is Slug:
        # The one that was refused may be anything.
        return text_from_raw(raw.rstrip(b"\0"))
    return kind(raw) if kind in {Moment, Part, Capability, Micro, Pico} else from_raw(kind, raw)


def _told(kind: Any, value: Any, names: Mapping[Any, Mapping[Any, str]]) -> str:
    name = names.get(kind, {}).get(value)
    safe_name = None if name is None else shown(name)[1:-1]
    if kind is OrgId:
        return f"organisation {value}" + (f" ({safe_name})" if safe_name else "")
    if kind is Stage:
        return safe_name or f"stage {value}"
    if kind is DatasetId:
        return safe_name or str(value)
    return _TELL.get(kind, str)(value)


def _part(part: Part) -> str:
    return "the owner" if part.number == 0 else f"the holder of duty {part.number}"


def _moment(unix: int) -> str:
    if unix >= WITHOUT_END:
        return "the end of time"
    try:
        return datetime.fromtimestamp(unix, UTC).replace(tzinfo=None).isoformat() + "Z"
    except (ValueError, OverflowError, OSError):  # which one is up to the platform
        return f"a time after the year 9999 ({unix})"


_TELL: dict[Any, Callable[[Any], str]] = {
    str: shown,
    Slug: shown,
    bytes: lambda data: f"0x{shown(data.hex())[1:-1]}",
    Capability: lambda held: " and ".join(held.names) or "none",
    Moment: lambda moment: _moment(moment.unix),
    Part: _part,
    Micro: epsilon_text,
    Pico: delta_text,
    PolicyId: lambda policy: f"policy {policy}",
    **dict.fromkeys((Composition, GrantState, Outcome), lambda value: value.name),
}


def _plain(value: Any) -> object:
    if isinstance(value, bytes):
        return f"0x{value.hex()}"
    if isinstance(value, Identifier):
        return str(value)
    if isinstance(value, Moment):
        return value.unix
    if isinstance(value, Part):
        return value.number
    return int(value) if isinstance(value, int) else value
