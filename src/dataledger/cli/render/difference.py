"""What differs between two manifests, and the version that it deserves."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dataledger.errors import listed
from dataledger.hashing import JsonValue
from dataledger.manifest import Difference, FileEntry
from dataledger.manifest.comparing import same_content
from dataledger.manifest.semantic_version import Deserved, SemanticVersion

if TYPE_CHECKING:
    from dataledger.cli.render.screen import Screen, Styled

SHOWN_FILES = 50


@dataclass(frozen=True, slots=True)
class DifferenceView:
    """What was added, removed, changed and moved, and how much of a version that is."""

    difference: Difference
    deserved: Deserved
    earlier: SemanticVersion | None

    def to_json(self) -> dict[str, JsonValue]:
        """Return the four parts with sizes and digests, `level` with `reasons`, and versions.

        Both versions are null where the earlier one is not known.
        """
        found, earlier = self.difference, self.earlier
        return {
            "differs": bool(found),
            "added": [{"path": entry.path, **_content(entry)} for entry in found.added],
            "removed": [{"path": entry.path, **_content(entry)} for entry in found.removed],
            "changed": [
                {
                    "path": change.path,
                    "from": _content(change.expected),
                    "to": _content(change.actual),
                }
                for change in found.changed
            ],
            "moved": [
                {
                    "from": move.expected.path,
                    "to": move.actual.path,
                    **_content(move.actual),
                }
                for move in found.moved
            ],
            "level": str(self.deserved.level),
            "reasons": list(self.deserved.reasons),
            "from_version": None if earlier is None else str(earlier),
            "next_version": None if earlier is None else str(earlier.next(self.deserved.level)),
        }

    def draw(self, screen: "Screen") -> None:
        """Draw a line for each file, up to `SHOWN_FILES`, then the numbers and the level."""
        found = self.difference
        if not found:
            screen.success("The files are the same.")
        else:
            lines = self._lines()
            for line in lines[:SHOWN_FILES]:
                screen.line(*line)
            if len(lines) > SHOWN_FILES:
                screen.line(f"  … and {len(lines) - SHOWN_FILES:,} more; --json names all.")
            screen.line(
                f"{len(found.added):,} added, {len(found.removed):,} removed, "
                f"{len(found.changed):,} changed, {len(found.moved):,} moved."
            )
        earlier, deserved = self.earlier, self.deserved
        screen.fields(
            [
                ("level", str(deserved.level)),
                ("because", listed(deserved.reasons) or None),
                ("version", None if earlier is None else str(earlier)),
                ("next version", None if earlier is None else str(earlier.next(deserved.level))),
            ]
        )

    def _lines(self) -> "list[tuple[Styled, str, Styled]]":
        from dataledger.cli.render.screen import Styled
        from dataledger.cli.render.words import size_text

        def line(kind: str, colour: str, text: str, size: str) -> "tuple[Styled, str, Styled]":
            return Styled(f"  {kind:<8}", colour), text, Styled(f"({size})", "dim")

        found = self.difference
        lines = []
        for change in found.changed:
            sizes = size_text(change.expected.size_bytes), size_text(change.actual.size_bytes)
            told = f"{sizes[0]} → {sizes[1]}" if sizes[0] != sizes[1] else sizes[0]
            if same_content(change.expected, change.actual):
                told = "the same content, described differently"
            lines.append(line("changed", "yellow", change.path, told))
        for kind, colour, entries in (
            ("removed", "red", found.removed),
            ("added", "green", found.added),
        ):
            lines += [line(kind, colour, e.path, size_text(e.size_bytes)) for e in entries]
        for move in found.moved:
            paths = f"{move.expected.path} → {move.actual.path}"
            lines.append(line("moved", "cyan", paths, size_text(move.actual.size_bytes)))
        return lines


def _content(entry: FileEntry) -> dict[str, JsonValue]:
    return {"size_bytes": entry.size_bytes, "digest": str(entry.digest)}
