"""Descriptions from W3C DCAT, as JSON-LD or as Turtle."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from dataledger.errors import DependencyMissing
from dataledger.manifest.description.linked import PREFIXES, Node, names_of, time_of
from dataledger.manifest.description.model import Description
from dataledger.manifest.description.parts import (
    ForeignFormat,
    MediaType,
    Party,
    Period,
    Source,
    Topic,
    wrong,
)

_DCAT, _DCT, _FOAF, _VCARD = (PREFIXES[name] for name in ("dcat", "dct", "foaf", "vcard"))
_LABELS = (
    f"{PREFIXES['skos']}prefLabel",
    f"{PREFIXES['rdfs']}label",
    f"{_FOAF}name",
    f"{_DCT}title",
)
_NAMES = (f"{_FOAF}name", f"{_VCARD}fn", *_LABELS)


def is_dcat(document: Any) -> bool:
    """Return whether there is a DCAT dataset in a JSON document."""
    return any(True for _ in _datasets(document))


def from_dcat(document: Any, text: str, media_type: MediaType = MediaType.JSON_LD) -> Description:
    """Return what a DCAT document says of its one dataset. `text` is the document as it was found.

    Raises:
        DescriptionError: it has several datasets, or one without a title, or says what no
            description can hold.
    """
    found = list(_datasets(document))
    if len(found) != 1:
        raise wrong(f"it describes {len(found)} datasets, where one is wanted")
    (node,) = found
    title = node.text(f"{_DCT}title")
    if title is None:
        raise wrong("the DCAT document gives its dataset no `dct:title`")
    parts = list(node.nodes(f"{_DCAT}distribution"))
    return Description(
        title=title,
        description=node.text(f"{_DCT}description"),
        keywords=node.texts(f"{_DCAT}keyword"),
        licence=next((said for part in (node, *parts) for said in _licence(part)), None),
        sector=next(iter(node.labels(f"{_DCAT}theme", by=_LABELS)), None),
        languages=node.labels(f"{_DCT}language", by=_LABELS),
        creators=tuple(_parties(node, f"{_DCT}creator")),
        publisher=next(_parties(node, f"{_DCT}publisher"), None),
        contact=next(_parties(node, f"{_DCAT}contactPoint"), None),
        homepage=node.text(f"{_DCAT}landingPage", f"{_FOAF}page"),
        version=node.text(
            f"{_DCAT}version", f"{PREFIXES['owl']}versionInfo", f"{PREFIXES['pav']}version"
        ),
        issued=time_of(node.text(f"{_DCT}issued")),
        temporal=_period(node),
        spatial=node.labels(f"{_DCT}spatial", by=_LABELS),
        statements={
            Topic.COLLECTION: node.labels(f"{_DCT}provenance", by=_LABELS),
            Topic.CONFIDENTIALITY: node.labels(f"{_DCT}accessRights", by=_LABELS),
        },
        citation=node.text(f"{_DCT}bibliographicCitation"),
        source=Source(ForeignFormat.DCAT, media_type, text),
    )


def from_turtle(text: str) -> Description:
    """Return what a DCAT document in Turtle says of its one dataset.

    Raises:
        DependencyMissing: rdflib, which reads Turtle, is not installed.
        DescriptionError: it is not Turtle, or as `from_dcat`.
    """
    try:
        import rdflib
    except ImportError:
        raise DependencyMissing(
            "Reading Turtle needs the package rdflib.",
            remedy="Run `pip install rdflib`, or give the description as JSON-LD.",
        ) from None
    graph = rdflib.Graph()
    try:
        graph.parse(data=text, format="turtle")
    except Exception as error:  # noqa: BLE001 - the parser raises errors of many kinds
        raise wrong(f"it is neither JSON nor Turtle ({type(error).__name__})") from None
    document = json.loads(graph.serialize(format="json-ld", auto_compact=False))
    return from_dcat(document, text, MediaType.TURTLE)


def _datasets(document: Any) -> Iterator[Node]:
    """Yield the datasets: at the top, in a graph, or in a catalogue."""
    if isinstance(document, list):
        tops, names = document, {}
    elif isinstance(document, dict):
        graph = document.get("@graph")
        tops = graph if isinstance(graph, list) else [document]
        names = names_of(document.get("@context"))
    else:
        return
    nodes = [top for top in tops if isinstance(top, Mapping)]
    others = {str(node["@id"]): node for node in nodes if "@id" in node}
    seen: set[int] = set()
    for top in nodes:
        node = Node(top, names, others)
        for found in (node, *node.nodes(f"{_DCAT}dataset")):
            if found.has_type(f"{_DCAT}Dataset") and id(found.members) not in seen:
                seen.add(id(found.members))
                yield found


def _licence(node: Node) -> tuple[str, ...]:
    return node.labels(f"{_DCT}license", by=(f"{_DCT}identifier",))


def _parties(node: Node, iri: str) -> Iterator[Party]:
    for party in node.each(iri):
        if isinstance(party, str):
            yield Party(party)
            continue
        name = party.text(*_NAMES) or party.id
        if name:
            email = party.text(f"{_FOAF}mbox", f"{_VCARD}hasEmail")
            yield Party(name, party.id, email.removeprefix("mailto:") if email else None)


def _period(node: Node) -> Period | None:
    for found in node.nodes(f"{_DCT}temporal"):
        start = time_of(found.text(f"{_DCAT}startDate", "https://schema.org/startDate"))
        end = time_of(found.text(f"{_DCAT}endDate", "https://schema.org/endDate"))
        if start or end:
            return Period(start, end)
    return None
