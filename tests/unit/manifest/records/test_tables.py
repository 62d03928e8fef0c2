"""Parquet and Arrow files: planned, read block by block from anywhere, and refused when torn."""

import itertools
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import slow_records
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dataledger.errors import (
    DataLedgerError,
    RecordError,
    SourceChanged,
    SourceUnreadable,
    UnsafeFile,
)
from dataledger.manifest.record_set import RecordFormat
from dataledger.manifest.records import tables
from dataledger.manifest.records.int96 import exact
from dataledger.manifest.records.source import BLOCK_RECORDS, Block, Column, Plan
from dataledger.manifest.records.tables import plan_table, read_block, read_part


def write_parquet(table: Any, path: Path, rows_per_part: int) -> None:
    pq.write_table(table, path, row_group_size=rows_per_part)


def write_file(table: Any, path: Path, rows_per_part: int) -> None:
    with pa.ipc.new_file(path, table.schema) as writer:
        writer.write_table(table, rows_per_part)


def write_stream(table: Any, path: Path, rows_per_part: int) -> None:
    with pa.ipc.new_stream(path, table.schema) as writer:
        writer.write_table(table, rows_per_part)


Write = Callable[[Any, Path, int], None]

WRITERS: dict[str, tuple[RecordFormat, Write]] = {
    "parquet": (RecordFormat.PARQUET, write_parquet),
    "file": (RecordFormat.ARROW, write_file),
    "stream": (RecordFormat.ARROW, write_stream),
}

each_format = pytest.mark.parametrize("writer", WRITERS)


def plan_of(writer: str, table: Any, path: Path, rows_per_part: int = 1 << 20) -> Plan:
    record_format, write = WRITERS[writer]
    write(table, path, rows_per_part)
    return plan_table(str(path), record_format)


def read(plan: Plan, block: Block) -> list[bytes]:
    return [row for batch in read_block(plan, block) for row in batch.records()]


def numbers(count: int) -> Any:
    column = pa.array(range(count))
    return pa.table({"n": column, "s": column.cast(pa.string())})


def rows_of_numbers(begin: int, end: int) -> list[bytes]:
    return slow_records.rows(
        pa.table({"n": range(begin, end), "s": [str(number) for number in range(begin, end)]})
    )


# ------------------------------------------------------------------------------------ planning


@each_format
def test_a_plan_names_columns_and_blocks(writer: str, tmp_path: Path) -> None:
    plan = plan_of(writer, numbers(150_000), tmp_path / "t", rows_per_part=100_000)
    assert plan.columns == (Column("n", "int"), Column("s", "string"))
    assert plan.record_count == 150_000
    assert [block.record_count for block in plan.blocks] == [BLOCK_RECORDS, BLOCK_RECORDS, 18_928]
    assert [block.locator for block in plan.blocks] == [(0, 0), (0, 65_536), (1, 31_072)]
    assert pickle.loads(pickle.dumps(plan)) == plan  # noqa: S301  # made here


@each_format
def test_blocks_do_not_follow_parts(writer: str, tmp_path: Path) -> None:
    empty = numbers(3).slice(0, 0)
    table = pa.concat_tables([numbers(70_000), empty])
    plan = plan_of(writer, table, tmp_path / "t", rows_per_part=9_973)
    assert read(plan, plan.blocks[0]) == rows_of_numbers(0, 65_536)
    assert read(plan, plan.blocks[1]) == rows_of_numbers(65_536, 70_000)


@each_format
def test_an_empty_table_has_no_blocks(writer: str, tmp_path: Path) -> None:
    plan = plan_of(writer, numbers(0), tmp_path / "t")
    assert (plan.record_count, plan.blocks) == (0, ())


def test_parts_without_rows_are_passed_over(tmp_path: Path) -> None:
    batch = numbers(5).to_batches()[0]
    with pa.ipc.new_file(tmp_path / "t", batch.schema) as writer:
        for begin, end in ((0, 0), (0, 2), (2, 2), (2, 5), (5, 5)):
            writer.write_batch(batch.slice(begin, end - begin))
    plan = plan_table(str(tmp_path / "t"), RecordFormat.ARROW)
    assert [block.locator for block in plan.blocks] == [(1, 0)]
    assert read(plan, plan.blocks[0]) == rows_of_numbers(0, 5)


# ------------------------------------------------------------------------------------- reading


@each_format
@pytest.mark.parametrize("rows_per_part", [30_000, 1 << 20])
def test_blocks_can_be_read_in_any_order(writer: str, rows_per_part: int, tmp_path: Path) -> None:
    plan = plan_of(writer, numbers(200_000), tmp_path / "t", rows_per_part)
    blocks = {
        block.number: rows_of_numbers(block.first_record, block.first_record + 3)
        for block in plan.blocks
    }
    for number in (3, 0, 1, 2, 2, 0, 3, 1):
        rows = read(plan, plan.blocks[number])
        assert rows[:3] == blocks[number]
        assert len(rows) == plan.blocks[number].record_count


