"""Validating: does the labelled data keep every promise that the dataset makes?"""

import re
from collections import Counter
from decimal import Decimal
from pathlib import Path

from dataledger.demo.steps.clean import COLUMNS, UNIT
from dataledger.demo.steps.files import relative_files
from dataledger.demo.steps.label import (
    CATEGORIES,
    IMAGE_LABELS,
    IMAGE_TABLE,
    LIMITS,
    READING_LABELS,
)
from dataledger.demo.steps.tables import read_csv, read_json_lines, unusable
from dataledger.hashing import JsonValue

PARAMETERS: dict[str, JsonValue] = {
    "pollutants": sorted(LIMITS),
    "reading_labels": sorted(READING_LABELS),
    "categories": sorted(CATEGORIES),
    "image_labels": sorted(IMAGE_LABELS),
}

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_VALUE = re.compile(r"\d+\.\d")


def validate(source: Path) -> Counter[str]:
    """Check every row, report and image in `source`, and return how many there are.

    Raises:
        CheckFailed: One breaks its promise; the message names the file and the line.
    """
    counts: Counter[str] = Counter()
    for path in relative_files(source):
        data = (source / path).read_bytes()
        if path == IMAGE_TABLE:
            _check_images(source, data, counts)
        elif path.endswith(".csv"):
            _check_readings(path, data, counts)
        elif path.endswith(".jsonl"):
            _check_reports(path, data, counts)
    return counts


def _check_readings(path: str, data: bytes, counts: Counter[str]) -> None:
    previous = ("", "")
    for line, row in read_csv(data):
        if tuple(row) != (*COLUMNS, "label") or None in row.values():
            raise unusable(path, line, list(row), "a complete row")
        if row["station"] != Path(path).stem:
            raise unusable(path, line, row["station"], "the station of this file")
        if not _TIME.fullmatch(row["time"]):
            raise unusable(path, line, row["time"], "a time in UTC")
        if not _VALUE.fullmatch(row["value"]) or row["unit"] != UNIT:
            raise unusable(path, line, f"{row['value']} {row['unit']}", f"a value in {UNIT}")
        if row["pollutant"] not in LIMITS or row["label"] not in READING_LABELS:
            raise unusable(path, line, f"{row['pollutant']} {row['label']}", "a label we know")
        at = (row["time"], row["pollutant"])
        if at <= previous:
            raise unusable(path, line, " ".join(at), "in order, or it stands there twice")
        previous = at
        counts["readings"] += 1


def _check_reports(path: str, data: bytes, counts: Counter[str]) -> None:
    seen: set[str] = set()
    for line, report in read_json_lines(data):
        if report["id"] in seen or not report["text"] or report["category"] not in CATEGORIES:
            raise unusable(path, line, report["id"], "a new report with a text and a category")
        seen.add(report["id"])
        counts["reports"] += 1


def _check_images(source: Path, data: bytes, counts: Counter[str]) -> None:
    labelled = set()
    for line, row in read_csv(data):
        bright = Decimal(row["mean_brightness"])
        if row["label"] not in IMAGE_LABELS or not 0 <= bright <= 255:  # noqa: PLR2004 - a byte
            raise unusable(IMAGE_TABLE, line, row["label"], "a label we know")
        labelled.add(row["image"])
        counts["images"] += 1
    images = {path for path in relative_files(source) if path.endswith(".png")}
    if labelled != images:
        raise unusable(IMAGE_TABLE, 1, sorted(labelled ^ images), "labelled, or not there")
