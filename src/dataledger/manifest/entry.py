"""One file of a manifest, and the bytes that stand for it as a leaf of the tree."""

from dataclasses import dataclass
from typing import Self

from dataledger.errors import InvalidArgument, shown
from dataledger.hashing import Digest, JsonValue, members, natural, string
from dataledger.manifest.paths import check_path

MAX_SIZE_BYTES = 2**53 - 1
"""The largest integer that every JSON parser reads exactly."""


@dataclass(frozen=True, slots=True)
class FileEntry:
    """A file by its path relative to the dataset, its size, and its content's digest.

    Raises:
        InvalidPath: the path breaks the path rules.
        InvalidArgument: the size is not an integer from 0 to `MAX_SIZE_BYTES`, or the digest is not
            a `Digest`.
    """

    path: str
    size_bytes: int
    digest: Digest

    def __post_init__(self) -> None:
        check_path(self.path)
        if type(self.size_bytes) is not int or not 0 <= self.size_bytes <= MAX_SIZE_BYTES:
            raise InvalidArgument(
                f"{shown(self.size_bytes)} is not a file size.",
                remedy=f"Give the number of bytes, from 0 to {MAX_SIZE_BYTES}.",
            )
        if not isinstance(self.digest, Digest):
            raise InvalidArgument(
                f"{shown(self.digest)} is not a Digest.", remedy="Use Digest.parse(…)."
            )

    def to_bytes(self) -> bytes:
        """Return the canonical JSON (RFC 8785) of the entry: the leaf's content in the tree."""
        # The template spares 90 % of the time that the general writer takes. It is enough because
        # the path rules leave one character to escape.
        path = self.path.replace('"', r"\"")
        return (
            f'{{"digest":"{self.digest}","path":"{path}","size_bytes":{self.size_bytes}}}'.encode()
        )

    def to_json(self) -> dict[str, JsonValue]:
        """Return the entry as a JSON object."""
        return {"digest": str(self.digest), "path": self.path, "size_bytes": self.size_bytes}

    @classmethod
    def from_json(cls, value: JsonValue) -> Self:
        """Read what `to_json` returns.

        Raises:
            CanonicalisationError: it is not an object of exactly these members, of these types.
            InvalidArgument: a member breaks a rule of the class or of `Digest`.
        """
        entry = members(value, "digest", "path", "size_bytes")
        return cls(
            path=string(entry["path"]),
            size_bytes=natural(entry["size_bytes"]),
            digest=Digest.parse(string(entry["digest"])),
        )
