"""The canonical row encoding: the same rows, however Arrow stores them; and the specified bytes."""

import math
import struct
from decimal import Decimal
from itertools import pairwise
from typing import Any

import arrow_tables
import numpy as np
import pyarrow as pa
import pytest
import slow_records
from hypothesis import given, settings
from hypothesis import strategies as st

from dataledger.errors import RecordError
from dataledger.manifest.records import encoding, layout
from dataledger.manifest.records.encoding import encode


def rows(table: Any) -> list[bytes]:
    return [row for batch in table.to_batches() for part in encode(batch, 0) for row in spans(part)]


def spans(batch: Any) -> list[bytes]:
    found = [
        bytes(data[begin:end])
        for data, begins, ends in batch.spans()
        for begin, end in zip(begins.tolist(), ends.tolist(), strict=True)
    ]
    assert found == batch.records()
    return found


def columns(table: Any) -> list[tuple[bytes, bytes]]:
    parts = [part for batch in table.to_batches() for part in encode(batch, 0)]
    return [
        (
            b"".join(bytes(part.columns[number].heads) for part in parts),
            b"".join(bytes(part.columns[number].bodies) for part in parts),
        )
        for number in range(table.num_columns)
    ]


def one(value: Any, kind: Any) -> str:
    """Return the row that holds this value alone, in hexadecimal."""
    [row] = rows(pa.table({"c": pa.array([value], kind)}))
    return row.hex(" ")


# -------------------------------------------------------------------------- the specified bytes


def test_a_row_is_all_heads_and_then_all_bodies() -> None:
    table = pa.table({"a": ["xy"], "n": pa.array([5], pa.int8()), "b": [b"z"]})
    [row] = rows(table)
    assert row.hex(" ") == (
        "06 00 00 00 02  02 00 00 00 00 00 00 00 05  07 00 00 00 01  78 79  7a".replace("  ", " ")
    )


@pytest.mark.parametrize(
    ("value", "kind", "expected"),
    [
        (True, pa.bool_(), "01 01"),
        (-2, pa.int16(), "02 ff ff ff ff ff ff ff fe"),
        (255, pa.uint8(), "02 00 00 00 00 00 00 00 ff"),
        (2**64 - 1, pa.uint64(), "03 ff ff ff ff ff ff ff ff"),
        (1.5, pa.float32(), "04 3f f8 00 00 00 00 00 00"),
        (Decimal("-1.50"), pa.decimal128(5, 2), "05 02" + " ff" * 31 + " 6a"),
        ("é", pa.large_string(), "06 00 00 00 02 c3 a9"),
        (b"", pa.binary(), "07 00 00 00 00"),
        (-1, pa.timestamp("ms"), "08 ff ff ff ff ff ff ff ff 3b 8b 87 c0"),
        (1, pa.timestamp("s", "Asia/Tokyo"), "09 00 00 00 00 00 00 00 01 00 00 00 00"),
        (-1, pa.date32(), "0a ff ff ff ff ff ff ff ff"),
        (2, pa.time32("s"), "0b 00 00 00 00 77 35 94 00"),
        (1, pa.duration("ns"), "0c 00 00 00 00 00 00 00 00 00 00 00 01"),
        ([True, None], pa.list_(pa.bool_()), "0d 00 00 00 04 01 01 81 00"),
        ({"a": "x", "b": True}, None, "0e 00 00 00 08 06 00 00 00 01 01 01 78"),
        ([("k", False)], pa.map_(pa.string(), pa.bool_()),
         "0d 00 00 00 0d 0e 00 00 00 08 06 00 00 00 01 01 00 6b"),
    ],
)  # fmt: skip
def test_each_type_has_its_bytes(value: Any, kind: Any, expected: str) -> None:
    assert one(value, kind) == expected


def test_a_missing_value_keeps_the_width_of_its_type() -> None:
    assert one(None, pa.null()) == "80"
    assert one(None, pa.int8()) == "82" + " 00" * 8
    assert one(None, pa.string()) == "86 00 00 00 00"
    assert one(None, pa.list_(pa.int8())) == "8d 00 00 00 00"
    assert one(None, pa.decimal128(3, 1)) == "85" + " 00" * 33


