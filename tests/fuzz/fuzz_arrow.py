"""Arrow IPC files and streams, whole and torn, beside what pyarrow reads of them at once."""

from collections.abc import Iterator
from random import Random
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.ipc
from fuzzing import Scratch
from fuzzing_tables import check_table, edited, example_tables, pick, written

from dataledger.manifest import RecordFormat

MAX_BYTES = 16_384
INDEX_BYTES = 600

_scratch = Scratch("table.arrow")


def check(data: bytes) -> None:
    check_table(_scratch.write(data), RecordFormat.ARROW, _load)


def _load(path: str) -> Any:
    with pa.OSFile(path) as file:
        is_file = file.read(6) == b"ARROW1"
        file.seek(0)
        table = (pa.ipc.open_file if is_file else pa.ipc.open_stream)(file).read_all()
    # The independent encoding knows no runs.
    columns = [
        pc.run_end_decode(column) if pa.types.is_run_end_encoded(column.type) else column
        for column in table.columns
    ]
    return pa.table(columns, table.column_names) if columns else table


def seeds() -> Iterator[bytes]:
    for number, table in enumerate([*example_tables(), *_more_tables()]):
        for new in (pa.ipc.new_file, pa.ipc.new_stream):
            yield _file(table, Random(number), new)  # noqa: S311
    yield b""
    yield b"ARROW1\0\0"


def mutate(data: bytes, random: Random) -> bytes:
    if random.random() < 0.3:
        table = pick(random, [*example_tables(), *_more_tables()])
        data = _file(table, random, pick(random, (pa.ipc.new_file, pa.ipc.new_stream)))
    return edited(data, random, pick(random, (INDEX_BYTES, len(data))))


def _more_tables() -> Iterator[Any]:
    """Yield tables of what only Arrow stores."""
    runs = pa.RunEndEncodedArray.from_arrays(pa.array([2, 5], pa.int32()), pa.array(["a", None]))
    yield pa.table({"r": runs, "v": pa.array(["short", "x" * 20, None, "", "é"], pa.string_view())})
    lists = pa.array([[1], None, [], [2, 3], [4]], pa.list_view(pa.int8()))
    yield pa.table(
        {"w": lists, "h": pa.array([[1, 2], None, [3, 4]] + [[5, 6]] * 2, pa.list_(pa.int8(), 2))}
    )
    keys = pa.array(["x", "y", None])
    nested = pa.DictionaryArray.from_arrays(pa.array([0, 2, 1, None, 0]), keys)
    yield pa.table({"k": nested, "s": pa.StructArray.from_arrays([nested], ["k"])})


def _file(table: Any, random: Random, new: Any) -> bytes:
    options = pa.ipc.IpcWriteOptions(compression=pick(random, (None, None, "lz4", "zstd")))

    def write(what: Any, stream: Any) -> None:
        with new(stream, what.schema, options=options) as writer:
            writer.write_table(what, max_chunksize=pick(random, (1, 2, 100)))

    return written(write, table)