def test_reading_on_decodes_nothing_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = plan_of("parquet", numbers(300_000), tmp_path / "t")
    opened = []
    begin_rows = tables._begin_rows

    def counted(source: Any, block: Block) -> Any:
        opened.append(block.locator[0])
        return begin_rows(source, block)

    monkeypatch.setattr(tables, "_begin_rows", counted)
    for block in plan.blocks:
        read(plan, block)
    assert opened == [0]
    for number in (1, 3):  # as one of two processes does
        read(plan, plan.blocks[number])
    assert opened == [0, 0]


@each_format
def test_a_part_of_a_block_is_read(writer: str, tmp_path: Path) -> None:
    plan = plan_of(writer, numbers(140_000), tmp_path / "t", 50_000)
    for begin, end in ((0, 1), (256, 512), (65_000, 65_536)):
        for number in (1, 0):
            first = plan.blocks[number].first_record
            rows = read_part(plan, plan.blocks[number], begin, end)
            assert rows == rows_of_numbers(first + begin, first + end)
    with pytest.raises(RecordError, match="fewer rows"):
        read_part(plan, plan.blocks[2], 0, 65_536)


def test_a_block_that_was_not_read_to_its_end_disturbs_no_other(tmp_path: Path) -> None:
    plan = plan_of("parquet", numbers(140_000), tmp_path / "t")
    for _ in itertools.islice(read_block(plan, plan.blocks[0]), 1):
        pass
    assert read(plan, plan.blocks[1])[:2] == rows_of_numbers(65_536, 65_538)


@each_format
def test_a_file_replaced_after_planning_is_not_read_on(writer: str, tmp_path: Path) -> None:
    path = tmp_path / "t"
    plan = plan_of(writer, numbers(140_000), path)
    read(plan, plan.blocks[0])
    other = tmp_path / "other"
    WRITERS[writer][1](numbers(140_000).rename_columns(["n", "t"]), other, 1 << 20)
    other.replace(path)
    with pytest.raises(SourceChanged):
        read(plan, plan.blocks[1])


@each_format
def test_other_numbers_of_rows_than_promised_are_refused(writer: str, tmp_path: Path) -> None:
    path = tmp_path / "t"
    plan = plan_of(writer, numbers(100), path)
    for count, how_many in ((99, "fewer"), (101, "more")):
        WRITERS[writer][1](numbers(count), path, 1 << 20)
        with pytest.raises(RecordError, match=f"has {how_many} rows than the 100 it promises"):
            read(plan, plan.blocks[0])


def test_long_values_repeated_from_a_dictionary_come_in_parts(tmp_path: Path) -> None:
    long = ["x" * 1_000_000, "y" * 1_000_000]
    table = pa.table({"s": pa.array(long * 30)})
    plan = plan_of("parquet", table, tmp_path / "t")
    assert (tmp_path / "t").stat().st_size < 200_000
    batches = [sum(map(len, batch.records())) for batch in read_block(plan, plan.blocks[0])]
    assert len(batches) >= 3
    assert max(batches) <= 16 * 1024 * 1024
    assert sum(batches) == 60 * 1_000_005


def test_a_table_without_columns_has_empty_rows(tmp_path: Path) -> None:
    batch = pa.RecordBatch.from_struct_array(pa.array([{}] * 3, pa.struct([])))
    with pa.ipc.new_stream(tmp_path / "t", batch.schema) as writer:
        writer.write_batch(batch)
    plan = plan_table(str(tmp_path / "t"), RecordFormat.ARROW)
    assert (plan.columns, read(plan, plan.blocks[0])) == ((), [b"", b"", b""])


@pytest.mark.parametrize("rows_per_group", [2, 100])
def test_old_timestamps_do_not_run_over(rows_per_group: int, tmp_path: Path) -> None:
    times = pa.array([0, -1, None, 253_402_300_799, -62_135_596_800] * 2, pa.timestamp("s"))
    table = pa.table({"at": times, "n": range(10)})
    options = {"use_deprecated_int96_timestamps": True, "row_group_size": rows_per_group}
    pq.write_table(table, tmp_path / "t", **options)
    plan = plan_table(str(tmp_path / "t"), RecordFormat.PARQUET)
    assert read(plan, plan.blocks[0]) == slow_records.rows(table)
    precise = pa.table({"at": pa.array([1, None, -(2**62)], pa.timestamp("ns"))})
    pq.write_table(precise, tmp_path / "p", **options)
    plan = plan_table(str(tmp_path / "p"), RecordFormat.PARQUET)
    assert read(plan, plan.blocks[0]) == slow_records.rows(precise)


def test_old_timestamps_beyond_arrow_are_refused() -> None:
    def column(value: int, unit: str) -> Any:
        return pa.record_batch({"at": pa.array([value], pa.timestamp(unit))})

    far = 10**10
    runs_over = (far * 10**9 + 2**63) % 2**64 - 2**63
    assert exact(column(runs_over + 5000, "ns"), column(far, "s")) == column(far * 10**6 + 5, "us")
    with pytest.raises(ValueError, match="outside of what Arrow can hold"):
        exact(column(runs_over + 5, "ns"), column(far, "s"))


