"""How types are named, and which tables are refused for their columns."""

from typing import Any

import pyarrow as pa
import pytest

from dataledger.errors import RecordError
from dataledger.manifest.records import schema
from dataledger.manifest.records.schema import columns_of
from dataledger.manifest.records.source import Column


def name_of(kind: Any) -> str:
    [column] = columns_of(pa.schema([("c", kind)]))
    return column.type


@pytest.mark.parametrize(
    ("kinds", "name"),
    [
        ([pa.null()], "null"),
        ([pa.bool_()], "bool"),
        ([pa.int8(), pa.int64(), pa.uint8(), pa.uint32()], "int"),
        ([pa.uint64()], "uint64"),
        ([pa.float16(), pa.float32(), pa.float64()], "float"),
        ([pa.decimal128(18, 2), pa.decimal256(18, 2)], "decimal(18,2)"),
        ([pa.decimal128(3, -4)], "decimal(3,-4)"),
        ([pa.string(), pa.large_string(), pa.string_view()], "string"),
        ([pa.binary(), pa.large_binary(), pa.binary_view(), pa.binary(4), pa.uuid()], "binary"),
        ([pa.timestamp("s"), pa.timestamp("ns")], "timestamp"),
        ([pa.timestamp("ms", "UTC"), pa.timestamp("us", "Europe/Oslo")], "timestamp[UTC]"),
        ([pa.date32(), pa.date64()], "date"),
        ([pa.time32("s"), pa.time64("ns")], "time"),
        ([pa.duration("s"), pa.duration("ns")], "duration"),
        (
            [
                pa.list_(pa.field("element", pa.string(), nullable=False)),
                pa.large_list(pa.string()),
                pa.list_view(pa.string_view()),
                pa.list_(pa.dictionary(pa.int8(), pa.string()), 3),
            ],
            "list<string>",
        ),
        (
            [pa.map_(pa.string(), pa.int8())],
            'list<struct<"key": string, "value": int>>',
        ),
        ([pa.struct([("a", pa.int8()), ("b", pa.string())])], 'struct<"a": int, "b": string>'),
        ([pa.struct([])], "struct<>"),
        ([pa.dictionary(pa.int8(), pa.string())], "string"),
        ([pa.run_end_encoded(pa.int32(), pa.float32())], "float"),
    ],
    ids=str,
)
def test_a_type_is_named_by_what_its_values_mean(kinds: list[Any], name: str) -> None:
    assert {name_of(kind) for kind in kinds} == {name}


def test_names_of_fields_cannot_be_mistaken_for_types() -> None:
    odd = 'a": int, "b\u2028\x00é'
    assert name_of(pa.struct([(odd, pa.int8())])) == (
        'struct<"a\\": int, \\"b\\u2028\\u0000\\u00e9": int>'
    )


def test_names_of_columns_are_kept() -> None:
    table = pa.schema([("", pa.int8()), ("a\nb\x00", pa.int8()), ("é", pa.int8())])
    assert columns_of(table) == (Column("", "int"), Column("a\nb\x00", "int"), Column("é", "int"))
    assert columns_of(pa.schema([])) == ()


@pytest.mark.parametrize(
    "kind",
    [
        pa.month_day_nano_interval(),
        pa.dense_union([pa.field("a", pa.int8())]),
        pa.list_(pa.struct([("a", pa.sparse_union([pa.field("a", pa.int8())]))])),
        pa.decimal128(3, 500),
        pa.struct([("a", pa.int8()), ("a", pa.int8())]),
    ],
    ids=str,
)
def test_types_without_an_encoding_are_refused_by_column(kind: Any) -> None:
    with pytest.raises(RecordError, match=r"Records cannot have the type .* of the column 'bad'"):
        columns_of(pa.schema([("good", pa.int8()), ("bad", kind)]))


def test_deep_nesting_is_refused() -> None:
    kind: Any = pa.int8()
    for _ in range(32):
        kind = pa.list_(kind)
    assert name_of(kind).count("list") == 32
    with pytest.raises(RecordError, match="more than 32 levels"):
        name_of(pa.list_(kind))


def test_two_columns_of_one_name_are_refused() -> None:
    with pytest.raises(RecordError, match="Two columns of the table are named 'a'"):
        columns_of(pa.schema([("a", pa.int8()), ("b", pa.int8()), ("a", pa.string())]))


def test_too_many_columns_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema, "MAX_COLUMNS", 2)
    with pytest.raises(RecordError, match="has 3 columns, which is more than 2"):
        columns_of(pa.schema([(name, pa.int8()) for name in "abc"]))
