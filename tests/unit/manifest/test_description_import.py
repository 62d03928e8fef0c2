"""Descriptions are read from Croissant and DCAT, whole, and without the network."""

import json
import socket
import sys
from typing import Any

import pytest
from croissant_example import croissant_example
from hypothesis import given
from hypothesis import strategies as st

from dataledger.errors import DependencyMissing, DescriptionError
from dataledger.manifest.description import (
    MAX_DESCRIPTION_BYTES,
    Description,
    Party,
    Period,
    Topic,
    read_description,
)

DCAT: dict[str, Any] = {
    "@context": {
        "dcat": "http://www.w3.org/ns/dcat#",
        "terms": "http://purl.org/dc/terms/",
        "foaf": "http://xmlns.com/foaf/0.1/",
        "v": "http://www.w3.org/2006/vcard/ns#",
        "label": "http://www.w3.org/2000/01/rdf-schema#label",
        "title": {"@id": "terms:title", "@language": "en"},
    },
    "@graph": [
        {
            "@id": "https://acme.example/roads",
            "@type": ["dcat:Dataset", "dcat:Resource"],
            "title": "Roads",
            "terms:description": [{"@value": "All roads.", "@language": "en"}],
            "dcat:keyword": ["road", {"@value": "weg", "@language": "nl"}],
            "terms:publisher": {"@id": "https://acme.example/"},
            "terms:creator": ["A. Maker", {"@type": "foaf:Person", "foaf:name": "B. Maker"}],
            "dcat:contactPoint": {
                "v:fn": "Desk",
                "v:hasEmail": {"@id": "mailto:desk@acme.example"},
            },
            "terms:language": {"@id": "http://id.loc.gov/vocabulary/iso639-1/en"},
            "terms:issued": {"@type": "xsd:dateTime", "@value": "2026-01-31T12:00:00"},
            "terms:temporal": {"dcat:startDate": "2020-01-01", "dcat:endDate": "2021"},
            "terms:spatial": {"label": "Netherlands"},
            "terms:provenance": {"label": "Driven along."},
            "dcat:landingPage": {"@id": "https://acme.example/roads.html"},
            "dcat:version": "3.1",
            "dcat:theme": {"@id": "https://themes.example/TRAN"},
            "dcat:distribution": {
                "@type": "dcat:Distribution",
                "terms:license": {"@id": "https://creativecommons.org/licenses/by/4.0/"},
            },
            "acme:unknown": 7,
        },
        {"@id": "https://acme.example/", "@type": "foaf:Agent", "foaf:name": "Acme"},
    ],
}
TURTLE = """\
@prefix dcat: <http://www.w3.org/ns/dcat#> .
@prefix dct: <http://purl.org/dc/terms/> .
@prefix foaf: <http://xmlns.com/foaf/0.1/> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .

[] a owl:Ontology ; owl:imports <https://nowhere.example/> .
<https://acme.example/roads> a dcat:Dataset ;
    dct:title "Roads" ;
    dct:license <https://creativecommons.org/licenses/by/4.0/> ;
    dct:publisher [ a foaf:Agent ; foaf:name "Acme" ] ;
    dcat:keyword "road", "weg" .
"""


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_arguments: object, **_named: object) -> None:
        raise AssertionError("a description asked for the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def read(document: Any) -> Description:
    return read_description(json.dumps(document).encode())


def test_croissant_is_read() -> None:
    found = read(croissant_example())
    assert found.title == "PASS \u202e\x1b[31m"
    assert found.licence == "https://creativecommons.org/licenses/by/4.0/"
    assert found.creators == (
        Party("A. Maker", None, "a@acme.example"),
        Party("Acme", "https://acme.example/"),
    )
    assert found.publisher == Party("Acme Press")
    assert found.issued == "2024-05-01"
    assert found.temporal == Period("2019-01-01", "2021-12-31")
    assert found.spatial == ("Netherlands",)
    assert found.version == "2.1.0"
    assert found.languages == ("en", "nl")
    assert found.said(Topic.BIASES) == ("Skewed to cities.", "Daylight only.")
    assert found.said(Topic.COLLECTION) == ("Taken from a public archive.",)
    assert found.citation == "@article{pass, title={PASS}}"


def test_the_document_is_kept_character_by_character() -> None:
    text = '{ "@type":"sc:Dataset",\n  "name": "\\u0052oads", "x": 1.10e2, "y": 9007199254740993 }'
    found = read_description(text.encode())
    assert found.source is not None
    assert found.source.text == text
    assert Description.parse(found.to_bytes()) == found


@pytest.mark.parametrize(
    "document",
    [
        {"@context": "https://schema.org/", "@type": "Dataset", "name": "Roads"},
        {"@context": {"s": "http://schema.org/"}, "@type": "s:Dataset", "s:name": "Roads"},
        {"@type": "https://schema.org/Dataset", "https://schema.org/name": ["Roads"]},
        {"@type": ["sc:Dataset"], "name": {"nl": "Wegen", "en": "Roads"}},
        {"@type": "sc:Dataset", "name": {"@value": "Roads", "@language": "nl"}},
        {
            "@context": {"@vocab": "https://schema.org/", "called": "name"},
            "@type": "Dataset",
            "called": "Roads",
        },
    ],
)
def test_names_of_schema_org_are_known_in_every_spelling(document: Any) -> None:
    assert read(document).title == "Roads"


def test_dcat_is_read_along_its_own_context_and_graph() -> None:
    found = read(DCAT)
    assert found.title == "Roads"
    assert found.description == "All roads."
    assert found.keywords == ("road", "weg")
    assert found.publisher == Party("Acme", "https://acme.example/")
    assert found.creators == (Party("A. Maker"), Party("B. Maker"))
    assert found.contact == Party("Desk", None, "desk@acme.example")
    assert found.languages == ("http://id.loc.gov/vocabulary/iso639-1/en",)
    assert found.issued == "2026-01-31"
    assert found.temporal == Period("2020-01-01", "2021")
    assert found.spatial == ("Netherlands",)
    assert found.said(Topic.COLLECTION) == ("Driven along.",)
    assert found.homepage == "https://acme.example/roads.html"
    assert found.version == "3.1"
    assert found.sector == "https://themes.example/TRAN"
    assert found.licence == "https://creativecommons.org/licenses/by/4.0/"
    assert found.source is not None
    assert json.loads(found.source.text) == DCAT


def test_a_dataset_in_a_catalogue_is_found() -> None:
    dataset = {"@type": "dcat:Dataset", "dct:title": "Roads"}
    assert read({"@type": "dcat:Catalog", "dcat:dataset": [dataset]}).title == "Roads"


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of rdflib within itself
def test_dcat_is_read_as_turtle() -> None:
    found = read_description(TURTLE.encode())
    assert found.title == "Roads"
    assert found.licence == "https://creativecommons.org/licenses/by/4.0/"
    assert found.publisher == Party("Acme")
    assert set(found.keywords) == {"road", "weg"}
    assert found.source is not None
    assert found.source.text == TURTLE


def test_without_rdflib_turtle_is_refused_with_the_way_to_get_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "rdflib", None)
    with pytest.raises(DependencyMissing) as caught:
        read_description(TURTLE.encode())
    assert "pip install rdflib" in caught.value.remedy
    assert read(DCAT).title == "Roads"


