"""The proof that a file belongs to a version."""

from dataclasses import dataclass
from typing import ClassVar, Self

from dataledger.hashing import JsonValue
from dataledger.manifest.proofs.base import FileContentProof
from dataledger.manifest.proofs.place import FilePlace


@dataclass(frozen=True, slots=True)
class FileProof(FileContentProof):
    """A file, by its entry, stands in the manifest under the content root."""

    KIND: ClassVar[str] = "file"

    file: FilePlace

    def verify_content(self) -> None:
        """Return: the entry is all that is shown."""

    def to_members(self) -> dict[str, JsonValue]:
        """Return the place."""
        return {"file": self.file.to_json()}

    @classmethod
    def from_members(cls, found: dict[str, JsonValue]) -> Self:
        """Read what `to_members` returns."""
        return cls(FilePlace.from_json(found["file"]))
