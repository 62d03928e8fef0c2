"""Files that commands write where the user says: as a whole, or not at all."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from dataledger.errors import (
    InvalidPath,
    OutputExists,
    OutputUnwritable,
    SourceNotFound,
    SourceUnreadable,
    shown,
)
from dataledger.writing import whole_file


def write_output(path: Path, data: bytes, *, replace: bool = False, mode: int = 0o666) -> Path:
    """Write `data` to `path`, flushed to the disk; by default with the mode of any new file.

    Raises:
        OutputExists: `path` is there, and `replace` is false; it was left as it is.
        OutputUnwritable: its directory is missing or may not be written to, or the disk is full.
    """
    with output_file(path, replace=replace, mode=mode) as file:
        file.write(data)
    return path


@contextmanager
def output_file(path: Path, *, replace: bool = False, mode: int = 0o666) -> Iterator[BinaryIO]:
    """Offer a file that takes its place at `path` once the block has ended well.

    Raises:
        OutputExists, OutputUnwritable: as `write_output` does.
    """
    try:
        with whole_file(path, mode=mode, replace=replace) as file:
            yield file
    except FileExistsError:
        raise _exists(path) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise OutputUnwritable(
            f"The file {shown(str(path))} cannot be written: {reason}.",
            remedy="Name a file in a directory that you may write to.",
        ) from error


def refuse_output_within(source: Path | str, path: Path, *, replace: bool) -> None:
    """Return only if `path` can take what is computed from `source`, before that takes hours.

    Raises:
        InvalidPath: `path` lies within the data, and would become part of it.
        OutputExists: `path` is there, and `replace` is false.
    """
    if isinstance(source, Path) and path.resolve().is_relative_to(source.resolve()):
        raise InvalidPath(
            f"The file {shown(str(path))} would become part of the data at {shown(str(source))}.",
            remedy="Write it somewhere else.",
        )
    refuse_output_over(path, replace=replace)


def refuse_output_over(path: Path, *, replace: bool) -> None:
    """Return only if nothing stands at `path`, or it is to be replaced.

    Raises:
        OutputExists: `path` is there, and `replace` is false.
    """
    if not replace and path.exists():
        raise _exists(path)


def read_input(path: Path, *, noun: str, max_bytes: int) -> bytes:
    """Return the content of a file; of one larger than `max_bytes`, one byte more than that.

    Raises:
        SourceNotFound: there is no such file.
        SourceUnreadable: it cannot be read, or is no regular file.
    """
    try:
        # Opening a FIFO would wait for its writer.
        if path.exists() and not path.is_file():
            raise SourceUnreadable(
                f"The {noun} {shown(str(path))} is no regular file.", remedy="Name a file."
            )
        with path.open("rb") as file:
            return file.read(max_bytes + 1)
    except FileNotFoundError:
        raise SourceNotFound(
            f"There is no {noun} {shown(str(path))}.", remedy="Check the path."
        ) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise SourceUnreadable(
            f"The {noun} {shown(str(path))} cannot be read: {reason}.",
            remedy="Name a file that you may read.",
        ) from error


def _exists(path: Path) -> OutputExists:
    return OutputExists(
        f"There is a file {shown(str(path))} already.",
        remedy="Choose another name, or pass --force to replace it.",
    )
