"""Making proofs from data: from kept trees, of changed data, and against the wrong secret."""

import csv
import io
import os
from dataclasses import replace
from pathlib import Path

import pytest
from record_files import KEYS, RecordFile, chunked_place, line, write_records

from dataledger.errors import (
    Conflict,
    InvalidArgument,
    NotFound,
    OutputUnwritable,
    ProofInvalid,
    RecordError,
    SourceChanged,
    SourceUnreadable,
)
from dataledger.hashing import TREE_CHUNK_BYTES, Digest
from dataledger.manifest import FileEntry, Manifest
from dataledger.manifest.proofs import FilePlace, FileProof
from dataledger.manifest.proofs.byte_range import chunk_leaf
from dataledger.manifest.proving import (
    RecordData,
    check_data,
    check_label,
    prove_absence,
    prove_bytes,
    prove_column,
    prove_consistency,
    prove_range,
    prove_record,
    prove_schema,
    read_single_record,
)
from dataledger.manifest.records.engine import RecordOptions, read_records
from dataledger.manifest.records.secret import DatasetSecret
from dataledger.manifest.records.source import BLOCK_RECORDS
from dataledger.manifest.records.tree import KeptTree, tree_name

OTHER_KEYS = DatasetSecret(bytes(32)).keys()


@pytest.fixture
def file(tmp_path: Path) -> RecordFile:
    return write_records(tmp_path / "r.jsonl", [line(number) for number in range(600)])


