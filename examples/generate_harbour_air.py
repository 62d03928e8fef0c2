"""Writes `harbour-air`, the example dataset: synthetic, and the same wherever it is run.

Usage: python examples/generate_harbour_air.py [DIRECTORY]

Every value comes from SHA-256 of what it is a value of, so that no version of Python, and no seed,
plays a part. Only the compression of the images may differ from one zlib to another; their pixels
do not. The dirt is on purpose: it is what the cleaning step of the demo finds.
"""

import csv
import hashlib
import io
import json
import math
import struct
import sys
import zlib
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

START = datetime(2026, 3, 2, tzinfo=UTC)
HOURS = 120
STATIONS = {"dockside": 1.35, "ferry-terminal": 1.15, "old-town": 0.8}
"""How much dirtier than the average of the city the air is."""
POLLUTANTS = {"pm2.5": 12.0, "no2": 34.0}
"""The average of the city in µg/m³."""
DISTRICTS = ("Dockside", "Ferry Terminal", "Old Town", "Lighthouse Hill")
COMPLAINTS = (
    "Smell of fish meal from the pier",
    "Thick smoke above the tug berth",
    "Black soot on the washing again",
    "Dust from the gravel heap blows into the yard",
    "Smoke from a stove next door all evening",
    "Strong smell of diesel at the ferry queue",
    "Grey dust on every window sill",
    "The street lamp by the stairs is broken",
)
REPORT_COUNT = 48
IMAGES = {"quay-0600.png": 0.12, "quay-1000.png": 0.55, "quay-1300.png": 0.9, "quay-2100.png": 0.2}
"""The light of the scene, from 0 to 1."""
WIDTH, HEIGHT = 64, 40
WATER_FROM = 28
CRANE_COLUMNS, CRANE_FROM = range(40, 43), 9
DIRT = {
    "missing": 0.02,
    "decimal comma": 0.08,
    "other unit": 0.05,
    "other spelling of the unit": 0.07,
    "stray spaces": 0.08,
    "other form of time": 0.05,
    "capitals": 0.06,
    "sent twice": 0.03,
    "empty text": 0.06,
    "district in capitals": 0.15,
    "spaced text": 0.2,
    "report sent twice": 0.08,
}
"""How likely each kind of dirt is, from 0 to 1."""


def noise(*about: object) -> float:
    """Return a number from 0 to below 1 that depends on nothing but `about`."""
    digest = hashlib.sha256("/".join(map(str, about)).encode()).digest()
    return int.from_bytes(digest[:6]) / (1 << 48)


def has(dirt: str, *about: object) -> bool:
    """Return whether the thing that `about` names has this kind of dirt."""
    return noise(dirt, *about) < DIRT[dirt]


def write(directory: Path) -> None:
    """Write the dataset's data files into `directory`, in place of older ones."""
    for path, data in contents().items():
        target = directory / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)


def contents() -> dict[str, bytes]:
    """Return every data file by its path."""
    files = {f"readings/{station}.csv": readings(station) for station in STATIONS}
    files["reports/citizens.jsonl"] = reports()
    return files | {f"images/{name}": image(name, light) for name, light in IMAGES.items()}


def readings(station: str) -> bytes:
    """Return one station's readings: CSV with the dirt that three suppliers' loggers make."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["station", "time", "pollutant", "value", "unit"])
    for hour in range(HOURS):
        for pollutant in POLLUTANTS:
            copies = 2 if has("sent twice", station, hour, pollutant) else 1
            for copy in range(copies):
                writer.writerow(_reading(station, hour, pollutant, copy))
    return text.getvalue().encode()


def _reading(station: str, hour: int, pollutant: str, copy: int) -> list[str]:
    about = (station, hour, pollutant, copy)
    at = START + timedelta(hours=hour)
    tenths = round(10 * _concentration(station, at, pollutant))
    value, unit, time = f"{tenths / 10:.1f}", "µg/m³", f"{at:%Y-%m-%dT%H:%M:%SZ}"
    if has("other unit", *about):
        value, unit = f"{tenths / 10_000:.4f}", "mg/m3"
    elif has("other spelling of the unit", *about):
        unit = "ug/m3"
    if has("decimal comma", *about):
        value = value.replace(".", ",")
    if has("missing", station, hour, pollutant):
        value = ("", "n/a", "-", "NULL")[hour % 4]
    if has("stray spaces", *about):
        value, station = f" {value} ", f"{station} "
    if has("other form of time", *about):
        time = f"{at:%Y-%m-%d %H:%M}"
    if has("capitals", *about):
        pollutant = pollutant.upper()
    return [station, time, pollutant, value, unit]


def _concentration(station: str, at: datetime, pollutant: str) -> float:
    """Return µg/m³: more at rush hour, more on some days than on others, and some chance."""
    morning, evening = math.exp(-((at.hour - 8) ** 2) / 6), math.exp(-((at.hour - 18) ** 2) / 8)
    rush = 1 + 0.6 * morning + 0.5 * evening
    day = 0.6 + 0.8 * noise("day", at.date(), pollutant)
    chance = 0.7 + 0.6 * noise(station, at, pollutant)
    return POLLUTANTS[pollutant] * STATIONS[station] * rush * day * chance


def reports() -> bytes:
    """Return what citizens wrote, one JSON object a line, as a web form saved it."""
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in _reports()).encode()


def _reports() -> Iterable[dict[str, str]]:
    for number in range(1, REPORT_COUNT + 1):
        at = START + timedelta(minutes=round(HOURS * 60 * number / (REPORT_COUNT + 1)))
        text = COMPLAINTS[int(noise("complaint", number) * len(COMPLAINTS))]
        district = DISTRICTS[int(noise("district", number) * len(DISTRICTS))]
        if has("spaced text", number):
            text = f"  {text.replace(' ', '  ', 2)}\n"
        if has("empty text", number):
            text = "   "
        if has("district in capitals", number):
            district = district.upper()
        report = {
            "id": f"r{number:03}",
            "time": f"{at:%Y-%m-%dT%H:%M:%SZ}",
            "district": district,
            "text": text,
        }
        yield report
        if has("report sent twice", number):
            yield report


def image(name: str, light: float) -> bytes:
    """Return one picture of the quay: sky, water and a crane, as an 8-bit RGB PNG."""
    rows = [
        bytes([2 if y else 0]) + _difference(_row(name, light, y), _row(name, light, y - 1), y)
        for y in range(HEIGHT)
    ]
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(b"".join(rows), 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in parts
    )


def _difference(row: bytes, above: bytes, y: int) -> bytes:
    """Return the row as PNG's filter `Up` stores it; the first one as it is."""
    return row if y == 0 else bytes((a - b) % 256 for a, b in zip(row, above, strict=True))


def _row(name: str, light: float, y: int) -> bytes:
    pixels = bytearray()
    for x in range(WIDTH):
        is_water, is_crane = y >= WATER_FROM, x in CRANE_COLUMNS and y >= CRANE_FROM
        red, green, blue = (30, 60, 80) if is_water else (170, 200, 255 - 2 * y)
        if is_crane:
            red, green, blue = 60, 50, 40
        grain = 10 * noise(name, x // 2, y // 2) - 5
        pixels += bytes(max(0, min(255, round(c * light + grain))) for c in (red, green, blue))
    return bytes(pixels)


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "harbour-air")
