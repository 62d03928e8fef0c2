"""What a presentation discloses with existing proofs: files, records, schemas, absences.

Each kind of item is a frozen dataclass with `KIND`, `MEMBERS`, `to_members`, `from_members` and
`check`, which returns what the item claims once that was checked.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Self, TypeVar

from dataledger.errors import InvalidArgument, shown
from dataledger.evidence.presentation.anchor import Anchor
from dataledger.evidence.presentation.fields import REMEDY, base64_text
from dataledger.evidence.presentation.findings import Finding, attested, proven
from dataledger.hashing import JsonValue, string
from dataledger.manifest.proofs import (
    AbsenceProof,
    FileProof,
    Proof,
    RangeProof,
    RecordProof,
    SchemaProof,
    parse_proof,
)
from dataledger.manifest.proofs.fields import base64_bytes
from dataledger.manifest.record_set import RecordFormat

P = TypeVar("P", bound=Proof)

_SAYS: dict[type[Proof], str] = {
    FileProof: "The version has this file, with a content of this digest.",
    RecordProof: "The file has this record, at this place.",
    RangeProof: "The file has these records, at these places.",
    SchemaProof: "The file's table has these columns, in this order, and no others.",
}


class Item(ABC):
    """Something that is disclosed. Well formed once made or read, but see `check`."""

    __slots__ = ()

    KIND: ClassVar[str]
    MEMBERS: ClassVar[tuple[str, ...]]
    """What the item has besides `kind`."""
    OPTIONAL: ClassVar[tuple[str, ...]] = ()

    @abstractmethod
    def check(self, anchor: Anchor) -> tuple[Finding, ...]:
        """Return what the item claims of the anchor's version, if its proof holds.

        Raises:
            ProofInvalid: it does not, or is about another version.
        """

    @abstractmethod
    def to_members(self) -> dict[str, JsonValue]:
        """Return the item's members."""

    @classmethod
    @abstractmethod
    def from_members(cls, found: dict[str, JsonValue]) -> Self:
        """Read what `to_members` returns. Raises `UsageError` on anything else."""

    def to_json(self) -> dict[str, JsonValue]:
        """Return the item as a presentation has it."""
        return {"kind": self.KIND, **self.to_members()}


@dataclass(frozen=True, slots=True)
class ProvenItem(Item):
    """A file's entry, a record, neighbouring records, or a table's columns, by a proof.

    Raises:
        InvalidArgument: the proof is of another kind.
    """

    KIND: ClassVar[str] = "proof"
    MEMBERS: ClassVar[tuple[str, ...]] = ("proof",)

    proof: Proof

    def __post_init__(self) -> None:
        if type(self.proof) not in _SAYS:
            raise InvalidArgument(
                f"A proof of the kind {self.proof.KIND!r} cannot be presented by itself.",
                remedy="Present files, records, columns or absences; hand other proofs over as "
                "files.",
            )
        check_bare(self.proof)

    def check(self, anchor: Anchor) -> tuple[Finding, ...]:
        """Return the one claim of the proof."""
        verify(self.proof, anchor)
        return (proven(_SAYS[type(self.proof)]),)

    def to_members(self) -> dict[str, JsonValue]:
        """Return the proof as text."""
        return {"proof": proof_text(self.proof)}

    @classmethod
    def from_members(cls, found: dict[str, JsonValue]) -> Self:
        """Read what `to_members` returns."""
        return cls(read_proof(found["proof"]))


@dataclass(frozen=True, slots=True)
class AbsenceItem(Item):
    """A label that no record of the file has, and perhaps the record that is said to have it.

    Raises:
        InvalidArgument: the record, of a text file, is not UTF-8.
    """

    KIND: ClassVar[str] = "absence"
    MEMBERS: ClassVar[tuple[str, ...]] = ("proof",)
    OPTIONAL: ClassVar[tuple[str, ...]] = ("record",)

    proof: AbsenceProof
    record: bytes | None = None
    """In its canonical form."""

    def __post_init__(self) -> None:
        check_bare(self.proof)
        if self.record is not None and self._is_text:
            try:
                self.record.decode()
            except UnicodeDecodeError as error:
                raise InvalidArgument("The absent record is not UTF-8.", remedy=REMEDY) from error

    @property
    def _is_text(self) -> bool:
        return self.proof.file.records.format is RecordFormat.JSONL

    def check(self, anchor: Anchor) -> tuple[Finding, ...]:
        """Return that the label is absent, and whose it is said to be."""
        verify(self.proof, anchor)
        whose = "this record" if self.record is not None else "the record in question"
        return (
            proven("The recorded labels of the file's records lack this label."),
            attested(f"The label is that of {whose}."),
            attested("The recorded labels are those of all the file's records."),
        )

    def to_members(self) -> dict[str, JsonValue]:
        """Return the proof as text, and the record as proof files have it."""
        found: dict[str, JsonValue] = {"proof": proof_text(self.proof)}
        if self.record is not None:
            is_text = self._is_text
            found["record"] = self.record.decode() if is_text else base64_text(self.record)
        return found

    @classmethod
    def from_members(cls, found: dict[str, JsonValue]) -> Self:
        """Read what `to_members` returns."""
        proof = read_proof(found["proof"])
        if not isinstance(proof, AbsenceProof):
            raise InvalidArgument("That is no proof of an absence.", remedy=REMEDY)
        if "record" not in found:
            return cls(proof)
        is_text = proof.file.records.format is RecordFormat.JSONL
        record = found["record"]
        return cls(proof, string(record).encode() if is_text else base64_bytes(record))


# ------------------------------------------------------------------------------------------ proofs


def verify(proof: Proof, anchor: Anchor) -> None:
    """Return only if the proof holds, and leads to the anchor's version.

    Raises:
        ProofInvalid: it does not.
    """
    proof.verify(anchor.content_root, file_count=anchor.file_count)


def bare(proof: P) -> P:
    """Return the proof without anchors: the presentation has the one that counts."""
    return proof.anchored(*(None for _ in proof.places))


def proof_text(proof: Proof) -> str:
    """Return a proof as presentations carry it: the text of its file."""
    return proof.to_bytes().decode()


def read_proof(value: JsonValue) -> Proof:
    """Read what `proof_text` returned. Raises `UsageError` on anything else."""
    return parse_proof(string(value).encode())


def read_file_proof(value: JsonValue) -> FileProof:
    """Read the text of a proof of a file. Raises `UsageError` on anything else."""
    proof = read_proof(value)
    if not isinstance(proof, FileProof):
        raise InvalidArgument(f"{shown(proof.KIND)} is no proof of a file.", remedy=REMEDY)
    check_bare(proof)
    return proof


def check_bare(proof: Proof) -> None:
    """Return only if the proof has no anchor. Raises `InvalidArgument`."""
    if any(place.anchor is not None for place in proof.places):
        raise InvalidArgument(
            "A proof within a presentation has an anchor of its own.",
            remedy="Make it with `dataledger presentation create`, which leaves them out.",
        )
