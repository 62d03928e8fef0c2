"""Lines and blocks of text files, against plain models, however little is read at once."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import TypeVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dataledger.errors import RecordError, SourceChanged, SourceUnreadable
from dataledger.manifest.record_set import RecordFormat
from dataledger.manifest.records import boundaries, lines
from dataledger.manifest.records.boundaries import Region, find_blocks
from dataledger.manifest.records.source import BLOCK_RECORDS, MAX_RECORD_BYTES, Batch, Plan

GIB = 1024**3

T = TypeVar("T")
R = TypeVar("R")

sizes = st.integers(1, 12)


@contextmanager
def read_in(
    *, region: int = 8, piece: int = 3, read: int = 5, block: int = 2, longest: int = 100
) -> Iterator[None]:
    """Have tiny amounts read at once, so that every kind of boundary occurs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(boundaries, "REGION_BYTES", region)
        patch.setattr(boundaries, "PIECE_BYTES", piece)
        patch.setattr(boundaries, "BLOCK_RECORDS", block)
        patch.setattr(boundaries, "MAX_RECORD_BYTES", longest)
        patch.setattr(lines, "MAX_RECORD_BYTES", longest)
        patch.setattr(lines, "READ_BYTES", read)
        yield


def written(directory: Path, content: bytes) -> str:
    path = directory / "records"
    path.write_bytes(content)
    return str(path)


def plan(path: str) -> Plan:
    return lines.plan_text(path, RecordFormat.JSONL, map)


def batches(path: str) -> list[Batch]:
    planned = plan(path)
    return [batch for block in planned.blocks for batch in lines.read_block(planned, block)]


def records_of(path: str) -> list[bytes]:
    return [record for batch in batches(path) for record in batch.records()]


def spans_of(found: Iterable[Batch]) -> list[bytes]:
    return [
        bytes(data[begin:end])
        for batch in found
        for data, begins, ends in batch.spans()
        for begin, end in zip(begins.tolist(), ends.tolist(), strict=True)
    ]


# ---------------------------------------------------------------------------------------- reading

line = st.text(st.characters(exclude_characters="\n", codec="utf-8"), min_size=1).map(str.encode)


@given(
    records=st.lists(line.filter(lambda text: not text.endswith(b"\r")), max_size=12),
    ends=st.lists(st.sampled_from([b"\n", b"\r\n"]), min_size=12, max_size=12),
    final_break=st.booleans(),
    region=sizes,
    piece=sizes,
    read=sizes,
    block=st.integers(1, 5),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100)
def test_records_are_the_lines_without_their_breaks(
    tmp_path: Path,
    records: list[bytes],
    ends: list[bytes],
    *,
    final_break: bool,
    region: int,
    piece: int,
    read: int,
    block: int,
) -> None:
    parts = [part for pair in zip(records, ends, strict=False) for part in pair]
    content = b"".join(parts if final_break else parts[:-1])
    path = written(tmp_path, content)
    with read_in(region=region, piece=piece, read=read, block=block, longest=1000):
        planned = plan(path)
        assert records_of(path) == records
        assert spans_of(batches(path)) == records
    assert planned.record_count == len(records)
    assert [each.record_count for each in planned.blocks] == [
        min(block, len(records) - first) for first in range(0, len(records), block)
    ]
    assert [each.first_record for each in planned.blocks] == [*range(0, len(records), block)]
    places = [each.locator for each in planned.blocks]
    assert all(one[1] == other[0] for one, other in pairwise(places))


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", []),
        (b"a", [b"a"]),
        (b"a\n", [b"a"]),
        (b"a\nb", [b"a", b"b"]),
        (b"a\r\nb\r\n", [b"a", b"b"]),
        (b"a\rb\n", [b"a\rb"]),
        (b"a\r\r\n", [b"a\r"]),
        (b"a\n\r", [b"a", b"\r"]),
        (b"\x00\n \n", [b"\x00", b" "]),
        ("\u2028\n\x85\n\x0c\n".encode(), ["\u2028".encode(), "\x85".encode(), b"\x0c"]),
        ("\ufeff{}\n".encode(), ["\ufeff{}".encode()]),
    ],
)
def test_only_line_feeds_end_a_line(tmp_path: Path, content: bytes, expected: list[bytes]) -> None:
    path = written(tmp_path, content)
    assert records_of(path) == spans_of(batches(path)) == expected


@pytest.mark.parametrize("count", [0, 1, 255, 256, 257, 65_535, 65_536, 65_537, 131_072])
@pytest.mark.parametrize("final_break", [True, False])
def test_blocks_are_complete_but_for_the_last(
    tmp_path: Path, count: int, *, final_break: bool
) -> None:
    content = b"".join(b"%d\n" % number for number in range(count))
    path = written(tmp_path, content if final_break else content[:-1])
    planned = plan(path)
    assert planned.record_count == count
    assert [block.record_count for block in planned.blocks] == [
        min(BLOCK_RECORDS, count - first) for first in range(0, count, BLOCK_RECORDS)
    ]
    assert records_of(path) == [b"%d" % number for number in range(count)]


