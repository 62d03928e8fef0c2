"""What `dataledger index` shows: syncs, and how far an index has come."""

import json
import sys
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Self

import click

from dataledger.cli.render.neutral import neutral
from dataledger.cli.render.progress import PATIENCE_SECONDS, started_bar
from dataledger.cli.render.screen import Cell, Screen
from dataledger.cli.render.words import time_text
from dataledger.hashing import JsonValue

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

    from dataledger.errors import DataLedgerError
    from dataledger.index import CheckResult, IndexStatus, SyncProgress, SyncResult


@dataclass(frozen=True, slots=True)
class SyncView:
    """What a sync did."""

    result: "SyncResult"

    def to_json(self) -> dict[str, JsonValue]:
        """Return its fields."""
        return asdict(self.result)

    def draw(self, screen: Screen) -> None:
        """Say it in a line."""
        screen.success(_in_words(self.result))


@dataclass(frozen=True, slots=True)
class StatusView:
    """How far an index has come, and what a check compared."""

    status: "IndexStatus"
    checked: "CheckResult | None"

    def to_json(self) -> dict[str, JsonValue]:
        """Return the fields of the status, and `check`: what was compared; null without one."""
        check: JsonValue = None if self.checked is None else asdict(self.checked)
        return {**asdict(self.status), "check": check}

    def draw(self, screen: Screen) -> None:
        """Draw the same."""
        status, checked = self.status, self.checked
        if checked is not None:
            screen.success(
                f"All agrees with the contracts at block {checked.block_number}: "
                f"{checked.events:,} events of {checked.datasets:,} datasets, "
                f"{checked.organisations:,} organisations and {checked.keys:,} keys."
            )
        fields: list[tuple[str, Cell]] = [
            ("index", status.url),
            ("chain", str(status.chain_id)),
            ("block", _block(status)),
            ("compared up to", _number(status.checked_block)),
            ("newest block", str(status.head_block)),
            (
                "synced",
                "never" if status.synced_at_unix is None else time_text(status.synced_at_unix),
            ),
            ("events", f"{status.events:,}"),
            ("datasets", f"{status.datasets:,}"),
            ("organisations", f"{status.organisations:,}"),
            ("descriptions", f"{status.documents:,}"),
        ]
        screen.fields(fields)


class Following:
    """Tells of syncs while an index follows its chain."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json

    def synced(self, result: "SyncResult") -> None:
        """Write a line on standard output."""
        text = json.dumps(asdict(result)) if self._as_json else _in_words(result)
        click.echo(text)

    def failed(self, error: "DataLedgerError") -> None:
        """Write a line on standard error."""
        click.echo(neutral(f"{error} Trying again."), err=True)


class SyncBar:
    """Shows how far a sync has come; to be called with each `SyncProgress`."""

    def __init__(self) -> None:
        self._shown = sys.stderr.isatty()
        self._started_at = time.monotonic()
        self._bar: Bar | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    def __call__(self, progress: "SyncProgress") -> None:
        """Draw `progress`, unless it is still early or nobody is looking."""
        if not self._shown or time.monotonic() - self._started_at < PATIENCE_SECONDS:
            return
        if self._bar is None:
            self._bar = _begun()
        self._bar.update(
            self._bar.task_ids[0],
            completed=progress.block - progress.first_block,
            total=progress.last_block - progress.first_block,
            description=f"{progress.events:,} events",
        )


def _begun() -> "Bar":
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn

    return started_bar(
        TextColumn("Indexing {task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("blocks"),
        TimeRemainingColumn(),
    )


def _in_words(result: "SyncResult") -> str:
    if result.to_block is None:
        return "The chain has no block of the contracts yet."
    taken_back = ""
    if result.rolled_back_to is not None:
        taken_back = (
            f" What came after block {result.rolled_back_to} was taken back: the chain was "
            "reorganised, or the node is behind the one asked before."
        )
    documents = f" and {result.documents:,} descriptions" if result.documents else ""
    return f"At block {result.to_block}: {result.events:,} new events{documents}.{taken_back}"


def _block(status: "IndexStatus") -> str:
    if status.block_number is None or status.block_timestamp_unix is None:
        return "none yet"
    return f"{status.block_number} of {time_text(status.block_timestamp_unix)}"


def _number(block: int | None) -> str:
    return "nothing" if block is None else f"block {block}"
