"""A write that the chain holds."""

from collections.abc import Sequence
from dataclasses import dataclass

from dataledger.cli.render.document import document_of
from dataledger.cli.render.screen import Cell, Screen
from dataledger.cli.render.words import recorded_at_text, size_text
from dataledger.contracts.events import DatasetRegistered, Event, VersionAdded
from dataledger.contracts.types import VersionRecord
from dataledger.hashing import JsonValue
from dataledger.ledger.results import Confirmed


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What was recorded, and the transaction that holds it."""

    confirmed: Confirmed[Event]
    headline: str
    details: Sequence[tuple[str, Cell | None]] = ()

    def to_json(self) -> dict[str, JsonValue]:
        """Return `event`, its `arguments`, and the transaction."""
        return {
            "event": type(self.confirmed.event).__name__,
            "arguments": document_of(self.confirmed.event),
            "transaction_hash": self.confirmed.transaction_hash,
            "block_number": self.confirmed.block_number,
            "gas_used": self.confirmed.gas_used,
            "already_there": self.confirmed.already_there,
        }

    def draw(self, screen: Screen) -> None:
        """Draw a line and its details."""
        confirmed = self.confirmed
        screen.success(self.headline)
        if confirmed.already_there:
            screen.line("  The chain held exactly this already; nothing was sent.")
        screen.fields(
            [
                *self.details,
                ("transaction", confirmed.transaction_hash),
                ("block", f"{confirmed.block_number:,}, {recorded_at_text(confirmed.event)}"),
                ("gas", None if confirmed.already_there else f"{confirmed.gas_used:,}"),
            ]
        )


def record_details(record: VersionRecord | None) -> list[tuple[str, Cell | None]]:
    """Return what a version's record says, for the details of a confirmation."""
    if record is None:
        return [("version", "none yet")]
    return [
        ("content root", str(record.content_root)),
        ("manifest digest", str(record.manifest_digest)),
        ("files", f"{record.file_count:,}, {size_text(record.size_bytes)}"),
        ("records", f"{record.record_count:,}" if record.salt_scheme else None),
        ("parents", len(record.parents) or None),
    ]


def version_number(event: VersionAdded | DatasetRegistered) -> int:
    """Return which version an event recorded; a registration records version 1."""
    return event.version if isinstance(event, VersionAdded) else 1
