"""Actions signed for others to relay."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from dataledger.cli.output import write_output
from dataledger.cli.render.screen import Screen, Styled
from dataledger.cli.render.words import time_text
from dataledger.hashing import JsonValue
from dataledger.ledger.signed import SignedAction


@dataclass(frozen=True, slots=True)
class SignedView:
    """A signed action, in its file."""

    action: SignedAction
    written_to: Path

    @classmethod
    def written(cls, action: SignedAction, path: Path, *, replace: bool) -> Self:
        """Write the action to `path`, and return its view. Raises as `write_output` does."""
        return cls(action, write_output(path, action.to_bytes(), replace=replace))

    def to_json(self) -> dict[str, JsonValue]:
        """Return what was signed, by whom, until when, and its file."""
        content = self.action.content
        return {
            "action": content.action.name,
            "arguments": content.action.to_json(),
            "signer": content.signer,
            "deadline_unix": content.deadline_unix,
            "file": str(self.written_to),
        }

    def draw(self, screen: Screen) -> None:
        """Draw the same."""
        content = self.action.content
        screen.success("Signed action written to", Styled(str(self.written_to), "bold"))
        screen.fields(
            [
                ("action", content.action.name),
                ("signer", content.signer),
                ("can be relayed until", time_text(content.deadline_unix)),
            ]
        )
        screen.hint("Anybody can send it: `dataledger relay FILE`.")
