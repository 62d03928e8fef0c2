"""Datasets, their versions and their history."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dataledger.cli.describing import brief
from dataledger.cli.names import Names
from dataledger.cli.render.document import document_of
from dataledger.cli.render.screen import Cell, Hash, Screen, Styled
from dataledger.cli.render.words import parts_text, recorded_at_text, size_text, time_text
from dataledger.contracts.event_words import event_text
from dataledger.contracts.types import VersionRecord
from dataledger.hashing import JsonValue
from dataledger.ledger.results import (
    Dataset,
    History,
    NextStep,
    PublishedPolicy,
    Version,
    VersionRef,
)
from dataledger.manifest.description import Description


@dataclass(frozen=True, slots=True)
class DatasetView:
    """One dataset, its versions, and the steps that it can take."""

    dataset: Dataset
    versions: Sequence[Version]
    next_steps: Sequence[NextStep]
    names: Names
    description: Description | None = None

    def to_json(self) -> dict[str, JsonValue]:
        """Return `dataset`, `description` (without its source), `versions` and `next_steps`."""
        told = None if self.description is None else self.description.to_json()
        if told is not None:
            told.pop("source", None)
        return {
            "dataset": document_of(self.dataset),
            "description": told,
            "versions": document_of(tuple(self.versions)),
            "next_steps": document_of(tuple(self.next_steps)),
        }

    def draw(self, screen: Screen) -> None:
        """Draw the dataset's fields, then its versions, then what can come next."""
        dataset = self.dataset
        screen.line(Styled(f"{dataset.owner_slug}/{dataset.slug}", "bold"))
        screen.fields(
            [
                ("id", str(dataset.id)),
                ("title", None if self.description is None else brief(self.description.title)),
                ("owner", self.names.organisation(dataset.owner)),
                ("stage", _stage(dataset)),
                ("policy", dataset.policy),
                *(
                    (f"duty {number} by", self.names.organisation(holder) or None)
                    for number, holder in enumerate(dataset.duties, start=1)
                ),
                ("suspended by", self.names.organisation(dataset.suspended_by) or None),
                ("head", f"0x{dataset.head.hex()}"),
                ("registered", time_text(dataset.registered_at_unix)),
                ("updated", time_text(dataset.updated_at_unix)),
                ("as of block", f"{dataset.as_of_block:,}"),
            ]
        )
        screen.line("")
        draw_versions(screen, self.versions, self.names)
        screen.line("")
        for step in self.next_steps:
            conditions = "; ".join(_conditions(step, dataset))
            screen.hint("next:", Styled(step.to_stage_name, "bold"), conditions)


@dataclass(frozen=True, slots=True)
class DatasetList:
    """Datasets, each in a line."""

    datasets: Sequence[Dataset]

    def to_json(self) -> dict[str, JsonValue]:
        """Return `datasets`."""
        return {"datasets": document_of(tuple(self.datasets))}

    def draw(self, screen: Screen) -> None:
        """Draw a table."""
        screen.table(
            ["dataset", "stage", "versions", "updated"],
            (
                [
                    Styled(f"{dataset.owner_slug}/{dataset.slug}", "bold"),
                    _stage(dataset),
                    dataset.version_count,
                    time_text(dataset.updated_at_unix),
                ]
                for dataset in self.datasets
            ),
            empty="There are no datasets.",
        )


@dataclass(frozen=True, slots=True)
class HistoryView:
    """A dataset's history, which leads to the contract's head."""

    history: History
    policy: PublishedPolicy
    names: Names

    def to_json(self) -> dict[str, JsonValue]:
        """Return the `events`, and the `head` to which they lead."""
        return {
            "dataset": str(self.history.dataset),
            "events": [
                {
                    "event": type(recorded.event).__name__,
                    "arguments": document_of(recorded.event),
                    "transaction_hash": recorded.log.transaction_hash,
                    "block_number": recorded.log.block_number,
                    "log_index": recorded.log.log_index,
                }
                for recorded in self.history.events
            ],
            "head": f"0x{self.history.head.hex()}",
            "as_of_block": self.history.as_of_block,
            "head_verified": True,
        }

    def draw(self, screen: Screen) -> None:
        """Draw a table, oldest event first."""
        stages = self.policy.policy.stages
        screen.table(
            ["time", "block", "organisation", "event", "transaction"],
            (
                [
                    recorded_at_text(recorded.event),
                    recorded.log.block_number,
                    self.names.organisation(recorded.event.org),
                    event_text(recorded.event, stages),
                    Hash(recorded.log.transaction_hash),
                ]
                for recorded in self.history.events
            ),
            empty="Nothing happened.",
        )
        count = len(self.history.events)
        screen.success(f"{count} event(s) lead to the contract's head 0x{self.history.head.hex()}")


def draw_versions(screen: Screen, versions: Sequence[Version], names: Names) -> None:
    """Draw versions as a table."""
    screen.table(
        ["version", "files", "size", "content root", "came from", "recorded", "recalled"],
        (
            [
                version.number,
                f"{version.record.file_count:,}",
                size_text(version.record.size_bytes),
                Hash(str(version.record.content_root)),
                _origin(version.record, names),
                time_text(version.recorded_at_unix),
                Styled(version.recall.severity.name, "bold red") if version.recall else "",
            ]
            for version in versions
        ),
        empty="There is no version yet.",
    )


def _origin(record: VersionRecord, names: Names) -> str:
    return ", ".join(
        f"{names.version(VersionRef(parent.dataset, parent.version))} ({parent.relation.name})"
        for parent in record.parents
    )


def _stage(dataset: Dataset) -> Cell:
    stopped = dataset.stage_name in {"SUSPENDED", "RECALLED"}
    return Styled(dataset.stage_name, "bold red" if stopped else "green")


def _conditions(step: NextStep, dataset: Dataset) -> Iterator[str]:
    yield "by the owner" if step.owner_only else f"by {' and '.join(step.capability.names)}"
    if step.must_differ:
        yield f"not by {parts_text(step.must_differ)}"
    if step.approvals:
        yield f"after {step.approvals} approval(s)"
    if step.allowed_from_unix > dataset.updated_at_unix:
        yield f"not before {time_text(step.allowed_from_unix)}"
