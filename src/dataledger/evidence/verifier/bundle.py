"""The file of an evidence bundle: `dataledger/evidence/1`.

Everything in it is either compared with the pins or leads to them by hashes. It has one spelling
only: lists that could stand in any order are sorted, and hold nothing twice.
"""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any, Self

from dataledger.contracts.identifiers import Address, DatasetId, to_address, to_version
from dataledger.errors import EvidenceError, UsageError, shown
from dataledger.evidence.verifier.header import Header
from dataledger.evidence.verifier.pins import Consensus
from dataledger.evidence.verifier.seals import block_hash
from dataledger.hashing import (
    Hash32,
    JsonValue,
    members,
    natural,
    not_canonical,
    parse_strict,
    string,
    to_hash32,
)

FORMAT = "dataledger/evidence/1"
MAX_BUNDLE_BYTES = 256 * 1024 * 1024
_MAX_ITEMS = MAX_BUNDLE_BYTES // 32
"""Events have one for 50 bytes and more, and everything else in a bundle fewer."""
MAX_HEADERS = 1024
MAX_HEADER_BYTES = 64 * 1024
MAX_NODE_BYTES = 1024
"""A full branch of a trie has 532."""
MAX_VERSIONS = 1024
REMEDY = "Use the file exactly as it was written; if that is what you have, ask for a new one."

_MEMBERS = (
    *("chain_id", "consensus", "contract", "dataset", "documents", "events"),
    *("format", "headers", "nodes", "proofs", "versions"),
)
_BYTES = re.compile(r"0x(?:[0-9a-f]{2})*")
_TOPICS = 4


@dataclass(frozen=True, slots=True)
class Event:
    """A log of the contract, undecoded."""

    topics: tuple[Hash32, ...]
    data: bytes


