"""Descriptions from MLCommons Croissant, and from any schema.org dataset that looks like it."""

import re
from typing import Any

from dataledger.manifest.description.linked import Node, names_of, time_of
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

RAI_PREFIX = "http://mlcommons.org/croissant/RAI/"
RAI = {
    Topic.COLLECTION: "dataCollection",
    Topic.COLLECTION_TYPE: "dataCollectionType",
    Topic.COLLECTION_TIMEFRAME: "dataCollectionTimeframe",
    Topic.RAW_DATA: "dataCollectionRawData",
    Topic.MISSING_DATA: "dataCollectionMissingData",
    Topic.IMPUTATION: "dataImputationProtocol",
    Topic.PREPROCESSING: "dataPreprocessingProtocol",
    Topic.MANIPULATION: "dataManipulationProtocol",
    Topic.ANNOTATION_PROTOCOL: "dataAnnotationProtocol",
    Topic.ANNOTATION_PLATFORM: "dataAnnotationPlatform",
    Topic.ANNOTATION_ANALYSIS: "dataAnnotationAnalysis",
    Topic.ANNOTATIONS_PER_ITEM: "annotationsPerItem",
    Topic.ANNOTATOR_DEMOGRAPHICS: "annotatorDemographics",
    Topic.MACHINE_ANNOTATION: "machineAnnotationTools",
    Topic.USE_CASES: "dataUseCases",
    Topic.LIMITATIONS: "dataLimitations",
    Topic.BIASES: "dataBiases",
    Topic.SOCIAL_IMPACT: "dataSocialImpact",
    Topic.PERSONAL_DATA: "personalSensitiveInformation",
    Topic.MAINTENANCE: "dataReleaseMaintenancePlan",
}
"""The property of Croissant's responsible-AI vocabulary for each topic that it has."""

_SCHEMA = ("https://schema.org/", "http://schema.org/")
_DATASET = tuple(f"{schema}Dataset" for schema in _SCHEMA)
_INTERVAL = re.compile(r"([^/]+)/([^/]+)")


def is_croissant(document: Any) -> bool:
    """Return whether a JSON document is a dataset of schema.org, as Croissant's are."""
    return isinstance(document, dict) and _node(document).has_type(*_DATASET, "Dataset")


def from_croissant(document: Any, text: str) -> Description:
    """Return what a Croissant document says. `text` is the document as it was found.

    Raises:
        DescriptionError: it names no dataset, or says what no description can hold.
    """
    node = _node(document)
    title = node.text(*_terms("name"))
    if title is None:
        raise wrong("the Croissant document gives its dataset no `name`")
    return Description(
        title=title,
        description=node.text(*_terms("description")),
        keywords=_keywords(node),
        licence=next(iter(node.labels(*_terms("license"), by=_terms("url", "name"))), None),
        languages=node.labels(*_terms("inLanguage"), by=_terms("alternateName", "name")),
        creators=tuple(_parties(node, "creator")),
        publisher=next(iter(_parties(node, "publisher")), None),
        homepage=node.text(*_terms("url")),
        version=node.text(*_terms("version")),
        issued=time_of(node.text(*_terms("datePublished"))),
        temporal=_period(node.text(*_terms("temporalCoverage"))),
        spatial=node.labels(*_terms("spatialCoverage"), by=_terms("name")),
        statements={topic: node.texts(f"{RAI_PREFIX}{name}") for topic, name in RAI.items()},
        citation=node.text("http://mlcommons.org/croissant/citeAs", *_terms("citation")),
        source=Source(ForeignFormat.CROISSANT, MediaType.JSON_LD, text),
    )


def _node(document: dict[str, Any]) -> Node:
    return Node(document, names_of(document.get("@context")))


def _terms(*names: str) -> tuple[str, ...]:
    return tuple(f"{schema}{name}" for name in names for schema in _SCHEMA)


def _keywords(node: Node) -> tuple[str, ...]:
    found = node.labels(*_terms("keywords"), by=_terms("name"))
    if len(found) == 1:  # schema.org also has them as one text
        return tuple(word.strip() for word in found[0].split(",") if word.strip())
    return found


def _parties(node: Node, name: str) -> list[Party]:
    parties = []
    for party in node.each(*_terms(name)):
        if isinstance(party, str):
            parties.append(Party(party))
            continue
        called = party.text(*_terms("name")) or party.id
        if called:
            identified = party.text(*_terms("url", "sameAs")) or party.id
            parties.append(Party(called, identified, party.text(*_terms("email"))))
    return parties


def _period(text: str | None) -> Period | None:
    """Return the period of `START/END` (ISO 8601), in which `..` stands for an open end."""
    parts = _INTERVAL.fullmatch(text or "")
    start, end = (parts[1], parts[2]) if parts else (text, None)
    found = tuple(None if part == ".." else time_of(part) for part in (start, end))
    return Period(*found) if any(found) else None
