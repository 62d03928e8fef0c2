"""CSV: what RFC 4180 says, and nothing looser; the same rows, wherever the text is cut."""

import csv as standard_csv
import io
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import slow_records
from hypothesis import given, settings
from hypothesis import strategies as st

from dataledger.errors import RecordError, SourceChanged
from dataledger.manifest.record_set import RecordFormat
from dataledger.manifest.records import csv, csv_kernel, csv_text, lines
from dataledger.manifest.records.encoding import encode
from dataledger.manifest.records.source import Column, Plan


@pytest.fixture(autouse=True, params=["pyarrow", "numba"])
def encoder(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Read with and without the compiled encoder, which must make no difference."""
    encode_text = csv_kernel.encode_text if request.param == "numba" else None
    monkeypatch.setattr(csv, "_compiled_encoder", lambda: encode_text)


def rows_of(path: Path) -> list[bytes]:
    plan = lines.plan_text(str(path), RecordFormat.CSV, map)
    return [row for row_block in plan.blocks for row in read(plan, row_block)]


def read(plan: Plan, block: Any) -> list[bytes]:
    return [row for batch in csv.read_block(plan, block) for row in batch.records()]


def expected(cells: list[list[str]], width: int) -> list[bytes]:
    columns = [pa.array([row[n] for row in cells], pa.string()) for n in range(width)]
    return slow_records.rows(pa.table(columns, names=[str(n) for n in range(width)]))


def write(tmp_path: Path, content: bytes | str) -> Path:
    path = tmp_path / "table.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


# ------------------------------------------------------------------------------------- header


def test_the_header_names_columns_of_strings(tmp_path: Path) -> None:
    header = 'id,"a ""b"", c","two\nlines",\r\n'
    path = write(tmp_path, header + "1,2,3,4\n")
    names = ["id", 'a "b", c', "two\nlines", ""]
    columns = tuple(Column(name, "string") for name in names)
    assert csv.read_header(str(path)) == (columns, len(header))


def test_a_byte_order_mark_is_no_part_of_the_header(tmp_path: Path) -> None:
    path = write(tmp_path, "\ufeffid,name\n1,\ufeffa\n")
    columns, end = csv.read_header(str(path))
    assert ([column.name for column in columns], end) == (["id", "name"], 11)
    assert rows_of(path) == expected([["1", "\ufeffa"]], 2)


def test_a_header_alone_is_a_table_without_records(tmp_path: Path) -> None:
    for content in ("id,name", "id,name\r\n"):
        assert rows_of(write(tmp_path, content)) == []


def test_a_header_longer_than_what_is_read_at_once(tmp_path: Path) -> None:
    names = [f"column {number}" for number in range(20_000)]
    columns, _ = csv.read_header(str(write(tmp_path, ",".join(names) + "\n")))
    assert [column.name for column in columns] == names


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "has no header row"),
        (b"\xef\xbb\xbf", "has no header row"),
        (b"\n1\n", "The header row of .* is an empty line"),
        (b"a,b,a\n", "Two columns of the table are named 'a'"),
        (b"a,\xff\n", "The header row of .* is not UTF-8"),
        (b'a"b,c\n', "The header row of .* has a quote inside a field"),
        (b'a,"b\n', "The header row of .* has a quote inside a field"),
    ],
)
def test_headers_that_are_refused(tmp_path: Path, content: bytes, message: str) -> None:
    with pytest.raises(RecordError, match=message):
        csv.read_header(str(write(tmp_path, content)))


def test_a_header_that_does_not_end_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    with path.open("wb") as file:
        file.truncate(2**40)  # takes no room on the disk
    with pytest.raises(RecordError, match=r"The header row .* is longer than"):
        csv.read_header(str(path))


# ------------------------------------------------------------------------------------ records

CELLS = st.text(
    st.sampled_from(["a", "é", "\U00020000", '"', ",", "\n", "\r", "\ufeff", " ", "\x00"]),
    max_size=6,
)


def quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"'


@given(
    st.integers(1, 4).flatmap(
        lambda width: st.lists(st.lists(CELLS, min_size=width, max_size=width), max_size=12)
    ),
    st.tuples(st.sampled_from(["\n", "\r\n"]), st.booleans(), st.booleans()),
    st.integers(1, 40),
)
@settings(max_examples=50)
def test_rows_are_those_that_were_written(
    tmp_path_factory: pytest.TempPathFactory,
    cells: list[list[str]],
    manner: tuple[str, bool, bool],
    read_bytes: int,
) -> None:
    ending, all_quoted, last_ends = manner
    width = len(cells[0]) if cells else 1
    header = [f"column {number}" for number in range(width)]
    text = ending.join(
        ",".join(
            quoted(cell) if all_quoted or not cell or set(cell) & set('",\r\n') else cell
            for cell in row
        )
        for row in [header, *cells]
    ) + (ending if last_ends else "")
    path = write(tmp_path_factory.mktemp("csv"), text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(csv, "READ_BYTES", read_bytes)
        assert rows_of(path) == expected(cells, width)
    assert list(standard_csv.reader(io.StringIO(text, newline=""), strict=True))[1:] == cells


def test_spaces_and_null_words_are_kept(tmp_path: Path) -> None:
    path = write(tmp_path, 'a,b\n NA ,null\nNaN,\n"",-\n')
    assert rows_of(path) == expected([[" NA ", "null"], ["NaN", ""], ["", "-"]], 2)


def test_many_columns_and_blocks(tmp_path: Path) -> None:
    text = "a,b\n" + "".join(f'{number},"x\n{number}"\n' for number in range(70_000))
    path = write(tmp_path, text)
    cells = [[str(number), f"x\n{number}"] for number in range(70_000)]
    assert rows_of(path)[65_530:65_540] == expected(cells[65_530:65_540], 2)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"1,2\n3\n", "Record 1 of .* another number of fields: expected 2 columns, got 1"),
        (b"1,2,3\n", "Record 0 of .* another number of fields: expected 2 columns, got 3"),
        (b"1,2\n\n3,4\n", "Record 1 of .* is an empty line"),
        (b"1,2\r\n\r\n", "Record 1 of .* is an empty line"),
        (b"\n1,2\n", "Record 0 of .* is an empty line"),
        (b'1,2\n"a\n\nb",4\n\n', "Record 2 of .* is an empty line"),
        (b'1,2\n3,a"b"\n', "Record 1 of .* has a quote inside a field"),
        (b'1,"a"b\n', "Record 0 of .* has a quote inside a field"),
        (b'1, "a"\n', "Record 0 of .* has a quote inside a field"),
        (b'1,2\n"a\nb",c\n3,a" ,"\n', "Record 2 of .* has a quote inside a field"),
        (b"1,2\n1,a\rb,c\n", "Record 1 of .* has a bare carriage return"),
        (b'"\r",2\n1,2\r', "Record 1 of .* has a bare carriage return"),
        (b'1,"a"\r"b"\n', "Record 0 of .* has a"),
        (b'1,2\n3,"\xff"\n', "Record 1 of .* is not UTF-8"),
        (b"1,\xed\xa0\x80\n", "Record 0 of .* is not UTF-8"),
    ],
)
def test_records_that_are_refused(tmp_path: Path, content: bytes, message: str) -> None:
    with pytest.raises(RecordError, match=message):
        rows_of(write(tmp_path, b"a,b\n" + content))


def test_an_open_quote_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match="ends inside a quoted field"):
        rows_of(write(tmp_path, b'a,b\n1,"2\n3,4\n'))


def test_a_record_number_counts_from_the_file_s_begin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv, "READ_BYTES", 4096)
    with pytest.raises(RecordError, match="Record 70000 of "):
        rows_of(write(tmp_path, b"a,b\n" + b"1,2\n" * 70_000 + b"1,2,3\n"))


def test_a_file_that_changed_since_it_was_planned_is_noticed(tmp_path: Path) -> None:
    path = write(tmp_path, "a\n11\n22\n")
    plan = lines.plan_text(str(path), RecordFormat.CSV, map)
    for changed in ("a\n1\n1\n22", "a\n1"):
        path.write_text(changed)
        with pytest.raises(SourceChanged):
            read(plan, plan.blocks[0])


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_a_part_of_a_block_is_read(tmp_path: Path, end: str) -> None:
    lines_of = ['1,"a\nb"', '"2","say ""so"""', "3,"] * 3
    path = write(tmp_path, "id,text\n" + (end or "\n").join(lines_of) + end)
    plan = lines.plan_text(str(path), RecordFormat.CSV, map)
    [block] = plan.blocks
    rows = read(plan, block)
    assert len(rows) == len(lines_of)
    for begin in range(10):
        for until in range(begin, 11):
            assert csv.read_part(plan, block, begin, until) == rows[begin:until]


def test_a_part_of_a_block_of_long_records_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path, "n\n" + "".join(f'"{n}\n"\n' for n in range(100)))
    plan = lines.plan_text(str(path), RecordFormat.CSV, map)
    monkeypatch.setattr(csv, "READ_BYTES", 20)
    expected_rows = expected([[f"{n}\n"] for n in range(30, 60)], 1)
    assert csv.read_part(plan, plan.blocks[0], 30, 60) == expected_rows


