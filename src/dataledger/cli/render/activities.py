"""Activity records."""

import json
from dataclasses import dataclass
from pathlib import Path

from dataledger.cli.render.screen import Screen, Styled
from dataledger.hashing import JsonValue
from dataledger.ledger.activity import Activity, Content


@dataclass(frozen=True, slots=True)
class ActivityView:
    """One record, and its file if it was just written."""

    activity: Activity
    written_to: Path | None

    def to_json(self) -> dict[str, JsonValue]:
        """Return the record's digest as `evidence`, and the `activity` as its file says it."""
        return {
            "evidence": str(self.activity.evidence),
            "activity": json.loads(self.activity.to_bytes()),
            "file": None if self.written_to is None else str(self.written_to),
        }

    def draw(self, screen: Screen) -> None:
        """Draw the same."""
        record = self.activity
        if self.written_to is not None:
            screen.success("Record written to", Styled(str(self.written_to), "bold"))
        code = f", code {record.tool.code_digest}" if record.tool.code_digest else ""
        screen.fields(
            [
                ("evidence", str(record.evidence)),
                ("type", record.type),
                ("tool", f"{record.tool.name} {record.tool.version}{code}"),
                *(("by", f"{a.organisation}, {a.member} ({a.role})") for a in record.agents),
                ("started", f"{record.started_at:%Y-%m-%d %H:%M:%S} UTC"),
                ("ended", f"{record.ended_at:%Y-%m-%d %H:%M:%S} UTC"),
                *(("input", _content_text(content)) for content in record.inputs),
                *(("output", _content_text(content)) for content in record.outputs),
                *((f"parameter {k}", json.dumps(v)) for k, v in record.parameters.items()),
            ]
        )


def _content_text(content: Content) -> str:
    recorded = f", {content.dataset}@{content.version}" if content.dataset else ""
    return f"{content.content_root}{recorded}"
