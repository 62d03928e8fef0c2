"""Writes one small table with several programs: `generate_tables.py [duckdb] [polars] …`.

The programs are no part of the development environment, and write other bytes in every version. To
write tables/ again, run this where duckdb, fastparquet and polars are installed, and
`generate_tables.py pyarrow` with pyarrow 17.
"""

import datetime as dt
import sys
from decimal import Decimal
from pathlib import Path

import pyarrow as pa

TABLES = Path(__file__).parent / "tables"
ROWS = range(30)

SIMPLE = pa.table(
    {
        "id": pa.array(ROWS, pa.int64()),
        "score": [None if n % 7 == 0 else n / 8 - 2 for n in ROWS],
        "name": [None if n % 11 == 0 else f"name {n % 5} é" for n in ROWS],
        "ok": [None if n % 5 == 0 else n % 2 == 0 for n in ROWS],
    }
)
"""What fastparquet writes as it is."""

TABLE = pa.table(
    {
        **dict(zip(SIMPLE.column_names, SIMPLE.columns, strict=True)),
        "price": pa.array([Decimal(n - 20).scaleb(-2) for n in ROWS], pa.decimal128(18, 2)),
        "at": pa.array([n * 10**9 + n for n in ROWS], pa.timestamp("us", "UTC")),
        "local": pa.array([n * 10**12 for n in ROWS], pa.timestamp("us")),
        "day": [dt.date(1960 + n, 2, 28) for n in ROWS],
        "tags": [None if n % 6 == 0 else ["t"] * (n % 4) for n in ROWS],
        "part": [{"a": n, "b": f"b{n}"} for n in ROWS],
    }
)


def by_duckdb() -> None:
    import duckdb  # type: ignore[import-not-found]  # not installed here

    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    connection.register("source", TABLE)
    connection.execute(
        f"COPY source TO '{TABLES / 'duckdb.parquet'}' (FORMAT parquet, COMPRESSION zstd)"
    )


def by_polars() -> None:
    import polars as pl  # type: ignore[import-not-found]  # not installed here

    frame = pl.from_arrow(TABLE)
    frame.write_parquet(TABLES / "polars.parquet", compression="lz4", row_group_size=20)
    frame.write_ipc(TABLES / "polars.arrow", compression="zstd")


def by_fastparquet() -> None:
    import fastparquet  # type: ignore[import-not-found]  # not installed here
    import pandas as pd

    frame = SIMPLE.to_pandas(types_mapper={pa.int64(): pd.Int64Dtype()}.get)
    fastparquet.write(str(TABLES / "simple-fastparquet.parquet"), frame, compression="GZIP")


def by_pyarrow() -> None:
    import pyarrow.parquet as pq

    name = f"pyarrow-{pa.__version__.partition('.')[0]}.parquet"
    pq.write_table(TABLE, TABLES / name, row_group_size=20)


if __name__ == "__main__":
    writers = [by_duckdb, by_polars, by_fastparquet, by_pyarrow]
    for write in writers:
        if write.__name__.removeprefix("by_") in sys.argv[1:]:
            write()
