"""A profile pins one chain: what it is, where to reach it, and which contracts stand on it.

A profile is a JSON file, `profiles/NAME.json` in the user's home directory:

    {"format": "dataledger/profile/1", "name": "devnet", "chain_id": 1145848903,
     "genesis_hash": "0x…", "endpoints": ["http://127.0.0.1:8545/"], "poa": false,
     "confirmations": 1, "contracts": {"Organisations":
       {"address": "0x…", "code_hash": "0x…", "deployed_at_block": 1}}}

Endpoints may hold credentials. They are written to that file, and shown nowhere else.
"""

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self
from urllib.parse import urlsplit

from dataledger.chain.home import home_directory, write_private_file
from dataledger.chain.identifiers import (
    MAX_CHAIN_ID,
    BlockHash,
    ChainIdentity,
    CodeHash,
    to_block_hash,
    to_code_hash,
)
from dataledger.contracts.identifiers import Address, to_address
from dataledger.errors import CanonicalisationError, InvalidArgument, ProfileError, shown
from dataledger.hashing import parse_strict

FORMAT = "dataledger/profile/1"
PROFILE_VARIABLE = "DATALEDGER_PROFILE"
DEFAULT_NAME = "devnet"
MAX_CONFIRMATIONS = 10_000
MAX_PROFILE_BYTES = 1 << 20

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_CONTRACT_NAME = re.compile(r"[A-Z][A-Za-z0-9]{0,63}")
_PROFILE_FIELDS = frozenset(
    ("format", "name", "chain_id", "genesis_hash", "endpoints", "contracts", "poa", "confirmations")
)
_PIN_FIELDS = frozenset(("address", "code_hash", "deployed_at_block"))


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The URL of a node's JSON-RPC service. `str` and `repr` leave out what may be a secret."""

    url: str = field(repr=False)

    def __post_init__(self) -> None:
        try:
            parts = urlsplit(self.url)
            valid = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
        except (ValueError, TypeError, AttributeError):
            valid = False
        if not valid or not self.url.isascii() or not self.url.isprintable() or " " in self.url:
            # The value may hold a credential, so it is not shown.
            raise ProfileError(
                "An endpoint is not an http or https URL with a host.",
                remedy="Write endpoints as http://HOST:PORT/ or https://HOST:PORT/.",
            )

    def __str__(self) -> str:
        parts = urlsplit(self.url)
        host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
        place = host if parts.port is None else f"{host}:{parts.port}"
        # Hosted nodes put their access keys into the path or the query.
        rest = "/…" if parts.path.strip("/") or parts.query or parts.fragment else ""
        return f"{parts.scheme}://{place}{rest}"

    def __repr__(self) -> str:
        return f"Endpoint({str(self)!r})"

    @property
    def is_loopback(self) -> bool:
        """Whether the URL names this machine itself."""
        host = urlsplit(self.url).hostname or ""
        try:
            return ip_address(host).is_loopback
        except ValueError:
            return host == "localhost"


@dataclass(frozen=True, slots=True)
class ContractPin:
    """Where a contract stands, the code it must have, and the block from which it has logs."""

    address: Address
    code_hash: CodeHash
    deployed_at_block: int


