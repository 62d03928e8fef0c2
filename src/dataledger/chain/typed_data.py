"""EIP-712 messages, checked exactly before they are signed.

eth-account pads a 31-byte `bytes32`, ignores unknown fields and signs absent ones as null. A
signature over something other than what the signer read is worth refusing early.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dataledger.contracts.identifiers import Address, to_address
from dataledger.errors import InvalidAddress, TypedDataError, shown

_IDENTIFIER = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]{0,127}")
_ARRAY = re.compile(r"(?P<item>.+)\[(?P<length>[1-9][0-9]{0,5})?\]")
_INTEGER = re.compile(r"(?P<sign>u?)int(?P<bits>[1-9][0-9]{0,2})")
_FIXED_BYTES = re.compile(r"bytes(?P<size>[1-9][0-9]?)")
_MAX_DEPTH = 16
_DOMAIN_TYPE = (
    ("name", "string"),
    ("version", "string"),
    ("chainId", "uint256"),
    ("verifyingContract", "address"),
)


@dataclass(frozen=True, slots=True)
class Domain:
    """What a signature is valid for (EIP-712, `EIP712Domain`): all four fields, always."""

    name: str
    version: str
    chain_id: int
    verifying_contract: Address


@dataclass(frozen=True, slots=True)
class TypedData:
    """An EIP-712 message.

    `types` gives each struct's fields in order, as (name, type) pairs, without `EIP712Domain`.
    Values: `int` for integers, `bytes` for `bytes` and `bytesN`, checksummed text for `address`,
    `str`, `bool`, sequences for arrays, mappings for structs.
    """

    domain: Domain
    primary_type: str
    types: Mapping[str, Sequence[tuple[str, str]]]
    message: Mapping[str, object]

    def check(self) -> None:
        """Check types and values against each other.

        Raises:
            TypedDataError: A type is unknown, malformed or unused; a field is missing or unknown;
                or a value is not exactly of its type (range, length, checksum, Unicode).
        """
        _check_types(self.primary_type, self.types)
        types = {"EIP712Domain": _DOMAIN_TYPE}
        _check_struct("EIP712Domain", self._domain(), types, "domain", 0)
        _check_struct(self.primary_type, self.message, self.types, self.primary_type, 0)

    def document(self) -> dict[str, Any]:
        """Return the message in the form of `eth_signTypedData_v4`, with `bytes` as they are."""
        types = {"EIP712Domain": _DOMAIN_TYPE, **self.types}
        return {
            "types": {
                name: [{"name": field, "type": kind} for field, kind in fields]
                for name, fields in types.items()
            },
            "primaryType": self.primary_type,
            "domain": self._domain(),
            "message": _plain(self.message),
        }

    def _domain(self) -> dict[str, object]:
        return {
            "name": self.domain.name,
            "version": self.domain.version,
            "chainId": self.domain.chain_id,
            "verifyingContract": self.domain.verifying_contract,
        }


def _plain(value: object) -> object:
    """Return `value` with dicts and lists for every mapping and sequence."""
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value


def _check_types(primary_type: str, types: Mapping[str, Sequence[tuple[str, str]]]) -> None:
    if primary_type not in types:
        raise _wrong(f"the primary type {shown(primary_type)} is not among its types")
    reached: set[str] = set()
    waiting = [primary_type]
    while waiting:
        name = waiting.pop()
        reached.add(name)
        if not _IDENTIFIER.fullmatch(name) or _is_atomic(name) or name == "EIP712Domain":
            raise _wrong(f"{shown(name)} cannot name a struct")
        names = [field for field, _ in types[name]]
        if len(set(names)) != len(names) or not all(
            _IDENTIFIER.fullmatch(field) for field in names
        ):
            raise _wrong(f"the fields of {name} are repeated or misnamed: {shown(names)}")
        for field, kind in types[name]:
            base = _base(kind)
            if base in types:
                waiting += [base] if base not in reached else []
            elif not _is_atomic(base):
                raise _wrong(f"{name}.{field} has the unknown type {shown(kind)}")
    unused = sorted(types.keys() - reached)
    if unused:
        raise _wrong(f"its types {shown(unused)} are not used")


def _base(kind: str) -> str:
    while array := _ARRAY.fullmatch(kind):
        kind = array["item"]
    return kind


def _is_atomic(kind: str) -> bool:
    if kind in {"address", "bool", "bytes", "string"}:
        return True
    if integer := _INTEGER.fullmatch(kind):
        return int(integer["bits"]) in range(8, 257, 8)
    if fixed := _FIXED_BYTES.fullmatch(kind):
        return 1 <= int(fixed["size"]) <= 32  # noqa: PLR2004 - an EVM word
    return False


def _check_struct(
    name: str,
    value: object,
    types: Mapping[str, Sequence[tuple[str, str]]],
    where: str,
    depth: int,
) -> None:
    if not isinstance(value, Mapping):
        raise _wrong(f"{where} is {shown(value)}, not a {name}")
    fields = dict(types[name])
    for key in [key for key in fields if key not in value]:
        raise _wrong(f"{where} lacks the field {key!r}")
    for key in [key for key in value if key not in fields]:
        raise _wrong(f"{where} has the unknown field {shown(key)}")
    for key, kind in fields.items():
        _check_value(kind, value[key], types, f"{where}.{key}", depth + 1)


def _check_value(
    kind: str,
    value: object,
    types: Mapping[str, Sequence[tuple[str, str]]],
    where: str,
    depth: int,
) -> None:
    if depth > _MAX_DEPTH:
        raise _wrong(f"{where} is nested too deeply")
    if array := _ARRAY.fullmatch(kind):
        if not isinstance(value, list | tuple):
            raise _wrong(f"{where} is {shown(value)}, not a list for {kind}")
        if array["length"] is not None and len(value) != int(array["length"]):
            raise _wrong(f"{where} has {len(value)} items, not the {array['length']} of {kind}")
        for index, item in enumerate(value):
            _check_value(array["item"], item, types, f"{where}[{index}]", depth + 1)
    elif kind in types:
        _check_struct(kind, value, types, where, depth)
    elif not _is_exactly(kind, value):
        raise _wrong(f"{where} is {shown(value)}, which is not exactly a {kind}")


def _is_exactly(kind: str, value: object) -> bool:
    if kind == "bool":
        return type(value) is bool
    if kind == "string":
        return isinstance(value, str) and _is_unicode(value)
    if kind == "address":
        return isinstance(value, str) and _has_checksum(value)
    if integer := _INTEGER.fullmatch(kind):
        bits = int(integer["bits"])
        low, high = (0, 1 << bits) if integer["sign"] else (-(1 << bits - 1), 1 << bits - 1)
        return type(value) is int and low <= value < high
    size = kind.removeprefix("bytes")
    return type(value) is bytes and (not size or len(value) == int(size))


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _has_checksum(text: str) -> bool:
    try:
        return to_address(text) == text
    except InvalidAddress:
        return False


def _wrong(what: str) -> TypedDataError:
    return TypedDataError(
        f"The message was not signed: {what}.",
        remedy="Build the message from the contract's own types, with every value exact.",
    )
