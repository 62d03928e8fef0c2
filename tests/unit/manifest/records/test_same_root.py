"""One table has one record root, whoever writes it, however, and in whichever format."""

import runpy
from collections.abc import Callable, Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import slow_records

from dataledger.manifest.record_set import RecordFormat
from dataledger.manifest.records.columns import ColumnDigest
from dataledger.manifest.records.schema import columns_of
from dataledger.manifest.records.source import ColumnValues
from dataledger.manifest.records.tables import plan_table, read_block

VECTORS = Path(__file__).parents[3] / "vectors"
FIXTURES = sorted((VECTORS / "tables").iterdir())
SECRET = bytes(range(32))
ROWS = 700

TABLE = pa.table(
    {
        "id": pa.array(range(ROWS), pa.int32()),
        "score": pa.array([None if n % 7 == 0 else n / 8 - 40 for n in range(ROWS)]),
        "name": [None if n % 11 == 0 else f"name {n % 13} é" for n in range(ROWS)],
        "raw": [bytes([n % 256]) * (n % 5) for n in range(ROWS)],
        "ok": [None if n % 5 == 0 else n % 2 == 0 for n in range(ROWS)],
        "price": pa.array([Decimal(n - 300).scaleb(-2) for n in range(ROWS)], pa.decimal128(18, 2)),
        "at": pa.array([n * 10**9 - 10**11 for n in range(ROWS)], pa.timestamp("us", "Asia/Tokyo")),
        "local": pa.array([n * 10**12 for n in range(ROWS)], pa.timestamp("us")),
        "day": pa.array([n * 30 - 4000 for n in range(ROWS)], pa.date32()),
        "time": pa.array([n * 10**6 for n in range(ROWS)], pa.time64("us")),
        "tags": [None if n % 6 == 0 else [f"t{n % 3}"] * (n % 4) for n in range(ROWS)],
        "parts": [
            None if n % 9 == 0 else [{"a": n, "b": None if n % 2 else [n]}] * (n % 3)
            for n in range(ROWS)
        ],
        "labels": pa.array([[("k", n)] * (n % 3) for n in range(ROWS)], pa.map_("str", pa.int64())),
    }
)


def roots(path: Path, record_format: RecordFormat) -> tuple[str, str]:
    """Return the record root, and a root over the columns' names, types and values."""
    plan = plan_table(str(path), record_format)
    batches = [batch for block in plan.blocks for batch in read_block(plan, block)]
    rows = [row for batch in batches for row in batch.records()]
    entries = [
        f"{column}".encode() + _digest(batch.columns[number] for batch in batches)
        for number, column in enumerate(plan.columns)
    ]
    return slow_records.record_root(SECRET, rows).hex(), slow_records.merkle_root(entries).hex()


def _digest(parts: Iterable[ColumnValues]) -> bytes:
    digest = ColumnDigest()
    for part in parts:
        digest.add(part)
    return digest.digest()


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    path = tmp_path_factory.mktemp("same") / "table"
    pq.write_table(TABLE, path)
    found = roots(path, RecordFormat.PARQUET)
    assert found[0] == slow_records.record_root(SECRET, slow_records.rows(TABLE)).hex()
    return found


@pytest.mark.parametrize(
    "options",
    [
        {"row_group_size": 1},
        {"row_group_size": 97},
        {"compression": "none"},
        {"compression": "gzip"},
        {"compression": "zstd", "compression_level": 9},
        {"compression": "brotli"},
        {"compression": "lz4"},
        {"use_dictionary": False},
        {"use_dictionary": ["name"], "dictionary_pagesize_limit": 16},
        {"data_page_version": "2.0", "data_page_size": 100},
        {"version": "1.0"},
        {"version": "2.4", "store_schema": False},
        {"version": "2.6", "write_page_index": True, "write_page_checksum": True},
        {"use_dictionary": False, "use_byte_stream_split": ["score"]},
        {"use_dictionary": False, "column_encoding": {"name": "DELTA_BYTE_ARRAY"}},
        {"use_dictionary": False, "column_encoding": {"id": "DELTA_BINARY_PACKED"}},
        {"use_compliant_nested_type": False, "write_statistics": False},
        {"coerce_timestamps": "us", "use_deprecated_int96_timestamps": False},
    ],
    ids=lambda options: "-".join(f"{key}-{value}" for key, value in options.items()),
)
def test_parquet_written_otherwise(
    options: dict[str, Any], expected: tuple[str, str], tmp_path: Path
) -> None:
    pq.write_table(TABLE, tmp_path / "t", **options)
    assert roots(tmp_path / "t", RecordFormat.PARQUET) == expected


