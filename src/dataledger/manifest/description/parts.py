"""What a description consists of: parties, periods, measures, topics, and the rules for texts."""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Self, TypeVar

from dataledger.errors import DescriptionError, shown
from dataledger.hashing import JsonValue, members, string

MAX_TEXT_BYTES = 1024 * 1024
"""Of one text in UTF-8; a `Source` may fill the document."""

_REMEDY = "Correct the description; docs/formats.md says what it may hold."
_DATE = re.compile(r"[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?")
_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2})"
)


E = TypeVar("E", bound=StrEnum)


class Topic(StrEnum):
    """What a statement is about.

    First the responsible-AI vocabulary of Croissant, and then what rules and standards of data
    governance ask beyond it.
    """

    COLLECTION = "collection"
    COLLECTION_TYPE = "collection_type"
    COLLECTION_TIMEFRAME = "collection_timeframe"
    RAW_DATA = "raw_data"
    MISSING_DATA = "missing_data"
    IMPUTATION = "imputation"
    PREPROCESSING = "preprocessing"
    MANIPULATION = "manipulation"
    ANNOTATION_PROTOCOL = "annotation_protocol"
    ANNOTATION_PLATFORM = "annotation_platform"
    ANNOTATION_ANALYSIS = "annotation_analysis"
    ANNOTATIONS_PER_ITEM = "annotations_per_item"
    ANNOTATOR_DEMOGRAPHICS = "annotator_demographics"
    MACHINE_ANNOTATION = "machine_annotation"
    USE_CASES = "use_cases"
    LIMITATIONS = "limitations"
    BIASES = "biases"
    SOCIAL_IMPACT = "social_impact"
    PERSONAL_DATA = "personal_data"
    MAINTENANCE = "maintenance"

    DESIGN_CHOICES = "design_choices"
    ORIGINAL_PURPOSE = "original_purpose"
    ASSUMPTIONS = "assumptions"
    SUITABILITY = "suitability"
    BIAS_MITIGATION = "bias_mitigation"
    GAPS = "gaps"
    REPRESENTATIVENESS = "representativeness"
    SETTING = "setting"
    """The geographical, contextual, behavioural or functional setting of the intended use."""
    SPECIAL_CATEGORIES = "special_categories"

    GENERATION_METHOD = "generation_method"
    CONFIDENTIALITY = "confidentiality"
    CONSENT = "consent"
    PRIVACY_ENHANCING = "privacy_enhancing"
    PROCESSING_INCLUDED = "processing_included"
    """Where the data may be processed."""
    PROCESSING_EXCLUDED = "processing_excluded"
    STORAGE_INCLUDED = "storage_included"
    STORAGE_EXCLUDED = "storage_excluded"
    PROPRIETARY = "proprietary"
    """Copyright, patents, trademarks or other rights that the data carries."""


class ForeignFormat(StrEnum):
    """Whose document a description was read from."""

    CROISSANT = "croissant"
    DCAT = "dcat"


class MediaType(StrEnum):
    """How that document is written."""

    JSON_LD = "application/ld+json"
    TURTLE = "text/turtle"


@dataclass(frozen=True, slots=True)
class Party:
    """A person or an organisation; `id` is a URL or another identifier of it."""

    name: str
    id: str | None = None
    email: str | None = None

    def __post_init__(self) -> None:
        check_texts("party", self.name, self.id, self.email)

    def to_json(self) -> dict[str, JsonValue]:
        """Return the members that there are."""
        return _present(name=self.name, id=self.id, email=self.email)

    @classmethod
    def from_json(cls, value: JsonValue) -> Self:
        """Read what `to_json` returns. Raises `UsageError` on anything else."""
        return cls(**texts(members(value, "name", optional=("id", "email"))))


@dataclass(frozen=True, slots=True)
class Period:
    """From `start` to `end`, each as `check_time` has it; one of them may be open."""

    start: str | None = None
    end: str | None = None

    def __post_init__(self) -> None:
        if self.start is None and self.end is None:
            raise wrong("a period has neither a start nor an end")
        for text in (self.start, self.end):
            check_time("end of a period", text)

    def to_json(self) -> dict[str, JsonValue]:
        """Return the members that there are."""
        return _present(start=self.start, end=self.end)

    @classmethod
    def from_json(cls, value: JsonValue) -> Self:
        """Read what `to_json` returns. Raises `UsageError` on anything else."""
        return cls(**texts(members(value, optional=("start", "end"))))


