"""Data to be measured on: the same bytes every time, made for the occasion and removed again."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

HERE = Path(__file__).resolve().parent
MARK = "made-by-benchmark.json"
"""In the directory of the data: what they are, so that nobody else's are taken or removed."""
KIBI, MEBI, GIBI = 1024, 1024**2, 1024**3
FILES_A_DIRECTORY = 1000
BLOCK_BYTES = 4096
FORMATS = ("jsonl", "csv", "parquet", "arrow")
_BYTES_A_ROW = 320
"""In all formats together."""


@dataclass(frozen=True)
class Sizes:
    """How much of everything there is."""

    big_bytes: int
    small_files: int
    small_bytes: int
    middle_files: int
    middle_bytes: int
    rows: tuple[int, ...]
    """Of each table, in growing order."""
    formats: tuple[str, ...] = FORMATS
    """Of the tables that are read; all are made."""

    @property
    def total_bytes(self) -> int:
        """About what all of it takes on the disk."""
        small = -(-self.small_bytes // BLOCK_BYTES) * BLOCK_BYTES
        files = self.small_files * small + self.middle_files * self.middle_bytes
        return self.big_bytes + files + sum(self.rows) * _BYTES_A_ROW


FULL = Sizes(2 * GIBI, 100_000, 10 * KIBI, 2000, MEBI, (1_000_000, 3_000_000, 10_000_000))
QUICK = Sizes(64 * MEBI, 5000, 10 * KIBI, 100, MEBI, (100_000, 200_000))
TINY = Sizes(3 * MEBI, 20, 10 * KIBI, 2, MEBI, (700,), ("csv", "parquet"))


@dataclass(frozen=True)
class Data:
    """Where everything lies."""

    root: Path
    sizes: Sizes

    @property
    def files(self) -> Path:
        """The directories of files."""
        return self.root / "files"

    @property
    def big(self) -> Path:
        """A directory with one large file."""
        return self.files / "big"

    @property
    def middle(self) -> Path:
        """A directory with files of a middle size."""
        return self.files / "middle"

    @property
    def small(self) -> Path:
        """A directory with many small files, in directories."""
        return self.files / "small"

    @property
    def scratch(self) -> Path:
        """Where those who are measured may write."""
        return self.root / "scratch"

    def table(self, rows: int, form: str) -> Path:
        """The table with that many rows, in that format."""
        return self.root / "records" / f"rows-{rows}.{form}"


@contextmanager
def made_data(
    root: Path, sizes: Sizes, parts: Sequence[str], *, keep: bool, tell: Callable[[str], None]
) -> Iterator[Data]:
    """Data at `root`, until the block ends, or for longer with `keep`."""
    data = Data(root, sizes)
    wanted = json.dumps({"sizes": asdict(sizes), "parts": sorted(parts)})
    mark = root / MARK
    if mark.exists() and mark.read_text("utf-8") == wanted:
        tell(f"Using the data that were kept in {root}.")
    else:
        _make_room(root, sizes.total_bytes)
        mark.write_text("unfinished", "utf-8")
    try:
        if mark.read_text("utf-8") != wanted:
            tell(f"Writing up to {sizes.total_bytes / 1e9:.1f} GB of data to {root}.")
            _make(data, parts)
            mark.write_text(wanted, "utf-8")
            # What is still to be written to the disk would slow down what is measured.
            os.sync()
        data.scratch.mkdir(exist_ok=True)
        yield data
    finally:
        shutil.rmtree(data.scratch, ignore_errors=True)
        if not keep:
            tell(f"Removing the data from {root}.")
            shutil.rmtree(root, ignore_errors=True)


def _make_room(root: Path, needed_bytes: int) -> None:
    if root.exists() and any(root.iterdir()):
        if not (root / MARK).exists():
            raise SystemExit(f"{root} holds something else. Name another directory with --data.")
        shutil.rmtree(root)
    root.mkdir(parents=True, exist_ok=True)
    free_bytes = shutil.disk_usage(root).free
    if free_bytes < needed_bytes * 1.1:
        raise SystemExit(
            f"The data take {needed_bytes / 1e9:.1f} GB, and {root} has {free_bytes / 1e9:.1f} GB "
            f"free. Name a directory on another disk with --data, or use --quick."
        )


def _make(data: Data, parts: Sequence[str]) -> None:
    if "files" in parts:
        _make_files(data)
    if "records" in parts or "proofs" in parts:
        # By a process of its own: pyarrow and numpy start threads and take memory.
        rows = [str(count) for count in data.sizes.rows]
        target = data.table(0, "jsonl").parent
        target.mkdir()
        program = str(HERE / "_fingerprint_rows.py")
        subprocess.run([sys.executable, program, str(target), *rows], check=True)


def _make_files(data: Data) -> None:
    # Of numpy, for it is fast; it is loaded by this process alone, which hashes nothing.
    import numpy as np

    sizes = data.sizes
    random = np.random.default_rng(1)
    for directory in (data.big, data.middle):
        directory.mkdir(parents=True)
    with (data.big / "big.bin").open("xb") as big:
        for begin in range(0, sizes.big_bytes, 16 * MEBI):
            big.write(random.bytes(min(16 * MEBI, sizes.big_bytes - begin)))
    for number in range(sizes.middle_files):
        (data.middle / f"{number:06}.bin").write_bytes(random.bytes(sizes.middle_bytes))
    for number in range(sizes.small_files):
        directory = data.small / f"{number // FILES_A_DIRECTORY:03}"
        if number % FILES_A_DIRECTORY == 0:
            directory.mkdir(parents=True)
        (directory / f"{number:06}.bin").write_bytes(random.bytes(sizes.small_bytes))