def write_ipc(table: Any, path: Path, new: Callable[..., Any], **options: Any) -> None:
    rows = options.pop("rows", 1 << 20)
    with new(path, table.schema, options=pa.ipc.IpcWriteOptions(**options)) as writer:
        writer.write_table(table, rows)


IPC_OPTIONS: list[dict[str, Any]] = [
    {},
    {"rows": 1},
    {"rows": 97, "compression": "zstd"},
    {"compression": "lz4"},
    {"metadata_version": pa.ipc.MetadataVersion.V4},
]


@pytest.mark.parametrize("new", [pa.ipc.new_file, pa.ipc.new_stream])
@pytest.mark.parametrize("options", IPC_OPTIONS, ids=str)
def test_arrow(
    new: Callable[..., Any],
    options: dict[str, Any],
    expected: tuple[str, str],
    tmp_path: Path,
) -> None:
    write_ipc(TABLE, tmp_path / "t", new, **options)
    assert roots(tmp_path / "t", RecordFormat.ARROW) == expected


WIDER = {
    "id": pa.int64(),
    "name": pa.large_string(),
    "raw": pa.large_binary(),
    "price": pa.decimal256(18, 2),
    "at": pa.timestamp("ns", "UTC"),
    "local": pa.timestamp("ns"),
    "day": pa.date64(),
    "time": pa.time64("ns"),
    "tags": pa.large_list(pa.large_string()),
}


def test_wider_types_in_chunks_and_with_metadata(expected: tuple[str, str], tmp_path: Path) -> None:
    columns = zip(TABLE.column_names, TABLE.columns, strict=True)
    wide = pa.table({name: column.cast(WIDER.get(name, column.type)) for name, column in columns})
    chunked = pa.concat_tables([wide.slice(0, 100), wide.slice(100, 1), wide.slice(101)])
    told = chunked.replace_schema_metadata({"by": "someone else"})
    write_ipc(told, tmp_path / "a", pa.ipc.new_stream)
    assert roots(tmp_path / "a", RecordFormat.ARROW) == expected
    pq.write_table(told, tmp_path / "p")
    assert roots(tmp_path / "p", RecordFormat.PARQUET) == expected


def test_dictionaries_and_views(expected: tuple[str, str], tmp_path: Path) -> None:
    columns = dict(zip(TABLE.column_names, TABLE.columns, strict=True))
    columns["raw"] = columns["raw"].cast(pa.binary_view())
    for name in ("id", "score", "day"):
        columns[name] = columns[name].dictionary_encode()
    write_ipc(
        pa.table(columns), tmp_path / "a", pa.ipc.new_file, rows=50, emit_dictionary_deltas=True
    )
    assert roots(tmp_path / "a", RecordFormat.ARROW) == expected
    columns["name"] = columns["name"].dictionary_encode()
    pq.write_table(pa.table(columns), tmp_path / "p")
    assert roots(tmp_path / "p", RecordFormat.PARQUET) == expected


def test_pandas(expected: tuple[str, str], tmp_path: Path) -> None:
    frame = TABLE.to_pandas(types_mapper=pd.ArrowDtype)
    frame.to_parquet(tmp_path / "p", index=False, compression="gzip")
    assert roots(tmp_path / "p", RecordFormat.PARQUET) == expected
    frame.to_feather(tmp_path / "f")
    assert roots(tmp_path / "f", RecordFormat.ARROW) == expected


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.name)
def test_other_programs(path: Path) -> None:
    written = runpy.run_path(str(VECTORS / "generate_tables.py"))
    table = written["SIMPLE" if path.name.startswith("simple-") else "TABLE"]
    arrow = path.suffix == ".arrow"
    plan = plan_table(str(path), RecordFormat.ARROW if arrow else RecordFormat.PARQUET)
    rows = [
        row for block in plan.blocks for batch in read_block(plan, block) for row in batch.records()
    ]
    assert rows == slow_records.rows(table)
    assert plan.columns == columns_of(table.schema)


def test_files_of_other_programs_are_there() -> None:
    assert {path.name.partition(".")[0] for path in FIXTURES} == {
        "duckdb", "polars", "pyarrow-17", "simple-fastparquet",
    }  # fmt: skip


def test_one_bit_more_is_another_root(expected: tuple[str, str], tmp_path: Path) -> None:
    place = TABLE.column_names.index("score")
    scores = TABLE["score"].to_pylist()
    scores[1] = scores[1] * (1 + 2**-52)
    changed = TABLE.set_column(place, "score", pa.array(scores))
    pq.write_table(changed, tmp_path / "p")
    assert roots(tmp_path / "p", RecordFormat.PARQUET)[0] != expected[0]