@dataclass(frozen=True, slots=True)
class Measure:
    """A statement of quality: a name such as `completeness`, what was found, and how."""

    name: str
    value: str
    method: str | None = None

    def __post_init__(self) -> None:
        check_texts("measure", self.name, self.value, self.method)

    def to_json(self) -> dict[str, JsonValue]:
        """Return the members that there are."""
        return _present(name=self.name, value=self.value, method=self.method)

    @classmethod
    def from_json(cls, value: JsonValue) -> Self:
        """Read what `to_json` returns. Raises `UsageError` on anything else."""
        return cls(**texts(members(value, "name", "value", optional=("method",))))


@dataclass(frozen=True, slots=True)
class Source:
    """The document of another standard that the description was read from, character by character.

    Raises:
        DescriptionError: it is empty, or holds what no text may.
    """

    format: ForeignFormat
    media_type: MediaType
    text: str

    def __post_init__(self) -> None:
        check_text("source", self.text, max_bytes=None)

    def to_json(self) -> dict[str, JsonValue]:
        """Return the members, all of which there are."""
        return {
            "format": self.format.value,
            "media_type": self.media_type.value,
            "text": self.text,
        }

    @classmethod
    def from_json(cls, value: JsonValue) -> Self:
        """Read what `to_json` returns. Raises `UsageError` on anything else."""
        found = texts(members(value, "format", "media_type", "text"))
        return cls(
            one_of(ForeignFormat, found["format"]),
            one_of(MediaType, found["media_type"]),
            found["text"],
        )


def check_text(noun: str, text: object, *, max_bytes: int | None = MAX_TEXT_BYTES) -> None:
    """Return only if a text can be kept: any characters, but neither none nor U+0000.

    Raises:
        DescriptionError: it is no text, empty, too long, not Unicode, or holds U+0000, which
            databases and XML cannot.
    """
    if not isinstance(text, str) or not text:
        raise wrong(f"its {noun}, {shown(text)}, is no text")
    if "\0" in text:
        raise wrong(f"its {noun}, {shown(text)}, holds the character U+0000")
    try:
        size_bytes = len(text.encode())
    except UnicodeEncodeError:
        raise wrong(f"its {noun}, {shown(text)}, holds half of a surrogate pair") from None
    if max_bytes is not None and size_bytes > max_bytes:
        raise wrong(f"its {noun} has {size_bytes} bytes, and a text has at most {max_bytes}")


def check_texts(noun: str, *values: str | None) -> None:
    """Check each text that there is. Raises as `check_text` does."""
    for value in values:
        if value is not None:
            check_text(noun, value)


def check_time(noun: str, text: str | None) -> None:
    """Return only if `text` is None or a time as ISO 8601 has it.

    A year, a month, a day, or a second with its zone: `2026`, `2026-01`, `2026-01-31`, or
    `2026-01-31T12:00:00Z`.

    Raises:
        DescriptionError: it is anything else.
    """
    if text is not None and not is_time(text):
        raise wrong(f"its {noun}, {shown(text)}, is no date such as 2026-01-31")


def is_time(text: object) -> bool:
    """Return whether `text` is a time as `check_time` wants it."""
    if not isinstance(text, str):
        return False
    try:
        if _TIME.fullmatch(text):
            datetime.fromisoformat(text)
            return True
        if _DATE.fullmatch(text):
            datetime.fromisoformat(text + "-01-01"[len(text) - 4 :])
            return True
    except ValueError:
        pass
    return False


def one_of(kind: type[E], text: str) -> E:
    """Return the member of `kind` with this value.

    Raises:
        DescriptionError: there is none.
    """
    try:
        return kind(text)
    except ValueError:
        raise wrong(f"{shown(text)} is none of {', '.join(kind)}") from None


def texts(document: dict[str, JsonValue]) -> dict[str, str]:
    """Return a JSON object whose members are all strings. Raises `CanonicalisationError`."""
    return {name: string(value) for name, value in document.items()}


def wrong(reason: str) -> DescriptionError:
    """Return the error for something that a description cannot hold."""
    return DescriptionError(f"This is no description: {reason}.", remedy=_REMEDY)


def _present(**found: str | None) -> dict[str, JsonValue]:
    return {name: value for name, value in found.items() if value is not None}
