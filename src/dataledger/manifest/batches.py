"""What is known of a dataset's files, and the tasks that find it out, batch by batch."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol, TypeAlias

from dataledger.hashing import Algorithm, Hash32, root
from dataledger.hashing.digest import HASH_BYTES
from dataledger.manifest.content import SMALL_BYTES
from dataledger.manifest.identity import (
    GONE,
    IDENTITY,
    IDENTITY_BYTES,
    Identities,
    sizes_of,
)
from dataledger.manifest.parts import PART_FILES, Part, join_parts, part_of_columns
from dataledger.manifest.pool import Pool, Task
from dataledger.manifest.reading import (
    Batch,
    Tick,
    hash_large,
    hash_range,
    hash_small,
    join_paths,
    look,
)
from dataledger.manifest.record_set import RecordSet
from dataledger.manifest.scan import Listing, changed, list_files

LEAST_BATCH_FILES = 128
MOST_BATCH_FILES = 1024
"""Some 20 ms of work."""
BATCHES_PER_WORKER = 4
"""So that the workers end at nearly the same time."""

LARGE_BATCH_BYTES = 16 * 1024 * 1024
RANGE_BYTES = 64 * 1024 * 1024
"""A whole subtree of chunks: a power of two of them."""
THREADS_BYTES = 16 * 1024 * 1024
"""From this size on, a single file keeps several threads busy."""

Positions: TypeAlias = Sequence[int]


class Notes(Protocol):
    """Is told what is finished, and knows what an earlier run has finished."""

    def finished(self, files: "Files", positions: Positions) -> None:
        """Note that these files' hashes are known."""

    def finished_range(self, files: "Files", position: int, start: int, root: bytes) -> None:
        """Note the root of the range of a file that starts there."""

    def ranges_of(self, files: "Files", position: int) -> Mapping[int, bytes]:
        """Return the roots of ranges of a file that are known already, by their start."""


class NoNotes:
    """Forgets all it is told."""

    def finished(self, files: "Files", positions: Positions) -> None:
        """Forget it."""

    def finished_range(self, files: "Files", position: int, start: int, root: bytes) -> None:
        """Forget it."""

    def ranges_of(self, *_: object) -> Mapping[int, bytes]:
        """Return none."""
        return {}


class Files:
    """The files of one scan: their identities, and a column of hashes for each algorithm.

    Both are zeros where they are not known yet.
    """

    def __init__(self, found: Listing, algorithms: Sequence[Algorithm]) -> None:
        self.directory = found.directory
        self.paths = found.paths
        self.algorithms = tuple(algorithms)
        self.identities = bytearray(len(found.paths) * IDENTITY_BYTES)
        self.columns = [bytearray(len(found.paths) * HASH_BYTES) for _ in algorithms]

    def identity(self, position: int) -> bytes:
        """Return one file's identity."""
        return bytes(self.identities[position * IDENTITY_BYTES : (position + 1) * IDENTITY_BYTES])

    def size_bytes(self, position: int) -> int:
        """Return one file's size."""
        return int(IDENTITY.unpack_from(self.identities, position * IDENTITY_BYTES)[0])

    def hashes(self, position: int) -> list[bytes]:
        """Return one file's hash by each algorithm."""
        start = position * HASH_BYTES
        return [bytes(column[start : start + HASH_BYTES]) for column in self.columns]

    def batch(self, positions: Positions, *, looked: bool) -> Batch:
        """Return a batch of these files; with their identities, if they were looked at."""
        identities = self.identities_of(positions) if looked else None
        return Batch(self.directory, self.joined(positions), identities)

    def joined(self, positions: Positions) -> str:
        """Return the paths of these files as one text."""
        if isinstance(positions, range):
            return join_paths(self.paths[positions.start : positions.stop])
        return join_paths([self.paths[position] for position in positions])

    def put_identities(self, positions: Positions, identities: Identities) -> None:
        """Note the files' identities."""
        _put(self.identities, positions, identities, IDENTITY_BYTES)

    def identities_of(self, positions: Positions) -> Identities:
        """Return the files' identities."""
        return _get(self.identities, positions, IDENTITY_BYTES)

    def put_hashes(self, positions: Positions, columns: Sequence[bytes]) -> None:
        """Note the files' hashes, one column for each algorithm."""
        for column, values in zip(self.columns, columns, strict=True):
            _put(column, positions, values, HASH_BYTES)

    def columns_of(self, positions: Positions) -> list[bytes]:
        """Return the files' hashes, one column for each algorithm."""
        return [_get(column, positions, HASH_BYTES) for column in self.columns]


