"""MLCommons Croissant 1.0 with its responsible-AI vocabulary 1.0.

A description that was read from Croissant goes out as it came, every member of it; the files'
digests and sizes that the chain proves take the place of what it said of them.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from glob import escape
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from dataledger.errors import DescriptionError
from dataledger.evidence.export.facts import DatasetFacts
from dataledger.evidence.export.notes import Export, Notes, json_text, literal, present
from dataledger.evidence.export.redefinition import leaves_words_alone
from dataledger.evidence.export.words import (
    OCTETS,
    description_of,
    is_url,
    licence_url,
    media_type,
    sha256_of,
    title_of,
)
from dataledger.hashing import JsonValue
from dataledger.manifest import FileEntry
from dataledger.manifest.description import ForeignFormat, Topic
from dataledger.manifest.description.croissant import RAI, from_croissant, is_croissant
from dataledger.manifest.description.linked import parse_json

MEDIA_TYPE = 'application/ld+json; profile="http://mlcommons.org/croissant/1.0"'
MAX_FILE_OBJECTS = 1_000
"""From so many files on, they stand together in file sets."""
MAX_FILE_SETS = 100

_TERMS = (
    "citeAs column conformsTo equivalentProperty extract field fileProperty fileObject fileSet "
    "format includes isLiveDataset jsonPath key md5 parentField path recordSet references regex "
    "repeated replace samplingRate separator source subField transform"
)
CONTEXT: dict[str, JsonValue] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "rai": "http://mlcommons.org/croissant/RAI/",
    "sc": "https://schema.org/",
    **{term: f"cr:{term}" for term in _TERMS.split()},
    "conformsTo": "dct:conformsTo",
}
_CONFORMS_TO = ["http://mlcommons.org/croissant/1.0", "http://mlcommons.org/croissant/RAI/1.0"]
_ONE_TEXT = {
    Topic.COLLECTION,
    Topic.RAW_DATA,
    Topic.MISSING_DATA,
    Topic.IMPUTATION,
    Topic.MANIPULATION,
    Topic.ANNOTATIONS_PER_ITEM,
    Topic.SOCIAL_IMPACT,
    Topic.MAINTENANCE,
}
"""The properties that have one value."""
_TYPES = {
    "bool": "sc:Boolean",
    "date": "sc:Date",
    "float": "sc:Float",
    "instant": "sc:DateTime",
    "int": "sc:Integer",
    "time": "sc:Time",
    "timestamp": "sc:DateTime",
    "uint64": "sc:Integer",
}
_TEXT_TYPE = "sc:Text"


def croissant(facts: DatasetFacts) -> Export:
    """Return the version as a Croissant document."""
    notes = Notes(facts)
    source = _source(facts)
    document = _made(notes) if source is None else _imported(source, notes)
    return Export("croissant", MEDIA_TYPE, json_text(document | literal(notes)), notes)


# -------------------------------------------------------------------------------- from the facts


def _made(notes: Notes) -> dict[str, JsonValue]:
    facts = notes.facts
    title, title_fact = title_of(facts)
    description, description_fact = description_of(facts)
    licence = facts.text("licence")
    notes.take("name", title_fact)
    notes.take("description", description_fact)
    notes.take("license", "licence")
    label = notes.take("version", "version_label" if facts.value("version_label") else "version")
    homepage = notes.take("url", "homepage")
    document = present(
        {
            "@context": CONTEXT,
            "@type": "sc:Dataset",
            "name": title,
            "description": description,
            "conformsTo": _CONFORMS_TO,
            "identifier": notes.take("identifier", "id"),
            "license": licence_url(licence) or licence,
            "url": homepage,
            "version": label,
            "keywords": notes.take("keywords", "keywords"),
            "inLanguage": notes.take("inLanguage", "languages"),
            "datePublished": notes.take("datePublished", "issued"),
            "creator": _parties(notes.take("creator", "creators")),
            "publisher": _parties([notes.take("publisher", "publisher")]),
            "temporalCoverage": _interval(notes.take("temporalCoverage", "temporal")),
            "spatialCoverage": notes.take("spatialCoverage", "spatial"),
            "citeAs": notes.take("citeAs", "citation"),
            **{f"rai:{name}": _statement(notes, topic, name) for topic, name in RAI.items()},
            "distribution": list(_distribution(notes, facts.files)),
            "recordSet": list(_record_sets(facts, facts.tables)),
        }
    )
    notes.take("distribution", "files")
    notes.take("recordSet", "tables")
    return document


def _statement(notes: Notes, topic: Topic, name: str) -> JsonValue:
    said = notes.take(f"rai:{name}", f"statements.{topic}")
    if isinstance(said, Sequence) and topic in _ONE_TEXT:
        return "\n".join(map(str, said))
    return said


def _parties(value: JsonValue) -> list[JsonValue]:
    parties = value if isinstance(value, list | tuple) else []
    return [
        present(
            {
                "@type": "sc:Organization",
                "name": party.get("name"),
                "url": party.get("id"),
                "email": party.get("email"),
            }
        )
        for party in parties
        if isinstance(party, Mapping)
    ]


def _interval(value: JsonValue) -> str | None:
    if not isinstance(value, Mapping):
        return None
    return f"{value.get('start', '..')}/{value.get('end', '..')}"


# ---------------------------------------------------------------------------------------- the files


def _distribution(notes: Notes, files: Sequence[FileEntry]) -> Iterator[JsonValue]:
    facts = notes.facts
    single = [entry for entry in files if sha256_of(entry) is not None]
    if not files or len(files) > MAX_FILE_OBJECTS:
        single = []
        yield {
            "@type": "cr:FileObject",
            "@id": "manifest",
            "name": "manifest.json",
            "description": "The ledger's manifest: path, size and digest of every file.",
            "contentUrl": f"{facts.text('manifest_digest').partition(':')[2]}.json",
            "encodingFormat": "application/json",
            "sha256": facts.text("manifest_digest").partition(":")[2],
        }
    for entry in single:
        yield _file_object(entry)
    told = {entry.path for entry in single}
    yield from _file_sets([entry.path for entry in files if entry.path not in told])


def _file_object(entry: FileEntry) -> dict[str, JsonValue]:
    return {
        "@type": "cr:FileObject",
        "@id": f"file/{quote(entry.path, safe='/')}",
        "name": entry.path,
        "contentUrl": quote(entry.path, safe="/"),
        "contentSize": f"{entry.size_bytes} B",
        "encodingFormat": media_type(entry.path),
        "sha256": sha256_of(entry),
    }


def _file_sets(paths: Sequence[str]) -> Iterator[JsonValue]:
    """Yield file sets by directory and suffix; where these are many, by suffix, or one for all."""

    def by_both(path: str) -> str:
        directory, slash, _ = path.partition("/")
        return escape(directory) + slash + by_suffix(path) if slash else by_suffix(path)

    def by_suffix(path: str) -> str:
        return f"**/*{escape(_suffix(path))}"

    for pattern in (by_both, by_suffix, lambda _path: "**/*"):
        patterns = Counter(map(pattern, paths))
        if len(patterns) <= MAX_FILE_SETS:
            break
    for glob, count in patterns.items():
        yield {
            "@type": "cr:FileSet",
            "@id": f"files/{quote(glob, safe='/')}",
            "name": glob,
            "description": f"{count} files.",
            "encodingFormat": media_type(glob) if _suffix(glob) else OCTETS,
            "includes": glob,
        }


def _suffix(path: str) -> str:
    return PurePosixPath(path).suffix


def _record_sets(facts: DatasetFacts, tables: Mapping[str, Sequence[Any]]) -> Iterator[JsonValue]:
    """Yield the tables whose columns the chain commits to."""
    single = len(facts.files) <= MAX_FILE_OBJECTS
    for entry in facts.files:
        if entry.path not in tables or sha256_of(entry) is None or not single:
            continue
        path = quote(entry.path, safe="/")
        yield {
            "@type": "cr:RecordSet",
            "@id": f"records/{path}",
            "name": entry.path,
            "field": [
                {
                    "@type": "cr:Field",
                    "@id": f"records/{path}/{number}/{quote(column.name, safe='')}",
                    "name": column.name,
                    "dataType": _TYPES.get(column.type, _TEXT_TYPE),
                    "source": {
                        "fileObject": {"@id": f"file/{path}"},
                        "extract": {"column": column.name},
                    },
                }
                for number, column in enumerate(tables[entry.path])
            ],
        }


# -------------------------------------------------------------------------------- from an import


def _source(facts: DatasetFacts) -> dict[str, Any] | None:
    """Return the document that the description was read from, if it was Croissant.

    Anybody can write a description by hand, with something else for its source: that is not used;
    nor is one that gives its own meaning to the words in which the ledger speaks.
    """
    source = facts.description.source if facts.description else None
    if source is None or source.format is not ForeignFormat.CROISSANT:
        return None
    with suppress(DescriptionError):
        document: dict[str, Any] = parse_json(source.text)
        title = from_croissant(document, source.text).title if is_croissant(document) else None
        if title == facts.value("title") and leaves_words_alone(document):
            return document
    return None


def _imported(document: dict[str, Any], notes: Notes) -> dict[str, Any]:
    """Return the document as it was, with what the ledger proves; each member rests on a note."""
    facts = notes.facts
    said = facts.fact("title")
    for key, value in document.items():
        if key not in {"@context", "distribution"}:
            notes.say(key, "source", replace(said, value=value))
    listed = document.get("distribution", [])
    found = [dict(part) if isinstance(part, dict) else part for part in _listed(listed)]
    by_path = {entry.path: entry for entry in facts.files}
    known: set[str] = set()
    for part in found:
        entry = _entry_of(part, by_path)
        about = _about(part)
        if entry is not None and sha256_of(entry) is not None and entry.path not in known:
            known.add(entry.path)
            proven = {"sha256": sha256_of(entry), "contentSize": f"{entry.size_bytes} B"}
            other = {name: value for name, value in part.items() if name not in proven}
            notes.say(about, "source", replace(said, value=other))
            for name, value in proven.items():
                notes.take(f"{about}/{name}", "files")
                _set(notes, part, name, value)
        else:
            notes.say(about, "source", replace(said, value=part))
    taken = {str(_id(part)) for part in found}
    rest = [entry for entry in facts.files if entry.path not in known]
    added = [part for part in _distribution(notes, rest) if _id(part) not in taken]
    if not found and not added:
        return document
    for part in added:
        notes.take(_about(part), "files")
    whole = listed if isinstance(listed, dict) and len(found) + len(added) == 1 else None
    return {**document, "distribution": found[0] if whole and found else [*found, *added]}


def _set(notes: Notes, part: dict[str, Any], name: str, proven: JsonValue) -> None:
    """Put what is proven into a file object, and note what stood there otherwise."""
    said = part.get(name)
    if said is not None and not _same(name, said, proven):
        notes.differ(f"{_about(part)}/{name}", said, proven)
    if said is None or not _same(name, said, proven):
        part[name] = proven


def _same(name: str, said: JsonValue, proven: JsonValue) -> bool:
    """Return whether two values say the same; a size may be a number, or have another spelling."""
    if name == "contentSize":
        return str(said).removesuffix("B").removesuffix("bytes").strip() == str(proven)[:-2]
    return str(said).lower() == proven


def _entry_of(part: Any, by_path: Mapping[str, FileEntry]) -> FileEntry | None:
    """Return the file that a file object speaks of, if its address or name is a file's path."""
    if not isinstance(part, dict) or "FileSet" in str(part.get("@type")) or "containedIn" in part:
        return None
    names = [part.get("contentUrl"), part.get("@id"), part.get("name")]
    texts = [name for name in names if isinstance(name, str)]
    paths = [unquote(urlsplit(text).path if is_url(text) else text) for text in texts]
    plain = {path.removeprefix("./").removeprefix("file/").lstrip("/") for path in paths}
    for path in sorted(plain, key=lambda path: (-len(path), path)):
        parts = path.split("/")
        for start in range(len(parts)):
            if "/".join(parts[start:]) in by_path:
                return by_path["/".join(parts[start:])]
    return None


def _about(part: Any) -> str:
    """Return how the notes call a part of the distribution."""
    name = part.get("@id", part.get("name")) if isinstance(part, Mapping) else part
    return f"distribution/{name}"


def _id(part: JsonValue) -> JsonValue:
    return part.get("@id") if isinstance(part, Mapping) else None


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
