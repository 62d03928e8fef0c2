"""How values of the contracts are written in the ledger's own JSON documents.

Enums go by name, digests with their algorithm, ids as `0x…`, and counts of 2^53 or more, which not
every JSON parser reads exactly, as decimal strings.
"""

import re
from collections.abc import Callable
from enum import IntEnum
from typing import TypeVar

from dataledger.contracts.identifiers import Address, DatasetId, Stage, to_address, to_version
from dataledger.contracts.types import Parent, Relation, Step, VersionRecord
from dataledger.errors import CanonicalisationError, shown
from dataledger.hashing import Digest, JsonValue, members, natural, string

MAX_STAGE = 31

_FIRST_WRITTEN_AS_TEXT = 2**53
_DECIMAL = re.compile(r"[1-9][0-9]{15,77}")

T = TypeVar("T")
N = TypeVar("N", bound=IntEnum)


def record_to_json(record: VersionRecord) -> dict[str, JsonValue]:
    """Return a version record as a JSON object."""
    return {
        "content_root": str(record.content_root),
        "file_count": count_to_json(record.file_count),
        "manifest_digest": str(record.manifest_digest),
        "parents": [
            {"dataset": str(p.dataset), "relation": p.relation.name, "version": p.version}
            for p in record.parents
        ],
        "record_count": count_to_json(record.record_count),
        "salt_scheme": record.salt_scheme,
        "size_bytes": count_to_json(record.size_bytes),
    }


def record_from_json(value: JsonValue) -> VersionRecord:
    """Read what `record_to_json` returns. Raises `UsageError` on anything else."""
    document = members(
        value,
        *("content_root", "file_count", "manifest_digest", "parents"),
        *("record_count", "salt_scheme", "size_bytes"),
    )
    return VersionRecord(
        content_root=digest_from_json(document["content_root"]),
        manifest_digest=digest_from_json(document["manifest_digest"]),
        size_bytes=count_from_json(document["size_bytes"]),
        file_count=count_from_json(document["file_count"]),
        record_count=count_from_json(document["record_count"]),
        salt_scheme=natural(document["salt_scheme"]),
        parents=list_from_json(document["parents"], _parent_from_json),
    )


def step_to_json(step: Step) -> dict[str, JsonValue]:
    """Return a step as a JSON object."""
    return {
        "dataset": str(step.dataset),
        "evidence": str(step.evidence),
        "from_stage": step.from_stage,
        "to_stage": step.to_stage,
        "version": step.version,
    }


def step_from_json(value: JsonValue) -> Step:
    """Read what `step_to_json` returns. Raises `UsageError` on anything else."""
    document = members(value, "dataset", "evidence", "from_stage", "to_stage", "version")
    return Step(
        dataset=dataset_from_json(document["dataset"]),
        version=to_version(natural(document["version"])),
        from_stage=_stage_from_json(document["from_stage"]),
        to_stage=_stage_from_json(document["to_stage"]),
        evidence=digest_from_json(document["evidence"]),
    )


def digest_from_json(value: JsonValue) -> Digest:
    """Read a digest."""
    return Digest.parse_sha256(string(value))


def dataset_from_json(value: JsonValue) -> DatasetId:
    """Read a dataset id."""
    return DatasetId.parse(string(value))


def address_from_json(value: JsonValue) -> Address:
    """Read an address, which must carry its checksum."""
    text = string(value)
    if to_address(text) != text:
        raise _wrong(value, "an address with its checksum")
    return Address(text)


def count_to_json(number: int) -> JsonValue:
    """Return a count as a number, or as decimal text from 2^53 on."""
    return number if number < _FIRST_WRITTEN_AS_TEXT else str(number)


def count_from_json(value: JsonValue) -> int:
    """Read what `count_to_json` returns."""
    if isinstance(value, str):
        if not _DECIMAL.fullmatch(value) or int(value) < _FIRST_WRITTEN_AS_TEXT:
            raise _wrong(value, "a count")
        return int(value)
    return natural(value)


def list_from_json(value: JsonValue, read: Callable[[JsonValue], T]) -> tuple[T, ...]:
    """Read a list, each item by `read`."""
    if not isinstance(value, list):
        raise _wrong(value, "a list")
    return tuple(read(item) for item in value)


def named_from_json(kind: type[N], value: JsonValue) -> N:
    """Read an enum's member by its name."""
    if not isinstance(value, str) or value not in kind.__members__:
        raise _wrong(value, f"one of {', '.join(kind.__members__)}")
    return kind[value]


def _parent_from_json(value: JsonValue) -> Parent:
    document = members(value, "dataset", "relation", "version")
    return Parent(
        dataset=dataset_from_json(document["dataset"]),
        version=to_version(natural(document["version"])),
        relation=named_from_json(Relation, document["relation"]),
    )


def _stage_from_json(value: JsonValue) -> Stage:
    number = natural(value)
    if not 0 < number <= MAX_STAGE:
        raise _wrong(value, f"a stage from 1 to {MAX_STAGE}")
    return Stage(number)


def _wrong(value: JsonValue, expected: str) -> CanonicalisationError:
    return CanonicalisationError(
        f"{shown(value)} stands where {expected} belongs.",
        remedy="Use the file exactly as it was written.",
    )