def _put(target: bytearray, positions: Positions, values: Identities, width: int) -> None:
    if isinstance(positions, range):
        target[positions.start * width : positions.stop * width] = values
        return
    for index, position in enumerate(positions):
        target[position * width : (position + 1) * width] = values[
            index * width : (index + 1) * width
        ]


def _get(source: bytearray, positions: Positions, width: int) -> bytes:
    if isinstance(positions, range):
        return bytes(source[positions.start * width : positions.stop * width])
    return b"".join(source[position * width : (position + 1) * width] for position in positions)


def parts_of(file_count: int) -> list[range]:
    """Return the positions of the files of each part of the manifest."""
    return [
        range(start, min(start + PART_FILES, file_count))
        for start in range(0, file_count, PART_FILES)
    ]


def divide(positions: Positions, workers: int) -> list[Positions]:
    """Return the positions in batches for so many workers, in their order."""
    size = len(positions) // (workers * BATCHES_PER_WORKER)
    # A power of two: the parts of the manifest that batches make join to whole ones.
    size = max(LEAST_BATCH_FILES, min(MOST_BATCH_FILES, 1 << max(size, 1).bit_length() - 1))
    return [positions[start : start + size] for start in range(0, len(positions), size)]


# ----------------------------------------------------------------------------------- looking


def look_at_all(files: Files, pool: Pool) -> None:
    """Note each file's identity.

    Raises:
        SourceChanged: a file is gone, or no regular file any more.
        SourceUnreadable: a directory cannot be searched.
    """
    batches = divide(range(len(files.paths)), pool.workers)
    tasks = [Task(look, (files.batch(batch, looked=False),)) for batch in batches]
    for number, identities in pool.run(tasks):
        batch = batches[number]
        files.put_identities(batch, identities)
        if GONE not in identities:
            continue
        for position in batch:
            if files.identity(position) == GONE:
                path = files.paths[position]
                raise changed(path, "was removed or replaced after it was listed")


def _unequal(positions: Positions, one: Identities, other: Identities) -> list[int]:
    """Return the positions whose identities differ."""
    if one == other:
        return []
    width = IDENTITY_BYTES
    return [
        position
        for index, position in enumerate(positions)
        if one[index * width : (index + 1) * width] != other[index * width : (index + 1) * width]
    ]


# ----------------------------------------------------------------------------------- hashing


def hash_files(
    files: Files,
    positions: Positions,
    pool: Pool,
    notes: Notes,
    *,
    looked: bool,
    make_parts: bool = False,
) -> dict[int, Part]:
    """Note the hashes and identities of the files at these positions.

    `looked` says that the identities are known: a file must still have its own. `make_parts` asks
    for parts of the manifest; those that come without another round are returned, by their number.

    Raises:
        SourceChanged: a file did not hold still.
        SourceUnreadable: a file cannot be read, or a worker process was killed.
    """
    batches = divide(positions, pool.workers)
    make_parts = make_parts and positions == range(len(files.paths))
    tasks = [
        Task(
            hash_small,
            (files.batch(batch, looked=looked)._replace(make_part=make_parts), files.algorithms),
        )
        for batch in batches
    ]
    pieces: dict[int, Part] = {}
    large: list[int] = []
    for number, (identities, columns, piece) in pool.run(tasks):
        batch = batches[number]
        files.put_identities(batch, identities)
        files.put_hashes(batch, columns)
        if piece is not None:
            pieces[batch[0]] = piece
        sizes = sizes_of(identities)
        if max(sizes, default=0) <= SMALL_BYTES:
            notes.finished(files, batch)
            continue
        pairs = list(zip(batch, sizes, strict=True))
        large += [position for position, size in pairs if size > SMALL_BYTES]
        notes.finished(files, [position for position, size in pairs if size <= SMALL_BYTES])
    in_ranges: list[int] = []
    if files.algorithms == (Algorithm.SHA256_TREE,):
        in_ranges = [each for each in large if files.size_bytes(each) > RANGE_BYTES]
    _hash_whole(files, sorted(set(large).difference(in_ranges)), pool, notes)
    _hash_in_ranges(files, in_ranges, pool, notes)
    return _whole_parts(pieces, len(files.paths))


