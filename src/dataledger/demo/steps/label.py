"""Labelling: each reading by limit values, each report by keywords, each image by brightness."""

from collections import Counter
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path

from dataledger.demo.steps.clean import COLUMNS
from dataledger.demo.steps.files import relative_files, rewrite
from dataledger.demo.steps.png import decode
from dataledger.demo.steps.tables import (
    read_csv,
    read_json_lines,
    unusable,
    write_csv,
    write_json_lines,
)
from dataledger.hashing import JsonValue

LIMITS = {"pm2.5": {"good": 10, "moderate": 25}, "no2": {"good": 40, "moderate": 90}}
"""The largest value in µg/m³ that still earns the label; above all of them, the air is `poor`."""
KEYWORDS = {
    "smoke": ("smoke", "soot"),
    "dust": ("dust",),
    "odour": ("smell", "stench"),
}
"""A report gets the first category of which it has a word; without any, it is `other`."""
BRIGHTNESS = {"night": 40, "twilight": 100}
"""The largest mean brightness that still earns the label; above all of them, it is `day`."""

READING_LABELS = frozenset({"good", "moderate", "poor"})
CATEGORIES = frozenset({*KEYWORDS, "other"})
IMAGE_LABELS = frozenset({*BRIGHTNESS, "day"})
IMAGE_TABLE = "labels/images.csv"
IMAGE_COLUMNS = ("image", "mean_brightness", "label")

PARAMETERS: dict[str, JsonValue] = {
    "limits": LIMITS,
    "keywords": {category: list(words) for category, words in KEYWORDS.items()},
    "brightness": BRIGHTNESS,
}


def label(source: Path, target: Path) -> Counter[str]:
    """Write a labelled copy of the clean files in `source` to the new directory `target`.

    Readings gain the column `label`, reports the member `category`; the images' labels stand in the
    new table `IMAGE_TABLE`. Returns how often each label was given, as `good_readings` and so on.

    Raises:
        CheckFailed: There is no limit value for a pollutant, or an image cannot be read.
    """
    counts: Counter[str] = Counter()

    def rule(path: str, data: bytes) -> bytes:
        if path.endswith(".csv"):
            return write_csv((*COLUMNS, "label"), _readings(path, data, counts))
        if path.endswith(".jsonl"):
            return write_json_lines(_reports(data, counts))
        return data

    rewrite(source, target, rule)
    table = target / IMAGE_TABLE
    table.parent.mkdir()
    table.write_bytes(write_csv(IMAGE_COLUMNS, _images(source, counts)))
    return counts


def _readings(path: str, data: bytes, counts: Counter[str]) -> Iterator[tuple[str, ...]]:
    for line, row in read_csv(data):
        limits = LIMITS.get(row["pollutant"])
        if limits is None:
            raise unusable(path, line, row["pollutant"], "a pollutant with a limit value")
        given = _first(limits, Decimal(row["value"]), "poor")
        counts[f"{given}_readings"] += 1
        yield (*(row[name] for name in COLUMNS), given)


def _reports(data: bytes, counts: Counter[str]) -> Iterator[dict[str, str]]:
    for _, report in read_json_lines(data):
        words = report["text"].lower()
        category = next(
            (c for c, known in KEYWORDS.items() if any(w in words for w in known)), "other"
        )
        counts[f"{category}_reports"] += 1
        yield report | {"category": category}


def _images(source: Path, counts: Counter[str]) -> Iterator[tuple[str, ...]]:
    for path in relative_files(source):
        if path.endswith(".png"):
            brightness = decode((source / path).read_bytes()).mean_brightness
            given = _first(BRIGHTNESS, Decimal(str(brightness)), "day")
            counts[f"{given}_images"] += 1
            yield path, str(brightness), given


def _first(limits: Mapping[str, int], value: Decimal, above: str) -> str:
    return next((name for name, limit in limits.items() if value <= limit), above)