def test_old_timestamps_in_lists_are_refused(tmp_path: Path) -> None:
    table = pa.table({"l": pa.array([[1]], pa.list_(pa.timestamp("us")))})
    pq.write_table(table, tmp_path / "t", use_deprecated_int96_timestamps=True)
    with pytest.raises(RecordError, match="INT96 timestamp stands inside a list"):
        plan_table(str(tmp_path / "t"), RecordFormat.PARQUET)


# ------------------------------------------------------------------------------------- refusals


@each_format
def test_what_is_no_regular_file_is_refused(writer: str, tmp_path: Path) -> None:
    record_format, write = WRITERS[writer]
    write(numbers(1), tmp_path / "t", 1)
    (tmp_path / "link").symlink_to(tmp_path / "t")
    with pytest.raises(UnsafeFile, match="is no regular file"):
        plan_table(str(tmp_path / "link"), record_format)
    with pytest.raises(SourceUnreadable):
        plan_table(str(tmp_path / "absent"), record_format)


@pytest.mark.parametrize("content", [b"", b"PAR1", b"ARROW1\x00\x00", b"a,b\n1,2\n", b"\xff" * 64])
@pytest.mark.parametrize("record_format", [RecordFormat.PARQUET, RecordFormat.ARROW])
def test_other_files_are_refused(
    content: bytes, record_format: RecordFormat, tmp_path: Path
) -> None:
    path = tmp_path / "t"
    path.write_bytes(content)
    with pytest.raises(RecordError, match=f"{path}' cannot be read as") as caught:
        plan_table(str(path), record_format)
    assert caught.value.remedy


def test_more_rows_than_can_be_are_refused_before_they_are_planned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "MAX_TABLE_RECORDS", 99)
    with pytest.raises(RecordError, match="promises 100 rows, which cannot be"):
        plan_of("parquet", numbers(100), tmp_path / "t")


@each_format
def test_text_that_is_not_utf_8_is_refused(writer: str, tmp_path: Path) -> None:
    text = pa.Array.from_buffers(pa.string(), 1, pa.array([b"\xff"]).buffers())
    plan = plan_of(writer, pa.table({"s": text}), tmp_path / "t")
    with pytest.raises(RecordError, match=r"(?i)utf"):
        read(plan, plan.blocks[0])


@pytest.mark.parametrize(
    ("stored", "kind"),
    [
        (86_400_000_000, pa.time64("us")),
        (-1, pa.time64("ns")),
        (1, pa.date64()),
    ],
    ids=str,
)
def test_times_outside_of_the_day_and_dates_with_a_time_are_refused(
    stored: int, kind: Any, tmp_path: Path
) -> None:
    table = pa.table({"c": pa.array([stored], pa.int64()).view(kind)})
    plan = plan_of("file", table, tmp_path / "t")
    with pytest.raises(RecordError, match="cannot be read as Arrow IPC"):
        read(plan, plan.blocks[0])


def damaged_samples() -> dict[str, tuple[RecordFormat, bytes]]:
    table = pa.table(
        {
            "n": pa.array([1, None, 3]),
            "s": ["a", None, "long enough for no view"],
            "d": pa.array(["x", "y", "x"]).dictionary_encode(),
            "l": [[{"a": [1, 2]}], None, []],
        }
    )
    samples = {}
    for name, compression in itertools.product(WRITERS, (None, "zstd")):
        sink = pa.BufferOutputStream()
        if name == "parquet":
            pq.write_table(table, sink, compression=compression or "none")
        else:
            options = pa.ipc.IpcWriteOptions(compression=compression)
            new = pa.ipc.new_file if name == "file" else pa.ipc.new_stream
            with new(sink, table.schema, options=options) as writer:
                writer.write_table(table)
        samples[f"{name}-{compression}"] = WRITERS[name][0], sink.getvalue().to_pybytes()
    return samples


DAMAGED = damaged_samples()


@pytest.mark.parametrize("name", DAMAGED)
@given(data=st.data())
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_damaged_files_end_in_an_error_or_in_rows(
    name: str, data: st.DataObject, tmp_path: Path
) -> None:
    record_format, content = DAMAGED[name]
    damaged = bytearray(content)
    for position, value in data.draw(
        st.lists(st.tuples(st.integers(0, len(content) - 1), st.integers(0, 255)), max_size=4)
    ):
        damaged[position] = value
    del damaged[data.draw(st.integers(0, len(content)) | st.just(len(content))) :]
    path = tmp_path / "t"
    path.write_bytes(damaged)
    try:
        plan = plan_table(str(path), record_format)
        for block in plan.blocks[:3]:
            read(plan, block)
    except DataLedgerError as error:
        assert str(error) and error.remedy  # noqa: PT017, PT018  # whichever it is
