"""Tables beside the node: every format by columns, and no row that ends the reading."""

import json
import math
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from queries import holding_of

from dataledger.errors import (
    ManifestMismatch,
    NodeRefused,
    NotFound,
    RecordError,
    SourceUnreadable,
)
from dataledger.manifest import content, fingerprint
from dataledger.manifest.records.engine import RecordOptions
from dataledger.manifest.records.secret import DatasetSecret
from dataledger.node import tables
from dataledger.node.tables import numbers, read_table, require_steady, require_table, texts
from dataledger.node.work import Holding

ROWS = [{"name": "ann", "age": 40, "of": "Bern"}, {"name": "bob", "age": None, "of": "Köln, Süd"}]


def written(folder: Path, **files: bytes | str) -> Holding:
    """Return a holding of these files; `__` stands for the dot in their names."""
    folder.mkdir(exist_ok=True)
    for name, data in files.items():
        path = folder / name.replace("__", ".")
        path.write_bytes(data.encode() if isinstance(data, str) else data)
    return holding_of(folder)


def lists(table: Any) -> list[list[Any]]:
    """Return a table's columns as lists."""
    return [column.to_pylist() for column in table.columns]


def every_format(folder: Path) -> Holding:
    """Return a holding of the same rows in every format."""
    folder.mkdir()
    table = pa.Table.from_pylist(ROWS)
    pq.write_table(table, folder / "t.parquet")
    pyarrow.feather.write_feather(table, folder / "t.feather")
    with pa.ipc.new_stream(folder / "t.arrows", table.schema) as stream:
        stream.write_table(table)
    (folder / "t.csv").write_text('name,age,of\nann,40,Bern\nbob,,"Köln, Süd"\n')
    (folder / "t.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in ROWS))
    return holding_of(folder)


def test_every_format_gives_the_same_texts_and_numbers(tmp_path: Path) -> None:
    holding = every_format(tmp_path / "data")
    assert len(holding.manifest.entries) == 5
    for entry in holding.manifest.entries:
        require_table(holding, entry.path, ["age", "of"])
        table = read_table(holding, entry.path, ["of", "age", "of"])
        assert table.column_names == ["of", "age", "of"]
        assert texts(table.column(0)).to_pylist() == ["Bern", "Köln, Süd"]
        found = numbers(table.column(1))
        assert found.dtype == np.float64
        assert found[0] == 40
        assert math.isnan(found[1])


def test_without_any_column_there_are_still_the_rows(tmp_path: Path) -> None:
    holding = every_format(tmp_path / "data")
    for entry in holding.manifest.entries:
        assert read_table(holding, entry.path, []).num_rows == 2


def test_lines_of_csv_that_are_no_rows_of_the_table_end_nothing(tmp_path: Path) -> None:
    text = (
        b'\xef\xbb\xbf"a","b\nc"\r\n1,"two\nlines"\r\n2\r\n3,4,5\r\n'
        b'"6 ""quoted""",\xff\xfe\r\n\r\n,7'
    )
    table = read_table(written(tmp_path / "d", t__csv=text), "t.csv", ["a", "b\nc"])
    assert lists(table) == [["1", '6 "quoted"', ""], ["two\nlines", None, "7"]]


def test_lines_that_are_neither_rows_nor_text_end_nothing(tmp_path: Path) -> None:
    # Found by fuzzing: pyarrow makes text of a row before it can be left out.
    text = "a,b\nKöln,2\n".encode() + b"xx\xaf\n3,\xff\n\xff,\xff,\xff\n5,6\n"
    table = read_table(written(tmp_path / "d", t__csv=text), "t.csv", ["b", "a", "b"])
    assert lists(table) == [["2", None, "6"], ["Köln", "3", "5"], ["2", None, "6"]]


def test_typed_texts_that_are_not_utf8_are_absent_and_end_nothing(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    bad, good = (pa.array([value], pa.binary()).view(pa.string()) for value in (b"\xff", b"7"))
    for stored in (pa.string(), pa.large_string(), pa.string_view()):
        column = pa.chunked_array([bad, good])
        table = pa.table({"a": column if stored == pa.string() else good.cast(stored)})
        pq.write_table(table, tmp_path / "d" / "t.parquet")
        read = read_table(holding_of(tmp_path / "d"), "t.parquet", ["a"]).column("a")
        assert texts(read).to_pylist()[-1] == "7"
        assert numbers(read)[-1] == 7
        assert texts(read).null_count == len(read) - 1


def test_lines_of_json_that_are_no_objects_are_rows_without_values(tmp_path: Path) -> None:
    lines = [
        b'{"a": 1.50, "b": "x"}',
        b'{"a": true, "b": null}',
        b'{"a": [1], "b": {"c": 1}}',
        b"[1]",
        b"not json",
        b"\xff",
        b'{"a": "\\ud800", "b": NaN}',
        b'{"a": ' + b"[" * 100_000,
        b'{"a": 1, "a": ' + b"9" * 5000 + b"}",
    ]
    table = read_table(
        written(tmp_path / "d", t__jsonl=b"\r\n".join(lines)), "t.jsonl", ["a", "b", "never"]
    )
    a, b, never = lists(table)
    assert a == ["1.50", "true", *[None] * 6, "9" * 5000]
    assert b == ["x", None, None, None, None, None, "NaN", None, None]
    assert never == [None] * 9
    assert np.isnan(numbers(table.column("b"))).all()


@pytest.mark.parametrize(
    ("text", "number"),
    [
        *(("1", 1.0), ("-12.50", -12.5), (" 7\t", 7.0), ("1e3", 1000.0), (".5", 0.5), ("5.", 5.0)),
        *((text, math.nan) for text in ("", " ", "x", "nan", "inf", "-inf", "1,5", "0x1", "1_0")),
        *((text, math.nan) for text in ("1e999", "1" * 400, "٣", "1\n2", "--1", "1e9999", "+1")),
        ("0." + "0" * 400 + "1", 0.0),
    ],
)
def test_texts_that_are_decimals_are_numbers(text: str, number: float) -> None:
    found = numbers(pa.chunked_array([[text, None, "3"]], pa.string()))
    assert found.tolist()[0] == pytest.approx(number, nan_ok=True)
    assert math.isnan(found[1])
    assert found[2] == 3


@given(st.lists(st.one_of(st.none(), st.text(max_size=8), st.floats().map(str)), max_size=8))
def test_no_text_ends_the_reading(values: list[str | None]) -> None:
    whole = numbers(pa.chunked_array([values], pa.large_string()))
    one_by_one = [numbers(pa.chunked_array([[value]], pa.string()))[0] for value in values]
    assert np.array_equal(whole, np.array(one_by_one, float), equal_nan=True)


@pytest.mark.parametrize(
    ("values", "kind", "as_numbers", "as_texts"),
    [
        ([1, None], pa.int8(), [1, None], ["1", None]),
        ([2**63, 1], pa.uint64(), [2.0**63, 1], [str(2**63), "1"]),
        ([1.5, math.inf], pa.float32(), [1.5, None], ["1.5", "inf"]),
        ([True, None], pa.bool_(), [1, None], ["true", None]),
        (["a", "1"], pa.dictionary(pa.int8(), pa.string()), [None, 1], ["a", "1"]),
        ([b"1", b"\xff"], pa.binary(), [1, None], ["1", None]),
        ([[1], None], pa.list_(pa.int8()), [None, None], [None, None]),
        ([{"a": 1}, None], pa.struct([("a", pa.int8())]), [None, None], [None, None]),
        ([None, None], pa.null(), [None, None], [None, None]),
        ([0, None], pa.date32(), [None, None], ["1970-01-01", None]),
    ],
)
def test_typed_values_are_numbers_and_texts_where_they_can_be(
    values: list[Any], kind: Any, as_numbers: list[float | None], as_texts: list[str | None]
) -> None:
    column = pa.chunked_array([values[:1], values[1:], []], kind)
    found = [None if math.isnan(number) else number for number in numbers(column).tolist()]
    assert found == as_numbers
    assert texts(column).to_pylist() == as_texts
    assert texts(column).type == pa.large_string()


def test_what_is_not_there_is_named(tmp_path: Path) -> None:
    holding = written(tmp_path / "d", t__csv="a\n1\n", note__txt="hello", u__parquet=b"PAR1")
    with pytest.raises(NotFound, match=r"has no file 'x\.csv'"):
        read_table(holding, "x.csv", [])
    with pytest.raises(NotFound, match=r"'note\.txt' is no table"):
        read_table(holding, "note.txt", [])
    with pytest.raises(NotFound, match="has no column 'b'"):
        read_table(holding, "t.csv", ["a", "b"])
    with pytest.raises(RecordError, match="cannot be read as parquet"):
        read_table(holding, "u.parquet", ["a"])


def test_a_file_that_differs_from_its_manifest_is_not_read(tmp_path: Path) -> None:
    holding = written(tmp_path / "d", t__csv="a\n1\n")
    for data in ("a\n2\n", "a\n1", "a\n1\n\n", ""):
        (tmp_path / "d" / "t.csv").write_text(data)
        with pytest.raises(ManifestMismatch, match=r"'t\.csv' beside the node differs"):
            read_table(holding, "t.csv", ["a"])
    (tmp_path / "d" / "t.csv").unlink()
    (tmp_path / "other.csv").write_text("a\n1\n")
    (tmp_path / "d" / "t.csv").symlink_to(tmp_path / "other.csv")
    with pytest.raises(SourceUnreadable):
        read_table(holding, "t.csv", ["a"])


def test_a_file_is_compared_once_until_it_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    holding = written(tmp_path / "d", t__csv="a\n1\n")
    compared = []

    def counted(*arguments: Any) -> list[bytes] | None:
        compared.append(1)
        return content.hash_stream(*arguments)

    monkeypatch.setattr(tables, "hash_stream", counted)
    read_table(holding, "t.csv", ["a"])
    read_table(holding, "t.csv", ["a"])
    assert len(compared) == 2  # written too shortly before for its times to tell anything
    monkeypatch.setattr(tables, "settled", lambda *_: True)
    for _ in range(3):
        read_table(holding, "t.csv", ["a"])
    assert len(compared) == 3
    os.utime(tmp_path / "d" / "t.csv", ns=(1, 1))
    read_table(holding, "t.csv", ["a"])
    assert len(compared) == 4


def test_in_a_csv_of_one_column_an_empty_value_is_quoted(tmp_path: Path) -> None:
    table = read_table(written(tmp_path / "d", t__csv='a\n1\n\n""\n2\n'), "t.csv", ["a"])
    assert lists(table) == [["1", "", "2"]]


def test_a_large_csv_is_steady_only_where_its_records_are_recorded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    holding = written(tmp_path / "data", t__csv="name,age\nann,40\n", t__jsonl='{"name":"ann"}\n')
    require_steady(holding, "t.csv")
    monkeypatch.setattr(tables, "BLOCK_BYTES", 8)
    require_steady(holding, "t.jsonl")
    with pytest.raises(NodeRefused) as refused:
        require_steady(holding, "t.csv")
    assert refused.value.reason == "records-missing"
    recorded = fingerprint(
        tmp_path / "data", records=RecordOptions(DatasetSecret.generate().keys())
    )
    require_steady(replace(holding, manifest=recorded), "t.csv")
