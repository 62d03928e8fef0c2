"""What a manifest says of records."""

import pytest

from dataledger.errors import CanonicalisationError, InvalidArgument, UsageError
from dataledger.hashing import (
    Algorithm,
    Digest,
    Hash32,
    JsonValue,
    canonical_bytes,
    parse_canonical,
)
from dataledger.manifest import FileEntry, LabelSet, Manifest, RecordFormat, RecordSet
from dataledger.manifest.record_set import MAX_RECORDS, to_secret_id

ROOT = Digest.of(b"root")
SECRET = to_secret_id("0123456789abcdef")


def record_set(
    *, count: int = 3, columns: Digest | None = None, labels: LabelSet | None = None
) -> RecordSet:
    return RecordSet(RecordFormat.CSV, count, ROOT, SECRET, columns, labels)


def entry(records: RecordSet | None = None, *others: Digest) -> FileEntry:
    return FileEntry("a.csv", 9, Digest.of(b"a"), others, records)


@pytest.mark.parametrize("columns", [None, Digest.of(b"columns")])
@pytest.mark.parametrize("labels", [None, LabelSet(2, Digest.of(b"labels"))])
def test_what_is_written_is_read(columns: Digest | None, labels: LabelSet | None) -> None:
    records = record_set(columns=columns, labels=labels)
    assert RecordSet.from_json(records.to_json()) == records
    manifest = Manifest((entry(records),))
    assert Manifest.parse(manifest.to_bytes()) == manifest


def test_an_entry_with_records_is_canonical() -> None:
    data = entry(record_set(), Digest(Algorithm.SM3, Hash32(bytes(32)))).to_bytes()
    assert data == canonical_bytes(parse_canonical(data))
    # The contract takes the two out of the entry as neighbours.
    assert f'"record_count":3,"record_root":"{ROOT}"'.encode() in data


def test_a_manifest_counts_all_records() -> None:
    one, two = (FileEntry(name, 1, Digest.of(b""), (), record_set()) for name in "ab")
    manifest = Manifest((one, two, FileEntry("c", 1, Digest.of(b""))))
    assert (manifest.record_count, manifest.salt_scheme) == (6, 1)
    assert Manifest((FileEntry("c", 1, Digest.of(b"")),)).salt_scheme == 0


def test_an_empty_record_set_is_still_salted() -> None:
    assert Manifest((entry(record_set(count=0)),)).salt_scheme == 1


@pytest.mark.parametrize("count", [-1, MAX_RECORDS + 1, True])
def test_a_count_out_of_range_is_refused(count: int) -> None:
    with pytest.raises(InvalidArgument, match="not a number of records"):
        record_set(count=count)


def test_more_labels_than_records_are_refused() -> None:
    with pytest.raises(InvalidArgument, match="3 records cannot have 4 different labels"):
        record_set(labels=LabelSet(4, ROOT))


@pytest.mark.parametrize("text", ["", "0123456789ABCDEF", "0123456789abcde", "0123456789abcdef\n"])
def test_a_secret_id_has_one_spelling(text: str) -> None:
    with pytest.raises(InvalidArgument, match="no id of a secret"):
        to_secret_id(text)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"format": "xlsx"}, "no format of records"),
        ({"record_count": "3"}, "where a number"),
        ({"record_root": f"blake3:{ROOT.hex}"}, "only SHA-256"),
        ({"column_root": f"sm3:{ROOT.hex}"}, "only SHA-256"),
        ({"secret_id": "x"}, "no id of a secret"),
        ({"label_count": 1}, "lacks the member 'label_root'"),
        ({"label_root": str(ROOT)}, "lacks the member 'label_count'"),
        ({"salt": "x"}, "unknown member 'salt'"),
    ],
)
def test_a_malformed_record_set_is_refused(changes: dict[str, JsonValue], reason: str) -> None:
    with pytest.raises(UsageError, match=reason):
        RecordSet.from_json(record_set().to_json() | changes)


def test_other_digests_are_sorted_and_differ_in_algorithm() -> None:
    sm3, blake3 = (Digest(name, Hash32(bytes(32))) for name in (Algorithm.SM3, Algorithm.BLAKE3))
    assert entry(None, sm3, blake3).other_digests == (blake3, sm3)
    for others in ((sm3, sm3), (Digest.of(b"b"),)):
        with pytest.raises(InvalidArgument, match="two digests by one algorithm"):
            entry(None, *others)


@pytest.mark.parametrize("others", [[], "sm3:00", [7]])
def test_a_malformed_list_of_other_digests_is_refused(others: JsonValue) -> None:
    with pytest.raises((InvalidArgument, CanonicalisationError)):
        FileEntry.from_json(entry().to_json() | {"other_digests": others})
