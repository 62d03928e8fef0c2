"""W3C PROV: as PROV-JSON, and as PROV-O in JSON-LD."""

from dataledger.evidence.export.facts import DatasetFacts
from dataledger.evidence.export.notes import Export, Notes, json_line, json_text, literal, present
from dataledger.evidence.export.prov_graph import Element, ends, graph_of
from dataledger.evidence.export.words import TERMS
from dataledger.hashing import JsonValue

_PREFIXES = {"ledger": "urn:dataledger:", "did": "did:", "term": TERMS}
_PROV = "http://www.w3.org/ns/prov#"
_CONTEXT: dict[str, JsonValue] = {
    "prov": _PROV,
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "term": {"@id": TERMS, "@prefix": True},
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}


def prov_json(facts: DatasetFacts) -> Export:
    """Return the version's provenance as PROV-JSON (W3C member submission)."""
    notes = Notes(facts)
    graph, this = graph_of(notes)
    groups: dict[str, dict[str, JsonValue]] = {}
    for element in graph.elements.values():
        groups.setdefault(element.kind, {})[_qualified(element.iri)] = _attributes(element)
    for number, relation in enumerate(graph.relations, start=1):
        found: dict[str, JsonValue] = {name: _qualified(iri) for name, iri in ends(relation)}
        if relation.time is not None:
            found["prov:time"] = relation.time
        groups.setdefault(relation.name, {})[f"_:r{number}"] = found
    version = dict(_attributes(graph.elements[this]))
    version["term:facts"] = json_line(notes.to_json())
    groups["entity"][_qualified(this)] = version
    document: dict[str, JsonValue] = {"prefix": _PREFIXES, **groups}
    return Export("prov", "application/json", json_text(document), notes)


def prov_o(facts: DatasetFacts) -> Export:
    """Return the version's provenance in the ontology PROV-O, as JSON-LD."""
    notes = Notes(facts)
    graph, this = graph_of(notes)
    nodes = {iri: _node(element) for iri, element in graph.elements.items()}
    for relation in graph.relations:
        node = nodes[relation.subject]
        targets = node.setdefault(f"prov:{relation.name}", [])
        if isinstance(targets, list):
            targets.append({"@id": relation.object})
        if relation.time is not None:
            node["prov:generatedAtTime"] = _time(relation.time)
    nodes[this] |= literal(notes)
    document: dict[str, JsonValue] = {"@context": _CONTEXT, "@graph": list(nodes.values())}
    return Export("prov", "application/ld+json", json_text(document), notes)


def _attributes(element: Element) -> dict[str, JsonValue]:
    return present(
        {
            "prov:type": [{"$": f"prov:{kind}", "type": "prov:QUALIFIED_NAME"} for kind in types]
            if (types := element.types)
            else None,
            "prov:label": element.label,
            "prov:startTime": element.started_at,
            "prov:endTime": element.ended_at,
            **{f"term:{name}": _plain(value) for name, value in element.terms.items()},
        }
    )


def _node(element: Element) -> dict[str, JsonValue]:
    kind = {"entity": "prov:Entity", "activity": "prov:Activity", "agent": "prov:Agent"}
    return present(
        {
            "@id": element.iri,
            "@type": [kind[element.kind], *(f"prov:{name}" for name in element.types)],
            "rdfs:label": element.label,
            "prov:startedAtTime": _time(element.started_at),
            "prov:endedAtTime": _time(element.ended_at),
            **{f"term:{name}": _plain(value) for name, value in element.terms.items()},
        }
    )


def _qualified(iri: str) -> str:
    """Return a name with one of the document's prefixes in place of what it stands for."""
    for prefix in ("ledger", "did"):
        start = _PREFIXES[prefix]
        if iri.startswith(start):
            return f"{prefix}:{iri.removeprefix(start)}"
    raise AssertionError(f"no prefix fits {iri}")


def _plain(value: JsonValue) -> JsonValue:
    """Return a value that every reader of PROV takes: large numbers as text."""
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, bool) or not isinstance(value, int):
        return str(value)
    return value if abs(value) < 2**31 else str(value)


def _time(text: str | None) -> JsonValue:
    return None if text is None else {"@type": "xsd:dateTime", "@value": text}
