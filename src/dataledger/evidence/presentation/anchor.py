"""Which version of which dataset a presentation is about, and what is recorded of it."""

from dataclasses import dataclass
from typing import Self

from dataledger.contracts.identifiers import (
    Address,
    DatasetId,
    OrgId,
    Slug,
    dataset_id,
    to_address,
    to_org_id,
    to_slug,
    to_version,
)
from dataledger.errors import InvalidArgument, shown
from dataledger.evidence.presentation.fields import REMEDY, list_of
from dataledger.evidence.verifier.pins import MAX_CHAIN_ID, to_hash
from dataledger.hashing import Digest, JsonValue, members, natural, string

_RECORD = (
    *("content_root", "file_count", "manifest_digest", "parents"),
    *("record_count", "salt_scheme", "size_bytes"),
)


@dataclass(frozen=True, slots=True)
class Anchor:
    """A version, as proofs are anchored, with its dataset's owner and slug.

    `record` is what the chain is said to hold of the version, in the form that proof files have.
    The dataset's id is derived from chain, contract, owner and slug: these four are thereby shown.

    Raises:
        InvalidArgument: the id is not that of this owner's slug, or a value has another form than
            its type's.
    """

    chain_id: int
    genesis_hash: str
    ledger: Address
    """The contract `DatasetLedger`."""
    dataset: DatasetId
    owner: OrgId
    slug: Slug
    version: int
    record: dict[str, JsonValue]

    def __post_init__(self) -> None:
        if not 1 <= self.chain_id <= MAX_CHAIN_ID:
            raise InvalidArgument(f"{self.chain_id} is not a chain id.", remedy=REMEDY)
        to_hash(self.genesis_hash)
        if to_address(self.ledger) != self.ledger:
            raise InvalidArgument(
                f"The address {shown(self.ledger)} lacks its checksum.", remedy=REMEDY
            )
        if dataset_id(self.chain_id, self.ledger, self.owner, self.slug) != self.dataset:
            raise InvalidArgument(
                f"The dataset {self.dataset} is not {shown(self.slug)} of the organisation "
                f"{self.owner}.",
                remedy=REMEDY,
            )
        _check_record(self.record)

    @property
    def content_root(self) -> Digest:
        """The root over the version's files, to which proofs must lead."""
        return Digest.parse_sha256(string(self.record["content_root"]))

    @property
    def file_count(self) -> int:
        """How many files the version has."""
        return _count(self.record["file_count"])

    def to_json(self) -> dict[str, JsonValue]:
        """Return the anchor as a presentation has it."""
        return {
            "chain_id": self.chain_id,
            "dataset": str(self.dataset),
            "genesis_hash": self.genesis_hash,
            "ledger": self.ledger,
            "owner": self.owner,
            "record": self.record,
            "slug": self.slug,
            "version": self.version,
        }

    @classmethod
    def from_json(cls, value: JsonValue) -> Self:
        """Read what `to_json` returns. Raises `UsageError` on anything else."""
        found = members(
            value,
            *("chain_id", "dataset", "genesis_hash", "ledger"),
            *("owner", "record", "slug", "version"),
        )
        return cls(
            chain_id=natural(found["chain_id"]),
            genesis_hash=string(found["genesis_hash"]),
            ledger=to_address(string(found["ledger"])),
            dataset=DatasetId.parse(string(found["dataset"])),
            owner=to_org_id(natural(found["owner"])),
            slug=to_slug(string(found["slug"])),
            version=to_version(natural(found["version"])),
            record=members(found["record"], *_RECORD),
        )


def _check_record(record: dict[str, JsonValue]) -> None:
    # Only as far as proofs and words need it: whether the chain holds it, the chain says.
    found = members(record, *_RECORD)
    for name in ("content_root", "manifest_digest"):
        Digest.parse_sha256(string(found[name]))
    for name in ("file_count", "record_count", "size_bytes"):
        _count(found[name])
    natural(found["salt_scheme"])
    for parent in list_of(found["parents"]):
        named = members(parent, "dataset", "relation", "version")
        DatasetId.parse(string(named["dataset"]))
        string(named["relation"])
        to_version(natural(named["version"]))


def _count(value: JsonValue) -> int:
    """Read a count, which is decimal text from 2^53 on."""
    if (
        isinstance(value, str)
        and value.isascii()
        and value.isdigit()
        and len(value) in range(16, 21)
    ):
        return int(value)
    return natural(value)
