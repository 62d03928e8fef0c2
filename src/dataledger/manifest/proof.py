"""A proof that one file belongs to a content root, as a file that speaks for itself."""

from dataclasses import dataclass, field
from typing import Self

from dataledger.errors import InvalidArgument, ProofFormatError, ProofInvalid, UsageError, shown
from dataledger.hashing import (
    Digest,
    Hash32,
    JsonValue,
    canonical_bytes,
    hash32_from_hex,
    leaf_hash,
    members,
    natural,
    parse_canonical,
    string,
    verify_inclusion,
)
from dataledger.manifest.entry import FileEntry

FORMAT = "dataledger/proof/1"
KIND = "file"
MAX_PROOF_BYTES = 1024 * 1024
MAX_PATH_HASHES = 64

_REMEDY = "Ask for a new proof file, and use it exactly as it was written."


@dataclass(frozen=True, slots=True)
class FileProof:
    """A file's place in the tree of a manifest, with the path from there to the content root.

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
        for position in (self.leaf_index, self.tree_size):
            if type(position) is not int or position < 0:
                raise InvalidArgument(
                    f"{shown(position)} is not a position in a tree.", remedy=_REMEDY
                )
        if len(self.path) > MAX_PATH_HASHES:
            raise InvalidArgument(f"A path of {len(self.path)} hashes is too long.", remedy=_REMEDY)
        if self.anchor is not None:
            # A copy of its own: a mapping that its owner changes later must not change the proof.
            copy = parse_canonical(canonical_bytes(self.anchor), max_bytes=MAX_PROOF_BYTES)
            if not isinstance(copy, dict):
                raise InvalidArgument(
                    f"The anchor {shown(self.anchor)} is no JSON object.", remedy=_REMEDY
                )
            object.__setattr__(self, "anchor", copy)

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
                remedy="Ask for a proof of the file in the version that you mean.",
            )
        if file_count is not None and file_count != self.tree_size:
            raise ProofInvalid(
                f"The proof is about a tree of {self.tree_size} files, not of {file_count}.",
                remedy="Ask for a proof of the file in the version that you mean.",
            )
        verify_inclusion(
            leaf_hash(self.entry.to_bytes()),
            self.leaf_index,
            self.tree_size,
            self.path,
            self.content_root.value,
        )

    def to_bytes(self) -> bytes:
        """Return the proof file: canonical JSON (RFC 8785)."""
        document: dict[str, JsonValue] = {
            "content_root": str(self.content_root),
            "entry": self.entry.to_json(),
            "format": FORMAT,
            "kind": KIND,
            "leaf_index": self.leaf_index,
            "path": [value.hex() for value in self.path],
            "tree_size": self.tree_size,
        }
        if self.anchor is not None:
            document["anchor"] = self.anchor
        return canonical_bytes(document)

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read a proof file. It is well formed then, but proves nothing until `verify` returns.

        Raises:
            ProofFormatError: it is larger than `MAX_PROOF_BYTES`, is not canonical JSON, has
                members missing or too many, or one that is not what its name says.
        """
        try:
            document = members(
                parse_canonical(data, max_bytes=MAX_PROOF_BYTES),
                "content_root",
                "entry",
                "format",
                "kind",
                "leaf_index",
                "path",
                "tree_size",
                optional=("anchor",),
            )
            for name, expected in (("format", FORMAT), ("kind", KIND)):
                if document[name] != expected:
                    raise _malformed(f"its {name} is {shown(document[name])}, not {expected!r}")
            path, anchor = document["path"], document.get("anchor")
            if not isinstance(path, list):
                raise _malformed("its path is no list")
            if not isinstance(anchor, dict | None) or (anchor is None and "anchor" in document):
                raise _malformed("its anchor is no object")
            return cls(
                entry=FileEntry.from_json(document["entry"]),
                leaf_index=natural(document["leaf_index"]),
                tree_size=natural(document["tree_size"]),
                path=tuple(hash32_from_hex(string(value)) for value in path),
                content_root=Digest.parse_sha256(string(document["content_root"])),
                anchor=anchor,
            )
        except UsageError as error:
            raise ProofFormatError(f"This is no proof file: {error}", remedy=_REMEDY) from error


def _malformed(reason: str) -> ProofFormatError:
    return ProofFormatError(reason, remedy=_REMEDY)