def _whole_parts(pieces: Mapping[int, Part], file_count: int) -> dict[int, Part]:
    """Return those parts of which all pieces are there; each is given by its first position."""
    found: dict[int, list[Part]] = {}
    for start, piece in sorted(pieces.items()):
        found.setdefault(start // PART_FILES, []).append(piece)
    parts = {number: join_parts(each) for number, each in found.items()}
    sizes = [len(positions) for positions in parts_of(file_count)]
    return {number: part for number, part in parts.items() if part.file_count == sizes[number]}


def _hash_whole(files: Files, positions: list[int], pool: Pool, notes: Notes) -> None:
    batches = list(_by_bytes(files, positions))
    # Where each worker has a batch of its own, more threads only stand in each other's way.
    threads = pool.workers if len(batches) < pool.workers else 1
    tasks = []
    for batch in batches:
        size_bytes = sum(map(files.size_bytes, batch))
        arguments = (
            files.batch(batch, looked=True),
            files.algorithms,
            threads if size_bytes >= THREADS_BYTES else 1,
        )
        tasks.append(Task(hash_large, arguments, size_bytes))
    # Only a process of its own maps files, which is worth starting one for.
    apart = any(task.size_bytes >= THREADS_BYTES for task in tasks)
    for number, columns in pool.run(tasks, apart=apart):
        files.put_hashes(batches[number], columns)
        notes.finished(files, batches[number])


def _hash_in_ranges(files: Files, positions: list[int], pool: Pool, notes: Notes) -> None:
    roots = {position: dict(notes.ranges_of(files, position)) for position in positions}
    missing = []
    for position in positions:
        for extent in _extents(files.size_bytes(position)):
            if extent.start in roots[position]:
                pool.count(0, len(extent))
            else:
                missing.append((position, extent))
    tasks = [
        Task(hash_range, (files.batch([position], looked=True), extent), len(extent))
        for position, extent in missing
    ]
    for number, value in pool.run(tasks):
        position, extent = missing[number]
        roots[position][extent.start] = value
        notes.finished_range(files, position, extent.start, value)
    for position in positions:
        in_order = [Hash32(value) for _, value in sorted(roots[position].items())]
        files.put_hashes([position], [root(in_order)])
        pool.count(1, 0)
        notes.finished(files, [position])


def _by_bytes(files: Files, positions: list[int]) -> Iterator[list[int]]:
    batch: list[int] = []
    size_bytes = 0
    for position in positions:
        batch.append(position)
        size_bytes += files.size_bytes(position)
        if size_bytes >= LARGE_BATCH_BYTES:
            yield batch
            batch, size_bytes = [], 0
    if batch:
        yield batch


def _extents(size_bytes: int) -> Iterator[range]:
    for start in range(0, size_bytes, RANGE_BYTES):
        yield range(start, min(start + RANGE_BYTES, size_bytes))


# --------------------------------------------------------------------------------- finishing


def finish(
    batch: Batch,
    algorithms: Sequence[Algorithm],
    columns: Sequence[bytes],
    records: Mapping[str, RecordSet],
    tick: Tick,
) -> tuple[Identities, Part]:
    """Return the identities that the files have now, and their part of the manifest."""
    sizes = sizes_of(batch.identities or b"")
    part = part_of_columns(batch.paths, sizes, algorithms, columns, records)
    return look(batch, tick), part


def list_again(source: str, tick: Tick) -> str:
    """Return the paths of all files that are there now, joined."""
    joined = join_paths(list_files(source).paths)
    tick(0, 0)
    return joined


class Ending(NamedTuple):
    """What there is at the end of a run."""

    parts: list[Part]
    """The manifest's."""
    moved: list[int]
    """The positions of files that have changed since they were read."""
    joined: str
    """The paths of all files that are there now."""


def finish_all(
    files: Files,
    source: str,
    pool: Pool,
    kept: Mapping[int, Part],
    records: Mapping[str, RecordSet],
) -> Ending:
    """Make the manifest's parts, and look at all files again.

    Parts that are `kept`, by their number, stay as they are; their files are looked at, too.

    Raises:
        SourceUnreadable: a directory cannot be searched.
        DataLedgerError: as `list_files`.
    """
    numbers = parts_of(len(files.paths))
    tasks = [
        Task(look, (files.batch(positions, looked=False),))
        if number in kept
        else Task(
            finish,
            (
                files.batch(positions, looked=True),
                files.algorithms,
                files.columns_of(positions),
                _of(files, positions, records),
            ),
        )
        for number, positions in enumerate(numbers)
    ]
    tasks.append(Task(list_again, (source,), size_bytes=1))  # the longest task, so the first
    parts = dict(kept)
    moved = []
    joined = ""
    for number, result in pool.run(tasks):
        if number == len(numbers):
            joined = result
            continue
        now = result
        if number not in kept:
            now, parts[number] = result
        moved += _unequal(numbers[number], now, files.identities_of(numbers[number]))
    return Ending([parts[number] for number in range(len(numbers))], sorted(moved), joined)


def _of(files: Files, positions: range, records: Mapping[str, RecordSet]) -> dict[str, RecordSet]:
    paths = files.paths[positions.start : positions.stop]
    return {path: records[path] for path in paths if path in records}
