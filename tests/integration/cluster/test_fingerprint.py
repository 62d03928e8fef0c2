"""Fingerprints by a cluster: the same bytes as on one machine, or a clear error."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dataledger.errors import RecordError, SourceChanged, SourceNotFound
from dataledger.hashing import TREE_CHUNK_BYTES, Algorithm
from dataledger.manifest import fingerprint
from dataledger.manifest.distributed import fingerprint_by, run_by
from dataledger.manifest.engines import DaskEngine
from dataledger.manifest.engines.files import SharedFile, WholeFiles, hash_unit
from dataledger.manifest.records.accelerate import Engine
from dataledger.manifest.records.engine import RecordOptions, read_records
from dataledger.manifest.records.secret import DatasetSecret

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from distributed import LocalCluster

    from dataledger.manifest import Progress

# By hashlib, since loading the accelerator takes each worker longer than the work.
OPTIONS = RecordOptions(DatasetSecret(bytes(range(32))).keys(), labels=True, engine=Engine.HASHLIB)


@pytest.fixture
def small_units(cluster: LocalCluster) -> Iterator[DaskEngine]:
    with DaskEngine(cluster.scheduler_address, unit_bytes=2 * TREE_CHUNK_BYTES) as engine:
        yield engine


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    for number in range(60):
        (folder / f"{number:02}").write_bytes(bytes([number]) * number * 5_000)
    return folder


def test_the_manifest_is_the_local_one(small_units: DaskEngine, data: Path) -> None:
    by_cluster = fingerprint_by(small_units, data)
    local = fingerprint(data)
    assert by_cluster.to_bytes() == local.to_bytes()
    assert by_cluster.content_root == local.content_root
    assert by_cluster.manifest_digest == local.manifest_digest


def test_workers_share_one_large_file(small_units: DaskEngine, tmp_path: Path) -> None:
    content = b"".join(bytes([number]) * TREE_CHUNK_BYTES for number in range(21)) + b"rest"
    (tmp_path / "large").write_bytes(content)
    seen: list[Progress] = []
    manifest = fingerprint_by(
        small_units, tmp_path, digests=[Algorithm.SHA256_TREE], progress=seen.append
    )
    unit = WholeFiles(str(tmp_path), (_shared(tmp_path / "large"),), (Algorithm.SHA256_TREE,))
    assert manifest.entries[0].digest.value == hash_unit(unit)
    assert seen[-1].bytes_done == len(content)


def test_a_worker_killed_in_the_middle_changes_nothing(
    small_units: DaskEngine, data: Path, kill_a_worker: Callable[[], None]
) -> None:
    def kill_once(progress: Progress) -> None:
        if progress.files_done and not killed:
            kill_a_worker()
            killed.append(progress)

    killed: list[Progress] = []
    by_cluster = fingerprint_by(small_units, data, progress=kill_once)
    assert killed
    assert by_cluster == fingerprint(data)


def test_a_worker_that_sees_another_file_says_which_and_who(engine: DaskEngine, data: Path) -> None:
    other = _shared(data / "07")._replace(modified_at_ns=0)
    unit = WholeFiles(str(data), (other,), (Algorithm.SHA256,))
    with pytest.raises(SourceChanged, match=r"On worker 'tcp://.*': '07' has 35000 bytes"):
        list(engine.map(hash_unit, [unit]))


def test_a_worker_without_the_storage_says_so(engine: DaskEngine, data: Path) -> None:
    unit = WholeFiles(f"{data}/unmounted", (_shared(data / "07"),), (Algorithm.SHA256,))
    with pytest.raises(
        SourceNotFound, match=r"On worker 'tcp://.*': There is no directory '.*ted'"
    ):
        list(engine.map(hash_unit, [unit]))


def test_what_progress_raises_ends_the_run(small_units: DaskEngine, data: Path) -> None:
    def interrupt(progress: Progress) -> None:
        if progress.files_done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fingerprint_by(small_units, data, progress=interrupt)
    assert fingerprint_by(small_units, data) == fingerprint(data)


# --------------------------------------------------------------------------------------- records


def test_record_sets_of_lines_are_the_local_ones(engine: DaskEngine, tmp_path: Path) -> None:
    path = tmp_path / "lines.jsonl"
    path.write_text("".join(f'{{"n":{number}}}\n' for number in range(70_000)))
    [entry] = fingerprint_by(engine, tmp_path, records=OPTIONS).entries
    assert entry.records == read_records(path, OPTIONS)
    assert entry.records is not None
    assert entry.records.record_count == 70_000


def test_record_sets_of_tables_are_the_local_ones(engine: DaskEngine, tmp_path: Path) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    path = tmp_path / "table.parquet"
    table = pa.table({"n": range(70_000), "text": [str(number) for number in range(70_000)]})
    parquet.write_table(table, path, row_group_size=30_000)
    [entry] = fingerprint_by(engine, tmp_path, records=OPTIONS).entries
    assert entry.records == read_records(path, OPTIONS)
    assert entry.records is not None
    assert entry.records.column_root is not None


def test_a_broken_record_is_named_with_the_worker(engine: DaskEngine, tmp_path: Path) -> None:
    (tmp_path / "broken.jsonl").write_bytes(b"{}\n\n{}\n")
    with pytest.raises(RecordError, match=r"On worker '.*': Line 2 of .* is empty"):
        fingerprint_by(engine, tmp_path, records=OPTIONS)


def test_a_worker_that_sees_other_records_says_so(engine: DaskEngine, tmp_path: Path) -> None:
    path = tmp_path / "lines.jsonl"
    path.write_bytes(b"{}\n")
    run = run_by(engine, str(tmp_path), {str(path): _shared(path)._replace(size_bytes=1)})
    with pytest.raises(SourceChanged, match=r"On worker '.*': 'lines\.jsonl' has 3 bytes"):
        list(run(len, [str(path)]))


def _shared(path: Path) -> SharedFile:
    info = path.stat()
    return SharedFile(path.name, info.st_size, info.st_mtime_ns)
