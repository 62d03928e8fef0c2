"""What a presentation discloses on the owner's word: fields of a record, numbers, answers.

A record's leaf covers the whole record, so that a field of it cannot be shown to be recorded
without the others.
"""

from dataclasses import dataclass, field
from typing import ClassVar, Self

from dataledger.contracts.identifiers import GrantId, RunId
from dataledger.errors import InvalidArgument, ProofInvalid, shown
from dataledger.evidence.presentation.anchor import Anchor
from dataledger.evidence.presentation.fields import REMEDY, base64_text, line
from dataledger.evidence.presentation.findings import Finding, attested, proven
from dataledger.evidence.presentation.items import Item, proof_text, read_file_proof, verify
from dataledger.hashing import Digest, JsonValue, natural, string
from dataledger.manifest.proofs import FileProof
from dataledger.manifest.proofs.fields import base64_bytes, check_position

MAX_FIELDS = 1_000


@dataclass(frozen=True, slots=True)
class FieldsItem(Item):
    """Some fields of the record at an index: the owner's word. That there is a record is proven.

    Raises:
        InvalidArgument: there is no field, or more than `MAX_FIELDS`; or the file has no records.
    """

    KIND: ClassVar[str] = "fields"
    MEMBERS: ClassVar[tuple[str, ...]] = ("fields", "file", "record")

    file: FileProof
    record: int
    fields: dict[str, JsonValue] = field(hash=False)
    """Values by names."""

    def __post_init__(self) -> None:
        check_position(self.record)
        _ = self.file.file.records
        if not 0 < len(self.fields) <= MAX_FIELDS:
            raise InvalidArgument(
                f"{len(self.fields)} fields of a record cannot be shown.",
                remedy=f"Name 1 to {MAX_FIELDS}, or show the record itself.",
            )

    def check(self, anchor: Anchor) -> tuple[Finding, ...]:
        """Return that the file has such a record, and what its fields are said to be."""
        verify(self.file, anchor)
        count = self.file.file.records.record_count
        if self.record >= count:
            raise ProofInvalid(
                f"Fields of the record {self.record} are shown, and the file has {count}.",
                remedy=REMEDY,
            )
        return (
            proven("The file has a record of this number."),
            attested("The record's fields have these values."),
        )

    def to_members(self) -> dict[str, JsonValue]:
        """Return the proof of the file as text, the record's number, and the fields."""
        return {"fields": self.fields, "file": proof_text(self.file), "record": self.record}

    @classmethod
    def from_members(cls, found: dict[str, JsonValue]) -> Self:
        """Read what `to_members` returns."""
        fields = found["fields"]
        if not isinstance(fields, dict):
            raise InvalidArgument(f"{shown(fields)} are no fields.", remedy=REMEDY)
        return cls(read_file_proof(found["file"]), natural(found["record"]), fields)


@dataclass(frozen=True, slots=True)
class StatisticItem(Item):
    """A number, or another short text, with a name: the owner's word.

    Raises:
        InvalidArgument: name or value is no printable line of at most 200 characters.
    """

    KIND: ClassVar[str] = "statistic"
    MEMBERS: ClassVar[tuple[str, ...]] = ("name", "value")

    name: str
    value: str

    def __post_init__(self) -> None:
        line("the name of a statistic", self.name)
        line("the value of a statistic", self.value)

    def check(self, anchor: Anchor) -> tuple[Finding, ...]:
        """Return what the owner says of the version."""
        return (attested(f"The statistic of version {anchor.version} has this value."),)

    def to_members(self) -> dict[str, JsonValue]:
        """Return both texts."""
        return {"name": self.name, "value": self.value}

    @classmethod
    def from_members(cls, found: dict[str, JsonValue]) -> Self:
        """Read what `to_members` returns."""
        return cls(string(found["name"]), string(found["value"]))


@dataclass(frozen=True, slots=True)
class AnswerItem(Item):
    """A private answer that a run released. Offline, the owner's word; the chain has its receipt.

    Raises:
        InvalidArgument: the answer is empty.
    """

    KIND: ClassVar[str] = "answer"
    MEMBERS: ClassVar[tuple[str, ...]] = ("content", "grant", "run")

    grant: GrantId
    run: RunId
    content: bytes

    def __post_init__(self) -> None:
        if not self.content:
            raise InvalidArgument("An answer of no bytes was never released.", remedy=REMEDY)

    @property
    def output(self) -> Digest:
        """What the run's receipt names: the answer's SHA-256."""
        return Digest.of(self.content)

    def check(self, _anchor: Anchor) -> tuple[Finding, ...]:
        """Return what the owner says of the answer: its receipt is looked up on the chain."""
        return (attested("The run released this answer."),)

    def to_members(self) -> dict[str, JsonValue]:
        """Return the run, and the answer in base64."""
        return {
            "content": base64_text(self.content),
            "grant": str(self.grant),
            "run": str(self.run),
        }

    @classmethod
    def from_members(cls, found: dict[str, JsonValue]) -> Self:
        """Read what `to_members` returns."""
        return cls(
            GrantId.parse(string(found["grant"])),
            RunId.parse(string(found["run"])),
            base64_bytes(found["content"]),
        )
