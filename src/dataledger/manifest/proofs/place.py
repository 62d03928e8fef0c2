"""A file's place in a version: what every proof about the file's content stands on."""

from dataclasses import dataclass, field, replace
from typing import Self

from dataledger.errors import InvalidArgument, ProofInvalid, shown
from dataledger.hashing import (
    Digest,
    Hash32,
    JsonValue,
    canonical_bytes,
    leaf_hash,
    members,
    natural,
    parse_canonical,
    string,
    verify_inclusion,
)
from dataledger.manifest.entry import FileEntry
from dataledger.manifest.proofs.fields import (
    REMEDY,
    check_path,
    check_position,
    hash_list,
    hashes,
)
from dataledger.manifest.record_set import RecordSet

MAX_ANCHOR_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class FilePlace:
    """A file's entry in the tree of a manifest, and the path from there to the content root.

    `path` holds the sibling hashes, lowest first (RFC 9162, section 2.1.3). `anchor`, if any, says
    where on a chain the content root is recorded; it is carried, not interpreted, and no part of
    what `verify` checks.

    Raises:
        InvalidArgument: a position is negative or no integer, or the path is longer than any.
        CanonicalisationError: the anchor is no JSON object with a canonical form.
    """

    entry: FileEntry
    leaf_index: int
    tree_size: int
    path: tuple[Hash32, ...]
    content_root: Digest
    anchor: dict[str, JsonValue] | None = field(default=None, hash=False)

    def __post_init__(self) -> None:
        check_position(self.leaf_index, self.tree_size)
        check_path(self.path)
        if self.anchor is not None:
            # A copy of its own: a mapping that its owner changes later must not change the proof.
            copy = parse_canonical(canonical_bytes(self.anchor), max_bytes=MAX_ANCHOR_BYTES)
            if not isinstance(copy, dict):
                raise InvalidArgument(
                    f"The anchor {shown(self.anchor)} is no JSON object.", remedy=REMEDY
                )
            object.__setattr__(self, "anchor", copy)

    @property
    def records(self) -> RecordSet:
        """What the entry says of the file's records.

        Raises:
            InvalidArgument: it says nothing of them.
        """
        if self.entry.records is None:
            raise InvalidArgument(
                f"The manifest says nothing of records in {shown(self.entry.path)}.",
                remedy="Fingerprint the data with its records, and record that as a new version.",
            )
        return self.entry.records

    def anchored(self, anchor: dict[str, JsonValue] | None) -> Self:
        """Return the same place with this anchor."""
        return replace(self, anchor=anchor)

    def verify(self, root: Digest | None = None, *, file_count: int | None = None) -> None:
        """Return only if the path leads from the entry, at its index, to the content root.

        Without `root`, the content root is the one that the proof itself names: that shows the
        proof to be sound, and nothing about the root. Pass the root that the chain records.

        A root says nothing of its tree's size, and one path can fit several sizes. Pass the
        recorded `file_count`, too, where the index and the size matter.

        Raises:
            ProofInvalid: the proof is about another root than `root` or another size than
                `file_count`, or it does not lead to the content root.
        """
        if root is not None and root != self.content_root:
            raise ProofInvalid(
                f"The proof is about the content root {self.content_root}, not about {root}.",
                remedy="Ask for a proof about the version that you mean.",
            )
        if file_count is not None and file_count != self.tree_size:
            raise ProofInvalid(
                f"The proof is about a tree of {self.tree_size} files, not of {file_count}.",
                remedy="Ask for a proof about the version that you mean.",
            )
        verify_inclusion(
            leaf_hash(self.entry.to_bytes()),
            self.leaf_index,
            self.tree_size,
            self.path,
            self.content_root.value,
        )

    def to_json(self) -> dict[str, JsonValue]:
        """Return the place as proof files carry it."""
        document: dict[str, JsonValue] = {
            "content_root": str(self.content_root),
            "entry": self.entry.to_json(),
            "leaf_index": self.leaf_index,
            "path": hash_list(self.path),
            "tree_size": self.tree_size,
        }
        if self.anchor is not None:
            document["anchor"] = self.anchor
        return document

    @classmethod
    def from_json(cls, value: JsonValue) -> Self:
        """Read what `to_json` returns.

        Raises:
            CanonicalisationError: it is not an object of exactly these members, of these types.
            InvalidArgument: a member breaks a rule.
        """
        found = members(
            value,
            *("content_root", "entry", "leaf_index", "path", "tree_size"),
            optional=("anchor",),
        )
        anchor = found.get("anchor")
        if not isinstance(anchor, dict) and "anchor" in found:
            raise InvalidArgument("Its anchor is no object.", remedy=REMEDY)
        return cls(
            entry=FileEntry.from_json(found["entry"]),
            leaf_index=natural(found["leaf_index"]),
            tree_size=natural(found["tree_size"]),
            path=hashes(found["path"]),
            content_root=Digest.parse_sha256(string(found["content_root"])),
            anchor=anchor if isinstance(anchor, dict) else None,
        )