@given(
    st.binary(min_size=1, max_size=60)
    | st.text(st.sampled_from('aé,,"""\n\r'), min_size=1, max_size=30).map(str.encode)
)
@settings(max_examples=150)
def test_the_compiled_encoder_takes_all_that_is_well_formed(content: bytes) -> None:
    try:
        table = csv_text.parse(content, 2, csv_text.Place("t", 0))
    except RecordError:
        assert csv_kernel.encode_text(content, 2) is None
        return
    encoded = csv_kernel.encode_text(content, 2)
    assert encoded is not None
    count, batch = encoded
    [expected_batch] = encode(table.to_batches()[0], 0)
    assert count == table.num_rows
    assert batch.records() == expected_batch.records()
    for column, expected_column in zip(batch.columns, expected_batch.columns, strict=True):
        assert [bytes(part) for part in column] == [bytes(part) for part in expected_column]


@given(st.binary(max_size=60) | st.text(st.sampled_from('ab,"\n\r'), max_size=30).map(str.encode))
@settings(max_examples=60)
def test_whatever_is_taken_means_the_same_to_python(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = write(tmp_path_factory.mktemp("csv"), content)
    try:
        rows = rows_of(path)
    except RecordError:
        return
    text = content.decode().removeprefix("\ufeff")
    cells = list(standard_csv.reader(io.StringIO(text, newline=""), strict=True))
    assert rows == expected(cells[1:], len(cells[0]))
