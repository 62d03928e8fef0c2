"""Files of records made to do harm: refused early, in little memory, with nothing left behind."""

import gzip
import io
import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from errno import ENOSPC
from itertools import permutations
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from record_files import KEYS

from dataledger.errors import OutputUnwritable, RecordError, SourceUnreadable
from dataledger.hashing import Digest
from dataledger.manifest import RecordFormat, fingerprint
from dataledger.manifest.records.boundaries import Region
from dataledger.manifest.records.engine import RecordOptions, read_records
from dataledger.manifest.records.lines import plan_text
from dataledger.manifest.records.source import MAX_RECORD_BYTES
from dataledger.manifest.records.workers import Kind, side_by_side

GIB = 1024**3
MIB = 1024**2

# ------------------------------------------------------------------------------------- formats


@pytest.mark.parametrize(
    "begin", [b"a,b\n1,2\n", b'a,b\n1,2\n3,"'], ids=["bare field", "quoted field"]
)
def test_a_csv_record_of_a_gibibyte_is_refused_after_its_first_mebibytes(
    begin: bytes, tmp_path: Path
) -> None:
    path = tmp_path / "x.csv"
    with path.open("wb") as file:
        file.write(begin)
        file.truncate(GIB)
    read = 0

    def counting(function: Callable[[Any], Any], items: Any) -> Iterator[Any]:
        nonlocal read
        for item in items:
            read += item.end - item.begin if isinstance(item, Region) else 0
            yield function(item)

    with pytest.raises(RecordError, match=f"Record 1 .* is longer than {MAX_RECORD_BYTES} bytes"):
        plan_text(str(path), RecordFormat.CSV, counting)
    assert read <= 2 * MAX_RECORD_BYTES


@pytest.mark.parametrize("name", ["data.gz", "data.csv.gz", "data.jsonl.gz"])
def test_what_is_compressed_is_hashed_as_it_is_and_never_unpacked(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bomb = gzip.compress(bytes(16 * MIB))
    path = tmp_path / name
    path.write_bytes(bomb)

    def unpack(*_: object, **__: object) -> None:
        pytest.fail("it was unpacked")

    monkeypatch.setattr(gzip, "open", unpack)
    monkeypatch.setattr("zlib.decompressobj", unpack)
    (entry,) = fingerprint(tmp_path).entries
    assert entry.size_bytes == len(bomb)
    assert entry.digest == Digest.of(bomb)
    assert read_records(path, RecordOptions(KEYS)) is None


READ_PARQUET = """
import sys
import pyarrow
from dataledger.errors import RecordError
from dataledger.manifest import RecordFormat
from dataledger.manifest.records.tables import plan_table, read_block
plan = plan_table(sys.argv[1], RecordFormat.PARQUET)
try:
    list(read_block(plan, plan.blocks[0]))
except RecordError:
    print(pyarrow.default_memory_pool().max_memory())
"""


def test_a_parquet_page_that_says_it_is_huge_takes_no_memory(tmp_path: Path) -> None:
    sink = pa.BufferOutputStream()
    options = {"use_dictionary": False, "compression": "none", "write_statistics": False}
    pq.write_table(pa.table({"a": [1, 2, 3]}), sink, **options)
    data = sink.getvalue().to_pybytes()
    # The page's header, in Thrift's compact protocol: type 0, and twice the page's size.
    header = b"\x15\x00\x15\x3c\x15\x3c"
    assert data.index(header) == len(b"PAR1")
    path = tmp_path / "x.parquet"
    path.write_bytes(data.replace(header, b"\x15\x00" + b"\x15\xf6\xab\xeb\xfb\x0a" * 2, 1))
    # A process of its own, whose memory nothing else has taken.
    command = [sys.executable, "-c", READ_PARQUET, str(path)]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert 0 < int(printed) < MIB


def test_row_groups_of_other_sizes_than_promised_are_refused(tmp_path: Path) -> None:
    sink = pa.BufferOutputStream()
    options = {"use_dictionary": False, "compression": "none", "write_statistics": False}
    pq.write_table(pa.table({"a": [1, 2, 3, 4]}), sink, row_group_size=2, **options)
    data = sink.getvalue().to_pybytes()
    # In the footer, twice the number: of a row group's rows, last; of its column's values, before.
    places = [place for place in range(len(data) - 8) if data[place] == 2 * 2]
    path = tmp_path / "x.parquet"
    for one, other in permutations(places, 2):
        forged = bytearray(data)
        forged[one], forged[other] = 2 * 3, 2 * 1
        path.write_bytes(forged)
        with suppress(pa.ArrowException, OSError):
            metadata = pq.ParquetFile(path).metadata
            groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
            if [(each.num_rows, each.column(0).num_values) for each in groups] == [(3, 2), (1, 2)]:
                break
    else:
        pytest.fail("the footer is written in another way")
    with pytest.raises(RecordError, match="row group 0 has other rows than it promises"):
        read_records(path, RecordOptions(KEYS), workers=1)


# Found by fuzzing: its schema has a column, and pyarrow reads rows of none.
ROWS_WITHOUT_COLUMNS = bytes.fromhex(
    "5041523115041500150215e5c1e8df053c150015001200000015061506150615bfe99a434c15061502150615"
    "1015041500121c0000000600001504192c35001806736368656d611502000102250218016e2cbc0000001606"
    "191c191c26001c150219350006101918016e150216061668166a26322608292c150415001502001500151015"
    "02003c290619260600000000166816062608166a002820706172717565742d636172726f772076657273696f"
    "6e2032352e302e31191c1c0000008800000050415231"
)


def test_rows_of_other_columns_than_the_schema_has_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    path.write_bytes(ROWS_WITHOUT_COLUMNS)
    with pytest.raises(RecordError, match="its rows have other columns than it says"):
        read_records(path, RecordOptions(KEYS), workers=1)


# --------------------------------------------------------------------------- outputs and workers


class FullDisk(io.FileIO):
    """A file on a disk without any room."""

    def write(self, _: object) -> int:
        raise OSError(ENOSPC, os.strerror(ENOSPC))


@pytest.mark.parametrize("failing", ["write", "fsync"])
def test_a_full_disk_leaves_the_trees_kept_before_and_nothing_else(
    failing: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = tmp_path / "x.jsonl"
    trees = tmp_path / "trees"
    trees.mkdir()
    options = RecordOptions(KEYS, labels=True, keep_in=trees)
    data.write_bytes(b"1\n2\n")
    read_records(data, options)
    before = {path: path.read_bytes() for path in trees.iterdir()}
    assert len(before) == len(["tree", "labels"])
    data.write_bytes(b"1\n2\n3\n")

    def full(*_: object) -> None:
        raise OSError(ENOSPC, os.strerror(ENOSPC))

    with monkeypatch.context() as patch:
        if failing == "fsync":
            patch.setattr(os, "fsync", full)
        else:
            patch.setattr(os, "fdopen", lambda descriptor, _: FullDisk(descriptor, "w"))
        with pytest.raises(OutputUnwritable, match="No space left on device"):
            read_records(data, options)
    assert {path: path.read_bytes() for path in trees.iterdir()} == before


@pytest.mark.parametrize("crash", [signal.SIGSEGV, signal.SIGABRT])
def test_a_library_that_crashes_on_its_input_ends_in_a_clear_error(crash: signal.Signals) -> None:
    with (
        pytest.raises(SourceUnreadable, match="has been killed"),
        side_by_side(Kind.PROCESSES, 2) as run,
    ):
        list(run(signal.raise_signal, [crash] * 3))
    assert not multiprocessing.active_children()
