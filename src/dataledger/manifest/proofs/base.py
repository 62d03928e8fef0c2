"""What all kinds of proofs have in common: the document, and the file that it is about."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import replace
from typing import Any, ClassVar, Self, cast

from dataledger.errors import ProofFormatError, UsageError, shown
from dataledger.hashing import Digest, JsonValue, canonical_bytes, members, parse_canonical
from dataledger.manifest.proofs.fields import REMEDY
from dataledger.manifest.proofs.place import FilePlace

FORMAT = "dataledger/proof/1"
MAX_PROOF_BYTES = 64 * 1024 * 1024


class Proof(ABC):
    """A proof about one file of a version, as a document that speaks for itself.

    Each kind is a frozen dataclass. It is well formed once it is made or parsed, but proves nothing
    until `verify` returns.
    """

    __slots__ = ()

    KIND: ClassVar[str]
    MEMBERS: ClassVar[tuple[str, ...]] = ("file",)
    """What the document has besides `format` and `kind`."""

    @property
    @abstractmethod
    def places(self) -> tuple[FilePlace, ...]:
        """The file's place in each version that the proof is about; the one in question first."""

    @property
    def place(self) -> FilePlace:
        """The file's place in the version in question."""
        return self.places[0]

    @abstractmethod
    def verify_content(self) -> None:
        """Return only if what the proof says of the file's content follows from its entry.

        Raises:
            ProofInvalid: it does not.
        """

    @abstractmethod
    def to_members(self) -> dict[str, JsonValue]:
        """Return the document's `MEMBERS`."""

    @classmethod
    @abstractmethod
    def from_members(cls, found: dict[str, JsonValue]) -> Self:
        """Read what `to_members` returns.

        Raises:
            CanonicalisationError, InvalidArgument: a member is not what its name says.
        """

    @abstractmethod
    def anchored(self, *anchors: dict[str, JsonValue] | None) -> Self:
        """Return the same proof with an anchor for each of its `places`."""

    def verify(self, root: Digest | None = None, *, file_count: int | None = None) -> None:
        """Return only if the proof leads from what it shows to the content root.

        Without `root`, the content root is the one that the proof itself names: that shows the
        proof to be sound, and nothing about the root. `root` and `file_count` are held against the
        first of `places`; see `FilePlace.verify`.

        Raises:
            ProofInvalid: it leads elsewhere, or is about another root or another size.
        """
        first, *others = self.places
        first.verify(root, file_count=file_count)
        for place in others:
            place.verify()
        self.verify_content()

    def to_bytes(self) -> bytes:
        """Return the proof file: canonical JSON (RFC 8785)."""
        return canonical_bytes({"format": FORMAT, "kind": self.KIND, **self.to_members()})

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read a proof file of this kind.

        Raises:
            ProofFormatError: it is larger than `MAX_PROOF_BYTES`, is not canonical JSON, is of
                another kind, has members missing or too many, or one that is not what its name
                says.
        """
        return cast("Self", parsed(data, lambda kind: cls if kind == cls.KIND else None))


class FileContentProof(Proof):
    """A proof about one file of one version."""

    __slots__ = ()

    file: FilePlace

    @property
    def places(self) -> tuple[FilePlace, ...]:
        """The file's place."""
        return (self.file,)

    def anchored(self, *anchors: dict[str, JsonValue] | None) -> Self:
        """Return the same proof with this anchor."""
        (anchor,) = anchors
        changed: dict[str, Any] = {"file": self.file.anchored(anchor)}
        made: Self = replace(self, **changed)  # type: ignore[type-var]  # each kind is a dataclass
        return made


def parsed(data: bytes, kind_of: Callable[[JsonValue], type[Proof] | None]) -> Proof:
    """Return the proof in `data`, of the class that `kind_of` gives for its kind.

    Raises:
        ProofFormatError: as `Proof.parse` does, or `kind_of` gives None.
    """
    try:
        document = parse_canonical(data, max_bytes=MAX_PROOF_BYTES)
        if not isinstance(document, dict):
            raise _malformed("it is no object")
        if document.get("format") != FORMAT:
            raise _malformed(f"its format is {shown(document.get('format'))}, not {FORMAT!r}")
        kind = kind_of(document.get("kind"))
        if kind is None:
            raise _malformed(f"its kind is {shown(document.get('kind'))}")
        return kind.from_members(members(document, "format", "kind", *kind.MEMBERS))
    except UsageError as error:
        raise ProofFormatError(f"This is no proof file: {error}", remedy=REMEDY) from error


def _malformed(reason: str) -> ProofFormatError:
    return ProofFormatError(reason, remedy=REMEDY)
