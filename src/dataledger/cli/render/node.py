"""What `dataledger node` shows."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dataledger.cli.render.document import document_of
from dataledger.cli.render.neutral import neutral
from dataledger.cli.render.screen import Cell, Hash, Screen, Styled
from dataledger.cli.render.words import time_text
from dataledger.hashing import JsonValue

if TYPE_CHECKING:
    from dataledger.node.audit_log import LogHead
    from dataledger.node.checking import NodeCheck
    from dataledger.node.recovery import Recovered


@dataclass(frozen=True, slots=True)
class StarterView:
    """A configuration that was written."""

    path: Path

    def to_json(self) -> dict[str, JsonValue]:
        """Return `config`."""
        return {"config": str(self.path)}

    def draw(self, screen: Screen) -> None:
        """Say it, and what comes next."""
        screen.success(f"Wrote {self.path}.")
        screen.hint("Edit it, and run `dataledger node check`.")


@dataclass(frozen=True, slots=True)
class CheckView:
    """What a node would serve, and what is wrong."""

    check: "NodeCheck"

    def to_json(self) -> dict[str, JsonValue]:
        """Return the fields, and whether all is `well`."""
        document = document_of(self.check)
        return {"well": self.check.is_well, **dict(document)}  # type: ignore[arg-type]  # invariant

    def draw(self, screen: Screen) -> None:
        """Draw the same."""
        check = self.check
        screen.fields(
            [
                ("listens on", f"{check.listen} ({'https' if check.uses_tls else 'http'})"),
                ("owner", check.owner or None),
                ("operator", check.operator),
                *(("takes", name) for name in check.kinds),
                *(
                    ("does not take", f"{name}: {', '.join(lacks)}")
                    for name, lacks in check.missing
                ),
            ]
        )
        screen.line("")
        screen.table(
            ["dataset", "versions"],
            (
                [Styled(held.name, "bold"), ", ".join(str(number) for number in held.versions)]
                for held in check.held
            ),
            empty="No dataset would be served.",
        )
        for finding in check.findings:
            screen.failure(f"{finding.about}: {finding.message}")
            screen.hint(finding.remedy)
        if check.is_well:
            screen.success("All is well: `dataledger node serve` serves it.")


class Serving:
    """Tells how far a node has come that is about to serve."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json

    def recovered(self, found: "Recovered") -> None:
        """Tell what became of the runs that an earlier process had left open."""
        ended, left = len(found.ended), len(found.left)
        if self._as_json:
            click.echo(json.dumps({"event": "recovered", "ended": ended, "left_open": left}))
            return
        for run in found.ended:
            click.echo(neutral(f"Brought to its end: {run.key}: {run.state.value}."))
        for open_ in found.left:
            click.echo(neutral(f"Still open: {open_.key}: {open_.error}"), err=True)

    def ready(self, url: str) -> None:
        """Tell where it listens."""
        click.echo(json.dumps({"event": "listening", "url": url}) if self._as_json else url)


@dataclass(frozen=True, slots=True)
class LogView:
    """The last lines of an audit log; where all of it was checked, how far it reaches."""

    path: Path
    lines: Sequence[Mapping[str, JsonValue]]
    head: "LogHead | None"

    def to_json(self) -> dict[str, JsonValue]:
        """Return `log`, its last `lines`, and `check`: null unless it was checked."""
        return {
            "log": str(self.path),
            "lines": list(self.lines),
            "check": None if self.head is None else document_of(self.head),
        }

    def draw(self, screen: Screen) -> None:
        """Draw a table, and what the check found."""
        screen.table(
            ["line", "time", "event", "what"],
            (self._row(line) for line in self.lines),
            empty="The log has no lines yet.",
        )
        if self.head is not None:
            screen.success(f"All {self.head.lines:,} lines follow from one another.")
            screen.fields(
                [
                    ("last line", Hash(str(self.head.digest))),
                    ("torn by crashes", self.head.torn or None),
                ]
            )

    @staticmethod
    def _row(line: Mapping[str, JsonValue]) -> list[Cell]:
        told = {"at_unix", "event", "previous", "sequence"}
        at = line.get("at_unix")
        return [
            str(line.get("sequence", "")),
            time_text(at) if isinstance(at, int) else "",
            Styled(str(line["event"]), "bold"),
            ", ".join(f"{key} {value}" for key, value in line.items() if key not in told),
        ]
