"""The Data & Trust Alliance's Data Provenance Standards 1.0.0: source, provenance, use."""

from collections.abc import Mapping, Sequence

from dataledger.evidence.export.facts import DatasetFacts
from dataledger.evidence.export.notes import Export, Notes, json_text, present
from dataledger.evidence.export.words import description_of, title_of, version_iri
from dataledger.hashing import JsonValue
from dataledger.manifest.description import Topic

VERSION = "1.0.0"
UNKNOWN = "unknown"
"""Stands where the standard wants something that nobody said."""
CODES = "urn:dataledger:activity-types"
"""The system of the codes for methods: the types that activity records have."""


def dps(facts: DatasetFacts) -> Export:
    """Return the version's provenance metadata; what was not said is noted as missing."""
    notes = Notes(facts)
    document: dict[str, JsonValue] = {
        "source": _source(notes),
        "provenance": _provenance(notes),
        "use": _use(notes),
    }
    document["dataledger"] = notes.to_json()
    return Export("dps", "application/json", json_text(document), notes)


def _source(notes: Notes) -> JsonValue:
    facts = notes.facts
    title, title_fact = title_of(facts)
    description, description_fact = description_of(facts)
    notes.take("source.title", title_fact)
    notes.take("source.id", "id")
    notes.take("source.description", description_fact)
    publisher = notes.take(
        "source.issuer", "publisher" if facts.value("publisher") is not None else "owner"
    )
    return present(
        {
            "version": VERSION,
            "title": title,
            "id": version_iri(facts.dataset, facts.version),
            "location": notes.take("source.location", "homepage"),
            "issuer": [_party(publisher)],
            "description": description,
        }
    )


def _provenance(notes: Notes) -> JsonValue:
    facts = notes.facts
    notes.take("provenance.source", "parents")
    creators = notes.take("provenance.origin", "creators")
    notes.take("provenance.format", "files")
    date = notes.take("provenance.date", "issued" if facts.value("issued") else "recorded")
    return present(
        {
            "source": " ".join(version_iri(o.dataset, o.version) for o in facts.origins),
            "origin": _unique([_party(party) for party in _list(creators)]),
            "origin-geography": _places(notes.take("provenance.origin-geography", "spatial"))
            or [{"country": UNKNOWN}],
            "date": date,
            "previous-date": notes.take("provenance.previous-date", "previous"),
            "generation-period": notes.take("provenance.generation-period", "temporal"),
            "generation-method": _methods(notes),
            "format": sorted({entry.path.rpartition(".")[2] for entry in facts.files})[:100],
        }
    )


def _methods(notes: Notes) -> JsonValue:
    facts = notes.facts
    said = notes.take("provenance.generation-method", f"statements.{Topic.GENERATION_METHOD}")
    methods: list[JsonValue] = [{"code": str(method)} for method in _list(said)]
    notes.take("provenance.generation-method", "activities")
    methods += [
        {
            "code": step.activity.type,
            "system": CODES,
            "description": f"{step.activity.tool.name} {step.activity.tool.version}",
        }
        for step in facts.steps
        if step.activity is not None
    ]
    return _unique(methods) or [{"code": UNKNOWN}]


def _use(notes: Notes) -> JsonValue:
    purposes = _list(notes.take("use.intended-purpose", f"statements.{Topic.USE_CASES}"))
    return present(
        {
            "classification": [
                {"regulation": {"code": str(said)}, "evaluated": True}
                for said in _texts(notes, "classification", Topic.CONFIDENTIALITY)
            ],
            "consents": _texts(notes, "consents", Topic.CONSENT),
            "privacy-enhancing": [
                {"tool": str(said), "tool-category": {"code": str(said)}}
                for said in _texts(notes, "privacy-enhancing", Topic.PRIVACY_ENHANCING)
            ],
            "processing-included": _places(
                _texts(notes, "processing-included", Topic.PROCESSING_INCLUDED)
            ),
            "processing-excluded": _places(
                _texts(notes, "processing-excluded", Topic.PROCESSING_EXCLUDED)
            ),
            "storage-allowed": _places(_texts(notes, "storage-allowed", Topic.STORAGE_INCLUDED)),
            "storage-forbidden": _places(
                _texts(notes, "storage-forbidden", Topic.STORAGE_EXCLUDED)
            ),
            "license": _list([notes.take("use.license", "licence")]),
            "intended-purpose": [{"code": str(text), "description": str(text)} for text in purposes]
            or [{"code": UNKNOWN, "description": "The owner said nothing of it."}],
            "copyright": _texts(notes, "copyright", Topic.PROPRIETARY),
        }
    )


def _texts(notes: Notes, about: str, topic: Topic) -> list[JsonValue]:
    return _unique(_list(notes.take(f"use.{about}", f"statements.{topic}")))


def _places(value: JsonValue) -> list[JsonValue]:
    return _unique([{"country": str(place)} for place in _list(value)])


def _party(value: JsonValue) -> JsonValue:
    if not isinstance(value, Mapping):
        return {"name": str(value)}
    address = [value[name] for name in ("id", "email") if name in value]
    return present({"name": value.get("name"), "address": _unique(address)})


def _list(value: JsonValue) -> list[JsonValue]:
    found = list(value) if isinstance(value, list | tuple) else []
    return [item for item in found if item is not None]


def _unique(values: Sequence[JsonValue]) -> list[JsonValue]:
    found: list[JsonValue] = []
    for value in values:
        if value not in found:
            found.append(value)
    return found
