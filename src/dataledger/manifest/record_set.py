"""What a manifest says of the records inside one file."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import NewType, Self

from dataledger.errors import InvalidArgument, shown
from dataledger.hashing import Digest, JsonValue, members, natural, string

SALT_SCHEME = 1
"""The one way of salting record leaves; see `dataledger.manifest.records.secret`."""

MAX_RECORDS = 2**53 - 1

SecretId = NewType("SecretId", str)
"""Names a dataset's secret without telling it: 16 lowercase hexadecimal characters."""


class RecordFormat(StrEnum):
    """The formats whose records have a canonical encoding; see `docs/records.md`."""

    ARROW = "arrow"
    CSV = "csv"
    JSONL = "jsonl"
    PARQUET = "parquet"


def to_secret_id(text: str) -> SecretId:
    """Return `text` as the id of a secret.

    Raises:
        InvalidArgument: it is not 16 lowercase hexadecimal characters.
    """
    if not re.fullmatch(r"[0-9a-f]{16}", text):
        raise InvalidArgument(
            f"{shown(text)} is no id of a secret.",
            remedy="Give the 16 lowercase hexadecimal characters that the manifest holds.",
        )
    return SecretId(text)


@dataclass(frozen=True, slots=True)
class LabelSet:
    """The sorted tree of the records' keyed labels, which can show that a record is absent."""

    label_count: int
    """Distinct labels: equal records share one."""
    label_root: Digest


@dataclass(frozen=True, slots=True)
class RecordSet:
    """The records of one file: their number, the root of their salted tree, and what goes with it.

    Raises:
        InvalidArgument: a count lies outside 0 to `MAX_RECORDS`, or there are more labels than
            records.
    """

    format: RecordFormat
    record_count: int
    record_root: Digest
    secret_id: SecretId
    """The secret that salted the leaves."""
    column_root: Digest | None = None
    """The tree over the columns, in the table's order; none for `JSONL`, which has no columns."""
    labels: LabelSet | None = None

    def __post_init__(self) -> None:
        counts = [self.record_count] + ([self.labels.label_count] if self.labels else [])
        for count in counts:
            if type(count) is not int or not 0 <= count <= MAX_RECORDS:
                raise InvalidArgument(
                    f"{shown(count)} is not a number of records.",
                    remedy=f"Give a number from 0 to {MAX_RECORDS}.",
                )
        if counts[-1] > self.record_count:
            raise InvalidArgument(
                f"{self.record_count} records cannot have {counts[-1]} different labels.",
                remedy="Fingerprint the data again.",
            )

    def to_json(self) -> dict[str, JsonValue]:
        """Return the records' part of a manifest entry.

        `record_count` and `record_root` are neighbours in the canonical form; the contract relies
        on it to take both out of an entry.
        """
        document: dict[str, JsonValue] = {
            "format": self.format.value,
            "record_count": self.record_count,
            "record_root": str(self.record_root),
            "secret_id": self.secret_id,
        }
        if self.column_root is not None:
            document["column_root"] = str(self.column_root)
        if self.labels is not None:
            document["label_count"] = self.labels.label_count
            document["label_root"] = str(self.labels.label_root)
        return document

    @classmethod
    def from_json(cls, value: JsonValue) -> Self:
        """Read what `to_json` returns.

        Raises:
            CanonicalisationError: it is not an object of exactly these members, of these types.
            InvalidArgument: a member breaks a rule.
        """
        names = ("format", "record_count", "record_root", "secret_id")
        labelled = ("label_count", "label_root")
        found = members(value, *names, optional=("column_root", *labelled))
        labels = None
        if any(name in found for name in labelled):
            members(value, *names, *labelled, optional=("column_root",))  # both or neither
            labels = LabelSet(
                natural(found["label_count"]), Digest.parse_sha256(string(found["label_root"]))
            )
        return cls(
            format=_format(string(found["format"])),
            record_count=natural(found["record_count"]),
            record_root=Digest.parse_sha256(string(found["record_root"])),
            secret_id=to_secret_id(string(found["secret_id"])),
            column_root=(
                Digest.parse_sha256(string(found["column_root"]))
                if "column_root" in found
                else None
            ),
            labels=labels,
        )


def _format(name: str) -> RecordFormat:
    try:
        return RecordFormat(name)
    except ValueError as error:
        raise InvalidArgument(
            f"{shown(name)} is no format of records.",
            remedy=f"Use one of: {', '.join(RecordFormat)}.",
        ) from error
