"""Writes tables of given numbers of rows, each in every format, to a directory.

Rows are about 100 bytes: eight columns of the kinds that tables have. A longer table begins with
the rows of a shorter one. The same rows make the same text on every run.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute
import pyarrow.parquet

if TYPE_CHECKING:
    from collections.abc import Iterator

CHUNK_ROWS = 250_000
SINCE_UNIX = 1_767_225_600
OK_SHARE = 0.9
NULLS_BELOW = 100
YEAR_SECONDS = 31_536_000
KINDS = ("image", "text", "audio", "video", "table")
WORDS = [f"{first} {second}" for first in ("quiet", "early", "north") for second in ("hill", "sea")]
# Some names need quotes or escapes, as they do in real tables.
ODD_WORDS = ["Tromsø, harbour", 'the "old" mill', "two\nlines"]
NAMES = WORDS * 16 + ODD_WORDS

SCHEMA = pa.schema(
    [
        pa.field("id", pa.int64(), nullable=False),
        pa.field("name", pa.string()),
        pa.field("score", pa.float64()),
        pa.field("at", pa.timestamp("s", "UTC")),
        pa.field("ok", pa.bool_()),
        pa.field("price", pa.decimal128(12, 2)),
        pa.field("kind", pa.dictionary(pa.int8(), pa.string())),
        pa.field("visits", pa.int32()),
    ]
)


def chunk(first: int, count: int) -> tuple[pa.RecordBatch, Any]:
    """Rows from `first` on, and which of `NAMES` each has."""
    random = np.random.default_rng(first)
    ids = pa.array(np.arange(first, first + count))
    which = pa.array(random.integers(0, len(NAMES), count, dtype=np.int32))
    seconds = SINCE_UNIX + random.integers(0, YEAR_SECONDS, count)
    cents = random.integers(-(10**5), 10**6, count)
    # A decimal of 128 bits is the number and its sign.
    wide = np.stack([cents, cents >> 63], axis=1)
    price = pa.Array.from_buffers(SCHEMA.field("price").type, count, [None, pa.py_buffer(wide)])
    kinds = pa.array(random.integers(0, len(KINDS), count, dtype=np.int8))
    visits = random.integers(0, 1000, count, dtype=np.int32)
    columns = [
        ids,
        join(pa.array(NAMES).take(which), " ", text(ids)),
        pa.array(np.round(random.random(count), 6)),
        pa.array(seconds).cast(SCHEMA.field("at").type),
        pa.array(random.random(count) < OK_SHARE),
        price,
        pa.DictionaryArray.from_arrays(kinds, pa.array(KINDS)),
        pa.array(visits, mask=visits < NULLS_BELOW),
    ]
    return pa.RecordBatch.from_arrays(columns, schema=SCHEMA), which


def join(*parts: Any) -> Any:
    return pa.compute.binary_join_element_wise(*parts, "")


def text(column: Any) -> Any:
    return pa.compute.cast(column, pa.string())


def as_json(word: str) -> str:
    return json.dumps(word, ensure_ascii=False)[1:-1]


def jsonl(batch: pa.RecordBatch, which: Any) -> Any:
    ids, _, score, at, ok, price, kind, visits = map(text, batch.columns)
    name = join(pa.array([as_json(word) for word in NAMES]).take(which), " ", ids)
    head = ['{"id":', ids, ',"name":"', name, '","score":', score, ',"at":"', at]
    body = ['","ok":', ok, ',"price":"', price, '","kind":"', kind, '","visits":']
    return join(*head, *body, visits.fill_null("null"), "}\n")


def csv(batch: pa.RecordBatch, which: Any) -> Any:
    ids, _, score, at, ok, price, kind, visits = map(text, batch.columns)
    quote = pa.array(['"' if word in ODD_WORDS else "" for word in NAMES]).take(which)
    word = pa.array([word.replace('"', '""') for word in NAMES]).take(which)
    name = join(quote, word, " ", ids, quote)
    cells = [ids, name, score, at, ok, price, kind, visits.fill_null("")]
    separated = [part for cell in cells for part in (cell, ",")][:-1]
    return join(*separated, "\n")


def content(lines: Any) -> Any:
    """The bytes of all strings together, without a copy."""
    offsets = np.frombuffer(lines.buffers()[1], dtype=np.int32)
    begin, end = offsets[lines.offset], offsets[lines.offset + len(lines)]
    return lines.buffers()[2].slice(begin, end - begin)


def chunks(rows: int) -> Iterator[tuple[int, int]]:
    for first in range(0, rows, CHUNK_ROWS):
        yield first, min(CHUNK_ROWS, rows - first)


def write_table(directory: Path, rows: int) -> None:
    base = directory / f"rows-{rows}"
    with (
        base.with_suffix(".jsonl").open("xb") as jsonl_file,
        base.with_suffix(".csv").open("xb") as csv_file,
        pa.parquet.ParquetWriter(base.with_suffix(".parquet"), SCHEMA) as parquet_file,
        pa.ipc.new_file(base.with_suffix(".arrow"), SCHEMA) as arrow_file,
    ):
        csv_file.write((",".join(SCHEMA.names) + "\n").encode())
        for first, count in chunks(rows):
            batch, which = chunk(first, count)
            jsonl_file.write(content(jsonl(batch, which)))
            csv_file.write(content(csv(batch, which)))
            parquet_file.write_batch(batch)
            arrow_file.write_batch(batch)


def main() -> None:
    for rows in sys.argv[2:]:
        write_table(Path(sys.argv[1]), int(rows))


if __name__ == "__main__":
    main()