def test_every_nan_is_one_value_and_minus_zero_is_not_zero() -> None:
    odd_nan = np.array([0xFFF8000000000123], np.uint64).view(np.float64)
    signalling = np.array([0x7F800001], np.uint32).view(np.float32)
    for values in (odd_nan, signalling, [math.nan]):
        assert one(values[0], pa.array(values).type) == "04 7f f8 00 00 00 00 00 00"
        [row] = rows(pa.table({"c": pa.array(values)}))
        assert row == b"\x04" + struct.pack(">d", math.nan)
    assert one(-0.0, pa.float16()) != one(0.0, pa.float16())


def test_what_stands_below_a_missing_value_is_no_part_of_the_row() -> None:
    child = pa.array(["hidden", "shown"])
    mask = pa.array([True, False])
    hidden = pa.StructArray.from_arrays([child], names=["a"], mask=mask)
    plain = pa.array([None, {"a": "shown"}])
    assert rows(pa.table({"c": hidden})) == rows(pa.table({"c": plain}))
    lists = pa.ListArray.from_arrays([0, 1, 2], child, mask=mask)
    assert rows(pa.table({"c": lists})) == rows(pa.table({"c": pa.array([None, ["shown"]])}))
    validity = pa.py_buffer(b"\x02")
    garbage = pa.Array.from_buffers(pa.string(), 2, [validity, *child.buffers()[1:]])
    assert rows(pa.table({"c": garbage})) == rows(pa.table({"c": pa.array([None, "shown"])}))


# -------------------------------------------------------------- against the slow one, and layouts


@given(arrow_tables.tables())
@settings(max_examples=60)
def test_rows_and_columns_are_those_of_the_slow_implementation(table: Any) -> None:
    table.validate(full=True)
    assert rows(table) == slow_records.rows(table)
    assert columns(table) == slow_records.column_values(table)


@given(arrow_tables.tables(), st.data())
@settings(max_examples=30)
def test_slices_and_chunks_make_no_difference(table: Any, data: st.DataObject) -> None:
    expected = rows(table)
    inner = data.draw(st.lists(st.integers(0, table.num_rows), max_size=3))
    cuts = sorted([0, *inner, table.num_rows])
    parts = [table.slice(begin, end - begin) for begin, end in pairwise(cuts)]
    assert [row for part in parts for row in rows(part)] == expected
    assert rows(pa.concat_tables(parts)) == expected


@given(arrow_tables.tables(), st.data())
@settings(max_examples=60)
def test_dictionaries_and_runs_are_their_values(table: Any, data: st.DataObject) -> None:
    columns = {
        name: _indirect(column.combine_chunks(), data)
        for name, column in zip(table.column_names, table.columns, strict=True)
    }
    begin = data.draw(st.integers(0, table.num_rows))
    assert rows(pa.table(columns).slice(begin)) == rows(table.slice(begin))


def _indirect(column: Any, data: st.DataObject) -> Any:
    """Return the column as a dictionary or as runs, neither of them the shortest."""
    if data.draw(st.booleans()):
        ends = pa.array(range(1, len(column) + 1), pa.int32())
        return pa.RunEndEncodedArray.from_arrays(ends, column)
    absent = column.is_null().to_pylist()
    indices = [
        None if none and data.draw(st.booleans()) else number for number, none in enumerate(absent)
    ]
    return pa.DictionaryArray.from_arrays(pa.array(indices, pa.int16()), column)


def test_runs_are_repeated() -> None:
    runs = pa.RunEndEncodedArray.from_arrays([2, 3, 6], pa.array(["a", None, "b"]))
    plain = ["a", "a", None, "b", "b", "b"]
    assert rows(pa.table({"c": runs})) == rows(pa.table({"c": plain}))
    assert rows(pa.table({"c": runs}).slice(1, 3)) == rows(pa.table({"c": plain[1:4]}))


