"""The JSON that travels between a node and whoever asks it, in both directions.

    asked       {"document": "<base64>", "request": {…}}        without work, "document" is absent
    answered    {"content": "<base64>", "format": "dataledger/answer/1", "media_type": "…",
                 "receipt": {…}, "transaction_hash": "0x…"}     the receipt as `UnsignedReceipt`
    joined      {"format": "dataledger/joined/1", "offer": {…}}
    starts      {"format": "dataledger/start/1", "offers": [{…}, …]}    the document of a start
    of itself   {"format": "dataledger/node/1", …}

What goes wrong travels as `problems` says. Base64 is that of RFC 4648, section 4.
"""

import re
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self

from dataledger.contracts.identifiers import Address, OrgId, to_org_id, to_version
from dataledger.errors import UsageError, UseDocumentError, shown
from dataledger.hashing import (
    JsonValue,
    canonical_bytes,
    members,
    natural,
    parse_canonical,
    parse_strict,
    string,
)
from dataledger.ledger.json_forms import address_from_json, dataset_from_json, list_from_json
from dataledger.ledger.receipts import UnsignedReceipt
from dataledger.node.holdings import HeldDataset
from dataledger.node.requests import SignedRequest
from dataledger.node.rules import MEBIBYTE

ANSWER_FORMAT = "dataledger/answer/1"
JOINED_FORMAT = "dataledger/joined/1"
START_FORMAT = "dataledger/start/1"
INFO_FORMAT = "dataledger/node/1"

MAX_ANSWER_BYTES = 96 * MEBIBYTE
"""Of what a node answers, as it travels."""
MAX_ASKED_ITEMS = 100
"""Values in what a node is asked; the document is one."""
MAX_ANSWER_ITEMS = 10_000
"""Values in what a node answers: the content is one, and a receipt has few."""
MAX_PARTIES = 64
MAX_OFFER_BYTES = 16 * 1024
MAX_START_ITEMS = 64 * MAX_PARTIES
"""Values in the offers of all who take part."""
MAX_INFO_BYTES = 4 * MEBIBYTE