# ---------------------------------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("content", "number"),
    [
        (b"\n", 1),
        (b"\r\n", 1),
        (b"a\n\n", 2),
        (b"a\n\r\nb\n", 2),
        (b"a\nb\nc\nd\ne\n\nf", 6),
        (b"a\n" * 20 + b"\n", 21),
    ],
)
def test_an_empty_line_is_refused_by_its_number(
    tmp_path: Path, content: bytes, number: int
) -> None:
    path = written(tmp_path, content)
    for read in (1, 3, 1000):
        with read_in(read=read, block=4):
            with pytest.raises(RecordError, match=f"Line {number} of .* is empty"):
                records_of(path)
            with pytest.raises(RecordError, match=f"Line {number} of .* is empty"):
                spans_of(batches(path))


@pytest.mark.parametrize(
    ("content", "number"),
    [(b"\xff", 1), (b"a\n\xc3\n", 2), (b"a\nb\nc\nd\ne\nf\xed\xa0\x80\n", 6), (b"a\n\xc3", 2)],
)
def test_a_line_that_is_not_utf8_is_refused_by_its_number(
    tmp_path: Path, content: bytes, number: int
) -> None:
    path = written(tmp_path, content)
    for read in (1, 3, 1000):
        with (
            read_in(read=read, block=4),
            pytest.raises(RecordError, match=f"Line {number} of .* is not UTF-8"),
        ):
            records_of(path)


@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n"])
@pytest.mark.parametrize("before", [b"", b"a\nb\nc\n"])
@pytest.mark.parametrize("after", [b"", b"d\n"])
def test_the_longest_record_is_read_and_a_longer_one_is_refused(
    tmp_path: Path, before: bytes, end: bytes, after: bytes
) -> None:
    longest = 20
    after = after if end else b""
    for read in (1, 7, 20):
        with read_in(longest=longest, read=read, piece=4, region=8):
            path = written(tmp_path, before + b"x" * longest + end + after)
            assert b"x" * longest in records_of(path)
            path = written(tmp_path, before + b"x" * (longest + 1) + end + after)
            number, place = before.count(b"\n") + 1, len(before)
            with pytest.raises(RecordError, match=f"Line {number} of .*, at byte {place}, is long"):
                records_of(path)


def test_a_line_of_a_gibibyte_is_refused_after_its_first_mebibytes(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    with path.open("wb") as file:
        file.write(b"{}\n[]\n")
        file.truncate(GIB)
    read = 0

    def counting(function: Callable[[T], R], regions: Iterable[T]) -> Iterator[R]:
        nonlocal read
        for region in regions:
            assert isinstance(region, Region)
            read += region.end - region.begin
            yield function(region)

    with pytest.raises(RecordError, match=f"Line 3 .* byte 6, is longer than {MAX_RECORD_BYTES}"):
        lines.plan_text(str(path), RecordFormat.JSONL, counting)
    assert read <= 2 * MAX_RECORD_BYTES


def test_a_file_that_becomes_shorter_is_noticed(tmp_path: Path) -> None:
    path = Path(written(tmp_path, b"a\n" * 100))
    planned = plan(str(path))
    path.write_bytes(b"a\n" * 50)
    with pytest.raises(SourceChanged, match="shorter"):
        list(lines.read_block(planned, planned.blocks[0]))


def test_a_file_that_cannot_be_opened_is_told(tmp_path: Path) -> None:
    with pytest.raises(SourceUnreadable, match="No such file"):
        plan(str(tmp_path / "missing"))
    (tmp_path / "link").symlink_to(written(tmp_path, b"a\n"))
    with pytest.raises(SourceUnreadable, match="link"):
        plan(str(tmp_path / "link"))


# --------------------------------------------------------------------------------- quoted breaks


def record_begins(content: bytes, header_end: int) -> list[int]:
    """Where the records of a CSV text begin, byte by byte."""
    begins, inside, begin = [], False, header_end
    for place in range(header_end, len(content)):
        if content[place] == ord('"'):
            inside = not inside
        elif content[place] == ord("\n") and not inside:
            begins.append(begin)
            begin = place + 1
    return begins + [begin] * (begin < len(content))


@given(
    content=st.text(st.sampled_from('"\n\ra,'), max_size=60).map(str.encode),
    begin=st.integers(0, 10),
    region=sizes,
    piece=sizes,
    block=st.integers(1, 5),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
def test_breaks_between_quotes_end_no_record(
    tmp_path: Path, content: bytes, begin: int, *, region: int, piece: int, block: int
) -> None:
    begin = min(begin, len(content))
    path = written(tmp_path, content)
    whole = Region(path, begin, len(content), quoted=True)
    with read_in(region=region, piece=piece, block=block):
        if content[begin:].count(b'"') % 2:
            with pytest.raises(RecordError, match="ends inside a quoted field"):
                find_blocks(whole, map)
            return
        count, blocks = find_blocks(whole, map)
    begins = record_begins(content, begin)
    assert count == len(begins)
    assert [each.locator[0] for each in blocks] == begins[::block]
    assert [each.locator[1] for each in blocks][-1:] == [len(content)] * bool(begins)


def test_a_quoted_field_that_never_ends_is_refused_early(tmp_path: Path) -> None:
    path = written(tmp_path, b'h\na\nb\n"' + b"x\n" * 100)
    with (
        read_in(longest=20),
        pytest.raises(RecordError, match=r"Record 2 of .*, at byte 6, is longer than 20 bytes"),
    ):
        find_blocks(Region(path, 2, 207, quoted=True), map)
