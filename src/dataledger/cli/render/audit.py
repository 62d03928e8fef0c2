"""The answers of audit: which columns lists have, and what stood at a time."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

from dataledger.cli.render.document import document_of
from dataledger.cli.render.rows import Column, brief
from dataledger.cli.render.screen import Cell, Hash, Screen, Styled
from dataledger.cli.render.words import duration_text, size_text, time_text
from dataledger.contracts.event_words import capabilities_text
from dataledger.contracts.types import Role
from dataledger.hashing import JsonValue
from dataledger.index.audit import (
    Anomaly,
    DatasetThen,
    Entry,
    ListedDataset,
    ListedVersion,
    OrganisationThen,
    Standing,
    Summary,
    Tenure,
)

T = TypeVar("T")

_LAST_OF_CSV = 253_402_300_799
"""The last second of the year 9999. Later, and without end, a cell is empty."""
_STOPPED = {"SUSPENDED", "RECALLED"}


def _time(heading: str, key: str, unix_of: Callable[[T], int | None]) -> Column[T]:
    """Return a column of times: in words in tables, by RFC 3339 in CSV."""

    def in_words(item: T) -> str | None:
        unix = unix_of(item)
        return None if unix is None else time_text(unix)

    def in_csv(item: T) -> str | None:
        unix = unix_of(item)
        return None if unix is None or unix > _LAST_OF_CSV else f"{_utc(unix):%Y-%m-%dT%H:%M:%SZ}"

    return Column(heading, key, in_words, in_csv)


def _utc(unix: int) -> datetime:
    return datetime.fromtimestamp(unix, UTC)


def _stage(name: str) -> Cell:
    return Styled(name, "bold red" if name in _STOPPED else "green")


def _severity(version: ListedVersion) -> Cell | None:
    return None if version.severity is None else Styled(version.severity.name, "bold red")


TIMELINE: Sequence[Column[Entry]] = (
    _time("time", "time", lambda e: e.recorded_at_unix),
    Column("block", "block", lambda e: e.block_number),
    Column("organisation", "organisation", lambda e: e.org_slug),
    Column("key", "key", lambda e: None if e.by is None else Hash(e.by)),
    Column("event", "event", lambda e: e.text),
    Column("transaction", "transaction", lambda e: Hash(e.transaction_hash)),
)
ACTIVITY: Sequence[Column[Entry]] = (
    *TIMELINE[:4],
    Column("dataset", "dataset", lambda e: e.dataset),
    *TIMELINE[4:],
)
TENURES: Sequence[Column[Tenure]] = (
    Column("key", "key", lambda t: Hash(t.key)),
    Column("organisation", "organisation", lambda t: t.org_slug),
    Column(
        "role",
        "role",
        lambda t: Styled(t.role.name, "bold" if t.role is Role.ADMIN else ""),
    ),
    _time("from", "from", lambda t: t.from_unix),
    _time("until", "until", lambda t: t.until_unix),
    Column("then", "ended_by", lambda t: t.ended_by),
    Column(
        "could act",
        "could_act",
        lambda t: "yes" if t.in_force else Styled("no", "yellow"),
    ),
    Column("what for", "capabilities", lambda t: _standing_text(t.standing)),
)
DATASETS: Sequence[Column[ListedDataset]] = (
    Column("dataset", "dataset", lambda d: Styled(d.name, "bold"), lambda d: d.name),
    Column("stage", "stage", lambda d: _stage(d.stage_name)),
    Column("version", "version", lambda d: d.version_count),
    Column("title", "title", lambda d: d.title),
    Column("sector", "sector", lambda d: d.sector),
    Column("region", "region", lambda d: d.region),
    Column("quality", "quality", lambda d: d.quality),
    Column("licence", "licence", lambda d: d.licence),
    Column(
        "recalled",
        "recalled",
        lambda d: Styled("yes", "bold red") if d.recalled else None,
        lambda d: "yes" if d.recalled else "no",
    ),
    _time("registered", "registered", lambda d: d.registered_at_unix),
    _time("last event", "updated", lambda d: d.updated_at_unix),
)
VERSIONS: Sequence[Column[ListedVersion]] = (
    Column("version", "version", lambda v: f"{v.name}@{v.version}"),
    Column("files", "files", lambda v: f"{v.file_count:,}", lambda v: v.file_count),
    Column("records", "records", lambda v: f"{v.record_count:,}", lambda v: v.record_count),
    Column("size", "size_bytes", lambda v: size_text(v.size_bytes), lambda v: v.size_bytes),
    Column("content root", "content_root", lambda v: Hash(str(v.content_root))),
    _time("recorded", "recorded", lambda v: v.recorded_at_unix),
    Column("recalled as", "severity", _severity),
    Column("by", "recalled_by", lambda v: v.recalled_by_slug),
    _time("at", "recalled", lambda v: v.recalled_at_unix),
    Column("because", "reason", lambda v: v.recall_reason),
)
ANOMALIES: Sequence[Column[Anomaly]] = (
    Column("kind", "kind", lambda a: Styled(a.kind, "yellow")),
    Column("dataset", "dataset", lambda a: a.name),
    Column("version", "version", lambda a: a.version),
    Column("organisation", "organisation", lambda a: a.org_slug),
    Column("what", "what", lambda a: a.text),
    _time("since", "since", lambda a: a.at_unix),
    Column("took", "seconds", lambda a: _duration(a.seconds), lambda a: a.seconds),
    Column(
        "usually", "usual_seconds", lambda a: _duration(a.usual_seconds), lambda a: a.usual_seconds
    ),
)


def _duration(seconds: int | None) -> str | None:
    return None if seconds is None else duration_text(seconds)


def _standing_text(standing: Standing) -> str:
    if standing.suspended is not None:
        return f"nothing: {standing.suspended_slug} was suspended"
    return capabilities_text(standing.effective)


@dataclass(frozen=True, slots=True)
class DatasetThenView:
    """A dataset as it stood at a time."""

    state: DatasetThen

    def to_json(self) -> dict[str, JsonValue]:
        """Return `dataset`: its state."""
        return {"dataset": document_of(self.state)}

    def draw(self, screen: Screen) -> None:
        """Draw its fields."""
        state = self.state
        screen.line(Styled(state.name, "bold"), "as of", time_text(state.at_unix))
        screen.fields(
            [
                ("id", str(state.dataset)),
                ("title", None if state.title is None else brief(state.title)),
                ("owner", state.owner_slug),
                ("policy", state.policy),
                ("stage", _stage(state.stage_name)),
                ("since", time_text(state.since_unix)),
                ("suspended by", state.suspended_by_slug),
                ("version", state.version),
                ("content root", None if state.content_root is None else str(state.content_root)),
                ("recalled", _recalled_text(state)),
                *(
                    (
                        f"duty {holder.duty} by",
                        f"{holder.org_slug}, for version {holder.version}",
                    )
                    for holder in state.duties
                ),
                ("description", None if state.description is None else str(state.description)),
            ]
        )
        screen.line(Styled(f"as of block {state.as_of_block:,}", "dim"))


@dataclass(frozen=True, slots=True)
class OrganisationThenView:
    """An organisation as it stood at a time."""

    state: OrganisationThen

    def to_json(self) -> dict[str, JsonValue]:
        """Return `organisation`: its state."""
        return {"organisation": document_of(self.state)}

    def draw(self, screen: Screen) -> None:
        """Draw its fields."""
        state = self.state
        screen.line(Styled(state.slug, "bold"), "as of", time_text(state.at_unix))
        screen.fields(
            [
                ("number", state.org),
                ("name", state.name),
                ("parent", state.parent_slug or "none: the root authority"),
                ("held", capabilities_text(state.standing.capabilities)),
                ("might grant", capabilities_text(state.standing.grantable)),
                ("could do", _standing_text(state.standing)),
                ("keys that could act", state.members),
                ("datasets", f"{state.datasets:,}"),
                ("admitted", time_text(state.admitted_at_unix)),
            ]
        )
        screen.line(Styled(f"as of block {state.as_of_block:,}", "dim"))


@dataclass(frozen=True, slots=True)
class SummaryView:
    """How much there is."""

    summary: Summary

    def to_json(self) -> dict[str, JsonValue]:
        """Return the summary's fields."""
        document = document_of(self.summary)
        return dict(document)  # type: ignore[arg-type]  # invariant

    def draw(self, screen: Screen) -> None:
        """Draw the stages as a table, then the totals."""
        screen.table(
            ["policy", "stage", "datasets"],
            (
                [row.policy, _stage(row.stage_name), f"{row.datasets:,}"]
                for row in self.summary.stages
            ),
            empty="There are no datasets.",
        )
        screen.fields(
            [
                ("datasets", f"{self.summary.datasets:,}"),
                ("with a recall", f"{self.summary.recalled:,}"),
                ("suspended", f"{self.summary.suspended:,}"),
                ("organisations", f"{self.summary.organisations:,}"),
                ("events", f"{self.summary.events:,}"),
            ]
        )
        screen.line(Styled(f"as of block {self.summary.as_of_block:,}", "dim"))


def _recalled_text(state: DatasetThen) -> Cell | None:
    if not state.recalled:
        return None
    versions = (f"version {found.version} as {found.severity.name}" for found in state.recalled)
    return Styled(", ".join(versions), "bold red")
