"""What an export says of itself: for each of its parts, which fact stands behind it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from dataledger.evidence.export.facts import DatasetFacts, Fact, Status
from dataledger.evidence.export.words import TERMS
from dataledger.hashing import JsonValue

FACTS_TERM = f"{TERMS}facts"


@dataclass(frozen=True, slots=True)
class Note:
    """A part of an export, such as `license`, by the standard's own name; and its fact."""

    about: str
    name: str
    """The fact's name among the dataset's facts."""
    fact: Fact

    def to_json(self, *, with_value: bool) -> dict[str, JsonValue]:
        """Return the fact, under its names."""
        return {"about": self.about, "fact": self.name, **self.fact.to_json(with_value=with_value)}


@dataclass(frozen=True, slots=True)
class Difference:
    """Where an imported document says something else than the ledger, whose word stands."""

    about: str
    imported: JsonValue
    ledger: JsonValue

    def to_json(self) -> dict[str, JsonValue]:
        """Return the members of the same names."""
        return {"about": self.about, "imported": self.imported, "ledger": self.ledger}


@dataclass(slots=True)
class Notes:
    """The notes of one export, in the order in which they are taken."""

    facts: DatasetFacts
    notes: list[Note] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)

    def take(self, about: str, name: str) -> JsonValue:
        """Note that `about` rests on the fact `name`, and return its value; None if missing."""
        return self.say(about, name, self.facts.fact(name))

    def say(self, about: str, name: str, fact: Fact) -> JsonValue:
        """Note that `about` rests on `fact`, and return its value; None if missing."""
        self.notes.append(Note(about, name, fact))
        return None if fact.status is Status.MISSING else fact.value

    def differ(self, about: str, imported: JsonValue, ledger: JsonValue) -> None:
        """Note that the ledger's word took the place of an imported one."""
        self.differences.append(Difference(about, imported, ledger))

    def to_json(self, *, with_value: bool = False) -> dict[str, JsonValue]:
        """Return the notes, and what they mean: a document of `facts.FORMAT`."""
        document = {
            **self.facts.heading(),
            "facts": [note.to_json(with_value=with_value) for note in self.notes],
        }
        if self.differences:
            document["differences"] = [found.to_json() for found in self.differences]
        return document


@dataclass(frozen=True, slots=True)
class Export:
    """A document of some standard, and what stands behind each part of it."""

    format: str
    media_type: str
    text: str
    """ASCII: whatever else is in a text is escaped as JSON has it."""
    notes: Notes

    def facts_text(self) -> str:
        """Return the notes with their values, as a document of their own."""
        return json_text(self.notes.to_json(with_value=True))


def literal(notes: Notes) -> dict[str, JsonValue]:
    """Return the notes as a JSON-LD property, which is one literal to readers of RDF.

    Its key is a whole IRI, so that it needs nothing of the document's context.
    """
    return {FACTS_TERM: {"@type": "@json", "@value": notes.to_json()}}


def json_text(document: JsonValue) -> str:
    """Return indented JSON in printable ASCII, with a final newline."""
    return _printable(json.dumps(document, indent=2, default=_object)) + "\n"


def json_line(document: JsonValue) -> str:
    """Return JSON in printable ASCII, without any newline."""
    return _printable(json.dumps(document, default=_object))


def present(document: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """Return the members that hold something: neither None, nor nothing at all."""
    return {name: value for name, value in document.items() if value not in (None, "", [], {}, ())}


def _printable(text: str) -> str:
    # The one character of ASCII that JSON leaves as it is, and that does not print.
    return text.replace("\x7f", "\\u007f")


def _object(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")