@dataclass(frozen=True, slots=True)
class Profile:
    """One chain, as `connect` checks it.

    `confirmations` counts the block that holds a transaction: 1 takes a mined transaction as
    final, which only a chain with immediate finality (QBFT, the devnet) justifies. `poa` marks
    chains whose blocks carry over 32 bytes of extra data (Clique, QBFT).

    Raises:
        ProfileError: A value is out of range.
    """

    name: str
    chain_id: int
    genesis_hash: BlockHash
    endpoints: tuple[Endpoint, ...]
    contracts: Mapping[str, ContractPin] = field(default_factory=lambda: MappingProxyType({}))
    poa: bool = False
    confirmations: int = 1

    def __post_init__(self) -> None:
        check_profile_name(self.name)
        if not 1 <= self.chain_id <= MAX_CHAIN_ID:
            raise _malformed(self.name, f"chain_id is {self.chain_id}")
        if not self.endpoints:
            raise _malformed(self.name, "it has no endpoint")
        if not 1 <= self.confirmations <= MAX_CONFIRMATIONS:
            raise _malformed(self.name, f"confirmations is {self.confirmations}")
        object.__setattr__(self, "contracts", MappingProxyType(dict(self.contracts)))

    @property
    def identity(self) -> ChainIdentity:
        """Which chain this is."""
        return ChainIdentity(self.chain_id, self.genesis_hash)

    def contract(self, name: str) -> ContractPin:
        """Return the pin of the contract `name`. Raises `ProfileError` when there is none."""
        try:
            return self.contracts[name]
        except KeyError:
            raise ProfileError(
                f"The profile {self.name!r} names no contract {shown(name)}.",
                remedy="Deploy the contracts to this chain, or use the administrator's profile.",
            ) from None

    def to_bytes(self) -> bytes:
        """Return the profile file's content: indented JSON, keys sorted, UTF-8."""
        document = {
            "format": FORMAT,
            "name": self.name,
            "chain_id": self.chain_id,
            "genesis_hash": self.genesis_hash,
            "endpoints": [endpoint.url for endpoint in self.endpoints],
            "poa": self.poa,
            "confirmations": self.confirmations,
            "contracts": {
                name: {
                    "address": pin.address,
                    "code_hash": pin.code_hash,
                    "deployed_at_block": pin.deployed_at_block,
                }
                for name, pin in self.contracts.items()
            },
        }
        return json.dumps(document, indent=2, sort_keys=True).encode() + b"\n"

    @classmethod
    def parse(cls, data: bytes, *, name: str) -> Self:
        """Return the profile that `data` holds, which must be called `name`.

        Raises:
            ProfileError: Not strict JSON, unknown or missing fields, or a value of the wrong form.
        """
        try:
            document = _object(
                parse_strict(data, max_bytes=MAX_PROFILE_BYTES), _PROFILE_FIELDS, name
            )
            if document["format"] != FORMAT:
                raise _malformed(name, f"its format is {shown(document['format'])}")
            if document["name"] != name:
                raise _malformed(name, f"it calls itself {shown(document['name'])}")
            contracts = _mapping(document["contracts"], "contracts", name)
            return cls(
                name=name,
                chain_id=_integer(document, "chain_id", name),
                genesis_hash=to_block_hash(_text(document, "genesis_hash", name)),
                endpoints=tuple(Endpoint(url) for url in _texts(document, "endpoints", name)),
                poa=_boolean(document, "poa", name),
                confirmations=_integer(document, "confirmations", name),
                contracts={key: _pin(key, value, name) for key, value in contracts.items()},
            )
        except (CanonicalisationError, InvalidArgument) as error:
            raise _malformed(name, str(error).rstrip(".")) from error

    def save(self, home: Path | None = None) -> Path:
        """Write the profile into `home` (default: the user's) in place of an older one."""
        path = profile_path(self.name, home)
        write_private_file(path, self.to_bytes())
        return path

    @classmethod
    def load(cls, name: str | None = None, home: Path | None = None) -> Self:
        """Return the profile `name` (default: `$DATALEDGER_PROFILE`, else `devnet`) from `home`.

        Raises:
            ProfileError: There is none of that name, or it is malformed.
        """
        name = default_profile_name() if name is None else name
        path = profile_path(name, home)
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            known = ", ".join(profile_names(home)) or "none"
            raise ProfileError(
                f"There is no profile {name!r} in {path.parent} (there: {known}).",
                remedy="Start the devnet with `dataledger devnet up`, or copy the profile file of "
                "your chain's administrator there.",
            ) from None
        except OSError as error:
            raise ProfileError(
                f"The profile {path} cannot be read: {error.strerror}.",
                remedy="Give yourself permission to read it.",
            ) from error
        return cls.parse(data, name=name)


def default_profile_name() -> str:
    """Return `$DATALEDGER_PROFILE`, else `devnet`."""
    return os.environ.get(PROFILE_VARIABLE) or DEFAULT_NAME


def profile_names(home: Path | None = None) -> list[str]:
    """Return the names of the profiles in `home`, sorted. Their files may be malformed."""
    directory = (home or home_directory()) / "profiles"
    return sorted(path.stem for path in directory.glob("*.json") if _NAME.fullmatch(path.stem))


def profile_path(name: str, home: Path | None = None) -> Path:
    """Return where the profile `name` is kept. Raises `ProfileError` on an invalid name."""
    check_profile_name(name)
    return (home or home_directory()) / "profiles" / f"{name}.json"


def check_profile_name(name: str) -> None:
    """Raise `ProfileError` unless `name` follows the rule for slugs."""
    if not _NAME.fullmatch(name):
        raise ProfileError(
            f"Not a profile name: {shown(name)}.",
            remedy="Use 1 to 64 characters of a-z, 0-9, '.', '_', '-', starting with a-z or 0-9.",
        )


def _malformed(name: str, what: str) -> ProfileError:
    return ProfileError(
        f"The profile {shown(name)} is malformed: {what}.",
        remedy="Correct the file, or fetch it again from your chain's administrator.",
    )


def _mapping(value: object, noun: str, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _malformed(name, f"{noun} is not a JSON object")
    return value


def _object(value: object, fields: frozenset[str], name: str) -> dict[str, Any]:
    document = _mapping(value, "it", name)
    for key in sorted(fields - document.keys()):
        raise _malformed(name, f"it has no field {key!r}")
    for key in sorted(document.keys() - fields):
        raise _malformed(name, f"it has an unknown field {shown(key)}")
    return document


def _integer(document: dict[str, Any], key: str, name: str) -> int:
    value = document[key]
    if type(value) is not int:
        raise _malformed(name, f"{key} is not an integer")
    return value


def _boolean(document: dict[str, Any], key: str, name: str) -> bool:
    value = document[key]
    if type(value) is not bool:
        raise _malformed(name, f"{key} is neither true nor false")
    return value


def _text(document: dict[str, Any], key: str, name: str) -> str:
    value = document[key]
    if not isinstance(value, str):
        raise _malformed(name, f"{key} is not a text")
    return value


def _texts(document: dict[str, Any], key: str, name: str) -> list[str]:
    value = document[key]
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise _malformed(name, f"{key} is not a list of texts")
    return value


def _pin(key: str, value: object, name: str) -> ContractPin:
    if not _CONTRACT_NAME.fullmatch(key):
        raise _malformed(name, f"it has a contract named {shown(key)}")
    pin = _object(value, _PIN_FIELDS, name)
    block = _integer(pin, "deployed_at_block", name)
    if block < 0:
        raise _malformed(name, f"deployed_at_block is {block}")
    return ContractPin(
        address=to_address(_text(pin, "address", name)),
        code_hash=to_code_hash(_text(pin, "code_hash", name)),
        deployed_at_block=block,
    )
