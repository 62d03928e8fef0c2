"""Documents in the formats of other standards."""

import json
from dataclasses import dataclass
from pathlib import Path

from dataledger.cli.describing import brief
from dataledger.cli.render.screen import Screen, Styled
from dataledger.evidence.export.facts import Status
from dataledger.evidence.export.notes import Export
from dataledger.hashing import JsonValue

LINES = "application/jsonlines"


@dataclass(frozen=True, slots=True)
class ExportView:
    """An export: the document itself, or the files that hold it and what stands behind it."""

    made: Export
    output: Path | None
    facts: Path | None

    def to_json(self) -> dict[str, JsonValue]:
        """Return the `document` (of OpenLineage, the list of events), and its facts as `notes`."""
        lines = self.made.text.splitlines() if self.made.media_type == LINES else None
        document: JsonValue = (
            json.loads(self.made.text) if lines is None else [json.loads(line) for line in lines]
        )
        return {
            "format": self.made.format,
            "media_type": self.made.media_type,
            "file": None if self.output is None else str(self.output),
            "facts_file": None if self.facts is None else str(self.facts),
            "document": document,
            "notes": self.made.notes.to_json(with_value=True),
        }

    def draw(self, screen: Screen) -> None:
        """Print the document as it is; or, where it is in a file, how much stands behind it."""
        if self.output is None:
            screen.whole(self.made.text)
            return
        screen.success("Document written to", Styled(str(self.output), "bold"))
        notes = self.made.notes
        counts = {
            status: sum(note.fact.status is status for note in notes.notes) for status in Status
        }
        screen.fields(
            [
                ("of", f"{notes.facts.name}@{notes.facts.version}"),
                ("proven", f"{counts[Status.PROVEN]} parts: recorded on the chain"),
                ("asserted", f"{counts[Status.ASSERTED]} parts: said in documents"),
                ("missing", f"{counts[Status.MISSING]} parts: nobody said them"),
                ("facts", None if self.facts is None else str(self.facts)),
            ]
        )
        for found in notes.differences:
            screen.warning(
                f"{found.about}: the imported document has",
                brief(f"{found.imported},"),
                f"the chain has {found.ledger}",
            )