@dataclass(frozen=True)
class Bundle:
    """What a bundle holds: well formed, and nothing more until `verify_bundle` has said so."""

    chain_id: int
    consensus: Consensus
    contract: Address
    dataset: DatasetId
    versions: tuple[int, ...]
    """Those whose commitments and recalls the trie nodes show."""
    headers: tuple[bytes, ...]
    """RLP: of the block whose state is shown, then of those that follow it."""
    nodes: tuple[bytes, ...]
    """RLP: of the tries of accounts and of the contract's storage."""
    events: tuple[Event, ...]
    documents: tuple[str, ...]
    """Manifests, activity records and descriptions, each exactly as its digest has it."""
    proofs: tuple[str, ...]
    """Proof files, without anchors."""

    @property
    def header(self) -> Header:
        """The header of the block whose state is shown. Raises `ProofInvalid` where it is none."""
        return Header.parse(self.headers[0])

    @property
    def block_hash(self) -> Hash32:
        """The hash of that block. Raises as `header` does."""
        return block_hash(self.header, self.consensus)

    @cached_property
    def _bytes(self) -> bytes:
        # Without floating-point numbers, and with these keys, this is the form of RFC 8785; it is
        # made at thirty times the speed.
        text = json.dumps(
            self._to_json(), ensure_ascii=False, separators=(",", ":"), sort_keys=True
        )
        return text.encode()

    def to_bytes(self) -> bytes:
        """Return the file: canonical JSON (RFC 8785)."""
        return self._bytes

    def _to_json(self) -> dict[str, JsonValue]:
        return {
            "chain_id": self.chain_id,
            "consensus": self.consensus.value,
            "contract": self.contract,
            "dataset": str(self.dataset),
            "documents": list(self.documents),
            "events": [
                {"data": hex_text(event.data), "topics": [hex_text(t) for t in event.topics]}
                for event in self.events
            ],
            "format": FORMAT,
            "headers": [hex_text(header) for header in self.headers],
            "nodes": [hex_text(node) for node in self.nodes],
            "proofs": list(self.proofs),
            "versions": list(self.versions),
        }

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read a bundle's file.

        Raises:
            EvidenceError: it is larger than `MAX_BUNDLE_BYTES`, is not canonical JSON, has members
                missing or too many, or one that is not what its name says.
        """
        try:
            document = members(
                parse_strict(data, max_bytes=MAX_BUNDLE_BYTES, max_items=_MAX_ITEMS), *_MEMBERS
            )
            bundle = cls._from_members(document)
        except UsageError as error:
            raise EvidenceError(f"This is no evidence bundle: {error}", remedy=REMEDY) from error
        if bundle.to_bytes() != data:
            raise not_canonical(data, bundle.to_bytes())
        return bundle

    @classmethod
    def _from_members(cls, document: dict[str, JsonValue]) -> Self:
        if document["format"] != FORMAT:
            raise _wrong(f"its format is {shown(document['format'])}, not {FORMAT!r}")
        kind = string(document["consensus"])
        if kind not in set(Consensus):
            raise _wrong(f"its consensus is {shown(kind)}")
        headers = tuple(_bytes(item, MAX_HEADER_BYTES) for item in _items(document["headers"]))
        if not 1 <= len(headers) <= MAX_HEADERS:
            raise _wrong(f"it has {len(headers)} block headers")
        versions = tuple(to_version(natural(item)) for item in _items(document["versions"]))
        if len(versions) > MAX_VERSIONS:
            raise _wrong(f"it is about {len(versions)} versions")
        events = tuple(_event(item) for item in _items(document["events"]))
        if not events:
            raise _wrong("it has no events")
        return cls(
            chain_id=natural(document["chain_id"]),
            consensus=Consensus(kind),
            contract=_address(document["contract"]),
            dataset=DatasetId.parse(string(document["dataset"])),
            versions=_ordered("versions", versions, key=lambda version: version),
            headers=headers,
            nodes=_ordered(
                "nodes",
                tuple(_bytes(item, MAX_NODE_BYTES) for item in _items(document["nodes"])),
                key=lambda node: node,
            ),
            events=events,
            documents=_texts(document, "documents"),
            proofs=_texts(document, "proofs"),
        )


def hex_text(data: bytes) -> str:
    """Return bytes as a bundle writes them."""
    return f"0x{data.hex()}"


def _texts(document: dict[str, JsonValue], name: str) -> tuple[str, ...]:
    texts = tuple(string(item) for item in _items(document[name]))
    return _ordered(name, texts, key=str.encode)


def _event(value: JsonValue) -> Event:
    found = members(value, "data", "topics")
    topics = tuple(to_hash32(_bytes(item, 32)) for item in _items(found["topics"]))
    if len(topics) != _TOPICS:
        raise _wrong(f"one of its events has {len(topics)} topics")
    return Event(topics, _bytes(found["data"], MAX_BUNDLE_BYTES))


def _address(value: JsonValue) -> Address:
    text = string(value)
    address = to_address(text)
    if text != address:
        raise _wrong(f"the contract is written {text}, and not {address}")
    return address


def _bytes(value: JsonValue, max_bytes: int) -> bytes:
    text = string(value)
    if len(text) > 2 + 2 * max_bytes:
        raise _wrong(f"{shown(text)} stands for more than {max_bytes} bytes")
    if not _BYTES.fullmatch(text):
        raise _wrong(f"{shown(text)} is not 0x and lowercase hexadecimal bytes")
    return bytes.fromhex(text[2:])


def _items(value: JsonValue) -> list[JsonValue]:
    if not isinstance(value, list):
        raise _wrong(f"{shown(value)} stands where a list belongs")
    return value


def _ordered(name: str, values: tuple[Any, ...], *, key: Callable[[Any], Any]) -> tuple[Any, ...]:
    keys: Sequence[Any] = [key(value) for value in values]
    if any(first >= second for first, second in pairwise(keys)):
        raise _wrong(f"its {name} are not sorted, or hold one twice")
    return values


def _wrong(reason: str) -> EvidenceError:
    return EvidenceError(reason, remedy=REMEDY)
