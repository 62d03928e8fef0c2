"""A Croissant document with about everything that one can have, and with what no one knows."""

import copy
from typing import Any

from dataledger.evidence.export.croissant import CONTEXT

_DOCUMENT: dict[str, Any] = {
    "@context": {**CONTEXT, "acme": "https://acme.example/terms#", "colour": "acme:colour"},
    "@type": "sc:Dataset",
    "@id": "https://acme.example/datasets/pass",
    "name": "PASS \u202e\u001b[31m",
    "description": "Pictures without people.\nSecond line.",
    "conformsTo": [
        "http://mlcommons.org/croissant/1.0",
        "http://mlcommons.org/croissant/RAI/1.0",
        "https://acme.example/profile",
    ],
    "license": ["https://creativecommons.org/licenses/by/4.0/"],
    "url": "https://acme.example/pass",
    "version": "2.1.0",
    "datePublished": "2024-05-01T00:00:00",
    "dateModified": "2024-06-01",
    "keywords": ["pictures", "no people"],
    "inLanguage": ["en", "nl"],
    "creator": [
        {"@type": "sc:Person", "name": "A. Maker", "email": "a@acme.example", "acme:desk": 7},
        {"@type": "sc:Organization", "name": "Acme", "url": "https://acme.example/"},
    ],
    "publisher": {"@type": "sc:Organization", "name": "Acme Press"},
    "citeAs": "@article{pass, title={PASS}}",
    "isLiveDataset": False,
    "temporalCoverage": "2019-01-01/2021-12-31",
    "spatialCoverage": {"@type": "sc:Place", "name": "Netherlands"},
    "sameAs": ["https://mirror.example/pass"],
    "rai:dataCollection": "Taken from a public archive.",
    "rai:dataCollectionType": ["Web scraping", "Secondary data analysis"],
    "rai:dataBiases": ["Skewed to cities.", "Daylight only."],
    "rai:dataLimitations": ["No night."],
    "rai:dataSocialImpact": "Little.",
    "rai:personalSensitiveInformation": ["None"],
    "rai:annotationsPerItem": "3",
    "rai:unheardOf": {"nested": [1, 2.5, None, True]},
    "colour": "\u001b]8;;https://evil.example\u0007red",
    "acme:audit": [{"@type": "acme:Audit", "acme:by": {"@id": "https://auditor.example/"}}],
    "distribution": [
        {
            "@type": "cr:FileObject",
            "@id": "archive",
            "name": "archive",
            "contentUrl": "https://acme.example/pass.tar",
            "contentSize": "123 B",
            "encodingFormat": "application/x-tar",
            "sha256": "0b033707ea49365a5ffdd14615825511",
        },
        {
            "@type": "cr:FileObject",
            "@id": "table",
            "name": "labels",
            "contentUrl": "https://acme.example/v2/data/a%20b.csv",
            "contentSize": "999999 B",
            "encodingFormat": "text/csv",
            "sha256": "f" * 64,
            "acme:storage": "cold",
        },
        {
            "@type": "cr:FileSet",
            "@id": "pictures",
            "containedIn": {"@id": "archive"},
            "encodingFormat": "image/jpeg",
            "includes": "*.jpg",
        },
    ],
    "recordSet": [
        {
            "@type": "cr:RecordSet",
            "@id": "splits",
            "name": "splits",
            "dataType": "sc:Enumeration",
            "key": {"@id": "splits/name"},
            "field": [
                {"@type": "cr:Field", "@id": "splits/name", "dataType": "sc:Text"},
                {"@type": "cr:Field", "@id": "splits/url", "dataType": ["sc:URL", "wd:Q1"]},
            ],
            "data": [{"splits/name": "train", "splits/url": "https://acme.example/train"}],
        },
        {
            "@type": "cr:RecordSet",
            "@id": "images",
            "field": [
                {
                    "@type": "cr:Field",
                    "@id": "images/place",
                    "subField": [
                        {
                            "@type": "cr:Field",
                            "@id": "images/place/x",
                            "dataType": "sc:Float",
                            "source": {
                                "fileObject": {"@id": "table"},
                                "extract": {"column": "x"},
                                "transform": {"regex": "([0-9.]+)"},
                            },
                        },
                    ],
                },
            ],
        },
    ],
}


def croissant_example(**changes: Any) -> dict[str, Any]:
    """Return the document, with other members, or with more."""
    return {**copy.deepcopy(_DOCUMENT), **changes}
