"""Between the contracts' ABI and the typed values of `types`, `events` and `calls`.

Values go by their Python types, so one codec serves structs, events, errors, arguments and results.
Decoding is strict: bytes that are not the one canonical encoding of a valid value are refused.
Solidity strings are any bytes; those that are not UTF-8 come as Python's surrogate escapes, and
leave as they came.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from enum import IntEnum, IntFlag
from functools import cache
from types import NoneType, UnionType
from typing import Any, get_args, get_type_hints

from dataledger.contracts.artifacts import Artifact, ContractName
from dataledger.contracts.identifiers import (
    Address,
    DatasetId,
    GrantId,
    ProjectId,
    RunId,
    Slug,
    address_of,
    keccak256,
    to_slug,
)
from dataledger.contracts.types import Policy, StageTable, VersionRecord
from dataledger.errors import InvalidArgument, NodeError, UsageError, shown
from dataledger.hashing import Algorithm, Digest, Hash32

WORD_BYTES = 32
SELECTOR_BYTES = 4

_READS_OF_A_BYTE = 8
"""What decoding takes: a struct is read when it is checked, and when it is followed; so are those
within it, three deep at most."""

_REMEDY = "Ask another node; if it answers the same, check the contract addresses."


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter, struct component or return value in the ABI."""

    name: str
    type: str
    """As in signatures; tuples are written out: `(bytes32,uint32,uint8)[]`."""
    is_indexed: bool
    components: tuple["Parameter", ...]

    @classmethod
    def parse(cls, item: Mapping[str, Any]) -> "Parameter":
        """Read a parameter of the JSON ABI."""
        components = tuple(cls.parse(component) for component in item.get("components", ()))
        written = f"({','.join(component.type for component in components)})"
        return cls(
            name=item["name"],
            type=item["type"].replace("tuple", written),
            is_indexed=item.get("indexed", False),
            components=components,
        )


@dataclass(frozen=True, slots=True)
class AbiItem:
    """A function, event or error of a contract."""

    contract: ContractName
    kind: str
    name: str
    inputs: tuple[Parameter, ...]
    outputs: tuple[Parameter, ...]

    @property
    def signature(self) -> str:
        """What its selector or topic is the hash of, such as `suspend(uint32,string)`."""
        return f"{self.name}({','.join(parameter.type for parameter in self.inputs)})"

    @property
    def topic(self) -> Hash32:
        """The first topic of an event; its first four bytes are the selector of the others."""
        return keccak256(self.signature.encode())

    @property
    def selector(self) -> bytes:
        """The first four bytes of a function's calldata, or of an error."""
        return self.topic[:SELECTOR_BYTES]


@cache
def abi_items(contract: ContractName, kind: str) -> tuple[AbiItem, ...]:
    """Return the `function`, `event`, `error` or `constructor` entries of a contract."""
    return tuple(
        AbiItem(
            contract=contract,
            kind=kind,
            name=item.get("name", ""),
            inputs=tuple(Parameter.parse(i) for i in item.get("inputs", ())),
            outputs=tuple(Parameter.parse(o) for o in item.get("outputs", ())),
        )
        for item in Artifact.load(contract).abi
        if item["type"] == kind
    )


@cache
def abi_item(contract: ContractName, kind: str, name: str, argument_count: int) -> AbiItem:
    """Return the one entry of that name which takes that many arguments."""
    (item,) = (
        item
        for item in abi_items(contract, kind)
        if item.name == name and len(item.inputs) == argument_count
    )
    return item


# ------------------------------------------------------------------------------------------- bytes


def encode(types: Sequence[str], values: Sequence[object]) -> bytes:
    """Return the ABI encoding of raw values.

    Raises:
        InvalidArgument: a value does not fit its type.
    """
    from eth_abi.abi import encode as encode_abi
    from eth_abi.exceptions import EncodingError

    try:
        return encode_abi([_as_bytes(t) for t in types], values)
    except EncodingError as error:
        raise InvalidArgument(
            f"A value cannot be sent to the contract: {shown(str(error))}.",
            remedy="Give a value within the range of its field.",
        ) from error


