"""The proof that a file only grew from one version to another."""

from dataclasses import dataclass, replace
from typing import ClassVar, Self

from dataledger.hashing import Hash32, JsonValue, verify_consistency
from dataledger.manifest.proofs.base import Proof
from dataledger.manifest.proofs.fields import check_path, hash_list, hashes
from dataledger.manifest.proofs.place import FilePlace


@dataclass(frozen=True, slots=True)
class ConsistencyProof(Proof):
    """The records of the file `old` are the first records of the file `new` (RFC 9162, 2.1.4).

    None of them was altered, removed or moved; whatever the newer version adds comes behind them.

    Raises:
        InvalidArgument: one of the files has no records.
    """

    KIND: ClassVar[str] = "consistency"
    MEMBERS: ClassVar[tuple[str, ...]] = ("new", "old", "path")

    old: FilePlace
    new: FilePlace
    path: tuple[Hash32, ...]

    def __post_init__(self) -> None:
        check_path(self.path)
        _ = self.old.records, self.new.records

    @property
    def places(self) -> tuple[FilePlace, ...]:
        """The file's places in the newer version, and in the older one."""
        return self.new, self.old

    def anchored(self, *anchors: dict[str, JsonValue] | None) -> Self:
        """Return the same proof with an anchor for the newer version, and one for the older."""
        new, old = anchors
        return replace(self, new=self.new.anchored(new), old=self.old.anchored(old))

    def verify_content(self) -> None:
        """Return only if the path leads to both entries' record roots."""
        old, new = self.old.records, self.new.records
        verify_consistency(
            old.record_count,
            new.record_count,
            old.record_root.value,
            new.record_root.value,
            self.path,
        )

    def to_members(self) -> dict[str, JsonValue]:
        """Return the document's members."""
        return {
            "new": self.new.to_json(),
            "old": self.old.to_json(),
            "path": hash_list(self.path),
        }

    @classmethod
    def from_members(cls, found: dict[str, JsonValue]) -> Self:
        """Read what `to_members` returns."""
        return cls(
            old=FilePlace.from_json(found["old"]),
            new=FilePlace.from_json(found["new"]),
            path=hashes(found["path"]),
        )
