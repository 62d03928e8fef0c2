"""What of a dataset's folder an algorithm sees: the files of the manifest, as it records them."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from dataledger.errors import (
    DataLedgerError,
    ManifestMismatch,
    NodeRefused,
    SourceUnreadable,
    shown,
)
from dataledger.manifest import FileEntry
from dataledger.manifest.content import hash_stream
from dataledger.manifest.identity import identity
from dataledger.manifest.proving.data import open_data
from dataledger.manifest.scan import list_files
from dataledger.node.work import Holding

DATA = "/data"
"""Where an algorithm finds the files, by their paths in the manifest."""

MAX_SEPARATE_FILES = 256
"""Each is mounted on its own, which takes longer the more there are."""


@dataclass(frozen=True, slots=True)
class DataView:
    """What is mounted, and how the files stood when they were compared with the manifest."""

    folder: Path
    mounts: tuple[tuple[str, str], ...]
    """Of each, the path here and the path in the sandbox."""
    identities: tuple[bytes, ...]
    """Of the manifest's files, in its order."""

    def require_unchanged(self, holding: Holding) -> None:
        """Return only if the algorithm saw what was compared, and nothing else.

        Raises:
            ManifestMismatch: a file was written or replaced meanwhile, or one came to the folder.
        """
        for entry, before in zip(holding.manifest.entries, self.identities, strict=True):
            try:
                now = identity(os.lstat(self.folder / entry.path))
            except OSError:
                now = b""
            if now != before:
                raise differs(entry)
        if self.is_whole_folder and not _holds_nothing_else(self.folder, holding):
            raise ManifestMismatch(
                "Files came to the folder of the data while it was read.",
                remedy="Let the folder hold still, and ask again.",
            )

    @property
    def is_whole_folder(self) -> bool:
        """Whether the folder is mounted, and not each file."""
        return any(inside == DATA for _, inside in self.mounts)


def view_data(holding: Holding) -> DataView:
    """Compare all files with the manifest, and return how they are shown to an algorithm.

    Raises:
        ManifestMismatch: a file differs from the manifest.
        SourceUnreadable: one is not there, cannot be read, or is reached over a symbolic link.
        NodeRefused: as `require_showable`.
    """
    folder = holding.folder.resolve()
    mounts = require_showable(holding)
    identities = tuple(_compared(folder, entry) for entry in holding.manifest.entries)
    return DataView(folder, mounts, identities)


def require_showable(holding: Holding) -> tuple[tuple[str, str], ...]:
    """Return what is to be mounted so that the files of the manifest are seen, and no other.

    Raises:
        NodeRefused: the folder holds other things besides, and the files are too many to be mounted
            one by one (`too-many-files`).
    """
    folder = holding.folder.resolve()
    if _holds_nothing_else(folder, holding):
        return ((str(folder), DATA),)
    if holding.manifest.file_count > MAX_SEPARATE_FILES:
        raise NodeRefused(
            f"This node cannot show an algorithm {holding.manifest.file_count} files out of a "
            f"folder that holds others, too: at most {MAX_SEPARATE_FILES}.",
            remedy="Ask its owner to keep the version's files in a folder of their own.",
            reason="too-many-files",
        )
    return tuple(
        (str(folder / entry.path), str(PurePosixPath(DATA, entry.path)))
        for entry in holding.manifest.entries
    )


def open_pieces(path: Path, size_bytes: int) -> Iterator[bytes]:
    """Yield a file's content in pieces of `size_bytes`, the last one shorter.

    Raises:
        SourceUnreadable: it cannot be read.
    """
    with open_data(path) as file:
        while True:
            piece = bytearray()
            while len(piece) < size_bytes and (part := file.read(size_bytes - len(piece))):
                piece += part
            if not piece:
                return
            yield bytes(piece)


def differs(entry: FileEntry) -> ManifestMismatch:
    """Return the error for a file that is not what the manifest says."""
    return ManifestMismatch(
        f"The file {shown(entry.path)} beside the node differs from the manifest.",
        remedy="Restore the file as the version was recorded, or record a new version.",
    )


def _holds_nothing_else(folder: Path, holding: Holding) -> bool:
    try:
        paths = list_files(str(folder)).paths
    except DataLedgerError:
        return False  # there is a link, a device, or a name that no manifest can have
    return paths == [entry.path for entry in holding.manifest.entries]


def _compared(folder: Path, entry: FileEntry) -> bytes:
    """Return the identity of a file that is as recorded."""
    path = folder / entry.path
    if path.resolve() != path:
        raise SourceUnreadable(
            f"The file {shown(entry.path)} is reached over a symbolic link.",
            remedy="Put the file itself where the manifest says.",
        )
    with open_data(path) as file:
        descriptor = file.fileno()
        found = identity(os.fstat(descriptor))
        hashes = hash_stream(
            descriptor,
            range(entry.size_bytes),
            [entry.digest.algorithm],
            1,
            lambda _files, _bytes: None,
        )
        if hashes != [entry.digest.value] or os.read(descriptor, 1):
            raise differs(entry)
    return found
