"""Parquet, whole and torn, beside what pyarrow reads of the same file at once."""

from collections.abc import Iterator
from random import Random
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from fuzzing import Scratch
from fuzzing_tables import check_table, edited, example_tables, pick, written

from dataledger.manifest import RecordFormat

MAX_BYTES = 16_384
FOOTER_BYTES = 700

_scratch = Scratch("table.parquet")


def check(data: bytes) -> None:
    check_table(_scratch.write(data), RecordFormat.PARQUET, _load)


def _load(path: str) -> Any:
    file = pq.ParquetFile(path)
    groups = [
        file.read_row_group(number, use_threads=False) for number in range(file.num_row_groups)
    ]
    return pa.concat_tables(groups) if groups else file.read(use_threads=False)


def seeds() -> Iterator[bytes]:
    for number, table in enumerate(example_tables()):
        yield _file(table, Random(number))  # noqa: S311
    yield b"PAR1" + bytes(8) + b"PAR1"


def mutate(data: bytes, random: Random) -> bytes:
    if random.random() < 0.3:
        data = _file(pick(random, list(example_tables())), random)
    return edited(data, random, FOOTER_BYTES)


def _file(table: Any, random: Random) -> bytes:
    options = {
        "row_group_size": pick(random, (1, 2, 100)),
        "compression": pick(random, ("none", "none", "snappy", "gzip", "zstd", "lz4")),
        "use_dictionary": pick(random, (True, False)),
        "data_page_version": pick(random, ("1.0", "2.0")),
        "write_statistics": pick(random, (True, False)),
        "store_schema": pick(random, (True, False)),
        "write_page_checksum": pick(random, (True, False, False)),
    }
    return written(lambda what, stream: pq.write_table(what, stream, **options), table)
