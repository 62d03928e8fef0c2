"""Fingerprints."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dataledger.hashing import JsonValue
from dataledger.manifest import Manifest

if TYPE_CHECKING:
    from dataledger.cli.render.screen import Screen


@dataclass(frozen=True, slots=True)
class FingerprintView:
    """What a manifest says of the data as a whole."""

    manifest: Manifest
    written_to: Path | None

    def to_json(self) -> dict[str, JsonValue]:
        """Return the values that a version records, and the manifest's file, if any."""
        return {
            "content_root": str(self.manifest.content_root),
            "manifest_digest": str(self.manifest.manifest_digest),
            "file_count": self.manifest.file_count,
            "record_count": self.manifest.record_count,
            "size_bytes": self.manifest.size_bytes,
            "manifest": None if self.written_to is None else str(self.written_to),
        }

    def draw(self, screen: "Screen") -> None:
        """Draw the same."""
        from dataledger.cli.render.words import size_text

        manifest = self.manifest
        screen.fields(
            [
                ("content root", str(manifest.content_root)),
                ("manifest digest", str(manifest.manifest_digest)),
                ("files", f"{manifest.file_count:,}"),
                ("size", f"{size_text(manifest.size_bytes)} ({manifest.size_bytes:,} bytes)"),
                ("records", f"{manifest.record_count:,}" if manifest.salt_scheme else None),
                ("manifest", None if self.written_to is None else str(self.written_to)),
            ]
        )
