"""What of an output is found in the data, and what is not."""

import base64
import bz2
import csv
import gzip
import hashlib
import io
import json
import lzma
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from algorithms import CSV, holding_of, withheld
from hypothesis import given, settings
from hypothesis import strategies as st

from dataledger.errors import AnswerWithheld
from dataledger.node.sandbox.output import MAX_READ_BYTES, pieces, readings
from dataledger.node.sandbox.overlap import WINDOW_BYTES, Overlap, require_apart

DATA = CSV.encode()
LINES = DATA.splitlines(keepends=True)[1:]
ROWS = list(csv.DictReader(io.StringIO(CSV)))
READINGS = [{"at": f"2026-01-{day:02}", "level": day * 7 % 31 / 8} for day in range(1, 29)]


def noise(seed: int, size_bytes: int) -> bytes:
    """Return the same bytes each time, which no other seed gives."""
    return hashlib.shake_256(bytes([seed])).digest(size_bytes)


COPIES: dict[str, Callable[[], bytes]] = {
    "plain": lambda: DATA,
    "without the names of columns": lambda: b"".join(LINES),
    "one row": lambda: LINES[17],
    "one row among others": lambda: b"nothing\n" + LINES[17] + b"more of nothing\n",
    "one row within a line": lambda: b"<td>" + LINES[17].strip() + b"</td>",
    "rows in another order": lambda: b"".join(LINES[1::2] + LINES[::2]),
    "other ends of lines": lambda: b"\r\n".join(line.strip() for line in LINES),
    "no ends of lines": lambda: b"".join(line.strip() for line in LINES),
    "tabs for commas": lambda: DATA.replace(b",", b"\t"),
    "all cells quoted": lambda: b"\n".join(
        b",".join(b'"%s"' % cell for cell in line.strip().split(b",")) for line in LINES
    ),
    "as JSON": lambda: json.dumps(ROWS).encode(),
    "as JSON, spread out": lambda: json.dumps(ROWS, indent=4).encode(),
    "as JSON Lines": lambda: "\n".join(map(json.dumps, ROWS)).encode(),
    "as lists in JSON": lambda: json.dumps([list(row.values()) for row in ROWS]).encode(),
    "as a text in JSON": lambda: json.dumps({"answer": CSV}).encode(),
    "in base64": lambda: base64.b64encode(DATA),
    "in base64 for URLs": lambda: base64.urlsafe_b64encode(DATA).rstrip(b"="),
    "in base64, folded": lambda: base64.encodebytes(DATA),
    "rows in base64": lambda: b"\n".join(map(base64.b64encode, LINES)),
    "in base64 in JSON": lambda: json.dumps({"x": base64.b64encode(DATA).decode()}).encode(),
    "in hexadecimal": lambda: DATA.hex().encode(),
    "gzip": lambda: gzip.compress(DATA),
    "zlib": lambda: zlib.compress(DATA),
    "bzip2": lambda: bz2.compress(DATA),
    "xz": lambda: lzma.compress(DATA),
    "gzip in base64": lambda: base64.b64encode(gzip.compress(DATA)),
    "gzip in base64 in JSON": lambda: json.dumps(
        [base64.b64encode(gzip.compress(DATA)).decode()]
    ).encode(),
    "reversed": lambda: DATA[::-1],
    "reversed in base64": lambda: base64.b64encode(DATA)[::-1],
    "in UTF-16": lambda: CSV.encode("utf-16"),
    "after other bytes": lambda: noise(1, 1001) + DATA[3000:3200],
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("data")
    (made / "stations.csv").write_bytes(DATA)
    (made / "levels.jsonl").write_text("\n".join(map(json.dumps, READINGS)) + "\n")
    (made / "notes.html").write_text('<p class="note">\nNothing.\n</p>\n')
    (made / "image.bin").write_bytes(noise(0, 4096) + bytes(4096))
    return made


@pytest.mark.parametrize("copy", COPIES)
def test_a_copy_is_found(folder: Path, copy: str) -> None:
    holding = holding_of(folder)
    said = withheld(lambda: require_apart(COPIES[copy](), holding))
    assert said == "The algorithm's answer overlaps with the data."


@pytest.mark.parametrize(
    "output",
    [
        b'{"mean": 49.5}',
        b"49.5",
        b'<p class="note">',
        b"id,name,value\n",
        b"id,name,value\nall,every station,49.5\n",
        json.dumps({"counts": dict.fromkeys(range(300), 17)}).encode(),
        "\n".join(f"{n},{n * 37 % 101}" for n in range(300)).encode(),
        bytes(4096),
        noise(2, 60_000),
    ],
    ids=lambda output: str(output[:20]),
)
def test_what_is_no_copy_is_let_out(folder: Path, output: bytes) -> None:
    require_apart(output, holding_of(folder))


def test_short_rows_are_found_as_lines_and_in_json(folder: Path) -> None:
    holding = holding_of(folder)
    for output in (
        json.dumps(READINGS[3]),
        json.dumps(READINGS[3], separators=(",", ":")),
        "2026-01-04;3.5",
        json.dumps({"some": ["2026-01-04", 3.5]}),
    ):
        with pytest.raises(AnswerWithheld, match="overlaps"):
            require_apart(output.encode(), holding)


def test_quotes_are_no_part_of_a_row(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text('name,value\n"Vik, East",3.25\n"a ""b"" c",4.5\n')
    holding = holding_of(tmp_path)
    for output in (b"Vik, East\t3.25", b'[["a \\"b\\" c", 4.5]]'):
        with pytest.raises(AnswerWithheld, match="overlaps"):
            require_apart(output, holding)
    require_apart(b"Vik, West\t3.25", holding)


def test_rows_of_tables_are_found(tmp_path: Path) -> None:
    pa = pytest.importorskip("pyarrow")
    feather = pytest.importorskip("pyarrow.feather")
    parquet = pytest.importorskip("pyarrow.parquet")
    table = pa.table(
        {
            "name": [f"station {n}" for n in range(100)],
            "value": [n / 4 for n in range(100)],
            "seen": pa.array(range(100), pa.timestamp("s")),
            "none": pa.nulls(100),
        }
    )
    parquet.write_table(table, tmp_path / "a.parquet")
    feather.write_feather(table, tmp_path / "b.arrow")
    holding = holding_of(tmp_path)
    for output in (
        b"station 7,1.75,1970-01-01 00:00:07,",
        b'{"rows": [["station 7", 1.75, "1970-01-01 00:00:07", null]]}'.replace(b"null", b'""'),
        (tmp_path / "a.parquet").read_bytes(),
        (tmp_path / "b.arrow").read_bytes(),
    ):
        with pytest.raises(AnswerWithheld, match="overlaps"):
            require_apart(output, holding)
    require_apart(b"station 7,1.74", holding)


@given(st.binary(max_size=400), st.integers(0, 3000), st.binary(max_size=400))
def test_any_window_of_the_data_is_found(before: bytes, place: int, behind: bytes) -> None:
    data = noise(7, 4800)
    place = min(place, len(data) - WINDOW_BYTES)
    output = before + data[place : place + WINDOW_BYTES] + behind
    halves = [data[:2400], data[2400:]]
    assert Overlap(output).has_bytes(halves)


@given(st.integers(0, 4700), st.integers(8, WINDOW_BYTES - 1))
def test_less_than_a_window_is_not(place: int, size_bytes: int) -> None:
    data = noise(7, 4800)
    part = data[place : place + size_bytes]
    assert not Overlap(b"<" * 50 + part + b">" * 50).has_bytes([data])


def test_runs_of_one_byte_are_no_part_of_anything() -> None:
    assert not Overlap(bytes(1000)).has_bytes([bytes(1000)])


def test_an_output_that_unfolds_without_end_is_withheld() -> None:
    bomb = gzip.compress(bytes(MAX_READ_BYTES + 1))
    assert "unfolds" in withheld(lambda: readings(bomb))
    assert "unfolds" in withheld(lambda: readings(base64.b64encode(bomb)))


@settings(max_examples=50)
@given(st.binary(max_size=300))
def test_any_output_can_be_looked_at(output: bytes) -> None:
    assert readings(output)[0] == output
    for reading in readings(output):
        pieces(reading)


@settings(max_examples=30)
@given(st.recursive(st.none() | st.booleans() | st.floats() | st.text(), st.lists, max_leaves=20))
def test_any_json_can_be_looked_at(value: object) -> None:
    output = json.dumps(value).encode()
    assert Overlap(output).has_row([output.strip()]) is (len(output) >= 8)


def test_deep_json_can_be_looked_at() -> None:
    pieces(b"[" * 50_000 + b"]" * 50_000)