def decode(types: Sequence[str], data: bytes) -> tuple[Any, ...]:
    """Return the raw values that `data` encodes.

    Raises:
        NodeError: `data` is not the one canonical encoding of such values.
    """
    from eth_abi.exceptions import DecodingError

    try:
        values: tuple[Any, ...] = _decoder().decode([_as_bytes(t) for t in types], data)
    except (DecodingError, OverflowError, ValueError) as error:
        raise malformed(f"not {','.join(types)}: {error}", data) from error
    if encode(types, values) != data:
        raise malformed(f"not the canonical encoding of {','.join(types)}", data)
    return values


@cache
def _decoder() -> Any:
    """Return a decoder that ends where it reads the same bytes again and again.

    The elements of an array may all point to one long string: a few bytes would become gigabytes.
    In the canonical encoding, which alone is taken, every byte is part of one value.
    """
    from eth_abi.codec import ABIDecoder
    from eth_abi.decoding import ContextFramesBytesIO
    from eth_abi.registry import registry

    class Stream(ContextFramesBytesIO):
        bytes_read = 0

        def read(self, size: int | None = -1, /) -> bytes:
            found = super().read(size)
            self.bytes_read += len(found)
            if self.bytes_read > _READS_OF_A_BYTE * self.getbuffer().nbytes:
                raise ValueError("its parts overlap")
            return found

    class Decoder(ABIDecoder):
        stream_class = Stream

    return Decoder(registry)


def malformed(reason: str, data: bytes) -> NodeError:
    """Return the error for bytes from the chain that are not what the contract writes."""
    return NodeError(
        f"The node answered {len(data)} bytes that are {shown(reason)[1:-1]}.",
        remedy=_REMEDY,
    )


def _as_bytes(abi_type: str) -> str:
    # The two encode alike, but only as bytes does a text that is not UTF-8 survive.
    return abi_type.replace("string", "bytes")


# ------------------------------------------------------------------------------------ typed values


def to_raw(kind: Any, value: Any) -> Any:
    """Return a typed value in the form that `encode` takes."""
    kind, _ = _unwrap_optional(kind)
    if value is None:
        return _zero(kind)
    if kind in _TO_RAW:
        return _TO_RAW[kind](value)
    if _is_struct(kind):
        return tuple(to_raw(hint, getattr(value, name)) for name, hint in field_types(kind).items())
    if _is_sequence(kind):
        return [to_raw(get_args(kind)[0], item) for item in value]
    return value


def from_raw(kind: Any, raw: Any) -> Any:
    """Return what `decode` gave as a value of the type `kind`.

    Raises:
        NodeError: no contract writes such a value, such as a slug that breaks the rule.
    """
    try:
        return _from_raw(kind, raw)
    except UsageError as error:
        raise NodeError(
            f"The node answered what no contract writes: {error}", remedy=_REMEDY
        ) from error


def _from_raw(kind: Any, raw: Any) -> Any:
    kind, optional = _unwrap_optional(kind)
    if optional and raw == _zero(kind):
        return None
    if kind in _FROM_RAW:
        return _FROM_RAW[kind](raw)
    if _is_struct(kind):
        types = field_types(kind).values()
        return kind(*(_from_raw(hint, item) for hint, item in zip(types, raw, strict=True)))
    if _is_sequence(kind):
        return tuple(_from_raw(get_args(kind)[0], item) for item in raw)
    if isinstance(kind, type) and issubclass(kind, IntEnum | IntFlag):
        return _enumerated(kind, raw)
    return raw


def field_types(kind: Any) -> dict[str, Any]:
    """Return the fields of a dataclass, in order, with their resolved types."""
    found = _field_types.get(kind)
    if found is None:
        found = _field_types[kind] = _resolve_fields(kind)
    return found


_field_types: dict[Any, dict[str, Any]] = {}


def _resolve_fields(kind: Any) -> dict[str, Any]:
    hints = get_type_hints(kind)
    return {field.name: hints[field.name] for field in fields(kind)}


