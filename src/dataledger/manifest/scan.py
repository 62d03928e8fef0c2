"""Finding the regular files below a directory."""

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
from dataledger.manifest.paths import check_path, check_paths

HOLD_STILL = "Stop whatever writes there, and start again."

_KINDS = {
    stat.S_IFLNK: "a symbolic link",
    stat.S_IFIFO: "a FIFO",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a character device",
    stat.S_IFBLK: "a block device",
}


class Listing(NamedTuple):
    """The paths found, sorted, and the directory that they are relative to."""

    directory: str
    paths: list[str]


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
    """Return what `list_files` finds, and how each file stands.

    Raises:
        SourceChanged: a file vanished, or turned into something else, after it was listed.
        DataLedgerError: as `list_files`.
    """
    directory, paths = list_files(source)
    files = []
    for path in paths:
        try:
            info = os.lstat(f"{directory}/{path}")
        except (FileNotFoundError, NotADirectoryError) as error:
            raise changed(path, "was removed after it was listed") from error
        except OSError as error:
            raise unreadable(path, error) from error
        if not stat.S_ISREG(info.st_mode):
            raise changed(path, "was replaced after it was listed")
        files.append(found_file(path, info))
    return Scan(directory, files)


def list_files(source: str) -> Listing:
    """Return the path of every regular file below the directory `source`, or of the file `source`.

    Nothing is followed and no file is opened: a symbolic link is refused, `source` included.
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
        paths = _walk(plain)
        paths.sort()
        check_paths(paths)
        return Listing(plain, paths)
    if not stat.S_ISREG(info.st_mode):
        raise _unsafe(source, info.st_mode)
    if plain != source:
        raise SourceNotFound(
            f"{shown(source)} is a file, and not the directory that its slash says.",
            remedy="Leave out the slash.",
        )
    name = Path(source).name
    check_path(name)
    return Listing(str(Path(source).parent), [name])


def _walk(source: str) -> list[str]:
    files = []
    directories = [""]
    while directories:
        prefix = directories.pop()
        others = []
        try:
            with os.scandir(f"{source}/{prefix}") as entries:
                # Most file systems tell the kind with the name, without another call.
                for entry in entries:
                    if entry.is_file(follow_symlinks=False):
                        files.append(f"{prefix}{entry.name}")
                    else:
                        others.append(entry)
            for entry in others:
                path = f"{prefix}{entry.name}"
                check_path(path)
                mode = entry.stat(follow_symlinks=False).st_mode
                if not stat.S_ISDIR(mode):
                    raise _unsafe(path, mode)
                directories.append(f"{path}/")
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
