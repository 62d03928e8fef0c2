"""Whole files: the same record set whoever does the work, and nobody left behind."""

import gc
import importlib
import json
import multiprocessing
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import pytest

from dataledger.errors import (
    DependencyMissing,
    InvalidArgument,
    OutputUnwritable,
    RecordError,
    SourceChanged,
    SourceNotFound,
    SourceUnreadable,
    UnsafeFile,
)
from dataledger.hashing import root
from dataledger.manifest import progress as progress_module
from dataledger.manifest.record_set import RecordFormat, RecordSet
from dataledger.manifest.records import accelerate, engine, workers
from dataledger.manifest.records.accelerate import Engine
from dataledger.manifest.records.blocks import Combiner, process_block
from dataledger.manifest.records.engine import (
    RecordOptions,
    RecordProgress,
    read_record_files,
    read_records,
)
from dataledger.manifest.records.formats import plan_file
from dataledger.manifest.records.labels import LabelTree, labels_name
from dataledger.manifest.records.secret import DatasetSecret
from dataledger.manifest.records.source import Block, Plan
from dataledger.manifest.records.tree import KeptTree, tree_name

VECTORS = Path(__file__).resolve().parents[3] / "vectors"
SECRET = bytes(range(32))
KEYS = DatasetSecret(SECRET).keys()
OPTIONS = RecordOptions(KEYS)
LABELLED = RecordOptions(KEYS, labels=True)

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")


@pytest.fixture(scope="module")
def oracle() -> ModuleType:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(VECTORS)
        return importlib.import_module("records_oracle")


class Many(NamedTuple):
    """More records than a block has, and what the slow rendering makes of them."""

    records: list[bytes]
    root: bytes
    labels: tuple[int, bytes]


@pytest.fixture(scope="module")
def many(oracle: ModuleType) -> Many:
    records = numbered(70_000)
    return Many(records, oracle.record_root(SECRET, records), oracle.labels(SECRET, records))


