"""Finding the regular files below a directory, and how each stood at that moment."""

import os
import stat
from pathlib import Path
from typing import NamedTuple

from dataledger.errors import (
    InvalidPath,
    SourceChanged,
    SourceNotFound,
    SourceUnreadable,
    UnsafeFile,
    shown,
)
from dataledger.manifest.paths import check_path

HOLD_STILL = "Stop whatever writes there, and start again."

_KINDS = {
    stat.S_IFLNK: "a symbolic link",
    stat.S_IFIFO: "a FIFO",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a character device",
    stat.S_IFBLK: "a block device",
}


class FoundFile(NamedTuple):
    """A regular file, by its path relative to the directory that was scanned, as it stood then.

    Any part but the path changes when the file is written, replaced, or swapped for another. The
    change time, unlike the modification time, cannot be set back by the file's owner.
    """

    path: str
    size_bytes: int
    device: int
    inode: int
    modified_at_ns: int
    changed_at_ns: int


def found_file(path: str, info: os.stat_result) -> FoundFile:
    """Return the file as a stat call saw it."""
    return FoundFile(
        path, info.st_size, info.st_dev, info.st_ino, info.st_mtime_ns, info.st_ctime_ns
    )


class Scan(NamedTuple):
    """The files found, sorted by path, and the directory that their paths are relative to."""

    directory: str
    files: list[FoundFile]


def scan(source: str) -> Scan:
    """Return every regular file below the directory `source`, or the single file `source`.

    Nothing is followed and nothing is opened: a symbolic link is refused, `source` itself included.
    Empty directories leave no trace.

    Raises:
        SourceNotFound: there is nothing at `source`.
        SourceUnreadable: a directory may not be listed.
        SourceChanged: something vanished between being listed and being looked at.
        UnsafeFile: something is neither a regular file nor a directory.
        InvalidPath: a name breaks the path rules.
    """
    plain = source.rstrip("/") or source
    try:
        info = os.lstat(plain)
    except ValueError as error:
        raise InvalidPath(
            f"{shown(source)} is no path: {error}.", remedy="Give the path of a file or directory."
        ) from error
    except (FileNotFoundError, NotADirectoryError) as error:
        raise SourceNotFound(
            f"There is no file or directory {shown(source)}.", remedy="Check the path."
        ) from error
    except OSError as error:
        raise unreadable(source, error) from error
    if stat.S_ISDIR(info.st_mode):
        return Scan(plain, sorted(_walk(plain)))
    if not stat.S_ISREG(info.st_mode):
        raise _unsafe(source, info.st_mode)
    if plain != source:
        raise SourceNotFound(
            f"{shown(source)} is a file, and not the directory that its slash says.",
            remedy="Leave out the slash.",
        )
    name = Path(source).name
    check_path(name)
    return Scan(str(Path(source).parent), [found_file(name, info)])


def _walk(source: str) -> list[FoundFile]:
    files = []
    directories = [""]
    while directories:
        prefix = directories.pop()
        try:
            with os.scandir(f"{source}/{prefix}") as entries:
                for entry in entries:
                    path = f"{prefix}{entry.name}"
                    check_path(path)
                    info = entry.stat(follow_symlinks=False)
                    if stat.S_ISREG(info.st_mode):
                        files.append(found_file(path, info))
                    elif stat.S_ISDIR(info.st_mode):
                        directories.append(f"{path}/")
                    else:
                        raise _unsafe(path, info.st_mode)
        except (FileNotFoundError, NotADirectoryError) as error:
            raise changed(prefix or source, "vanished while it was being listed") from error
        except OSError as error:
            raise unreadable(prefix or source, error) from error
    return files


def _unsafe(path: str, mode: int) -> UnsafeFile:
    kind = _KINDS.get(stat.S_IFMT(mode), "a special file")
    return UnsafeFile(
        f"{shown(path)} is {kind}; only regular files and directories are read.",
        remedy="Replace it with what it stands for, or move it out of the dataset.",
    )


def changed(path: str, what: str) -> SourceChanged:
    """Return the error for a file that did not hold still."""
    return SourceChanged(f"{shown(path)} {what}.", remedy=HOLD_STILL)


def unreadable(path: str, error: OSError) -> SourceUnreadable:
    """Return the error for something that the operating system does not let us read."""
    return SourceUnreadable(
        f"{shown(path)} cannot be read: {error.strerror}.",
        remedy="Check its permissions and the storage it is on.",
    )
