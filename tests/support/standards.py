"""Holds each export to its standard, by the standard's own library where there is one. Offline."""

import json
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema

_HERE = Path(__file__).parent

_NAMED = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}}
_CODED = {"type": "object", "required": ["code"], "properties": {"code": {"type": "string"}}}
_TEXT = {"type": "string"}


def _list(items: dict[str, Any], at_least: int = 0) -> dict[str, Any]:
    return {"type": "array", "items": items, "minItems": at_least, "uniqueItems": True}


def _object(required: str, **properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": required.split(), "properties": properties}


_PLACES = _list(_object("country", country=_TEXT, state=_TEXT))
# Written from the fields, types and cardinalities of the published schema of DPS 1.0.0.
DPS_SCHEMA = _object(
    "source provenance use",
    source=_object(
        "version title id issuer description",
        version={"const": "1.0.0"},
        title=_TEXT,
        id=_TEXT,
        location=_TEXT,
        issuer=_list(_NAMED, 1),
        description=_TEXT,
    ),
    provenance=_object(
        "origin-geography date generation-method",
        source=_TEXT,
        origin=_list(_NAMED),
        date=_TEXT,
        format=_list(_TEXT),
        **{
            "origin-geography": {**_PLACES, "minItems": 1},
            "previous-date": _TEXT,
            "generation-period": _object("", start=_TEXT, end=_TEXT),
            "generation-method": _list(_CODED, 1),
        },
    ),
    use=_object(
        "intended-purpose",
        classification=_list(
            _object("regulation evaluated", regulation=_CODED, evaluated={"type": "boolean"})
        ),
        consents=_list(_TEXT),
        license=_list(_TEXT),
        copyright=_list(_TEXT),
        patent=_list(_TEXT),
        trademark=_list(_TEXT),
        **{
            "privacy-enhancing": _list(_object("tool")),
            "processing-included": _PLACES,
            "processing-excluded": _PLACES,
            "storage-allowed": _PLACES,
            "storage-forbidden": _PLACES,
            "intended-purpose": _list(_object("code description", code=_TEXT), 1),
        },
    ),
)
_URI = {"type": "string", "pattern": "^[a-z][a-z0-9+.-]*:"}
_FACETS = {
    "type": "object",
    "additionalProperties": _object("_producer _schemaURL", _producer=_URI, _schemaURL=_URI),
}
_DATASETS = {
    "type": "array",
    "items": _object("namespace name", namespace=_TEXT, name=_TEXT, facets=_FACETS),
}
# Written from what the specification 2-0-2 says of run events.
OPENLINEAGE_SCHEMA = _object(
    "eventTime producer schemaURL run job",
    eventType={"enum": ["START", "RUNNING", "COMPLETE", "ABORT", "FAIL", "OTHER"]},
    eventTime={"type": "string", "pattern": r"^[0-9-]{10}T[0-9:.]+Z$"},
    producer=_URI,
    schemaURL=_URI,
    run=_object("runId", runId={"type": "string", "pattern": "^[0-9a-f-]{36}$"}, facets=_FACETS),
    job=_object("namespace name", namespace=_TEXT, name=_TEXT, facets=_FACETS),
    inputs=_DATASETS,
    outputs=_DATASETS,
)


def hold_croissant(text: str) -> Any:
    """Return the metadata as mlcroissant reads it, which raises on errors."""
    import mlcroissant

    logging.getLogger("absl").setLevel(logging.ERROR)  # warns of each recommended property
    with _old_ways():
        return mlcroissant.Dataset(jsonld=json.loads(text)).metadata


def hold_prov(text: str) -> Any:
    """Return the document as the library prov reads it; written again, it says the same."""
    from prov.model import ProvDocument

    document = ProvDocument.deserialize(content=text, format="json")
    again = ProvDocument.deserialize(content=document.serialize(format="json"), format="json")
    assert again == document
    return document


def hold_prov_o(text: str) -> Any:
    """Return the graph, which keeps the domains and ranges of PROV-O."""
    return _shaped(text, "prov_shapes.ttl")


def hold_dcat(text: str) -> Any:
    """Return the graph, which has what DCAT-AP makes mandatory."""
    return _shaped(text, "dcat_shapes.ttl")


def hold_openlineage(text: str) -> list[Any]:
    """Return the events as the client's own classes hold them, whose validators all ran."""
    from openlineage.client.generated import base
    from openlineage.client.serde import Serde

    events = []
    for line in text.splitlines():
        event = json.loads(line)
        jsonschema.validate(event, OPENLINEAGE_SCHEMA)
        made = base.RunEvent(
            eventType=base.EventType(event["eventType"]),
            eventTime=event["eventTime"],
            producer=event["producer"],
            run=base.Run(**event["run"]),
            job=base.Job(**event["job"]),
            inputs=[base.InputDataset(**dataset) for dataset in event["inputs"]],
            outputs=[base.OutputDataset(**dataset) for dataset in event["outputs"]],
        )
        assert made.schemaURL == event["schemaURL"]
        written = Serde.to_dict(made)
        assert (written["run"]["runId"], written["job"]) == (event["run"]["runId"], event["job"])
        events.append(made)
    return events


def hold_spdx(text: str) -> Any:
    """Return the dataset package as the model reads it; written again, all cardinalities hold."""
    import spdx_python_model

    model, objects = spdx_python_model.load_data(json.loads(text))
    model.JSONLDSerializer().serialize_data(objects)
    (document,) = objects.foreach_type(model.SpdxDocument)
    imported = {reference.externalSpdxId for reference in getattr(document, "import_")}  # noqa: B009
    assert objects.missing_ids == imported
    (package,) = objects.foreach_type(model.dataset_DatasetPackage)
    # What the dataset profile makes mandatory beyond the class.
    for name in ("originatedBy", "builtTime", "releaseTime"):
        assert getattr(package, name)
    assert package.software_primaryPurpose
    assert package.software_downloadLocation
    return package


def hold_dps(text: str) -> Any:
    """Return the document, which has the fields of the standard."""
    document = json.loads(text)
    jsonschema.validate(document, DPS_SCHEMA)
    return document


HOLD = {
    "croissant": hold_croissant,
    "prov": hold_prov,
    "prov-o": hold_prov_o,
    "dcat": hold_dcat,
    "openlineage": hold_openlineage,
    "spdx": hold_spdx,
    "dps": hold_dps,
}


@contextmanager
def _old_ways() -> Iterator[None]:
    """Bear with what the libraries themselves call deprecated."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        yield


@cache
def _shapes(name: str) -> Any:
    import rdflib

    return rdflib.Graph().parse(_HERE / name, format="turtle")


def _shaped(text: str, shapes: str) -> Any:
    import pyshacl
    import rdflib

    with _old_ways():
        graph = rdflib.Graph().parse(data=text, format="json-ld")
        conforms, _, report = pyshacl.validate(graph, shacl_graph=_shapes(shapes))
    assert conforms, report
    return graph
