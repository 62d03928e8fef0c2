"""Hashing many files, in batches that workers can share."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Self, TypeAlias

from dataledger.hashing import Hash32
from dataledger.manifest.progress import Progress, Reporter
from dataledger.manifest.reading import hash_file
from dataledger.manifest.scan import FoundFile, Scan

BATCH_FILES = 1000
BATCH_BYTES = 32 * 1024 * 1024
"""A batch ends with the file that reaches either bound: some 20 ms of work."""


Cells: TypeAlias = "list[int] | memoryview[int]"
"""Counters; in a memory view, processes can share them."""


class Stopped(Exception):
    """Ends a worker whose caller has given up."""


@dataclass(frozen=True, slots=True)
class Work:
    """What is to be hashed, and how far it has come.

    Each counter has one cell for each batch, written by the batch's worker alone and read by the
    caller, so that neither needs a lock. `stop` has one cell: not 0 once the caller has given up.
    """

    scan: Scan
    batches: Sequence[range]
    bytes_total: int
    files_done: Cells
    bytes_done: Cells
    stop: Cells

    @classmethod
    def begin(cls, scan: Scan, batches: Sequence[range], cells: Callable[[int], Cells]) -> Self:
        """Return work of which nothing is done; `cells(n)` makes n counters that are 0."""
        return cls(
            scan=scan,
            batches=batches,
            bytes_total=sum(file.size_bytes for file in scan.files),
            files_done=cells(len(batches)),
            bytes_done=cells(len(batches)),
            stop=cells(1),
        )

    def progress(self) -> Progress:
        """Return how far all batches together have come."""
        return Progress(
            files_done=sum(self.files_done),
            files_total=len(self.scan.files),
            bytes_done=sum(self.bytes_done),
            bytes_total=self.bytes_total,
        )

    def batch_size_bytes(self, number: int) -> int:
        """Return the size of all files of one batch."""
        return sum(self.scan.files[index].size_bytes for index in self.batches[number])

    def raise_if_stopped(self) -> None:
        """Return unless the caller has given up.

        Raises:
            Stopped: it has.
        """
        if self.stop[0]:
            raise Stopped


def divide(files: Sequence[FoundFile]) -> list[range]:
    """Return the positions of the files in batches, in their order."""
    batches = []
    start = size_bytes = 0
    for end, file in enumerate(files, start=1):
        size_bytes += file.size_bytes
        if end - start == BATCH_FILES or size_bytes >= BATCH_BYTES or end == len(files):
            batches.append(range(start, end))
            start, size_bytes = end, 0
    return batches


def hash_batch(work: Work, number: int, tick: Callable[[], None]) -> list[Hash32]:
    """Return the hashes of one batch's files, and count them in `work`.

    `tick` is called often; what it raises ends the batch.
    """

    def on_bytes(size_bytes: int) -> None:
        work.bytes_done[number] += size_bytes
        tick()

    hashes = []
    for index in work.batches[number]:
        hashes.append(hash_file(work.scan.directory, work.scan.files[index], on_bytes))
        work.files_done[number] += 1
        tick()
    return hashes


def hash_here(
    scan: Scan, batches: Sequence[range], callback: Callable[[Progress], None] | None
) -> list[Hash32]:
    """Return the SHA-256 of each file of the scan, in its order, by this thread alone.

    Raises:
        SourceChanged: a file did not hold still.
        SourceUnreadable: a file cannot be read.
    """
    work = Work.begin(scan, batches, lambda count: [0] * count)
    reporter = Reporter(work.progress, callback)
    reporter.report()
    hashes = [
        value
        for number in range(len(batches))
        for value in hash_batch(work, number, reporter.report)
    ]
    reporter.finish()
    return hashes