@pytest.mark.parametrize("count", [1, 2, 255, 256, 257, BLOCK_RECORDS + 1])
def test_records_of_files_of_every_size_can_be_proved(count: int, tmp_path: Path) -> None:
    records = [b"%d" % number for number in range(count)]
    found = write_records(tmp_path / "r.jsonl", records)
    for index in {0, count // 2, count - 1}:
        proof = prove_record(found.data, index)
        proof.verify(found.manifest.content_root)
        assert proof.record == records[index]
    begin = max(0, count - 3)
    assert prove_range(found.data, begin, count).records == tuple(records[begin:])
    old = write_records(tmp_path / "old.jsonl", records[: max(1, count - 1)])
    prove_consistency(old.place, found.data).verify()


def test_one_record_of_many_takes_less_than_two_kilobytes(file: RecordFile) -> None:
    # 24 hashes are the height of a tree of ten million.
    proof = prove_record(file.data, 17)
    taller = replace(proof, record=b"x" * 100, path=(*proof.path, *proof.path, *proof.path)[:24])
    assert len(taller.path) == 24
    assert len(taller.to_bytes()) < 2048


def test_records_that_are_not_there_cannot_be_proved(file: RecordFile) -> None:
    for index in (-1, 600):
        with pytest.raises(InvalidArgument, match="There is no record"):
            prove_record(file.data, index)
    for begin, end in ((5, 5), (6, 5), (0, 601), (-1, 3)):
        with pytest.raises(InvalidArgument, match="There is no record"):
            prove_range(file.data, begin, end)


def test_changed_data_proves_nothing(file: RecordFile) -> None:
    whole = file.path.read_bytes()
    for changed, reason in (
        (whole.replace(b"299", b"298"), "another root"),
        (whole[: len(whole) // 2], "bytes"),
        (whole.replace(b"\n", b" ", 300), "of its records 256 to 512"),
    ):
        file.path.write_bytes(changed)
        with pytest.raises(SourceChanged, match=reason):
            prove_record(file.data, 299)
    file.path.write_bytes(b"\n" * len(whole))
    with pytest.raises(RecordError, match="is empty"):
        prove_record(file.data, 299)
    file.path.unlink()
    with pytest.raises(SourceUnreadable):
        prove_record(file.data, 299)


def test_what_did_not_grow_is_not_shown_to(file: RecordFile, tmp_path: Path) -> None:
    altered = list(file.records[:300])
    altered[5] = b"another"
    old = write_records(tmp_path / "old.jsonl", altered)
    with pytest.raises(ProofInvalid, match="does not begin with the records"):
        prove_consistency(old.place, file.data)
    with pytest.raises(InvalidArgument, match="No consistency proof leads from 600 to 300"):
        prove_consistency(file.place, old.data)


def test_the_secret_and_the_tree_must_be_those_of_the_file(
    file: RecordFile, tmp_path: Path
) -> None:
    with pytest.raises(InvalidArgument, match="salted with the secret"):
        RecordData(file.place, file.path, OTHER_KEYS, file.tree)
    other = write_records(tmp_path / "other.jsonl", file.records[:10])
    with pytest.raises(InvalidArgument, match="tree is of 10 records"):
        RecordData(file.place, file.path, KEYS, other.tree)
    with pytest.raises(InvalidArgument, match="nothing of records"):
        RecordData(file.manifest.place("README.md"), file.path, KEYS, file.tree)
    reversed_ = write_records(tmp_path / "x.jsonl", file.records[::-1])
    with pytest.raises(SourceChanged, match="another root"):
        prove_record(RecordData(file.place, reversed_.path, KEYS, file.tree), 3)


# ------------------------------------------------------------------------------------- absence


def test_absence_needs_labels_of_the_same_secret(file: RecordFile, tmp_path: Path) -> None:
    with pytest.raises(Conflict):
        prove_absence(file.place, file.labels, KEYS, line(3))
    with pytest.raises(InvalidArgument, match="made with the secret"):
        prove_absence(file.place, file.labels, OTHER_KEYS, b"none")
    other = write_records(tmp_path / "other.jsonl", [line(1)])
    with pytest.raises(ProofInvalid):
        prove_absence(file.place, other.labels, KEYS, b"none")


def test_an_auditor_tells_whose_label_is_absent(file: RecordFile, tmp_path: Path) -> None:
    proof = prove_absence(file.place, file.labels, KEYS, b"none")
    asked = tmp_path / "asked.jsonl"
    asked.write_bytes(b"none\n")
    check_label(proof, asked, KEYS.record_label)
    with pytest.raises(ProofInvalid, match="not that of this record"):
        check_label(proof, asked, OTHER_KEYS.record_label)
    with pytest.raises(InvalidArgument, match="Only proofs of absence"):
        check_label(FileProof(file.place), asked, KEYS.record_label)
    with pytest.raises(InvalidArgument, match="no data to hold"):
        check_data(proof, asked)
    asked.write_bytes(b"none\nany\n")
    with pytest.raises(InvalidArgument, match="holds 2 records"):
        read_single_record(asked)
    with pytest.raises(InvalidArgument, match="no format of records"):
        read_single_record(tmp_path / "asked.txt")


# ----------------------------------------------------------------------------------------- bytes


def test_bytes_are_proved_and_extracted(tmp_path: Path) -> None:
    content = bytes(TREE_CHUNK_BYTES) + b"1" * TREE_CHUNK_BYTES + b"the end"
    path = tmp_path / "large.bin"
    path.write_bytes(content)
    steps = range(0, len(content), TREE_CHUNK_BYTES)
    place = chunked_place(
        len(content), [chunk_leaf(content[at : at + TREE_CHUNK_BYTES]) for at in steps]
    )
    extract = io.BytesIO()
    proof = prove_bytes(place, path, TREE_CHUNK_BYTES + 5, len(content), extract)
    assert (proof.begin, proof.end) == (TREE_CHUNK_BYTES, len(content))
    assert extract.getvalue() == content[TREE_CHUNK_BYTES:]
    extracted = tmp_path / "extracted"
    extracted.write_bytes(extract.getvalue())
    check_data(proof, extracted)
    extracted.write_bytes(content)
    with pytest.raises(ProofInvalid, match="differs between"):
        check_data(proof, extracted)
    full = Path("/dev/full")
    if full.exists():
        with full.open("wb", buffering=0) as device, pytest.raises(OutputUnwritable):
            prove_bytes(place, path, 0, 1, device)
    for begin, end in ((0, 0), (5, len(content) + 1), (-1, 5)):
        with pytest.raises(InvalidArgument, match="There are no bytes"):
            prove_bytes(place, path, begin, end)
    path.write_bytes(content[:-1])
    with pytest.raises(SourceChanged, match="another root"):
        prove_bytes(place, path, 0, 1)
    path.write_bytes(content[:10])
    with pytest.raises(SourceChanged, match="another size"):
        prove_bytes(place, path, 0, 1)
    with pytest.raises(SourceUnreadable):
        prove_bytes(place, tmp_path, 0, 1)


def test_what_is_no_file_is_not_read(file: RecordFile, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    for path in (tmp_path, tmp_path / "fifo"):
        with pytest.raises(SourceUnreadable, match=r"no regular file|Is a directory"):
            check_data(FileProof(file.place), path)
        with pytest.raises(SourceUnreadable):
            prove_record(RecordData(file.place, path, KEYS, file.tree), 0)


def test_a_file_is_held_against_its_own_digest(file: RecordFile, tmp_path: Path) -> None:
    check_data(FileProof(file.place), file.path)
    other = tmp_path / "other"
    other.write_bytes(b"other")
    with pytest.raises(ProofInvalid, match="its digest is"):
        check_data(FileProof(file.place), other)
    with pytest.raises(SourceUnreadable):
        check_data(FileProof(file.place), tmp_path)


# ---------------------------------------------------------------------------------------- tables


def csv_of(path: Path, columns: list[str], count: int) -> Path:
    """Write a table whose values are their column and row."""
    with path.open("w", newline="") as written:
        writer = csv.writer(written)
        writer.writerow(columns)
        writer.writerows([f"{column} {row}" for column in columns] for row in range(count))
    return path


def table(path: Path, count: int) -> tuple[FilePlace, RecordData]:
    """Return a CSV file of three columns, fingerprinted."""
    csv_of(path, ["a", "b", "c"], count)
    records = read_records(path, RecordOptions(KEYS, keep_in=path.parent), workers=1)
    assert records is not None
    tree = path.parent / tree_name(records.record_root)
    entry = FileEntry(path.name, path.stat().st_size, Digest.of(path.read_bytes()), (), records)
    place = Manifest((entry,)).place(path.name)
    return place, RecordData(place, path, KEYS, KeptTree.read(tree))


def test_columns_of_tables_can_be_proved(tmp_path: Path) -> None:
    place, data = table(tmp_path / "t.csv", 300)
    schema = prove_schema(place, data.tree)
    schema.verify()
    assert [column.name for column in schema.columns] == ["a", "b", "c"]
    proof = prove_column(data, "b")
    proof.verify()
    assert proof.column == schema.columns[1]
    check_data(proof, csv_of(tmp_path / "only.csv", ["b"], 300))
    check_data(schema, tmp_path / "t.csv")
    with pytest.raises(ProofInvalid, match="not those of the column 'b'"):
        check_data(proof, csv_of(tmp_path / "fewer.csv", ["b"], 299))
    with pytest.raises(NotFound, match="no column 'b'"):
        check_data(proof, csv_of(tmp_path / "without.csv", ["a"], 300))
    with pytest.raises(ProofInvalid, match="other names or types"):
        check_data(schema, tmp_path / "only.csv")
    with pytest.raises(NotFound, match="no column 'd'") as caught:
        prove_column(data, "d")
    assert "'a', 'b', 'c'" in caught.value.remedy


def test_a_column_has_one_type_and_one_name(tmp_path: Path) -> None:
    _, data = table(tmp_path / "t.csv", 5)
    proof = prove_column(data, "a")
    typed = replace(proof, column=replace(proof.column, type="int"))
    with pytest.raises(InvalidArgument, match="is of the type 'string'"):
        check_data(typed, data.path)
    _, doubled = table(tmp_path / "u.csv", 5)
    entries = (*doubled.tree.columns, doubled.tree.columns[0])
    twice = replace(doubled, tree=replace(doubled.tree, columns=entries))
    with pytest.raises(InvalidArgument, match="has 2 columns 'a'"):
        prove_column(twice, "a")


def test_rows_are_held_against_a_table_of_them(tmp_path: Path) -> None:
    _, data = table(tmp_path / "t.csv", 300)
    check_data(prove_range(data, 0, 20), csv_of(tmp_path / "rows.csv", ["a", "b", "c"], 20))
    check_data(prove_record(data, 0), csv_of(tmp_path / "row.csv", ["a", "b", "c"], 1))
    with pytest.raises(ProofInvalid, match="record 20 in it"):
        check_data(prove_range(data, 0, 21), tmp_path / "rows.csv")
    with pytest.raises(ProofInvalid, match="record 1 in it"):
        check_data(prove_record(data, 0), tmp_path / "rows.csv")


def test_a_changed_table_proves_no_column(tmp_path: Path) -> None:
    _, data = table(tmp_path / "t.csv", 300)
    text = data.path.read_bytes().decode()
    data.path.write_bytes(text.replace("b 7,", "b 8,").encode())
    with pytest.raises(SourceChanged, match="column 'b' has other values"):
        prove_column(data, "b")
    prove_column(data, "a").verify()


def test_lines_have_no_columns(file: RecordFile) -> None:
    with pytest.raises(InvalidArgument, match="no columns"):
        prove_schema(file.place, file.tree)
    with pytest.raises(InvalidArgument, match="no columns"):
        prove_column(file.data, "a")
