"""The document `dataledger/presentation/1`: what an owner discloses, to whom, for how long."""

from dataclasses import dataclass
from typing import Any, Self

from dataledger.contracts.identifiers import Address, to_address
from dataledger.errors import EvidenceError, InvalidArgument, UsageError, shown
from dataledger.evidence.presentation.anchor import Anchor
from dataledger.evidence.presentation.audience import Audience
from dataledger.evidence.presentation.columns import ColumnBlockItem, ColumnItem
from dataledger.evidence.presentation.fields import (
    MAX_PURPOSE_CHARACTERS,
    line,
    list_of,
    malformed,
    to_challenge,
)
from dataledger.evidence.presentation.items import AbsenceItem, Item, ProvenItem
from dataledger.evidence.presentation.signing import SIGNATURE_BYTES, Signed, digest_of, is_by
from dataledger.evidence.presentation.stated import AnswerItem, FieldsItem, StatisticItem
from dataledger.hashing import (
    Digest,
    JsonValue,
    canonical_bytes,
    members,
    natural,
    parse_canonical,
    string,
)

FORMAT = "dataledger/presentation/1"
MAX_PRESENTATION_BYTES = 64 * 1024 * 1024
MAX_ITEMS = 1_000
_MAX_JSON_ITEMS = 1_000_000
"""Only fields of records can have many."""
MAX_LIFETIME_SECONDS = 30 * 86_400
DEFAULT_LIFETIME_SECONDS = 3_600
LAST_UNIX = 253_402_300_799
"""The end of the year 9999."""

ITEMS: tuple[type[Item], ...] = (
    ProvenItem,
    ColumnItem,
    ColumnBlockItem,
    AbsenceItem,
    FieldsItem,
    StatisticItem,
    AnswerItem,
)


@dataclass(frozen=True, slots=True)
class Content:
    """What is signed.

    Raises:
        InvalidArgument: nothing is disclosed, or more than `MAX_ITEMS`; the purpose is no printable
            line; or it is valid for no time, or for longer than `MAX_LIFETIME_SECONDS`.
    """

    anchor: Anchor
    items: tuple[Item, ...]
    audience: Audience
    challenge: str | None
    """What the verifier asked to find here, if anything."""
    purpose: str
    issued_at_unix: int
    expires_at_unix: int
    """First second at which it is no longer valid."""
    signer: Address
    """Who signs: a key of the dataset's owner."""

    def __post_init__(self) -> None:
        if not 0 < len(self.items) <= MAX_ITEMS:
            raise InvalidArgument(
                f"A presentation of {len(self.items)} items cannot be made.",
                remedy=f"Disclose 1 to {MAX_ITEMS} things in one presentation.",
            )
        line("the purpose of a presentation", self.purpose, max_characters=MAX_PURPOSE_CHARACTERS)
        if self.challenge is not None:
            to_challenge(self.challenge)
        lifetime = self.expires_at_unix - self.issued_at_unix
        if not 0 < lifetime <= MAX_LIFETIME_SECONDS or not self._is_in_time:
            raise InvalidArgument(
                f"A presentation cannot be valid for {lifetime} seconds.",
                remedy=f"Let it expire within {MAX_LIFETIME_SECONDS // 86_400} days of its issue.",
            )

    @property
    def _is_in_time(self) -> bool:
        return 0 <= self.issued_at_unix < self.expires_at_unix <= LAST_UNIX

    def signed(self) -> Signed:
        """Return the EIP-712 message that stands for all of this."""
        return Signed(
            chain_id=self.anchor.chain_id,
            contract=self.anchor.ledger,
            content=Digest.of(canonical_bytes(self.to_json())),
            dataset=self.anchor.dataset,
            version=self.anchor.version,
            audience=str(self.audience),
            purpose=self.purpose,
            issued_at_unix=self.issued_at_unix,
            expires_at_unix=self.expires_at_unix,
        )

    def to_json(self) -> dict[str, JsonValue]:
        """Return the document without its signature."""
        return {
            "anchor": self.anchor.to_json(),
            "audience": str(self.audience),
            "challenge": self.challenge,
            "expires_at_unix": self.expires_at_unix,
            "format": FORMAT,
            "issued_at_unix": self.issued_at_unix,
            "items": [item.to_json() for item in self.items],
            "purpose": self.purpose,
            "signer": self.signer,
        }


@dataclass(frozen=True, slots=True)
class Presentation:
    """A presentation with its signature, as a file that speaks for itself: see `verify`."""

    content: Content
    signature: bytes

    @property
    def is_signed(self) -> bool:
        """Whether the signature is by the signer's own key, over exactly this content."""
        return is_by(self.content.signer, digest_of(self.content.signed()), self.signature)

    def to_bytes(self) -> bytes:
        """Return the file: canonical JSON (RFC 8785)."""
        signature = f"0x{self.signature.hex()}"
        return canonical_bytes({**self.content.to_json(), "signature": signature})

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read a presentation. It is well formed then, and nothing more.

        Raises:
            EvidenceError: it is larger than `MAX_PRESENTATION_BYTES`, not canonical JSON, or no
                presentation.
        """
        try:
            document = parse_canonical(
                data, max_bytes=MAX_PRESENTATION_BYTES, max_items=_MAX_JSON_ITEMS
            )
            if not isinstance(document, dict):
                raise malformed("it is no object.")
            if document.get("format") != FORMAT:
                raise malformed(f"its format is {shown(document.get('format'))}, not {FORMAT!r}.")
            found = cls.from_json(document)
        except EvidenceError:
            raise
        except UsageError as error:
            raise malformed(error) from error
        # An address in other letter case says the same, and would be as well signed.
        if found.to_bytes() != data:
            raise malformed("a value in it is not spelled as it should be.")
        return found

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> Self:
        """Read the members of a document. Raises `UsageError` where one is not what it should."""
        found = members(
            document,
            *("anchor", "audience", "challenge", "expires_at_unix", "format", "issued_at_unix"),
            *("items", "purpose", "signature", "signer"),
        )
        items = list_of(found["items"])
        if len(items) > MAX_ITEMS:
            raise malformed(f"it has {len(items)} items, and at most {MAX_ITEMS} are read.")
        challenge = found["challenge"]
        content = Content(
            anchor=Anchor.from_json(found["anchor"]),
            items=tuple(map(_item, items)),
            audience=Audience.parse(string(found["audience"])),
            challenge=None if challenge is None else string(challenge),
            purpose=string(found["purpose"]),
            issued_at_unix=natural(found["issued_at_unix"]),
            expires_at_unix=natural(found["expires_at_unix"]),
            signer=to_address(string(found["signer"])),
        )
        return cls(content, _signature(string(found["signature"])))


def _item(value: JsonValue) -> Item:
    if not isinstance(value, dict):
        raise malformed(f"{shown(value)} stands where an item belongs.")
    kind = next((kind for kind in ITEMS if value.get("kind") == kind.KIND), None)
    if kind is None:
        raise malformed(f"there is no kind of item {shown(value.get('kind'))}.")
    return kind.from_members(members(value, "kind", *kind.MEMBERS, optional=kind.OPTIONAL))


def _signature(text: str) -> bytes:
    try:
        found = bytes.fromhex(text[2:])
    except ValueError:
        found = b""
    # One spelling only: two bytes of the file must not stand for one of the signature's.
    if len(found) != SIGNATURE_BYTES or f"0x{found.hex()}" != text:
        raise malformed(f"{shown(text)} is no signature of a key.")
    return found
