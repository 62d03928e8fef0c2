"""SPDX 3.0.1 with the dataset profile, as JSON-LD.

Its context is named and not embedded, as the standard demands; readers of SPDX know it.
"""

from collections.abc import Iterator, Mapping

from dataledger.evidence.export.facts import DatasetFacts
from dataledger.evidence.export.notes import Export, Notes, json_line, json_text, present
from dataledger.evidence.export.words import (
    description_of,
    file_iri,
    is_spdx_id,
    is_url,
    organisation_iri,
    sha256_of,
    title_of,
    version_iri,
)
from dataledger.hashing import JsonValue
from dataledger.manifest import FileEntry
from dataledger.manifest.description import Topic

CONTEXT = "https://spdx.org/rdf/3.0.1/spdx-context.jsonld"
MAX_FILES = 1_000
"""From so many files on, the package's digest stands for them."""

_CREATION = "_:creation"
_RELATIONS = {"TRAINED_ON": "trainedOn"}
_KINDS = {
    "csv": "structured",
    "parquet": "structured",
    "arrow": "structured",
    "jsonl": "structured",
    "txt": "text",
    "md": "text",
    "jpg": "image",
    "jpeg": "image",
    "png": "image",
    "tif": "image",
    "tiff": "image",
    "wav": "audio",
    "mp3": "audio",
    "mp4": "video",
}


def spdx(facts: DatasetFacts) -> Export:
    """Return the version as a dataset package, with its files, origins and annotations."""
    notes = Notes(facts)
    this = version_iri(facts.dataset, facts.version)
    owner = organisation_iri(facts.chain, facts.owner)
    package = _package(notes, this, owner)
    elements: list[Mapping[str, JsonValue]] = [
        _element("Organization", owner, name=facts.owner),
        package,
        *_files(notes, this),
        *_licence(notes, this),
        *_origins(notes, this),
    ]
    elements.append(
        _element(
            "Annotation",
            f"{this}:facts",
            annotationType="other",
            subject=this,
            contentType="application/json",
            statement=json_line(notes.to_json()),
        )
    )
    made = {
        "type": "CreationInfo",
        "@id": _CREATION,
        "specVersion": "3.0.1",
        "created": facts.text("recorded"),
        "createdBy": [owner],
    }
    document = _element(
        "SpdxDocument",
        f"{this}:spdx",
        name=f"{facts.name}@{facts.version}",
        profileConformance=["core", "software", "dataset", "simpleLicensing"],
        rootElement=[this],
        element=[element["spdxId"] for element in elements],
        **{"import": _imports(facts)},
    )
    whole: dict[str, JsonValue] = {"@context": CONTEXT, "@graph": [made, document, *elements]}
    return Export("spdx", "application/spdx+json", json_text(whole), notes)


def _element(kind: str, iri: str, **members: JsonValue) -> dict[str, JsonValue]:
    return {"type": kind, "spdxId": iri, "creationInfo": _CREATION, **present(members)}