def test_a_dictionary_without_values() -> None:
    empty = pa.DictionaryArray.from_arrays(pa.array([None, None], pa.int8()), pa.array([], "str"))
    assert rows(pa.table({"c": empty})) == rows(pa.table({"c": pa.nulls(2, pa.string())}))


def test_a_list_of_dictionaries_and_a_dictionary_of_lists() -> None:
    words = pa.DictionaryArray.from_arrays([1, 0, None, 1], ["a", "b"])
    nested = pa.ListArray.from_arrays([0, 2, 4], words)
    assert rows(pa.table({"c": nested})) == rows(pa.table({"c": [["b", "a"], [None, "b"]]}))
    lists = pa.DictionaryArray.from_arrays([1, None, 0], pa.array([["x"], ["y", None]]))
    plain = pa.array([["y", None], None, ["x"]])
    assert rows(pa.table({"c": lists})) == rows(pa.table({"c": plain}))


def test_an_extension_is_what_it_is_stored_as() -> None:
    stored = pa.array([b"0123456789abcdef", None], pa.binary(16))
    extended = pa.ExtensionArray.from_storage(pa.uuid(), stored)
    assert rows(pa.table({"c": extended})) == rows(pa.table({"c": stored}))


def test_a_batch_without_columns_has_empty_rows() -> None:
    batch = pa.RecordBatch.from_struct_array(pa.array([{}, {}, {}], pa.struct([])))
    [part] = encode(batch, 0)
    assert (spans(part), part.records(), part.columns) == ([b""] * 3, [b""] * 3, [])


def test_an_empty_batch_yields_nothing() -> None:
    assert list(encode(pa.record_batch({"a": pa.array([], pa.string())}), 0)) == []


# ----------------------------------------------------------------------------------- its size


@given(arrow_tables.tables())
@settings(max_examples=30)
def test_sizes_are_known_before_encoding(table: Any) -> None:
    for batch in table.to_batches():
        sizes = sum(layout.weights(column) for column in batch.columns)
        assert np.asarray(sizes).tolist() == [len(row) for row in slow_records.rows(batch)]


def test_a_large_batch_is_yielded_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoding, "BATCH_BYTES", 30)
    batch = pa.record_batch({"c": ["1234567", "1", "12345678", "x" * 90, "y"]})
    parts = [spans(part) for part in encode(batch, 0)]
    assert [len(part) for part in parts] == [2, 1, 1, 1]
    assert [row for part in parts for row in part] == slow_records.rows(batch)


def test_a_row_that_is_too_long_is_refused_by_its_number() -> None:
    batch = pa.record_batch({"c": ["fits", "x" * (16 * 1024 * 1024)]})
    with pytest.raises(RecordError, match=r"^Record 1001 takes more than 16777216 bytes\.$"):
        list(encode(batch, 1000))
    fitting = pa.record_batch({"c": ["x" * (16 * 1024 * 1024 - 5)]})
    assert [len(row) for part in encode(fitting, 0) for row in spans(part)] == [16 * 1024 * 1024]


def test_what_a_few_bytes_stand_for_is_refused_before_it_is_made() -> None:
    # Views of views: 100 elements of 2**12 lists of 2**12 lists, and so on, of the same 64 KiB.
    array = pa.array(["x" * 65_536])
    for _ in range(6):
        count = 2**12
        zeros = pa.array([0] * count, pa.int32())
        sizes = pa.array([len(array)] * count, pa.int32())
        array = pa.ListViewArray.from_arrays(zeros, sizes, array)
    with pytest.raises(RecordError, match="Record 0 takes more than"):
        list(encode(pa.record_batch({"c": array}), 0))


def test_a_type_beyond_the_installed_pyarrow_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: Any) -> Any:
        raise pa.ArrowNotImplementedError("Unsupported cast from string_view")

    monkeypatch.setattr(encoding, "_encode_at_once", refuse)
    with pytest.raises(RecordError, match=r"The installed pyarrow .* .Unsupported cast"):
        list(encode(pa.record_batch({"c": ["a"]}), 0))