@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_a_description_written_by_hand_is_read_in_any_layout(mark: str) -> None:
    text = mark + '{\n "title": "Roads",\n "format": "dataledger/description/1"}'
    assert read_description(text.encode()) == Description("Roads")


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of rdflib within itself
@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "no `dct:title`|0 datasets|neither"),
        (b"hello", "neither JSON nor Turtle"),
        (b"\xff\xfe", "not UTF-8"),
        (b"{", "not JSON"),
        (b"[]", "neither a description of the ledger, nor Croissant, nor DCAT"),
        (b'{"@type": "sc:Person", "name": "A"}', "neither a description of the ledger"),
        (b'{"@type": "sc:Dataset"}', "no `name`"),
        (b'{"@type": "sc:Dataset", "name": "a\\u0000"}', r"U\+0000"),
        (b'{"@type": "sc:Dataset", "name": "a", "name": "b"}', "twice"),
        (b'{"@type": "sc:Dataset", "name": "a", "x": NaN}', "NaN"),
        (b'{"@type": "sc:Dataset", "x": ' + b"[" * 70 + b"]" * 70 + b"}", "deeper than 64"),
        (b"[" * 100_000, "deeper than 64|neither JSON nor Turtle"),
        (b'{"x": ' + b"9" * 5_000 + b"}", "too long"),
        (b'{"@type": "dcat:Dataset"}', "no `dct:title`"),
        (b'[{"@type": "dcat:Dataset"}, {"@type": "dcat:Dataset"}]', "2 datasets"),
        (b" " * (MAX_DESCRIPTION_BYTES + 1), "more than 16777216"),
        (b'{"format": "dataledger/description/1"}', "lacks the member 'title'"),
    ],
)
def test_anything_else_is_refused_with_a_reason(data: bytes, says: str) -> None:
    with pytest.raises(DescriptionError, match=says):
        read_description(data)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)
PROPERTIES = [
    *("name", "description", "license", "creator", "publisher", "keywords", "inLanguage", "url"),
    *("version", "datePublished", "temporalCoverage", "spatialCoverage", "rai:dataBiases"),
    *("citeAs", "dct:title", "dcat:keyword", "dct:publisher", "dct:temporal", "dct:license"),
    *("dcat:distribution", "@graph", "@context", "@id"),
]


@given(
    st.sampled_from(["sc:Dataset", "dcat:Dataset"]),
    st.dictionaries(st.sampled_from(PROPERTIES), json_values),
)
def test_any_values_of_known_properties_are_read_or_refused(
    kind: str, document: dict[str, Any]
) -> None:
    try:
        found = read({"@type": kind, "name": "Roads", "dct:title": "Roads", **document})
    except DescriptionError:
        return
    assert Description.parse(found.to_bytes()) == found
