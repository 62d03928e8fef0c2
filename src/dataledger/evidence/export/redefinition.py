"""Whether a foreign JSON-LD document leaves alone the words that an export puts into it.

A document that goes out as it came brings its own contexts along. These could turn the property
that holds the facts into another one, make one of their own out of some other name, or give the
proven digest of a file a name that says something else.
"""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from dataledger.evidence.export.notes import FACTS_TERM
from dataledger.manifest.description.linked import Node, names_of

OWN = "urn:dataledger:"
KNOWN_HOSTS = frozenset({"mlcommons.org", "schema.org", "www.schema.org"})
"""Whose contexts may be named: they are what Croissant itself consists of."""

_SCHEMAS = ("https://schema.org/", "http://schema.org/", "http://mlcommons.org/croissant/")
_WORDS = {
    f"{schema}{name}": name
    for schema in _SCHEMAS
    for name in ("sha256", "contentSize", "distribution")
}
"""What the export puts into a foreign document beside the facts, by what it means."""


def leaves_words_alone(document: Mapping[str, Any]) -> bool:
    """Return whether the facts, digests and sizes keep their meaning within the document.

    No name in it may stand for one of the ledger's own, or for `sha256`, `contentSize` or
    `distribution` beside these; its context may not say what these mean otherwise, nor lie where
    only somebody else knows what it says; and no other context may stand further down.
    """
    context = document.get("@context", {})
    keys = [key for key, _ in _members(document)]
    if keys.count("@context") > 1 or not all(map(_is_known, _listed(context))):
        return False
    names = names_of(context)
    if any(iri and FACTS_TERM.startswith(iri) for iri in names.values()):
        return False  # from which a name of the ledger's own could be put together
    node = Node({}, names)
    for key in {*keys, *names}:
        iri = node.iri(key)
        if OWN in iri or _WORDS.get(iri, key) != key:
            return False
    return all(node.iri(name) in {name, *_WORDS} for name in set(_WORDS.values()))


def _is_known(context: Any) -> bool:
    """Return whether all that a context says stands in the document, or is what everybody knows."""
    if isinstance(context, str):
        return _is_known_address(context)
    if not isinstance(context, Mapping) or "@import" in context:
        return False
    return not any(key.casefold().startswith("urn") for key in context)


def _is_known_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and parts.netloc in KNOWN_HOSTS


def _members(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield the members of all objects in a JSON value."""
    left = [value]
    while left:
        found = left.pop()
        if isinstance(found, Mapping):
            yield from found.items()
            left += found.values()
        elif isinstance(found, list):
            left += found


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
