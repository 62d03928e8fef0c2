"""What events of datasets do to their rows."""

from collections.abc import Iterator
from dataclasses import dataclass

from dataledger.contracts.events import (
    Advanced,
    DatasetDescribed,
    DatasetEvent,
    DatasetRegistered,
    DatasetReinstated,
    DatasetSuspended,
    VersionAdded,
    VersionRecalled,
)
from dataledger.contracts.identifiers import SUSPENDED, DatasetId, Head, PolicyId, Stage
from dataledger.contracts.types import VersionRecord
from dataledger.errors import HistoryBroken
from dataledger.index.changes import Row, Rows
from dataledger.index.decoding import recorded_at

VersionKey = tuple[DatasetId, int]

RECALL = ("recall_severity", "recalled_by", "recalled_at_unix", "recall_reason", "recall_event")
"""The columns of a version that its recall sets."""


@dataclass(frozen=True, slots=True)
class _Move:
    """An event that set a dataset's stage or version."""

    event: DatasetEvent
    key: int
    time: int
    version: int
    stage: Stage


class DatasetFold:
    """The rows of datasets, of their versions, stages and lineage."""

    def __init__(
        self,
        datasets: dict[DatasetId, Row],
        stage_history: dict[DatasetId, Row],
        version_events: dict[VersionKey, int],
        entries: dict[PolicyId, Stage],
    ) -> None:
        self.datasets = Rows(datasets)
        self.stage_history = Rows(stage_history)
        self.versions: dict[VersionKey, Row] = {}
        self.recalls: list[Row] = []
        """What changes in versions that the database has."""
        self.lineage: list[Row] = []
        self.version_events = version_events
        self.entries = entries

    def head(self, dataset: DatasetId) -> Head | None:
        """Return a dataset's head up to now; None where there is no such dataset."""
        row = self.datasets.get(dataset)
        return None if row is None else row["head"]

    def heads(self) -> Iterator[tuple[DatasetId, Head]]:
        """Return the heads of all datasets that were touched."""
        return ((dataset, row["head"]) for dataset, row in self.datasets.all())

    def apply(self, event: DatasetEvent, key: int) -> None:
        """Take the next event, which follows from the one before it.

        Raises:
            HistoryBroken: a dataset is registered twice, or not at all, or came from nothing.
        """
        if isinstance(event, DatasetRegistered):
            self._register(event, key)
            return
        row = self.datasets.get(event.dataset)
        if row is None:
            raise _impossible(event, "comes before the dataset's registration")
        time = recorded_at(event)
        values: Row = {
            "head": event.head,
            "last_event": key,
            "last_event_unix": time,
            "event_count": row["event_count"] + 1,
        }
        move = _move(event, key, time, row)
        if move is not None:
            values |= {"version_count": move.version, "stage": move.stage, "updated_at_unix": time}
            if move.stage != row["stage"] or not isinstance(event, VersionRecalled):
                values["stage_event"] = key
                self._enter(move, row["policy"], row["stage"])
        match event:
            case VersionAdded():
                self._introduce(event, event.version, event.record, key)
            case DatasetSuspended():
                values["suspended_by"] = event.org
            case DatasetReinstated():
                values["suspended_by"] = None
            case DatasetDescribed():
                values["description"] = event.description
            case VersionRecalled():
                values["recalled"] = True
                self._recall(event, key)
        self.datasets.change(row, values)

    def _register(self, event: DatasetRegistered, key: int) -> None:
        stage = self.entries.get(event.policy)
        if self.datasets.get(event.dataset) is not None or stage is None:
            raise _impossible(event, "registers it again, or by a policy that was never published")
        time = event.recorded_at_unix
        version = 0 if event.record is None else 1
        self.datasets.add(
            event.dataset,
            {
                "dataset": event.dataset,
                "owner": event.org,
                "slug": event.slug,
                "policy": event.policy,
                "stage": stage,
                "version_count": version,
                "stage_event": key,
                "head": event.head,
                "registered_event": key,
                "registered_at_unix": time,
                "updated_at_unix": time,
                "last_event": key,
                "last_event_unix": time,
                "event_count": 1,
                "suspended_by": None,
                "recalled": False,
                "description": None,
            },
        )
        self._enter(_Move(event, key, time, version, stage), event.policy, None)
        if event.record is not None:
            self._introduce(event, 1, event.record, key)

    def _enter(self, move: _Move, policy: PolicyId, from_stage: Stage | None) -> None:
        """End the open row of `stage_history`, and begin the next one."""
        dataset = move.event.dataset
        before = self.stage_history.get(dataset)
        if before is not None:
            self.stage_history.change(before, {"until_event": move.key, "until_unix": move.time})
        self.stage_history.add(
            dataset,
            {
                "dataset": dataset,
                "since_event": move.key,
                "version": move.version,
                "from_stage": from_stage,
                "stage": move.stage,
                "since_unix": move.time,
                "until_event": None,
                "until_unix": None,
                "org": move.event.org,
                "policy": policy,
                "waited_seconds": None if before is None else move.time - before["since_unix"],
            },
        )

    def _introduce(
        self,
        event: DatasetRegistered | VersionAdded,
        version: int,
        record: VersionRecord,
        key: int,
    ) -> None:
        self.version_events[event.dataset, version] = key
        self.versions[event.dataset, version] = {
            "dataset": event.dataset,
            "version": version,
            "content_root": record.content_root,
            "manifest_digest": record.manifest_digest,
            "size_bytes": record.size_bytes,
            "file_count": record.file_count,
            "record_count": record.record_count,
            "salt_scheme": record.salt_scheme,
            "event": key,
            "recorded_at_unix": event.recorded_at_unix,
            **dict.fromkeys(RECALL),
        }
        for position, parent in enumerate(record.parents):
            parent_event = self.version_events.get((parent.dataset, parent.version))
            if parent_event is None:
                raise _impossible(
                    event,
                    f"names version {parent.version} of {parent.dataset}, of which there is "
                    "no event, as a parent",
                )
            self.lineage.append(
                {
                    "child_dataset": event.dataset,
                    "child_version": version,
                    "position": position,
                    "parent_dataset": parent.dataset,
                    "parent_version": parent.version,
                    "relation": parent.relation,
                    "event": key,
                    "parent_event": parent_event,
                }
            )

    def _recall(self, event: VersionRecalled, key: int) -> None:
        told = (event.severity, event.org, event.recorded_at_unix, event.reason, key)
        values = dict(zip(RECALL, told, strict=True))
        new = self.versions.get((event.dataset, event.version))
        if new is None:
            self.recalls.append({"dataset": event.dataset, "version": event.version, **values})
        else:
            new.update(values)


def _move(event: DatasetEvent, key: int, time: int, row: Row) -> _Move | None:
    """Return what `event` did to stage and version; None where it left both alone."""
    version, stage = row["version_count"], None
    match event:
        case VersionAdded():
            version, stage = event.version, event.stage
        case Advanced() | DatasetReinstated():
            stage = event.to_stage
        case DatasetSuspended():
            stage = SUSPENDED
        case VersionRecalled() if event.version == version:
            stage = event.stage
    return None if stage is None else _Move(event, key, time, version, stage)


def _impossible(event: DatasetEvent, what: str) -> HistoryBroken:
    return HistoryBroken(
        f"The history of the dataset {event.dataset} is broken: its event "
        f"{type(event).__name__} {what}.",
        remedy="Read the logs again from another node, and trust neither until they agree.",
    )
