"""Reads linked data (JSON-LD 1.1) as far as descriptions need it, and never from the network.

A document's own context is followed where it stands in the document. A context that lies elsewhere
is not fetched: terms that only it explains are taken by the names that the standards use.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

from dataledger.manifest.description.parts import is_time, wrong

MAX_DEPTH = 64

PREFIXES = {
    "adms": "http://www.w3.org/ns/adms#",
    "cr": "http://mlcommons.org/croissant/",
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "dcterms": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "owl": "http://www.w3.org/2002/07/owl#",
    "pav": "http://purl.org/pav/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "schema": "https://schema.org/",
    "sc": "https://schema.org/",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
}
_DATE_OF_TIME = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})[T ].*")


def parse_json(text: str) -> Any:
    """Return the value of a JSON text, with integers of any size.

    Raises:
        DescriptionError: it is not JSON, repeats a key, holds NaN or infinity, or nests deeper than
            `MAX_DEPTH`.
    """
    try:
        value = json.loads(text, object_pairs_hook=_object, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        raise wrong(
            f"it is not JSON: {error.msg} at line {error.lineno}, column {error.colno}"
        ) from None
    except RecursionError:
        raise _too_deep() from None
    except ValueError:  # thousands of digits
        raise wrong("it holds a number that is too long") from None
    _check_depth(value, MAX_DEPTH)
    return value


@dataclass(frozen=True)
class Node:
    """An object of linked data, with the context that explains its terms."""

    members: Mapping[str, Any]
    names: Mapping[str, str]
    """What the context says: terms and prefixes, by what they stand for."""
    others: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """The document's other nodes, by their ids."""

    @property
    def id(self) -> str | None:
        """The node's own name, unless it is blank."""
        found = self.members.get("@id", self.members.get("id"))
        return found if isinstance(found, str) and not found.startswith("_:") else None

    def has_type(self, *iris: str) -> bool:
        """Return whether the node is of one of these types."""
        types = self.members.get("@type", self.members.get("type", []))
        found = types if isinstance(types, list) else [types]
        return any(isinstance(t, str) and self.iri(t) in iris for t in found)

    def iri(self, term: str) -> str:
        """Return the IRI that a term or a compact IRI stands for; itself, if that is not told."""
        for _ in range(3):  # a term may stand for a compact IRI, whose prefix stands for an IRI
            known = self.names.get(term)
            if known is not None and known != term:
                term = known
                continue
            prefix, colon, rest = term.partition(":")
            if not colon or rest.startswith("//"):
                break
            term = self.names.get(prefix, PREFIXES.get(prefix, f"{prefix}:")) + rest
        if ":" not in term and "@vocab" in self.names:
            return self.names["@vocab"] + term
        return term

    def values(self, *iris: str) -> list[Any]:
        """Return what stands under the first of these properties that the node has, as a list."""
        for iri in iris:
            local = re.split(r"[#/]", iri)[-1]
            for key, value in self.members.items():
                meant = self.iri(key)
                if meant == iri or (":" not in meant and meant == local):
                    return _listed(value)
        return []

    def each(self, *iris: str) -> Iterator["Node | str"]:
        """Yield these values in order: objects, resolved if they are only named, and texts."""
        for value in self.values(*iris):
            if isinstance(value, str) and value in self.others:
                yield Node(self.others[value], self.names, self.others)
            elif isinstance(value, Mapping) and "@value" not in value:
                found = self.others.get(str(value.get("@id")), value) if len(value) == 1 else value
                yield Node(found, self.names, self.others)
            else:
                text = _text(value)
                if text:
                    yield text

    def nodes(self, *iris: str) -> Iterator["Node"]:
        """Yield the objects among these values."""
        yield from (found for found in self.each(*iris) if isinstance(found, Node))

    def texts(self, *iris: str) -> tuple[str, ...]:
        """Return the texts among these values; of a value in several languages, one."""
        found = (_text(value) for value in self.values(*iris))
        return tuple(text for text in found if text)

    def text(self, *iris: str) -> str | None:
        """Return the first text among these values."""
        return next(iter(self.texts(*iris)), None)

    def labels(self, *iris: str, by: tuple[str, ...]) -> tuple[str, ...]:
        """Return the texts among these values, and what objects among them are called."""
        found = (
            value if isinstance(value, str) else value.text(*by) or value.id
            for value in self.each(*iris)
        )
        return tuple(text for text in found if text)


def names_of(context: Any) -> dict[str, str]:
    """Return what the contexts that stand in the document say of terms and prefixes."""
    names: dict[str, str] = {}
    for part in _listed(context):
        if isinstance(part, Mapping):
            for term, meant in part.items():
                iri = meant.get("@id") if isinstance(meant, Mapping) else meant
                if isinstance(iri, str) and (not term.startswith("@") or term == "@vocab"):
                    names[term] = iri
    return names


def time_of(text: str | None) -> str | None:
    """Return a time as a description may hold it: of other times with a date, the date."""
    if text is None or is_time(text):
        return text
    dated = _DATE_OF_TIME.fullmatch(text)
    return dated[1] if dated and is_time(dated[1]) else None


def _text(value: Any) -> str | None:
    if isinstance(value, Mapping):
        if "@value" in value:
            value = value["@value"]
        elif "@id" in value:
            value = value["@id"]
        else:
            value = value.get("en") or next(iter(value.values()), None)
    if isinstance(value, list):
        value = value[0] if value else None
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    return str(value) or None


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise wrong("an object of it has a key twice")
    return found


def _refuse_constant(literal: str) -> NoReturn:
    raise wrong(f"it holds {literal}, which is no JSON number")


def _check_depth(value: Any, levels_left: int) -> None:
    if isinstance(value, dict | list):
        if levels_left == 0:
            raise _too_deep()
        for child in value.values() if isinstance(value, dict) else value:
            _check_depth(child, levels_left - 1)


def _too_deep() -> Exception:
    return wrong(f"it nests deeper than {MAX_DEPTH} levels")