def _package(notes: Notes, this: str, owner: str) -> dict[str, JsonValue]:
    facts = notes.facts
    title, title_fact = title_of(facts)
    description, description_fact = description_of(facts)
    notes.take("name", title_fact)
    notes.take("description", description_fact)
    notes.take("originatedBy", "owner")
    # The chain tells when a version was recorded, and not when it was built.
    built = notes.take("builtTime", "recorded")
    released = notes.take("releaseTime", "recorded")
    home = notes.take("software_downloadLocation", "homepage")
    digest = notes.take("verifiedUsing", "manifest_digest")
    size = notes.take("dataset_datasetSize", "size_bytes")
    kinds = {_KINDS.get(entry.path.rpartition(".")[2].lower(), "other") for entry in facts.files}
    # What SPDX has one text for may be several statements here.
    one = {
        "dataset_dataCollectionProcess": Topic.COLLECTION,
        "dataset_intendedUse": Topic.USE_CASES,
        "dataset_datasetNoise": Topic.LIMITATIONS,
        "dataset_datasetUpdateMechanism": Topic.MAINTENANCE,
    }
    many = {
        "dataset_anonymizationMethodUsed": Topic.PRIVACY_ENHANCING,
        "dataset_dataPreprocessing": Topic.PREPROCESSING,
        "dataset_knownBias": Topic.BIASES,
    }
    label = notes.take(
        "software_packageVersion",
        "version_label" if facts.value("version_label") else "version",
    )
    return _element(
        "dataset_DatasetPackage",
        this,
        name=title,
        description=description,
        originatedBy=[owner],
        builtTime=built,
        releaseTime=released,
        software_primaryPurpose="data",
        software_packageVersion=str(label),
        software_downloadLocation=str(home) if home and is_url(str(home)) else this,
        software_homePage=home if home and is_url(str(home)) else None,
        software_copyrightText="\n".join(
            map(str, _list(notes.take("software_copyrightText", f"statements.{Topic.PROPRIETARY}")))
        ),
        verifiedUsing=[_hash(str(digest).partition(":")[2], "The ledger's manifest.")],
        dataset_datasetType=sorted(kinds) or ["noAssertion"],
        dataset_datasetSize=size,
        **{
            about: "\n".join(map(str, _list(notes.take(about, f"statements.{topic}"))))
            for about, topic in one.items()
        },
        **{about: _list(notes.take(about, f"statements.{topic}")) for about, topic in many.items()},
    )


def _hash(value: str, comment: str | None = None) -> JsonValue:
    return present({"type": "Hash", "algorithm": "sha256", "hashValue": value, "comment": comment})


def _files(notes: Notes, this: str) -> Iterator[dict[str, JsonValue]]:
    facts = notes.facts
    notes.take("contains", "files")
    told = facts.files if len(facts.files) <= MAX_FILES else ()
    for entry in told:
        yield _file(facts, entry)
    if told:
        yield _relationship(
            f"{this}:contains", "contains", this, [file_iri(facts, entry.path) for entry in told]
        )


def _file(facts: DatasetFacts, entry: FileEntry) -> dict[str, JsonValue]:
    digest = sha256_of(entry)
    return _element(
        "software_File",
        file_iri(facts, entry.path),
        name=entry.path,
        software_primaryPurpose="data",
        verifiedUsing=None if digest is None else [_hash(digest)],
    )


def _relationship(iri: str, kind: str, start: str, to: list[str]) -> dict[str, JsonValue]:
    relationship = _element("Relationship", iri, relationshipType=kind, to=to)
    return {**relationship, "from": start}


def _licence(notes: Notes, this: str) -> Iterator[dict[str, JsonValue]]:
    notes.take("hasDeclaredLicense", "licence")
    text = notes.facts.text("licence").removeprefix("https://spdx.org/licenses/")
    if not text:
        return
    iri = f"{this}:licence"
    if is_spdx_id(text):
        yield _element(
            "simplelicensing_LicenseExpression", iri, simplelicensing_licenseExpression=text
        )
    else:
        yield _element("simplelicensing_SimpleLicensingText", iri, simplelicensing_licenseText=text)
    yield _relationship(f"{iri}:declared", "hasDeclaredLicense", this, [iri])


def _origins(notes: Notes, this: str) -> Iterator[dict[str, JsonValue]]:
    notes.take("descendantOf", "parents")
    for number, origin in enumerate(notes.facts.origins, start=1):
        kind = _RELATIONS.get(origin.relation, "descendantOf")
        parent = version_iri(origin.dataset, origin.version)
        yield _relationship(f"{this}:origin:{number}", kind, this, [parent])


def _imports(facts: DatasetFacts) -> list[JsonValue]:
    """Return the versions that are named and described elsewhere."""
    parents = {version_iri(origin.dataset, origin.version) for origin in facts.origins}
    return [{"type": "ExternalMap", "externalSpdxId": iri} for iri in sorted(parents)]


def _list(value: JsonValue) -> list[JsonValue]:
    return list(value) if isinstance(value, list | tuple) else []
