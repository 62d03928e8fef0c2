"""Cleaning: one spelling for every place, time, number and unit; nothing twice, nothing empty."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path

from dataledger.demo.steps.files import rewrite
from dataledger.demo.steps.tables import (
    read_csv,
    read_json_lines,
    unusable,
    write_csv,
    write_json_lines,
)
from dataledger.hashing import JsonValue

COLUMNS = ("station", "time", "pollutant", "value", "unit")
UNIT = "µg/m³"
FACTORS = {UNIT: Decimal(1), "ug/m3": Decimal(1), "mg/m3": Decimal(1000)}
"""What a value in that unit is multiplied by."""
MISSING = frozenset({"", "-", "n/a", "NULL"})
DECIMAL_PLACES = Decimal("0.1")

PARAMETERS: dict[str, JsonValue] = {
    "unit": UNIT,
    "decimal_places": 1,
    "missing": sorted(MISSING),
    "time_zone": "UTC",
}


def clean(source: Path, target: Path) -> Counter[str]:
    """Write a clean copy of the files in `source` to the new directory `target`.

    Returns how many rows and reports were read, kept, and changed in which way. Images and other
    files are copied as they are.

    Raises:
        CheckFailed: A value can neither be used nor corrected; the message names its line.
    """
    counts: Counter[str] = Counter()

    def rule(path: str, data: bytes) -> bytes:
        if path.endswith(".csv"):
            rows = sorted(_readings(path, data, counts), key=lambda row: (row[1], row[2]))
            return write_csv(COLUMNS, rows)
        if path.endswith(".jsonl"):
            return write_json_lines(_reports(data, counts))
        return data

    rewrite(source, target, rule)
    return counts


def _readings(path: str, data: bytes, counts: Counter[str]) -> Iterator[tuple[str, ...]]:
    seen: set[tuple[str, ...]] = set()
    for line, row in read_csv(data):
        counts["rows_read"] += 1
        cells = {name: (row[name] or "").strip() for name in COLUMNS}
        counts["rows_trimmed"] += any(cells[name] != row[name] for name in COLUMNS)
        if cells["value"] in MISSING:
            counts["rows_without_value_dropped"] += 1
            continue
        time, pollutant = _time(path, line, cells["time"]), cells["pollutant"].lower()
        value = _value(path, line, cells["value"], cells["unit"])
        reading = (cells["station"], time, pollutant, value, UNIT)
        if reading in seen:
            counts["repeated_rows_dropped"] += 1
            continue
        seen.add(reading)
        counts["decimal_commas_corrected"] += "," in cells["value"]
        counts["units_unified"] += cells["unit"] != UNIT
        counts["times_unified"] += cells["time"] != time
        counts["pollutants_respelled"] += cells["pollutant"] != pollutant
        counts["rows_kept"] += 1
        yield reading


def _time(path: str, line: int, text: str) -> str:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise unusable(path, line, text, "a time") from None
    at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


def _value(path: str, line: int, text: str, unit: str) -> str:
    if unit not in FACTORS:
        raise unusable(path, line, unit, "a unit of concentration")
    try:
        value = Decimal(text.replace(",", ".")) * FACTORS[unit]
    except InvalidOperation:
        raise unusable(path, line, text, "a number") from None
    if not value.is_finite() or value < 0:
        raise unusable(path, line, text, "a concentration")
    return str(value.quantize(DECIMAL_PLACES))


def _reports(data: bytes, counts: Counter[str]) -> Iterator[dict[str, str]]:
    seen: set[str] = set()
    for _, report in read_json_lines(data):
        counts["reports_read"] += 1
        text, district = " ".join(report["text"].split()), report["district"].strip().title()
        if not text:
            counts["reports_without_text_dropped"] += 1
            continue
        if report["id"] in seen:
            counts["repeated_reports_dropped"] += 1
            continue
        seen.add(report["id"])
        counts["reports_respelled"] += (text, district) != (report["text"], report["district"])
        counts["reports_kept"] += 1
        yield report | {"text": text, "district": district}
