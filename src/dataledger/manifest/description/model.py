"""The description of a dataset: canonical JSON, so that its SHA-256 names it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Self, TypeVar

from dataledger.errors import DescriptionError, UsageError, shown
from dataledger.hashing import (
    Digest,
    JsonValue,
    canonical_bytes,
    members,
    not_canonical,
    parse_strict,
    string,
)
from dataledger.manifest.description.parts import (
    Measure,
    Party,
    Period,
    Source,
    Topic,
    check_text,
    check_texts,
    check_time,
    wrong,
)

FORMAT = "dataledger/description/1"
MAX_DESCRIPTION_BYTES = 16 * 1024 * 1024

_TEXTS = (
    "description",
    "licence",
    "sector",
    "region",
    "quality",
    "homepage",
    "version",
    "issued",
    "citation",
)
_LISTS = ("keywords", "languages", "spatial")
_REST = ("creators", "publisher", "contact", "temporal", "measures", "statements", "source")

T = TypeVar("T")


@dataclass(frozen=True)
class Description:
    """What is said of a dataset, by its owner. What is None or empty was not said.

    Texts may hold any characters but U+0000, and up to `MAX_TEXT_BYTES`: whoever shows them has to
    make them harmless.

    Raises:
        DescriptionError: a text is empty, too long, or not Unicode; a time is none; or the whole is
            larger than `MAX_DESCRIPTION_BYTES`.
    """

    title: str
    description: str | None = None
    keywords: tuple[str, ...] = ()
    licence: str | None = None
    """An SPDX identifier, or the URL of its text."""
    sector: str | None = None
    region: str | None = None
    quality: str | None = None
    """One short text for the level as a whole, such as `gold`; `measures` has the rest."""
    languages: tuple[str, ...] = ()
    """Language tags such as `en` (BCP 47)."""
    creators: tuple[Party, ...] = ()
    publisher: Party | None = None
    contact: Party | None = None
    homepage: str | None = None
    version: str | None = None
    """How the owner calls the version; the ledger's own number is another thing."""
    issued: str | None = None
    """When it was published, as `2026-01-31`."""
    temporal: Period | None = None
    """The time that the data is about."""
    spatial: tuple[str, ...] = ()
    """The places that the data is about."""
    measures: tuple[Measure, ...] = ()
    statements: Mapping[Topic, tuple[str, ...]] = field(default_factory=dict, hash=False)
    citation: str | None = None
    source: Source | None = None
    """What it was read from, kept whole."""

    def __post_init__(self) -> None:
        check_text("title", self.title)
        for name in _TEXTS:
            check_texts(name, getattr(self, name))
        for name in _LISTS:
            object.__setattr__(self, name, tuple(getattr(self, name)))
            check_texts(name, *getattr(self, name))
        check_time("time of issue", self.issued)
        # A copy of its own: what the caller changes later must not change the document.
        copy = {Topic(topic): tuple(said) for topic, said in self.statements.items() if said}
        for topic, said in copy.items():
            check_texts(f"statement on {topic}", *said)
        object.__setattr__(self, "statements", copy)
        if len(self._bytes) > MAX_DESCRIPTION_BYTES:
            raise wrong(
                f"it has {len(self._bytes)} bytes, and a description at most "
                f"{MAX_DESCRIPTION_BYTES}"
            )

    def said(self, topic: Topic) -> tuple[str, ...]:
        """Return what was said on a topic; nothing, if nothing was."""
        return self.statements.get(topic, ())

    @property
    def digest(self) -> Digest:
        """The SHA-256 of `to_bytes()`, which the chain records."""
        return Digest.of(self._bytes)

    def to_bytes(self) -> bytes:
        """Return the document: canonical JSON (RFC 8785), without a final newline."""
        return self._bytes

    def to_json(self) -> dict[str, JsonValue]:
        """Return the document as a JSON object, without members that are None or empty."""
        document: dict[str, JsonValue] = {"format": FORMAT, "title": self.title}
        for name in (*_TEXTS, *_LISTS):
            document[name] = getattr(self, name)
        document["creators"] = [party.to_json() for party in self.creators]
        document["measures"] = [measure.to_json() for measure in self.measures]
        document["statements"] = {topic.value: said for topic, said in self.statements.items()}
        for name in ("publisher", "contact", "temporal", "source"):
            part: Party | Period | Source | None = getattr(self, name)
            document[name] = None if part is None else part.to_json()
        return {name: value for name, value in document.items() if value}

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read a document in its canonical form. All rules are checked as if it were new.

        Raises:
            DescriptionError: it is too large, not canonical JSON, or no description.
        """
        found = cls.read(data)
        if found.to_bytes() != data:
            raise _wrapped(not_canonical(data, found.to_bytes()))
        return found

    @classmethod
    def read(cls, data: bytes) -> Self:
        """Read a document that somebody wrote by hand: in any layout and order of members.

        Raises:
            DescriptionError: it is too large, not strict JSON, or no description.
        """
        try:
            return cls.from_json(parse_strict(data, max_bytes=MAX_DESCRIPTION_BYTES))
        except DescriptionError:
            raise
        except UsageError as error:
            raise _wrapped(error) from error

    @classmethod
    def from_json(cls, value: JsonValue) -> Self:
        """Read what `to_json` returns. Raises `UsageError` on anything else."""
        found = members(value, "format", "title", optional=(*_TEXTS, *_LISTS, *_REST))
        if found["format"] != FORMAT:
            raise wrong(f"its format is {shown(found['format'])}, and only {FORMAT!r} is read")
        texts: dict[str, Any] = {name: string(found[name]) for name in _TEXTS if name in found}
        lists: dict[str, Any] = {n: _list(found[n], string) for n in _LISTS if n in found}
        return cls(
            title=string(found["title"]),
            **texts,
            **lists,
            creators=_list(found.get("creators", []), Party.from_json),
            publisher=_optional(found.get("publisher"), Party.from_json),
            contact=_optional(found.get("contact"), Party.from_json),
            temporal=_optional(found.get("temporal"), Period.from_json),
            measures=_list(found.get("measures", []), Measure.from_json),
            statements=_statements(found.get("statements", {})),
            source=_optional(found.get("source"), Source.from_json),
        )

    @cached_property
    def _bytes(self) -> bytes:
        return canonical_bytes(self.to_json())


def _statements(value: JsonValue) -> dict[Topic, tuple[str, ...]]:
    found = members(value, optional=tuple(Topic))
    return {Topic(name): _list(said, string) for name, said in found.items()}


def _list(value: JsonValue, read: Callable[[JsonValue], T]) -> tuple[T, ...]:
    if not isinstance(value, list):
        raise wrong(f"{shown(value)} stands where a list belongs")
    return tuple(read(item) for item in value)


def _optional(value: JsonValue, read: Callable[[JsonValue], T]) -> T | None:
    return None if value is None else read(value)


def _wrapped(error: UsageError) -> DescriptionError:
    return DescriptionError(f"This is no description: {error}", remedy=error.remedy)