def python_name(parameter: Parameter) -> str:
    """Return how Python spells a Solidity parameter's name."""
    if parameter.name in {"from", "to"}:
        return f"{parameter.name}_stage"
    name = "".join(f"_{c.lower()}" if c.isupper() else c for c in parameter.name)
    # All times are uint40, except a deadline, which comes from EIP-712's customs.
    return f"{name}_unix" if parameter.type == "uint40" or name == "deadline" else name


def encode_struct(value: Policy) -> bytes:
    """Return abi.encode of a policy: an offset, then its fields."""
    (parameter,) = abi_item(ContractName.DATASET_LEDGER, "function", "publishPolicy", 1).inputs
    return encode([parameter.type], [to_raw(Policy, value)])


def encode_fields(record: VersionRecord) -> bytes:
    """Return abi.encode of a version record's fields, without the offset of a struct."""
    item = abi_item(ContractName.DATASET_LEDGER, "function", "addVersion", 3)
    components = item.inputs[2].components
    return encode([c.type for c in components], to_raw(VersionRecord, record))


def text_from_raw(raw: bytes) -> str:
    """Return a Solidity string; bytes that are not UTF-8 become surrogate escapes."""
    return raw.decode("utf-8", "surrogateescape")


def text_to_raw(text: str) -> bytes:
    """Return the bytes of a Solidity string."""
    return text.encode("utf-8", "surrogateescape")


def _slug_from_raw(raw: bytes) -> Slug:
    return to_slug(text_from_raw(raw.rstrip(b"\0")))


def _slug_to_raw(slug: Slug) -> bytes:
    return text_to_raw(slug).ljust(WORD_BYTES, b"\0")


def _digest_from_raw(raw: bytes) -> Digest:
    return Digest(Algorithm.SHA256, Hash32(raw))


def _digest_to_raw(digest: Digest) -> bytes:
    if digest.algorithm is not Algorithm.SHA256:
        # The chain keeps 32 bytes alone: by another algorithm, they would come back as SHA-256.
        raise InvalidArgument(
            f"{digest} cannot be recorded: the contracts hold SHA-256 digests.",
            remedy="Give the sha256:… digest of the document, or a content root.",
        )
    return digest.value


_IDENTIFIERS = (DatasetId, ProjectId, GrantId, RunId)
_TO_RAW: dict[Any, Any] = {
    str: text_to_raw,
    Slug: _slug_to_raw,
    Digest: _digest_to_raw,
    StageTable: lambda table: table.value,
    **dict.fromkeys(_IDENTIFIERS, lambda identifier: identifier.value),
}
_FROM_RAW: dict[Any, Any] = {
    str: text_from_raw,
    Slug: _slug_from_raw,
    Digest: _digest_from_raw,
    StageTable: StageTable,
    **{kind: kind for kind in _IDENTIFIERS},
    Address: lambda raw: address_of(bytes.fromhex(raw[2:])),
}
_ZEROS: dict[Any, Any] = {
    Digest: bytes(WORD_BYTES),
    Address: "0x" + "00" * 20,
    VersionRecord: (bytes(WORD_BYTES), bytes(WORD_BYTES), 0, 0, 0, 0, ()),
}


def _zero(kind: Any) -> Any:
    return _ZEROS.get(kind, 0)


def _unwrap_optional(kind: Any) -> tuple[Any, bool]:
    if isinstance(kind, UnionType) or NoneType in get_args(kind):
        (inner,) = (argument for argument in get_args(kind) if argument is not NoneType)
        return inner, True
    return kind, False


def _is_struct(kind: Any) -> bool:
    return is_dataclass(kind)


def _is_sequence(kind: Any) -> bool:
    return getattr(kind, "__origin__", None) is tuple


def _enumerated(kind: type[IntEnum | IntFlag], raw: int) -> IntEnum | IntFlag:
    try:
        return kind(raw)
    except ValueError as error:
        raise malformed(f"no {kind.__name__}: {raw}", raw.to_bytes(WORD_BYTES)) from error