_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9.+-]{0,63}/[a-z0-9][a-z0-9.+-]{0,63}")
_TRANSACTION = re.compile(r"0x[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Asked:
    """A signed request, and the document that it names."""

    signed: SignedRequest
    document: bytes = field(default=b"", repr=False)

    def to_bytes(self) -> bytes:
        """Return it as it travels."""
        value: dict[str, JsonValue] = {"request": self.signed.to_json()}
        if self.document:
            value["document"] = _text_of(self.document)
        return canonical_bytes(value)

    @classmethod
    def parse(cls, data: bytes, *, max_bytes: int) -> Self:
        """Read what `to_bytes` returns. The signature is not checked.

        Raises:
            CanonicalisationError: it is larger than `max_bytes`, or no strict JSON.
            UseDocumentError: it is anything else.
        """
        value = parse_strict(data, max_bytes=max_bytes, max_items=MAX_ASKED_ITEMS)
        with _Reading("what a node is asked"):
            body = members(value, "request", optional=("document",))
            document = _bytes_of(body["document"]) if "document" in body else b""
            return cls(SignedRequest.from_json(body["request"]), document)


@dataclass(frozen=True, slots=True)
class AnswerDocument:
    """An answer on its way out, which the chain has a receipt for."""

    content: bytes = field(repr=False)
    media_type: str
    receipt: UnsignedReceipt
    transaction_hash: str
    """Of the settlement."""

    def to_bytes(self) -> bytes:
        """Return it as it travels."""
        return canonical_bytes(
            {
                "content": _text_of(self.content),
                "format": ANSWER_FORMAT,
                "media_type": self.media_type,
                "receipt": parse_canonical(self.receipt.to_bytes()),
                "transaction_hash": self.transaction_hash,
            }
        )

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read what `to_bytes` returns. Nothing of it is held against the chain.

        Raises:
            UseDocumentError: it is anything else.
        """
        with _Reading("an answer"):
            value = parse_strict(data, max_bytes=MAX_ANSWER_BYTES, max_items=MAX_ANSWER_ITEMS)
            body = members(
                _of_format(value, ANSWER_FORMAT),
                *("content", "format", "media_type", "receipt", "transaction_hash"),
            )
            return cls(
                content=_bytes_of(body["content"]),
                media_type=_matching(_MEDIA_TYPE, body["media_type"]),
                receipt=UnsignedReceipt.parse(canonical_bytes(body["receipt"])),
                transaction_hash=_matching(_TRANSACTION, body["transaction_hash"]),
            )


def joined_bytes(offer: JsonValue) -> bytes:
    """Return a node's offer to take part, as it travels."""
    return canonical_bytes({"format": JOINED_FORMAT, "offer": offer})


def parse_joined(data: bytes) -> JsonValue:
    """Return the offer in what `joined_bytes` returns. Raises `UseDocumentError`."""
    with _Reading("an offer"):
        value = parse_strict(data, max_bytes=MAX_OFFER_BYTES)
        return members(_of_format(value, JOINED_FORMAT), "format", "offer")["offer"]


def start_bytes(offers: Sequence[JsonValue]) -> bytes:
    """Return the document of a start: the offers of all who take part, in their order."""
    return canonical_bytes({"format": START_FORMAT, "offers": list(offers)})


def parse_start(document: bytes) -> tuple[JsonValue, ...]:
    """Return the offers in what `start_bytes` returns.

    Raises:
        UseDocumentError: it is anything else, or has more than `MAX_PARTIES` offers.
    """
    with _Reading("the start of a computation"):
        value = parse_canonical(
            document, max_bytes=MAX_PARTIES * MAX_OFFER_BYTES, max_items=MAX_START_ITEMS
        )
        body = members(_of_format(value, START_FORMAT), "format", "offers")
        offers = list_from_json(body["offers"], lambda offer: offer)
        if not 0 < len(offers) <= MAX_PARTIES:
            raise _wrong(f"{len(offers)} offers stand where 1 to {MAX_PARTIES} belong")
        return offers


@dataclass(frozen=True, slots=True)
class NodeInfo:
    """What a node says of itself to anybody: nothing that the chain keeps to itself."""

    organisation: OrgId
    name: str
    """The organisation's slug."""
    operator: Address
    """The key that reserves and settles."""
    chain_id: int
    contract: Address
    datasets: tuple[HeldDataset, ...]
    kinds: tuple[str, ...]
    """The formats of work that it takes."""
    body_bytes: int
    age_seconds: int
    now_unix: int
    """By its clock, which must agree with that of whoever asks."""

    def to_bytes(self) -> bytes:
        """Return it as it travels."""
        return canonical_bytes(
            {
                "age_seconds": self.age_seconds,
                "body_bytes": self.body_bytes,
                "chain_id": self.chain_id,
                "contract": self.contract,
                "datasets": [_held_to_json(held) for held in self.datasets],
                "format": INFO_FORMAT,
                "kinds": list(self.kinds),
                "name": self.name,
                "now_unix": self.now_unix,
                "operator": self.operator,
                "organisation": self.organisation,
            }
        )

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read what `to_bytes` returns. Raises `UseDocumentError` on anything else."""
        with _Reading("what a node says of itself"):
            value = parse_strict(data, max_bytes=MAX_INFO_BYTES)
            body = members(
                _of_format(value, INFO_FORMAT),
                *("age_seconds", "body_bytes", "chain_id", "contract", "datasets", "format"),
                *("kinds", "name", "now_unix", "operator", "organisation"),
            )
            return cls(
                organisation=to_org_id(natural(body["organisation"])),
                name=string(body["name"]),
                operator=address_from_json(body["operator"]),
                chain_id=natural(body["chain_id"]),
                contract=address_from_json(body["contract"]),
                datasets=list_from_json(body["datasets"], _held_from_json),
                kinds=list_from_json(body["kinds"], string),
                body_bytes=natural(body["body_bytes"]),
                age_seconds=natural(body["age_seconds"]),
                now_unix=natural(body["now_unix"]),
            )


def _held_to_json(held: HeldDataset) -> dict[str, JsonValue]:
    return {"dataset": str(held.dataset), "name": held.name, "versions": list(held.versions)}


def _held_from_json(value: JsonValue) -> HeldDataset:
    body = members(value, "dataset", "name", "versions")
    return HeldDataset(
        dataset=dataset_from_json(body["dataset"]),
        name=string(body["name"]),
        versions=list_from_json(body["versions"], lambda version: to_version(natural(version))),
    )


class _Reading:
    """Ends every error about the form of a document as `UseDocumentError`, with what was read."""

    def __init__(self, what: str) -> None:
        self._what = what

    def __enter__(self) -> None:
        pass

    def __exit__(self, _kind: object, error: BaseException | None, _traceback: object) -> None:
        if isinstance(error, UsageError):
            raise UseDocumentError(
                f"This is not {self._what}: {error}", remedy="Ask as `docs/node.md` says."
            ) from error


def _of_format(value: JsonValue, known: str) -> JsonValue:
    name = value.get("format") if isinstance(value, dict) else None
    if name != known:
        raise _wrong(f"its format is {shown(name)}; known is {known}")
    return value


def _matching(pattern: re.Pattern[str], value: JsonValue) -> str:
    text = string(value)
    if not pattern.fullmatch(text):
        raise _wrong(f"{shown(text)} does not match {pattern.pattern}")
    return text


def _text_of(content: bytes) -> str:
    return b64encode(content).decode("ascii")


def _bytes_of(value: JsonValue) -> bytes:
    try:
        return b64decode(string(value).encode("ascii"), validate=True)
    except (Base64Error, UnicodeEncodeError):
        raise _wrong(f"{shown(value)} is not base64") from None


def _wrong(reason: str) -> UseDocumentError:
    return UseDocumentError(f"{reason}.", remedy="Ask as `docs/node.md` says.")
