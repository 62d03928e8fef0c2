"""Reading and hashing the files of a store: several at once, and ahead inside each."""

import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, Executor, Future, ThreadPoolExecutor, wait

from dataledger.errors import shown
from dataledger.hashing import Algorithm, Digest
from dataledger.manifest.hashers import begin, digests_of
from dataledger.manifest.locations.failures import ask, changed
from dataledger.manifest.locations.store import Place, RemoteFile
from dataledger.manifest.progress import INTERVAL_SECONDS, Progress, Reporter

RANGE_BYTES = 4 * 1024 * 1024
READ_AHEAD = 4
"""Ranges of one file in flight, or waiting to be hashed."""
WORKERS = 8
"""Files at once, by default: a store answers many requests as fast as one.

With `READ_AHEAD` ranges of `RANGE_BYTES` for each of them, at most 128 MiB are held.
"""


class _Stopped(Exception):
    """Ends a thread whose caller has given up."""


class _Run:
    """One run over a place, whose threads take one file after another until none is left."""

    def __init__(
        self, place: Place, files: Sequence[RemoteFile], algorithms: Sequence[Algorithm]
    ) -> None:
        self._place = place
        self._files = files
        self._algorithms = algorithms
        self._lock = threading.Lock()
        # Large files first, or the largest might be left to one thread at last.
        self._left = iter(sorted(range(len(files)), key=lambda n: -files[n].size_bytes))
        self.digests: dict[int, list[Digest]] = {}
        """By the file's position, once it is read."""
        self._bytes_done = 0
        self._bytes_total = sum(file.size_bytes for file in files)
        self.stop = threading.Event()
        """Tells the threads that nobody waits for them any more."""

    def progress(self) -> Progress:
        """Return how far all threads together have come."""
        return Progress(len(self.digests), len(self._files), self._bytes_done, self._bytes_total)

    def work(self, ranges: Executor) -> None:
        """Hash files until none is left."""
        while (number := self._next()) is not None:
            self.digests[number] = self._hash_file(self._files[number], ranges)

    def _next(self) -> int | None:
        with self._lock:
            return next(self._left, None)

    def _hash_file(self, file: RemoteFile, ranges: Executor) -> list[Digest]:
        hashers = begin(self._algorithms)
        reads = self._ranges(file, ranges) if self._place.reads_ranges else self._stream(file)
        for piece in reads:
            for hasher in hashers:
                hasher.update(piece)
            with self._lock:
                self._bytes_done += len(piece)
            self._raise_if_stopped()
        return digests_of(self._algorithms, hashers)

    def _raise_if_stopped(self) -> None:
        if self.stop.is_set():
            raise _Stopped

    def _ranges(self, file: RemoteFile, executor: Executor) -> Iterator[bytes]:
        starts = range(0, file.size_bytes, RANGE_BYTES)
        if len(starts) <= 1:
            yield from (self._read_range(file, start) for start in starts)
            return
        ahead: deque[Future[bytes]] = deque()
        try:
            for start in starts:
                ahead.append(executor.submit(self._read_range, file, start))
                if len(ahead) == READ_AHEAD:
                    yield ahead.popleft().result()
            while ahead:
                yield ahead.popleft().result()
        finally:
            for future in ahead:
                future.cancel()

    def _read_range(self, file: RemoteFile, start: int) -> bytes:
        self._raise_if_stopped()
        end = min(start + RANGE_BYTES, file.size_bytes)
        fs = self._place.fs
        data: bytes = ask(
            self._shown(file), lambda: fs.cat_file(file.name, start=start, end=end), listed=True
        )
        if len(data) != end - start:
            raise changed(self._shown(file), "was written while it was being read")
        return data

    def _stream(self, file: RemoteFile) -> Iterator[bytes]:
        place, fs = self._shown(file), self._place.fs
        # A block size of 0 is how fsspec's HTTP is told to read on, without ranges.
        block = {"block_size": 0} if self._place.is_http else {}
        opened = ask(place, lambda: fs.open(file.name, "rb", **block), listed=True)
        # One byte more than expected: a file that grows is noticed, and one that grows for ever
        # ends.
        bytes_left = file.size_bytes + 1
        try:
            while data := ask(
                place,
                lambda: opened.read(min(RANGE_BYTES, bytes_left)),  # noqa: B023 - called at once
                listed=True,
            ):
                bytes_left -= len(data)
                yield data
                if bytes_left <= 0:
                    break
        finally:
            ask(place, opened.close)
        if bytes_left != 1:
            raise changed(self._shown(file), "was written while it was being read")

    def _shown(self, file: RemoteFile) -> str:
        return f"{shown(file.path)} in {self._place.shown}"


def hash_files(
    place: Place,
    files: Sequence[RemoteFile],
    algorithms: Sequence[Algorithm],
    *,
    workers: int,
    callback: Callable[[Progress], None] | None,
) -> list[list[Digest]]:
    """Return the digests of each file, in their order. `callback` runs in this thread.

    However it ends, by Ctrl-C or by an error, no thread is left behind.

    Raises:
        SourceChanged: a file did not hold still.
        SourceUnreadable: a file cannot be read.
    """
    run = _Run(place, files, algorithms)
    reporter = Reporter(run.progress, callback)
    workers = min(workers, len(files)) if place.reads_ranges else 1
    executor = ThreadPoolExecutor(workers)
    ranges = ThreadPoolExecutor(workers * READ_AHEAD)
    reporter.report()
    try:
        pending = {executor.submit(run.work, ranges) for _ in range(workers)}
        while pending:
            reporter.report()
            done, pending = wait(pending, INTERVAL_SECONDS, FIRST_EXCEPTION)
            for future in done:
                future.result()
    finally:
        run.stop.set()
        for pool in (executor, ranges):
            pool.shutdown(cancel_futures=True)
    reporter.finish()
    return [run.digests[number] for number in range(len(files))]
