"""Data against the chain."""

from collections.abc import Sequence
from dataclasses import dataclass

from dataledger.cli.names import Names
from dataledger.cli.render.document import document_of
from dataledger.cli.render.fingerprint import FingerprintView
from dataledger.cli.render.lineage import draw_taints
from dataledger.cli.render.screen import Screen, Styled
from dataledger.cli.render.words import size_text, time_text
from dataledger.cli.verification import Verification
from dataledger.hashing import JsonValue
from dataledger.ledger.results import Taint, VersionRef

SHOWN_FILES = 50


@dataclass(frozen=True, slots=True)
class VerificationView:
    """Whether data is what the chain recorded, and where it differs."""

    verification: Verification
    taints: Sequence[Taint]
    names: Names

    def to_json(self) -> dict[str, JsonValue]:
        """Return `verified`, and the paths `changed`, `added`, `removed` and `moved`.

        The paths are null where the recorded manifest is not at hand.
        """
        found = self.verification
        difference = found.difference
        paths: dict[str, JsonValue] = dict.fromkeys(("changed", "added", "removed", "moved"))
        if difference is not None:
            paths = {
                "changed": [change.path for change in difference.changed],
                "added": [entry.path for entry in difference.added],
                "removed": [entry.path for entry in difference.removed],
                "moved": [
                    {"from": move.expected.path, "to": move.actual.path}
                    for move in difference.moved
                ],
            }
        return {
            "verified": found.verified,
            "dataset": str(found.version.dataset),
            "version": found.version.number,
            "recorded": document_of(found.version.record),
            "found": FingerprintView(found.actual, None).to_json(),
            **paths,
            "recall": document_of(found.version.recall),
            "recalled_ancestors": [document_of(taint.recalled) for taint in self.taints],
        }

    def draw(self, screen: Screen) -> None:
        """Draw the verdict, then each file that differs, then what a user of the data must know."""
        found = self.verification
        name = self.names.version(VersionRef(found.version.dataset, found.version.number))
        if found.verified:
            count, size = found.actual.file_count, size_text(found.actual.size_bytes)
            screen.success(Styled("verified:", "bold green"), f"the data is {name}.")
            screen.fields(
                [
                    ("content root", str(found.actual.content_root)),
                    ("files", f"{count:,}, {size}"),
                    ("recorded", time_text(found.version.recorded_at_unix)),
                ]
            )
        else:
            screen.failure(Styled("differs:", "bold red"), f"the data is not {name}.")
            self._draw_difference(screen)
        if found.version.recall is not None:
            severity = found.version.recall.severity.name
            screen.warning(Styled("recalled:", "bold yellow"), f"{name} was recalled ({severity}).")
        draw_taints(screen, self.taints, self.names)

    def _draw_difference(self, screen: Screen) -> None:
        found = self.verification
        difference = found.difference
        if difference is None:
            screen.fields(
                [
                    ("recorded root", str(found.version.record.content_root)),
                    ("found root", str(found.actual.content_root)),
                    ("recorded files", f"{found.version.record.file_count:,}"),
                    ("found files", f"{found.actual.file_count:,}"),
                ]
            )
            screen.hint("Pass the version's --manifest to see which files differ.")
            return
        lines = [("changed", change.path) for change in difference.changed]
        lines += [("removed", entry.path) for entry in difference.removed]
        lines += [("added", entry.path) for entry in difference.added]
        lines += [
            ("moved", f"{move.expected.path} → {move.actual.path}") for move in difference.moved
        ]
        for kind, path in lines[:SHOWN_FILES]:
            screen.line(Styled(f"  {kind:<8}", "red"), path)
        if len(lines) > SHOWN_FILES:
            screen.line(f"  … and {len(lines) - SHOWN_FILES:,} more; --json names all.")
