"""What fuzzing Parquet and Arrow IPC shares: tables to begin with, and the checks of both."""

import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from random import Random
from typing import Any

import pyarrow as pa
import slow_records
from fuzzing import Found, accepted, patched, read_all

from dataledger.manifest import RecordFormat
from dataledger.manifest.records import encoding, parquet, tables
from dataledger.manifest.records.formats import plan_file

MOST_COMPARED = 2000
"""Values; for more, the independent encoding takes too long."""
TINY = {"BLOCK_RECORDS": 3, "BATCH_ROWS": 2, "BATCH_BYTES": 64, "_READ_ROWS": 2}


def check_table(path: str, record_format: RecordFormat, load: Callable[[str], Any]) -> None:
    """Check that a file is read right, or refused; `load` reads it with pyarrow alone."""
    found = _fresh(path, record_format)
    with patched(encoding, parquet, tables, **TINY):
        in_pieces = _fresh(path, record_format)
    if found is None:
        return
    # Whether pyarrow takes a torn file depends on how much it reads at a time; what it gives, not.
    assert in_pieces in (found, None)
    try:
        table = load(path)
    except (pa.ArrowException, OSError):
        return  # it reads more than we do: a page of an empty row group, say
    table.validate(full=True)
    assert table.num_rows == len(found.records)
    if table.num_rows * max(1, table.num_columns) <= MOST_COMPARED:
        assert slow_records.rows(table) == found.records
        assert slow_records.column_values(table) == found.values


def _fresh(path: str, record_format: RecordFormat) -> Found | None:
    tables._kept.rows = None
    try:
        if plan_is_long(path, record_format):
            return None
        return accepted(read_all, path, record_format)
    finally:
        tables._kept.rows = None


def plan_is_long(path: str, record_format: RecordFormat) -> bool:
    """Whether the file promises more rows than are worth reading here."""
    with patched(tables, BLOCK_RECORDS=65_536):
        plan = accepted(plan_file, path, record_format)
    return plan is not None and plan.record_count > 100_000


def example_tables() -> Iterator[Any]:
    """Yield tables of all kinds of columns, a few rows each."""
    text = pa.array(["a", None, "é" * 30, "a", ""])
    number = pa.array([1, -2, None, 2**40, 0])
    yield pa.table({"s": text, "n": number})
    yield pa.table(
        {"f": pa.array([0.5, float("nan"), -0.0, None, 1e300]), "b": text.cast("binary")}
    )
    yield pa.table(
        {
            "t": number.cast(pa.timestamp("us", "Europe/Paris")),
            "d": pa.array([0, 1, None, -1, 9], pa.date32()),
            "c": pa.array(["1.50", "-2.00", None, "0.00", "9.99"]).cast(pa.decimal128(9, 2)),
            "k": text.dictionary_encode(),
        }
    )
    yield pa.table(
        {
            "l": pa.array([[1, None], [], None, [3], [4, 5, 6]], pa.list_(pa.int16())),
            "o": pa.array([{"x": 1, "y": ["a"]}, None, {"x": None, "y": None}, {}, {"x": 2}]),
            "m": pa.array([[("k", 1)], None, [], [("a", None)], []], pa.map_("string", "int64")),
            "z": pa.array([True, None, False, True, True]),
        }
    )
    yield pa.table({"n": pa.nulls(3)})
    yield pa.table({})
    yield pa.table({"x": pa.array([], pa.int64())})


def edited(data: bytes, random: Random, footer_bytes: int) -> bytes:
    """Return a file with some bytes changed, most of them near its end, where the index is."""
    changed = bytearray(data)
    for _ in range(random.choice((1, 1, 2, 4))):
        near_end = random.random() < 0.6 and len(changed) > footer_bytes
        first = len(changed) - footer_bytes if near_end else 0
        at = random.randrange(first, len(changed) + 1)
        match random.randrange(6):
            case 0:
                changed[at : at + 1] = bytes([random.randrange(256)])
            case 1:
                changed[at : at + 1] = bytes([random.choice((0, 1, 2, 0x7F, 0x80, 0xFF))])
            case 2 if at < len(changed):
                changed[at] ^= 1 << random.randrange(8)
            case 3:
                changed[at : at + 4] = random.choice((0, 1, 2**31 - 1, 2**32 - 1)).to_bytes(4)
            case 4:
                size = random.randrange(1, 9)
                other = random.randrange(len(changed) + 1)
                changed[at : at + size] = changed[other : other + size]
            case _:
                size = random.randrange(1, 9)
                del changed[at : at + size]
    return bytes(changed)


def written(write: Callable[[Any, Any], None], table: Any) -> bytes:
    """Return what `write(table, stream)` writes."""
    with closing(io.BytesIO()) as stream:
        write(table, stream)
        return stream.getvalue()


def pick(random: Random, choices: Sequence[Any]) -> Any:
    """Return one of the choices."""
    return choices[random.randrange(len(choices))]