@pytest.fixture(params=["here", "threads", "forked", "apart"])
def kind(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Have files of any size worked on by one kind of worker."""
    kind = str(request.param)
    if kind != "here":
        monkeypatch.setattr(engine, "SMALL_BYTES", 0)
    wanted = Engine.ACCELERATED if kind == "threads" else Engine.HASHLIB
    monkeypatch.setattr(engine, "choose_engine", lambda *_: wanted)
    monkeypatch.setattr(engine, "may_fork", lambda: kind == "forked")
    monkeypatch.setattr(workers, "may_fork", lambda: True)
    return kind


def jsonl(directory: Path, records: Sequence[bytes], name: str = "x.jsonl") -> Path:
    path = directory / name
    path.write_bytes(b"".join(record + b"\n" for record in records))
    return path


def numbered(count: int) -> list[bytes]:
    return [b"again" if number % 3 == 2 else b"%d" % number for number in range(count)]


def read(path: Path, options: RecordOptions = OPTIONS) -> RecordSet:
    record_set = read_records(path, options, workers=2)
    assert record_set is not None
    return record_set


# ------------------------------------------------------------------------------------ the result


@pytest.mark.parametrize("count", [0, 1, 2, 255, 256, 257, 1000])
def test_the_root_is_that_over_all_leaves(tmp_path: Path, oracle: ModuleType, count: int) -> None:
    records = numbered(count)
    found = read(jsonl(tmp_path, records), LABELLED)
    assert found.format is RecordFormat.JSONL
    assert found.record_count == count
    assert found.record_root.value == oracle.record_root(SECRET, records)
    assert found.secret_id == oracle.secret_id(SECRET)
    assert found.column_root is None
    assert found.labels is not None
    labels = (found.labels.label_count, found.labels.label_root.value)
    assert labels == oracle.labels(SECRET, records)


def test_blocks_combine_exactly(tmp_path: Path, oracle: ModuleType) -> None:
    records = numbered(131_073)
    leaves = [oracle.leaf(SECRET, index, record) for index, record in enumerate(records)]
    for count in (65_535, 65_536, 65_537, 131_072, 131_073):
        path = jsonl(tmp_path, records[:count])
        plain = read(path, replace(OPTIONS, engine=Engine.HASHLIB))
        assert plain.record_root.value == root(leaves[:count])
        assert read(path, replace(OPTIONS, engine=Engine.ACCELERATED)) == plain


@pytest.mark.usefixtures("kind")
def test_whoever_does_the_work_the_result_is_the_same(tmp_path: Path, many: Many) -> None:
    found = read(jsonl(tmp_path, many.records), replace(LABELLED, keep_in=tmp_path))
    assert found.record_root.value == many.root
    assert found.labels is not None
    assert (found.labels.label_count, found.labels.label_root.value) == many.labels
    tree = KeptTree.read(tmp_path / tree_name(found.record_root))
    assert tree.root() == found.record_root.value
    labels = LabelTree.read(tmp_path / labels_name(found.labels.label_root))
    assert labels.root == found.labels.label_root.value
    assert not multiprocessing.active_children()


@pytest.mark.parametrize("name", ["t.parquet", "t.arrow"])
def test_columns_have_roots_of_their_own(tmp_path: Path, name: str) -> None:
    import pyarrow as pa
    from pyarrow import feather, parquet

    expected = json.loads((VECTORS / "records.json").read_text())["columns"]
    numbers = range(expected["record_count"])
    table = pa.table(
        {
            "id": list(numbers),
            "é": [number % 2 == 1 for number in numbers],
            "name": [f"row {number}" for number in numbers],
        }
    )
    path = tmp_path / name
    if path.suffix == ".parquet":
        parquet.write_table(table, path, row_group_size=70_000)
    else:
        feather.write_feather(table, path, chunksize=10_001)
    found = read(path, replace(OPTIONS, keep_in=tmp_path))
    assert found.column_root is not None
    assert f"0x{found.column_root.hex}" == expected["column_root"]
    assert found.record_count == expected["record_count"]


@pytest.mark.parametrize("kind", ["here", "threads", "apart"], indirect=True)
def test_a_csv_file_has_records_and_columns(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"{kind}.csv"
    rows = ['1,"a\nb"', '2,"say ""so"""', "3,"] * 30_000
    path.write_text("\n".join(["id,text", *rows]))
    found = read(path)
    assert found.record_count == 90_000
    assert found.column_root is not None


def test_several_files_are_read_in_their_order(tmp_path: Path, kind: str) -> None:
    paths = [jsonl(tmp_path, numbered(number), f"{kind}{number}.jsonl") for number in range(20)]
    found = read_record_files([str(path) for path in paths], OPTIONS, workers=2)
    assert [each.record_count for each in found] == list(range(20))
    assert found == [read_records(path, OPTIONS, workers=1) for path in paths]


@pytest.mark.parametrize("name", ["x.txt", "x", "x.tsv", "x.csv.gz", "jsonl"])
def test_a_file_of_no_known_format_has_no_record_set(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"x")
    assert read_records(tmp_path / name, OPTIONS) is None


@pytest.mark.parametrize("name", ["x.jsonl", "x.ndjson", "x.JSONL", "x.y.ndjson"])
def test_the_end_of_a_name_says_the_format(tmp_path: Path, name: str) -> None:
    assert read(jsonl(tmp_path, [b"{}"], name)).format is RecordFormat.JSONL


@pytest.mark.parametrize(
    ("group_blocks", "most", "sizes"),
    [
        (10, 1, [1] * 25),
        (10, 16, [4, 4, 2, 4, 4, 2, 4, 1]),
        (2, 16, [4] * 6 + [1]),
        (3, 16, [3] * 7 + [4]),
    ],
)
def test_a_worker_is_given_blocks_of_whole_row_groups(
    group_blocks: int, most: int, sizes: list[int]
) -> None:
    blocks = tuple(
        Block(n, n * 65_536, 65_536, (n // group_blocks, n % group_blocks * 65_536))
        for n in range(25)
    )
    plan = Plan("t", RecordFormat.PARQUET, (), 25 * 65_536, blocks)
    tasks = [task for _, task in engine._tasks([plan], most)]
    assert [len(task) for task in tasks] == sizes
    assert [block for task in tasks for block in task] == list(blocks)
    text = plan._replace(format=RecordFormat.JSONL)
    assert all(len(task) == 1 for _, task in engine._tasks([text], 16))


def test_blocks_can_be_hashed_anywhere_and_combined_later(tmp_path: Path) -> None:
    path = jsonl(tmp_path, numbered(140_000))
    plan = plan_file(str(path), RecordFormat.JSONL)
    results = [process_block(plan, block, KEYS, labels=True) for block in reversed(plan.blocks)]
    combiner = Combiner(plan, KEYS.secret_id, labels=True, keep_in=None)
    with pytest.raises(InvalidArgument, match="cannot follow 0 records"):
        combiner.add(results[0])
    for result in reversed(results):
        combiner.add(result)
    assert combiner.finish() == read(path, LABELLED)


def test_a_tree_of_which_blocks_are_missing_is_not_made(tmp_path: Path) -> None:
    plan = plan_file(str(jsonl(tmp_path, numbered(10))), RecordFormat.JSONL)
    with pytest.raises(InvalidArgument, match="Of 10 records, only 0"):
        Combiner(plan, KEYS.secret_id, labels=False, keep_in=None).finish()


# ------------------------------------------------------------------------------------- refusals


def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(SourceNotFound):
        read_records(tmp_path / "missing.jsonl", OPTIONS)
    (tmp_path / "link.jsonl").symlink_to(jsonl(tmp_path, [b"{}"]))
    with pytest.raises(UnsafeFile):
        read_records(tmp_path / "link.jsonl", OPTIONS)
    os.mkfifo(tmp_path / "fifo.csv")
    with pytest.raises(UnsafeFile):
        read_records(tmp_path / "fifo.csv", OPTIONS)
    (tmp_path / "d.csv").mkdir()
    with pytest.raises(InvalidArgument, match="no file of records"):
        read_records(tmp_path / "d.csv", OPTIONS)


def test_arguments_that_make_no_sense_are_refused(tmp_path: Path) -> None:
    path = str(jsonl(tmp_path, [b"{}"]))
    with pytest.raises(InvalidArgument, match="0 workers"):
        read_records(path, OPTIONS, workers=0)
    with pytest.raises(InvalidArgument, match="no file of records"):
        read_record_files([path, str(tmp_path / "x.txt")], OPTIONS)


def test_an_engine_that_is_not_there_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(accelerate, "_accelerator", lambda: None)
    with pytest.raises(DependencyMissing):
        read(jsonl(tmp_path, [b"{}"]), replace(OPTIONS, engine=Engine.ACCELERATED))


def test_a_tree_that_cannot_be_kept_is_told(tmp_path: Path) -> None:
    options = replace(OPTIONS, keep_in=tmp_path / "missing")
    with pytest.raises(OutputUnwritable):
        read(jsonl(tmp_path, [b"{}"]), options)


# ------------------------------------------------------------------------------- errors in workers


def test_what_a_worker_finds_reaches_the_caller(tmp_path: Path, kind: str) -> None:
    path = jsonl(tmp_path, [*numbered(70_000), b"", *numbered(70_000)], f"{kind}.jsonl")
    threads_before = threading.active_count()
    with pytest.raises(RecordError, match=r"Line 70001 of .* is empty") as caught:
        read(path, replace(OPTIONS, keep_in=tmp_path))
    assert caught.value.remedy
    assert list(tmp_path.iterdir()) == [path]
    assert not multiprocessing.active_children()
    assert threading.active_count() == threads_before


@pytest.mark.parametrize("change", ["append", "replace", "cut", "spoil"])
def test_a_file_that_changes_meanwhile_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, change: str
) -> None:
    monkeypatch.setattr(progress_module, "INTERVAL_SECONDS", 0)  # or it may be over before
    # A process apart has its own interval, and does not wait for what is done here.
    count = 400_000 if kind == "apart" else 140_000
    path = jsonl(tmp_path, numbered(count), f"{kind}.jsonl")
    other = jsonl(tmp_path, numbered(count), "other")
    changed = False

    def interfere(progress: RecordProgress) -> None:
        nonlocal changed
        # A process apart does not wait for this: by its second report, it may be done.
        if changed or (progress.records_total == 0 and kind != "apart"):
            return
        changed = True
        if change == "append":
            with path.open("ab") as file:
                file.write(b"more\n")
        elif change == "replace":
            other.replace(path)
        elif change == "cut":
            os.truncate(path, 1000)
        else:
            path.write_bytes(b"\n" * path.stat().st_size)

    with pytest.raises(SourceChanged, match=kind):
        read_records(path, replace(OPTIONS, keep_in=tmp_path), workers=2, progress=interfere)
    assert changed
    assert not list(tmp_path.glob("*.tree"))
    assert not multiprocessing.active_children()


def test_progress_goes_from_nothing_to_everything(tmp_path: Path, kind: str) -> None:
    path = jsonl(tmp_path, numbered(140_000), f"{kind}.jsonl")
    calls: list[RecordProgress] = []
    started_at_seconds = time.monotonic()
    read_records(path, OPTIONS, workers=2, progress=calls.append)
    seconds = time.monotonic() - started_at_seconds
    assert calls[0] == RecordProgress(0, 0)
    assert calls[-1] == RecordProgress(140_000, 140_000)
    assert [call.records_done for call in calls] == sorted(call.records_done for call in calls)
    assert len(calls) <= 20 * seconds + 3


class Enough(Exception):
    pass


def test_what_progress_raises_ends_the_run(tmp_path: Path, kind: str) -> None:
    path = jsonl(tmp_path, numbered(140_000), f"{kind}.jsonl")

    def enough(progress: RecordProgress) -> None:
        if progress.records_total:
            raise Enough

    with pytest.raises(Enough):
        read_records(path, OPTIONS, workers=2, progress=enough)
    assert not multiprocessing.active_children()
    assert children_of(os.getpid()) == []


def children_of(process: int) -> list[int]:
    listed = [each.read_text() for each in Path(f"/proc/{process}/task").glob("*/children")]
    return [int(number) for text in listed for number in text.split()]


@linux_only
@pytest.mark.parametrize("kind", ["forked", "apart"], indirect=True)
def test_a_killed_worker_is_an_error(tmp_path: Path, kind: str) -> None:
    path = jsonl(tmp_path, numbered(300_000), f"{kind}.jsonl")

    def kill(progress: RecordProgress) -> None:
        if progress.records_total:
            for child in children_of(os.getpid()):
                os.kill(child, signal.SIGKILL)

    with pytest.raises(SourceUnreadable, match="has been killed"):
        read_records(path, OPTIONS, workers=2, progress=kill)
    assert children_of(os.getpid()) == []


# --------------------------------------------------------------------------- nobody is left behind


class Running:
    """A program that hashes records for some seconds, in several processes."""

    def __init__(self, path: Path, *, threads: bool) -> None:
        program = f"""
            import threading
            from dataledger.manifest.records.accelerate import Engine
            from dataledger.manifest.records.engine import RecordOptions, read_records
            from dataledger.manifest.records.secret import DatasetSecret
            if {threads}:
                threading.Thread(target=threading.Event().wait, daemon=True).start()
            options = RecordOptions(DatasetSecret(bytes(32)).keys(), engine=Engine.HASHLIB)
            def report(progress):
                print(progress.records_done, flush=True)
            read_records({str(path)!r}, options, workers=2, progress=report)
        """
        self.mark = f"RUNNING_RECORDS={path}"
        self.process = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(program)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            env={**os.environ, "RUNNING_RECORDS": str(path)},
        )
        assert self.process.stdout is not None
        while int(self.process.stdout.readline()) == 0:
            pass

    def members(self) -> list[int]:
        """Return the program's processes that are there, whatever session they are in."""
        members = []
        for environment in Path("/proc").glob("[0-9]*/environ"):
            try:
                variables = environment.read_bytes().split(b"\0")
            except OSError:
                continue
            if self.mark.encode() in variables:
                members.append(int(environment.parent.name))
        return members

    def wait_until_gone(self) -> None:
        deadline_seconds = time.monotonic() + 20
        while self.members() and time.monotonic() < deadline_seconds:
            time.sleep(0.05)
        assert self.members() == []


@pytest.fixture(params=["one thread", "several threads"])
def running(request: pytest.FixtureRequest, tmp_path: Path) -> Running:
    path = tmp_path / "many.jsonl"
    path.write_bytes(b'{"a": 1}\n' * 2_000_000)
    threads = request.param == "several threads"
    running = Running(path, threads=threads)
    assert len(running.members()) == (4 if threads else 3)
    return running


@linux_only
def test_ctrl_c_ends_all_workers_with_one_traceback(running: Running) -> None:
    os.killpg(running.process.pid, signal.SIGINT)
    _, printed = running.process.communicate(timeout=20)
    assert printed.count("Traceback") == 1
    assert printed.rstrip().endswith("KeyboardInterrupt")
    running.wait_until_gone()


@linux_only
def test_workers_end_when_their_parent_is_killed(running: Running) -> None:
    running.process.kill()
    running.process.wait(timeout=20)
    running.wait_until_gone()
    running.process.communicate()


# ---------------------------------------------------------------------------------------- memory


@linux_only
def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    line = b'"' + b"x" * 4094 + b'"\n'
    program = """
        import resource, sys
        from dataledger.manifest.records.accelerate import Engine
        from dataledger.manifest.records.engine import RecordOptions, read_records
        from dataledger.manifest.records.secret import DatasetSecret
        options = RecordOptions(DatasetSecret(bytes(32)).keys(), engine=Engine.HASHLIB)
        read_records(sys.argv[1], options, workers=2)
        [own] = [line for line in open("/proc/self/status") if line.startswith("VmHWM:")]
        print(own.split()[1], resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
    """
    peaks = []
    for mebibytes in (16, 128):
        path = tmp_path / "long.jsonl"
        path.write_bytes(line * (mebibytes * 256))
        printed = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(program), str(path)],
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        peaks.append([int(kibibytes) / 1024 for kibibytes in printed.split()])
    assert len(peaks[0]) == 2  # of the program, and of the larger of its workers
    for small, large in zip(*peaks, strict=True):
        assert small < 64
        assert large < small + 16


def test_tables_are_let_go_of_without_the_garbage_collector(tmp_path: Path) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    from dataledger.manifest.records import tables

    path = tmp_path / "t.parquet"
    parquet.write_table(pa.table({"id": list(range(400_000))}), path, row_group_size=70_000)
    plan = plan_file(str(path), RecordFormat.PARQUET)
    gc.collect()
    before = pa.total_allocated_bytes()
    gc.disable()
    try:
        for block in plan.blocks[::2]:  # as one of two workers reads them, each anew
            process_block(plan, block, KEYS, labels=False, engine=Engine.HASHLIB)
        tables._kept.rows = None
        assert pa.total_allocated_bytes() == before
    finally:
        gc.enable()
