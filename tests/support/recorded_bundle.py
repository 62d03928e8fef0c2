"""A bundle that was recorded from a development chain, and the pins by which it is valid."""

from dataclasses import dataclass
from pathlib import Path

from dataledger.evidence import Bundle, Pins, Report, verify_bundle

VECTORS = Path(__file__).parents[1] / "vectors" / "evidence"


@dataclass(frozen=True)
class RecordedBundle:
    """A bundle's file, and its pins."""

    data: bytes
    pins: Pins

    @classmethod
    def load(cls) -> "RecordedBundle":
        """Return the one among the vectors."""
        pins = Pins.parse((VECTORS / "recorded.pins.json").read_bytes())
        return cls((VECTORS / "recorded.json").read_bytes(), pins)

    @property
    def bundle(self) -> Bundle:
        """What the file holds."""
        return Bundle.parse(self.data)

    def verified(self, data: bytes | None = None, pins: Pins | None = None) -> Report:
        """Return the report about it, or about other data or by other pins."""
        return verify_bundle(
            self.data if data is None else data, self.pins if pins is None else pins
        )
