"""W3C DCAT 3 with an ODRL policy, as JSON-LD whose context stands in the document."""

import re
from collections.abc import Iterator, Mapping
from urllib.parse import quote

from dataledger.evidence.export.facts import DatasetFacts
from dataledger.evidence.export.notes import Export, Notes, json_text, literal, present
from dataledger.evidence.export.words import (
    description_of,
    file_iri,
    is_url,
    iso_time,
    licence_url,
    media_type,
    organisation_iri,
    sha256_of,
    title_of,
    version_iri,
)
from dataledger.hashing import JsonValue
from dataledger.manifest import FileEntry
from dataledger.manifest.description import Topic

MEDIA_TYPE = "application/ld+json"
MAX_DISTRIBUTIONS = 1_000
"""From so many files on, one distribution stands for all."""

_CONTEXT: dict[str, JsonValue] = {
    "adms": "http://www.w3.org/ns/adms#",
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "dqv": "http://www.w3.org/ns/dqv#",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "odrl": "http://www.w3.org/ns/odrl/2/",
    "prov": "http://www.w3.org/ns/prov#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "spdx": "http://spdx.org/rdf/terms#",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
_LANGUAGE = re.compile(r"[a-z]{2}")


def dcat(facts: DatasetFacts) -> Export:
    """Return the version as a DCAT dataset with its distributions, and who may use it how."""
    notes = Notes(facts)
    title, title_fact = title_of(facts)
    description, description_fact = description_of(facts)
    notes.take("dct:title", title_fact)
    notes.take("dct:description", description_fact)
    notes.take("dct:license", "licence")
    homepage = notes.take("dcat:landingPage", "homepage")
    publisher = notes.take(
        "dct:publisher", "publisher" if facts.value("publisher") is not None else "owner"
    )
    label = notes.take(
        "dcat:version", "version_label" if facts.value("version_label") else "version"
    )
    document = present(
        {
            "@context": _CONTEXT,
            "@id": version_iri(facts.dataset, facts.version),
            "@type": "dcat:Dataset",
            "dct:title": title,
            "dct:description": description,
            "dct:identifier": notes.take("dct:identifier", "id"),
            "dct:publisher": _agent(publisher, organisation_iri(facts.chain, facts.owner)),
            "dct:creator": [_agent(p) for p in _list(notes.take("dct:creator", "creators"))],
            "dcat:contactPoint": _contact(notes.take("dcat:contactPoint", "contact")),
            "dcat:keyword": notes.take("dcat:keyword", "keywords"),
            "dcat:landingPage": _named(homepage, "foaf:Document"),
            "dct:license": _licence(facts),
            "dcat:version": str(label),
            "dct:issued": _time(notes.take("dct:issued", "issued")),
            "dct:language": [
                _language(str(tag)) for tag in _list(notes.take("dct:language", "languages"))
            ],
            "dct:temporal": _period(notes.take("dct:temporal", "temporal")),
            "dct:spatial": [
                {"@type": "dct:Location", "rdfs:label": place}
                for place in [
                    *_list(notes.take("dct:spatial", "spatial")),
                    *_list([notes.take("dct:spatial", "region")]),
                ]
            ],
            "dcat:theme": [
                {"@type": "skos:Concept", "skos:prefLabel": sector}
                for sector in _list([notes.take("dcat:theme", "sector")])
            ],
            "dct:bibliographicCitation": notes.take("dct:bibliographicCitation", "citation"),
            "dct:accessRights": _rights(notes, "dct:accessRights", Topic.CONFIDENTIALITY),
            "dct:provenance": _provenance(notes),
            "dqv:hasQualityMeasurement": [
                _measure(m) for m in _list(notes.take("dqv:hasQualityMeasurement", "measures"))
            ],
            "prov:wasDerivedFrom": [
                {"@id": version_iri(origin.dataset, origin.version)} for origin in facts.origins
            ],
            "odrl:hasPolicy": _policy(notes),
            "dcat:distribution": list(_distributions(notes)),
        }
    )
    notes.take("prov:wasDerivedFrom", "parents")
    notes.take("dcat:distribution", "files")
    return Export("dcat", MEDIA_TYPE, json_text(document | literal(notes)), notes)


def _agent(value: JsonValue, iri: str | None = None) -> JsonValue:
    if not isinstance(value, Mapping):
        return {"@id": iri, "@type": "foaf:Agent", "foaf:name": value}
    email = value.get("email")
    return present(
        {
            "@id": _iri(value.get("id")),
            "@type": "foaf:Agent",
            "foaf:name": value.get("name"),
            "dct:identifier": None if _iri(value.get("id")) else value.get("id"),
            "foaf:mbox": None if email is None else {"@id": f"mailto:{quote(str(email), '@')}"},
        }
    )


def _contact(value: JsonValue) -> JsonValue:
    if not isinstance(value, Mapping):
        return None
    email = value.get("email")
    return present(
        {
            "@type": "vcard:Kind",
            "vcard:fn": value.get("name"),
            "vcard:hasEmail": None
            if email is None
            else {"@id": f"mailto:{quote(str(email), '@')}"},
            "vcard:hasURL": _named(value.get("id")),
        }
    )


def _iri(value: JsonValue) -> str | None:
    return value if isinstance(value, str) and is_url(value) else None


def _named(value: JsonValue, kind: str | None = None) -> JsonValue:
    iri = _iri(value)
    return None if iri is None else present({"@id": iri, "@type": kind})


def _licence(facts: DatasetFacts) -> JsonValue:
    text = facts.text("licence")
    url = licence_url(text)
    if url is not None:
        return {"@id": url, "@type": "dct:LicenseDocument"}
    return {"@type": "dct:LicenseDocument", "rdfs:label": text} if text else None


def _time(value: JsonValue) -> JsonValue:
    if value is None:
        return None
    text = str(value)
    by_length = {4: "xsd:gYear", 7: "xsd:gYearMonth", 10: "xsd:date"}
    return {"@type": by_length.get(len(text), "xsd:dateTime"), "@value": text}


def _language(tag: str) -> JsonValue:
    if is_url(tag):
        return {"@id": tag, "@type": "dct:LinguisticSystem"}
    if _LANGUAGE.fullmatch(tag):
        iri = f"http://id.loc.gov/vocabulary/iso639-1/{tag}"
        return {"@id": iri, "@type": "dct:LinguisticSystem"}
    return {"@type": "dct:LinguisticSystem", "rdfs:label": tag}


def _period(value: JsonValue) -> JsonValue:
    if not isinstance(value, Mapping):
        return None
    return present(
        {
            "@type": "dct:PeriodOfTime",
            "dcat:startDate": _time(value.get("start")),
            "dcat:endDate": _time(value.get("end")),
        }
    )


def _rights(notes: Notes, about: str, topic: Topic) -> JsonValue:
    said = _list(notes.take(about, f"statements.{topic}"))
    return {"@type": "dct:RightsStatement", "rdfs:label": said} if said else None


def _provenance(notes: Notes) -> JsonValue:
    """Return how the data came to be: what its owner says, and the steps that the chain has."""
    said = _list(notes.take("dct:provenance", f"statements.{Topic.COLLECTION}"))
    steps = _list(notes.take("dct:provenance", "steps"))
    if not said and not steps:
        return None
    return {"@type": "dct:ProvenanceStatement", "rdfs:label": [*said, *steps]}


def _measure(value: JsonValue) -> JsonValue:
    if not isinstance(value, Mapping):
        return None
    return present(
        {
            "@type": "dqv:QualityMeasurement",
            "dqv:isMeasurementOf": {"@type": "dqv:Metric", "rdfs:label": value.get("name")},
            "dqv:value": value.get("value"),
            "rdfs:comment": value.get("method"),
        }
    )


# --------------------------------------------------------------------------------------------- ODRL


def _policy(notes: Notes) -> JsonValue:
    """Return the rules that were said, as an ODRL set; None where there is none.

    A licence is a duty to read it: what it permits, it says itself. What was recalled, or came from
    what was, must not be used.
    """
    facts = notes.facts
    licence = notes.take("odrl:obligation", "licence")
    included = _list(notes.take("odrl:permission", f"statements.{Topic.PROCESSING_INCLUDED}"))
    excluded = _list(notes.take("odrl:prohibition", f"statements.{Topic.PROCESSING_EXCLUDED}"))
    prohibitions = []
    if facts.bans:
        notes.take("odrl:prohibition", "bans")
        included = []
    for ban in facts.bans:
        why = f"{ban.name} was recalled by {ban.organisation} at {iso_time(ban.recorded_at_unix)}"
        comment = {"rdfs:comment": f"{why}: {ban.severity}."}
        prohibitions.append(_rule(facts, "Prohibition", "use") | comment)
    if excluded:
        prohibitions.append(_rule(facts, "Prohibition", "use") | _within(excluded))
    rules: dict[str, JsonValue] = {
        "odrl:obligation": None if licence is None else _rule(facts, "Duty", "reviewPolicy"),
        "odrl:permission": _rule(facts, "Permission", "use") | _within(included)
        if included
        else None,
        "odrl:prohibition": prohibitions,
    }
    if not any(rules.values()):
        return None
    iri = f"{version_iri(facts.dataset, facts.version)}:policy"
    return present(
        {
            "@id": iri,
            "@type": "odrl:Set",
            "odrl:uid": {"@id": iri},
            "dct:license": _licence(facts),
            **rules,
        }
    )


def _rule(facts: DatasetFacts, kind: str, action: str) -> dict[str, JsonValue]:
    return {
        "@type": f"odrl:{kind}",
        "odrl:target": {"@id": version_iri(facts.dataset, facts.version)},
        "odrl:action": {"@id": f"odrl:{action}"},
    }


def _within(places: list[JsonValue]) -> dict[str, JsonValue]:
    return {
        "odrl:constraint": {
            "@type": "odrl:Constraint",
            "odrl:leftOperand": {"@id": "odrl:spatial"},
            "odrl:operator": {"@id": "odrl:isAnyOf"},
            "odrl:rightOperand": places,
        }
    }


# ------------------------------------------------------------------------------------ distributions


def _distributions(notes: Notes) -> Iterator[JsonValue]:
    facts = notes.facts
    access = _iri(facts.value("homepage"))
    if not 0 < len(facts.files) <= MAX_DISTRIBUTIONS:
        iri = f"{version_iri(facts.dataset, facts.version)}:files"
        size = _size(facts.value("size_bytes"))
        yield _distribution(facts, iri, f"{facts.text('file_count')} files", size, access)
        return
    for entry in facts.files:
        iri = file_iri(facts, entry.path)
        size = _size(entry.size_bytes)
        yield {
            **_distribution(facts, iri, entry.path, size, access),
            "dcat:mediaType": {
                "@id": f"https://www.iana.org/assignments/media-types/{media_type(entry.path)}",
                "@type": "dct:MediaType",
            },
            **_checksum(entry),
        }


def _distribution(
    facts: DatasetFacts, iri: str, title: str, size: JsonValue, access: str | None
) -> dict[str, JsonValue]:
    # DCAT-AP wants an address. Where none is known, the ledger's name for the data stands there.
    return present(
        {
            "@id": iri,
            "@type": "dcat:Distribution",
            "dct:title": title,
            "dcat:byteSize": size,
            "dcat:accessURL": {"@id": access or version_iri(facts.dataset, facts.version)},
            "dct:license": _licence(facts),
        }
    )


def _size(value: JsonValue) -> JsonValue:
    return {"@type": "xsd:nonNegativeInteger", "@value": str(value)}


def _checksum(entry: FileEntry) -> dict[str, JsonValue]:
    found = sha256_of(entry)
    if found is None:
        return {}
    return {
        "spdx:checksum": {
            "@type": "spdx:Checksum",
            "spdx:algorithm": {"@id": "spdx:checksumAlgorithm_sha256"},
            "spdx:checksumValue": {"@type": "xsd:hexBinary", "@value": found},
        }
    }


def _list(value: JsonValue) -> list[JsonValue]:
    found = value if isinstance(value, list | tuple) else []
    return [item for item in found if item is not None]
