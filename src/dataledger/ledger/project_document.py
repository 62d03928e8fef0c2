"""What describes a project, kept off the chain; the chain holds its digest and its purposes.

    {"applicant": "North University", "description": "…", "format": "dataledger/project/1",
     "purposes": [{"code": 0, "name": "research", "words": "…"}], "reference": "ETH-2026/17",
     "title": "Road safety in winter"}

Canonical JSON (RFC 8785). `reference` is what a regulator calls the project, where it has named it
already. Members that are null in Python are absent.
"""

from dataclasses import dataclass
from typing import Self

from dataledger.contracts.use_types import MAX_PURPOSE, bitmap_of
from dataledger.errors import UsageError, UseDocumentError, shown
from dataledger.hashing import (
    Digest,
    JsonValue,
    canonical_bytes,
    members,
    natural,
    parse_canonical,
    parse_strict,
    string,
)
from dataledger.ledger.json_forms import list_from_json
from dataledger.ledger.purposes import Purpose, purpose

FORMAT = "dataledger/project/1"
MAX_PROJECT_BYTES = 256 * 1024
MAX_LINE_CHARACTERS = 256
MAX_DESCRIPTION_CHARACTERS = 20_000

_REMEDY = "Write the project's document by its format, which docs/use.md describes."


@dataclass(frozen=True, slots=True)
class ProjectDocument:
    """What a project is for, in words.

    Raises:
        UseDocumentError: a text is empty, too long or unprintable, or there is no purpose, or one
            twice.
    """

    title: str
    applicant: str
    """Who applies, in words; the chain says for which organisation."""
    purposes: tuple[Purpose, ...]
    """In ascending order of their codes."""
    description: str = ""
    """May have several lines."""
    reference: str | None = None
    """What a regulator calls the project."""

    def __post_init__(self) -> None:
        _check_line("title", self.title)
        _check_line("applicant", self.applicant)
        if self.reference is not None:
            _check_line("reference", self.reference)
        lines = self.description.split("\n")
        if len(self.description) > MAX_DESCRIPTION_CHARACTERS or not all(
            line.isprintable() for line in lines
        ):
            raise _wrong(
                f"its description, {shown(self.description)}, is not up to "
                f"{MAX_DESCRIPTION_CHARACTERS} printable characters"
            )
        codes = [each.code for each in self.purposes]
        if not codes or codes != sorted(set(codes)):
            raise _wrong(f"its purposes, {shown(codes)}, are none, or not in ascending order")
        for each in self.purposes:
            purpose(each.code)
            _check_line("purpose", each.name)
            _check_line("purpose", each.words)

    @property
    def bitmap(self) -> int:
        """The purposes as the contract takes them."""
        return bitmap_of((each.code for each in self.purposes), highest=MAX_PURPOSE)

    @property
    def digest(self) -> Digest:
        """The SHA-256 of `to_bytes()`, by which the chain names the document."""
        return Digest.of(self.to_bytes())

    def to_json(self) -> dict[str, JsonValue]:
        """Return the document as a JSON object."""
        document: dict[str, JsonValue] = {
            "applicant": self.applicant,
            "description": self.description,
            "format": FORMAT,
            "purposes": [
                {"code": each.code, "name": each.name, "words": each.words}
                for each in self.purposes
            ],
            "title": self.title,
        }
        if self.reference is not None:
            document["reference"] = self.reference
        return document

    def to_bytes(self) -> bytes:
        """Return the document: canonical JSON (RFC 8785), without a final newline."""
        return canonical_bytes(self.to_json())

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read a document as it was kept.

        Raises:
            UseDocumentError: it is too large, not canonical JSON, or no such document.
        """
        try:
            return cls._from_json(parse_canonical(data, max_bytes=MAX_PROJECT_BYTES))
        except UseDocumentError:
            raise
        except UsageError as error:
            raise _wrong(str(error)) from error

    @classmethod
    def read(cls, data: bytes) -> Self:
        """Read a document that somebody wrote by hand, in any JSON. Raises as `parse` does."""
        try:
            return cls._from_json(parse_strict(data, max_bytes=MAX_PROJECT_BYTES))
        except UseDocumentError:
            raise
        except UsageError as error:
            raise _wrong(str(error)) from error

    @classmethod
    def _from_json(cls, value: JsonValue) -> Self:
        document = members(
            value,
            *("applicant", "description", "format", "purposes", "title"),
            optional=("reference",),
        )
        if document["format"] != FORMAT:
            raise _wrong(f"its format is {shown(document['format'])}, not {FORMAT!r}")
        return cls(
            title=string(document["title"]),
            applicant=string(document["applicant"]),
            purposes=list_from_json(document["purposes"], _purpose_from_json),
            description=string(document["description"]),
            reference=string(document["reference"]) if "reference" in document else None,
        )


def _purpose_from_json(value: JsonValue) -> Purpose:
    document = members(value, "code", "name", "words")
    return Purpose(natural(document["code"]), string(document["name"]), string(document["words"]))


def _check_line(noun: str, text: str) -> None:
    if not 0 < len(text) <= MAX_LINE_CHARACTERS or not text.isprintable():
        raise _wrong(
            f"its {noun}, {shown(text)}, is not 1 to {MAX_LINE_CHARACTERS} printable characters"
        )


def _wrong(reason: str) -> UseDocumentError:
    return UseDocumentError(f"This is no project's document: {reason}.", remedy=_REMEDY)
