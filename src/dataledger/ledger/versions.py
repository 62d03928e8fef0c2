"""Versions as the logs tell them, held against what the contract commits to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

from dataledger.contracts import dataset_ledger
from dataledger.contracts.abi import malformed
from dataledger.contracts.events import (
    DatasetEvent,
    DatasetRegistered,
    VersionAdded,
    decode_event,
)
from dataledger.contracts.head_rule import RawLog
from dataledger.contracts.identifiers import DatasetId
from dataledger.contracts.types import Parent, VersionRecord
from dataledger.errors import CommitmentMismatch, InvalidArgument, NotFound
from dataledger.ledger.onchain import OnChain
from dataledger.ledger.results import Version, VersionRef
from dataledger.manifest import Manifest

Introduction = DatasetRegistered | VersionAdded
"""An event that can bring a version."""

INTRODUCTIONS: tuple[type[Introduction], ...] = (DatasetRegistered, VersionAdded)


@dataclass(frozen=True, slots=True)
class Introduced:
    """A version as a log tells of it."""

    record: VersionRecord
    recorded_at_unix: int


def introduced_versions(
    onchain: OnChain, datasets: Sequence[DatasetId] | None, *, block: int
) -> dict[VersionRef, Introduced]:
    """Return the versions of some datasets, or of all, by the logs alone: oldest first."""
    found = onchain.events(INTRODUCTIONS, datasets, to_block=block)
    return {
        VersionRef(event.dataset, number_of(event)): Introduced(
            event.record, event.recorded_at_unix
        )
        for event in (recorded.event for recorded in found)
        if event.record is not None
    }


def record_of_manifest(manifest: Manifest, parents: Sequence[Parent] = ()) -> VersionRecord:
    """Return what is recorded of a version that consists of the manifest's files."""
    return VersionRecord(
        content_root=manifest.content_root,
        manifest_digest=manifest.manifest_digest,
        size_bytes=manifest.size_bytes,
        file_count=manifest.file_count,
        record_count=manifest.record_count,
        salt_scheme=manifest.salt_scheme,
        parents=tuple(parents),
    )


def manifest_to_claim(content: Manifest | VersionRecord, number: int) -> Manifest:
    """Return the manifest of what is to become version `number`, for a claim to be held against.

    Raises:
        InvalidArgument: there is none, or no earlier version.
    """
    if number > 1 and isinstance(content, Manifest):
        return content
    raise InvalidArgument(
        "A claim says how files changed, and here are none to compare: this is "
        + ("the first version." if number == 1 else "a record without its manifest."),
        remedy="Leave out the claim.",
    )


def number_of(event: Introduction) -> int:
    """Return the number of the version that an event brought."""
    return 1 if isinstance(event, DatasetRegistered) else event.version


def check_commitments(
    onchain: OnChain, versions: Mapping[VersionRef, VersionRecord], *, block: int
) -> None:
    """Return only if the contract commits to each record.

    Raises:
        CommitmentMismatch: it commits to another one.
    """
    committed = onchain.read_all(
        (dataset_ledger.commitment(ref.dataset, ref.version) for ref in versions), block=block
    )
    for (ref, record), commitment in zip(versions.items(), committed, strict=True):
        if record.commitment != commitment:
            raise CommitmentMismatch(
                f"The log of version {ref.version} of the dataset {ref.dataset} is not what the "
                "contract commits to.",
                remedy="The node gives false logs: ask another one.",
            )


def read_versions(onchain: OnChain, dataset: DatasetId, *, block: int) -> tuple[Version, ...]:
    """Return all versions of a dataset, from 1 on, each checked against its commitment."""
    found = introduced_versions(onchain, [dataset], block=block)
    check_commitments(onchain, {ref: told.record for ref, told in found.items()}, block=block)
    recalls = onchain.read_all(
        (dataset_ledger.recall_of(dataset, ref.version) for ref in found), block=block
    )
    return tuple(
        Version(
            dataset=dataset,
            number=ref.version,
            record=told.record,
            recall=recall if recall.recorded_at_unix else None,
            recorded_at_unix=told.recorded_at_unix,
        )
        for (ref, told), recall in zip(found.items(), recalls, strict=True)
    )


def no_dataset(dataset: DatasetId) -> NotFound:
    """Return the error for a dataset that does not exist."""
    return NotFound(
        f"There is no dataset {dataset}.", remedy="Check its owner and its slug, or list them."
    )


def dataset_event(log: RawLog) -> DatasetEvent:
    """Return the event of a dataset that a log holds. Raises `NodeError` on any other log."""
    event = decode_event(log)
    if not isinstance(event, DatasetEvent):
        raise malformed("an event of no dataset", log.data)
    return event


def differences(expected: VersionRecord, actual: VersionRecord) -> str:
    """Return which fields of two records differ, with both values, in words."""
    return "; ".join(
        f"{name} is {getattr(actual, name)}, recorded is {getattr(expected, name)}"
        for name in (field.name for field in fields(VersionRecord))
        if getattr(actual, name) != getattr(expected, name)
    )
