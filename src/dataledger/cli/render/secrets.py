"""The secrets of datasets, without their values."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dataledger.cli.render.screen import Cell, Screen, Styled
from dataledger.hashing import JsonValue
from dataledger.ledger.secrets import SecretEntry
from dataledger.manifest.record_set import SecretId


@dataclass(frozen=True, slots=True)
class SecretView:
    """One secret; `headline` says what happened to it, if anything did."""

    entry: SecretEntry
    headline: str = ""
    hint: str = ""

    def to_json(self) -> dict[str, JsonValue]:
        """Return `name`, `secret_id` and `path`."""
        return _document(self.entry)

    def draw(self, screen: Screen) -> None:
        """Draw the same."""
        if self.headline:
            screen.success(self.headline)
        entry = self.entry
        screen.fields([("name", entry.name), ("id", entry.id), ("file", str(entry.path))])
        if self.hint:
            screen.hint(self.hint)


@dataclass(frozen=True, slots=True)
class SecretList:
    """All secrets."""

    entries: Sequence[SecretEntry]

    def to_json(self) -> dict[str, JsonValue]:
        """Return `secrets`."""
        return {"secrets": [_document(entry) for entry in self.entries]}

    def draw(self, screen: Screen) -> None:
        """Draw a table."""
        rows: list[list[Cell]] = [
            [Styled(entry.name, "bold"), entry.id, str(entry.path)] for entry in self.entries
        ]
        screen.table(
            ["name", "id", "file"],
            rows,
            empty="There are no secrets. `dataledger secret new NAME` makes one.",
        )


@dataclass(frozen=True, slots=True)
class LabelKeyView:
    """A label key that was written to a file."""

    secret_id: SecretId
    written_to: Path

    def to_json(self) -> dict[str, JsonValue]:
        """Return `secret_id` and `file`."""
        return {"secret_id": self.secret_id, "file": str(self.written_to)}

    def draw(self, screen: Screen) -> None:
        """Draw the same."""
        screen.success("The label key is in", Styled(str(self.written_to), "bold"))
        screen.fields([("secret", self.secret_id)])
        screen.hint("Give it to an auditor alone: it tells which records a label can be of.")


def _document(entry: SecretEntry) -> dict[str, JsonValue]:
    return {"name": entry.name, "secret_id": entry.id, "path": str(entry.path)}
