"""The proofs that one record, or neighbouring records, belong to a file of a version."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

from dataledger.errors import InvalidArgument, shown
from dataledger.hashing import Hash32, JsonValue, natural, string, verify_inclusion
from dataledger.hashing.ranges import inclusion_paths, verify_range
from dataledger.manifest.proofs.base import FileContentProof
from dataledger.manifest.proofs.fields import (
    MAX_PATH_HASHES,
    REMEDY,
    base64_bytes,
    base64_text,
    check_path,
    check_position,
    hash_list,
    hashes,
    items,
)
from dataledger.manifest.proofs.place import FilePlace
from dataledger.manifest.record_set import RecordFormat
from dataledger.manifest.records.secret import SALT_BYTES, record_leaf
from dataledger.manifest.records.source import MAX_RECORD_BYTES


@dataclass(frozen=True, slots=True)
class RecordProof(FileContentProof):
    """A record, by its canonical bytes, stands at `leaf_index` in a file of the version.

    The number of records is the entry's. The leaf is that of `salt` ‖ `record`; the salt tells
    nothing of any other record.

    Raises:
        InvalidArgument: the file has no records, the position is negative, the salt is not
            `SALT_BYTES` long, the record is longer than any or, of a text file, not UTF-8.
    """

    KIND: ClassVar[str] = "record"
    MEMBERS: ClassVar[tuple[str, ...]] = ("file", "leaf_index", "path", "record", "salt")

    file: FilePlace
    leaf_index: int
    salt: bytes
    record: bytes
    path: tuple[Hash32, ...]

    def __post_init__(self) -> None:
        check_position(self.leaf_index)
        check_path(self.path)
        _check_records(self.file, [self.salt], [self.record])

    def verify_content(self) -> None:
        """Return only if the path leads from the record to the entry's record root."""
        records = self.file.records
        verify_inclusion(
            record_leaf(self.salt, self.record),
            self.leaf_index,
            records.record_count,
            self.path,
            records.record_root.value,
        )

    def to_members(self) -> dict[str, JsonValue]:
        """Return the document's members; a record of a text file is written as its text."""
        return {
            "file": self.file.to_json(),
            "leaf_index": self.leaf_index,
            "path": hash_list(self.path),
            "record": _record_to_json(self.file, self.record),
            "salt": base64_text(self.salt),
        }

    @classmethod
    def from_members(cls, found: dict[str, JsonValue]) -> Self:
        """Read what `to_members` returns."""
        file = FilePlace.from_json(found["file"])
        return cls(
            file=file,
            leaf_index=natural(found["leaf_index"]),
            salt=base64_bytes(found["salt"]),
            record=_record_from_json(file, found["record"]),
            path=hashes(found["path"]),
        )


@dataclass(frozen=True, slots=True)
class RangeProof(FileContentProof):
    """Records, neighbours of which the first has number `begin`, stand in a file of the version.

    `path` is a range path: see `dataledger.hashing.ranges`.

    Raises:
        InvalidArgument: as `RecordProof`, or there is no record, or not one salt for each.
    """

    KIND: ClassVar[str] = "range"
    MEMBERS: ClassVar[tuple[str, ...]] = ("begin", "file", "path", "records", "salts")

    file: FilePlace
    begin: int
    salts: tuple[bytes, ...]
    records: tuple[bytes, ...]
    path: tuple[Hash32, ...]

    def __post_init__(self) -> None:
        check_position(self.begin)
        check_path(self.path, 2 * MAX_PATH_HASHES)
        _check_records(self.file, self.salts, self.records)
        if not self.records:
            raise InvalidArgument("A range of no records proves nothing.", remedy=REMEDY)

    @property
    def end(self) -> int:
        """The number after the last record's."""
        return self.begin + len(self.records)

    def verify_content(self) -> None:
        """Return only if the path leads from the records to the entry's record root."""
        verify_range(
            self._leaves(),
            self.begin,
            self.file.records.record_count,
            self.path,
            self.file.records.record_root.value,
        )

    def single(self) -> Iterator[RecordProof]:
        """Yield the proof of each record alone.

        Raises:
            ProofInvalid: the range lies outside the file, or its path has the wrong length.
        """
        size = self.file.records.record_count
        paths = inclusion_paths(self._leaves(), self.begin, size, self.path)
        for offset, path in enumerate(paths):
            yield RecordProof(
                file=self.file,
                leaf_index=self.begin + offset,
                salt=self.salts[offset],
                record=self.records[offset],
                path=path,
            )

    def _leaves(self) -> list[Hash32]:
        return list(map(record_leaf, self.salts, self.records))

    def to_members(self) -> dict[str, JsonValue]:
        """Return the document's members; records of a text file are written as their text."""
        return {
            "begin": self.begin,
            "file": self.file.to_json(),
            "path": hash_list(self.path),
            "records": [_record_to_json(self.file, record) for record in self.records],
            "salts": [base64_text(salt) for salt in self.salts],
        }

    @classmethod
    def from_members(cls, found: dict[str, JsonValue]) -> Self:
        """Read what `to_members` returns."""
        file = FilePlace.from_json(found["file"])
        return cls(
            file=file,
            begin=natural(found["begin"]),
            salts=tuple(base64_bytes(salt) for salt in items(found["salts"])),
            records=tuple(_record_from_json(file, record) for record in items(found["records"])),
            path=hashes(found["path"]),
        )


def _check_records(file: FilePlace, salts: Sequence[bytes], records: Sequence[bytes]) -> None:
    is_text = file.records.format is RecordFormat.JSONL
    if len(salts) != len(records):
        raise InvalidArgument(
            f"{len(salts)} salts do not fit {len(records)} records.", remedy=REMEDY
        )
    for salt, record in zip(salts, records, strict=True):
        if len(salt) != SALT_BYTES:
            raise InvalidArgument(f"A salt has {SALT_BYTES} bytes, not {len(salt)}.", remedy=REMEDY)
        if len(record) > MAX_RECORD_BYTES:
            raise InvalidArgument(
                f"A record has at most {MAX_RECORD_BYTES} bytes, not {len(record)}.", remedy=REMEDY
            )
        if is_text:
            _text(record)


def _record_to_json(file: FilePlace, record: bytes) -> str:
    return _text(record) if file.records.format is RecordFormat.JSONL else base64_text(record)


def _record_from_json(file: FilePlace, value: JsonValue) -> bytes:
    if file.records.format is RecordFormat.JSONL:
        return string(value).encode()
    return base64_bytes(value)


def _text(record: bytes) -> str:
    try:
        return record.decode()
    except UnicodeDecodeError as error:
        raise InvalidArgument(
            f"The record {shown(record)} is not UTF-8, as those of a JSONL file are.", remedy=REMEDY
        ) from error
