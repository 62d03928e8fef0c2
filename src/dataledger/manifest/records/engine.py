"""From files of records to record sets: planned, and their blocks hashed side by side."""

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain, groupby
from pathlib import Path
from typing import NamedTuple, Self, TypeVar

from dataledger.errors import (
    InvalidArgument,
    RecordError,
    SourceUnreadable,
    UsageError,
    shown,
)
from dataledger.manifest.processes import may_fork, usable_processors
from dataledger.manifest.progress import Reporter
from dataledger.manifest.record_set import RecordFormat, RecordSet
from dataledger.manifest.records.accelerate import Engine, choose_engine
from dataledger.manifest.records.blocks import BlockResult, Combiner, process_block
from dataledger.manifest.records.boundaries import Run
from dataledger.manifest.records.formats import format_of, plan_file
from dataledger.manifest.records.secret import Keys
from dataledger.manifest.records.source import Block, Plan
from dataledger.manifest.records.workers import Kind, call_apart, side_by_side
from dataledger.manifest.scan import FoundFile, changed, scan

SMALL_BYTES = 16 * 1024 * 1024
"""A file below this is planned by one worker; and a run below this in all, by none."""

_MOST_TOGETHER = 16
"""Blocks that one worker is given at a time, at most: some two seconds of work."""

_LEAST_TASKS = 8
"""What a file with so many blocks is cut into, at least."""

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class RecordOptions:
    """How records are to be hashed."""

    keys: Keys
    labels: bool = False
    """Whether to make the label tree, which can show later that a record is absent."""
    keep_in: Path | None = None
    """The folder to keep trees in, so that proofs are quick: one file for each, named by its root;
    see `tree_name` and `labels_name`."""
    engine: Engine | None = None
    """What hashes; by default, the fastest that is installed and worth starting."""

    def are_met_by(self, records: RecordSet) -> bool:
        """Tell whether an earlier result is all that hashing the same file again would give."""
        if records.secret_id != self.keys.secret_id or bool(records.labels) != self.labels:
            return False
        if self.keep_in is None:
            return True
        from dataledger.manifest.records.labels import labels_name
        from dataledger.manifest.records.tree import tree_name

        names = [tree_name(records.record_root)]
        if records.labels is not None:
            names.append(labels_name(records.labels.label_root))
        return all((self.keep_in / name).exists() for name in names)


@dataclass(frozen=True, slots=True)
class RecordProgress:
    """Records hashed so far, and in all. While files are being planned, none is known of yet."""

    records_done: int
    records_total: int


def read_records(
    path: str | os.PathLike[str],
    options: RecordOptions,
    *,
    workers: int | None = None,
    progress: Callable[[RecordProgress], None] | None = None,
) -> RecordSet | None:
    """Return the record set of a file, or None if its name is that of no format of records.

    Args:
        path: a CSV, JSON Lines, Parquet or Arrow IPC file, by the end of its name.
        options: the keys that salt the leaves, and what else to make.
        workers: how many to work side by side; by default, one for each usable processor.
        progress: called in the calling thread, at most some 20 times a second, at first with
            nothing done and at last with everything. What it raises ends the run.

    Raises:
        SourceNotFound: there is nothing at `path`.
        SourceUnreadable: the file cannot be read, or a worker process was killed.
        SourceChanged: it was written or replaced during the run.
        UnsafeFile: it is a symbolic link, FIFO, socket or device.
        RecordError: it breaks the rules of its format, or has a record that is too long.
        InvalidPath: the file's name breaks the path rules.
        InvalidArgument: `path` is a directory, or `workers` is less than 1.
        DependencyMissing: it is a table, and pyarrow is not installed; or `options` ask for an
            engine that is not there.
    """
    source = os.fspath(path)
    record_format = format_of(source)
    if record_format is None:
        return None
    return read_record_files([source], options, workers=workers, progress=progress)[0]


def read_record_files(
    paths: Sequence[str],
    options: RecordOptions,
    *,
    workers: int | None = None,
    run: Run | None = None,
    progress: Callable[[RecordProgress], None] | None = None,
) -> list[RecordSet]:
    """Return the record sets of several files, each of a format of records, in their order.

    Small files are worked on side by side, and so are the blocks of large ones. Arguments and
    errors are those of `read_records`; `run`, if given, does all the work in the place of workers.

    Raises:
        InvalidArgument: also, a file's name says no format.
    """
    count = usable_processors() if workers is None else workers
    if count < 1:
        raise InvalidArgument(
            f"{workers} workers cannot hash anything.", remedy="Use 1 worker or more."
        )
    sources = [_Source.find(path) for path in paths]
    if run is not None:
        return _read_by(run, sources, options, progress, most_together=1)
    size_bytes = sum(source.found.size_bytes for source in sources)
    engine = choose_engine(options.engine, size_bytes)
    options = replace(options, engine=engine)
    if count == 1 or size_bytes < SMALL_BYTES:
        return _read(Kind.HERE, sources, options, 1, progress=progress)
    if engine is Engine.ACCELERATED or not sys.executable:
        return _read(Kind.THREADS, sources, options, count, progress=progress)
    if may_fork():
        return _read(Kind.PROCESSES, sources, options, count, progress=progress)
    return call_apart(_read, Kind.PROCESSES, sources, options, count, progress=progress)


class _Source(NamedTuple):
    """A file of records, as it stood before it was read."""

    path: str
    format: RecordFormat
    found: FoundFile

    @classmethod
    def find(cls, path: str) -> Self:
        record_format = format_of(path)
        if record_format is None or Path(path).is_dir():
            raise InvalidArgument(
                f"{shown(path)} is no file of records.",
                remedy=f"Name a file whose format is one of: {', '.join(RecordFormat)}.",
            )
        return cls(path, record_format, scan(path).files[0])

    def require_unchanged(self) -> None:
        """Return only if the file stands as it did.

        Raises:
            SourceChanged: it does not.
        """
        with suppress(UsageError):
            if scan(self.path).files[0] == self.found:
                return
        raise changed(self.path, "was written or replaced while it was being read")


def _read(
    kind: Kind,
    sources: Sequence[_Source],
    options: RecordOptions,
    workers: int,
    *,
    progress: Callable[[RecordProgress], None] | None,
) -> list[RecordSet]:
    with side_by_side(kind, workers) as run:
        return _read_by(run, sources, options, progress, most_together=_MOST_TOGETHER)


def _read_by(
    run: Run,
    sources: Sequence[_Source],
    options: RecordOptions,
    progress: Callable[[RecordProgress], None] | None,
    *,
    most_together: int,
) -> list[RecordSet]:
    done = total = 0
    reporter = Reporter(lambda: RecordProgress(done, total), progress)
    record_sets = []
    reporter.report()
    try:
        plans = _plan_all(run, sources, reporter.report)
        total = sum(plan.record_count for plan in plans)
        tasks = _tasks(plans, most_together)
        results = chain.from_iterable(run(partial(_process_task, options), tasks))
        for source, plan in zip(sources, plans, strict=True):
            combiner = Combiner(
                plan,
                options.keys.secret_id,
                labels=options.labels,
                keep_in=options.keep_in,
                engine=options.engine,
            )
            for _ in plan.blocks:
                result = next(results)
                combiner.add(result)
                done += result.record_count
                reporter.report()
            source.require_unchanged()
            record_sets.append(combiner.finish())
    except (RecordError, SourceUnreadable):
        for source in sources:
            source.require_unchanged()  # a file that is being written may look broken
        raise
    reporter.finish()
    return record_sets


def _plan_all(run: Run, sources: Sequence[_Source], tick: Callable[[], None]) -> list[Plan]:
    """Return the files' plans: small files side by side, and then each large one by all workers."""

    def ticking(function: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
        for result in run(function, items):
            tick()
            yield result

    small = [source for source in sources if source.found.size_bytes < SMALL_BYTES]
    plans = dict(zip(small, ticking(_plan_alone, small), strict=True))
    for source in sources:
        if source not in plans:
            plans[source] = plan_file(source.path, source.format, ticking)
    return [plans[source] for source in sources]


def _plan_alone(source: _Source) -> Plan:
    return plan_file(source.path, source.format, map)


def _tasks(plans: Sequence[Plan], most_together: int) -> Iterator[tuple[Plan, Sequence[Block]]]:
    """Yield neighbouring blocks of a file for one worker to read, which then decodes little twice.

    Of a file's blocks, one task has no more than a small share, so that all workers end at about
    one time.
    """
    for plan in plans:
        shared = plan._replace(blocks=())  # a worker needs those of its task only
        most = 1
        if plan.format in (RecordFormat.PARQUET, RecordFormat.ARROW):
            most = min(most_together, 1 + len(plan.blocks) // _LEAST_TASKS)
        task: tuple[Block, ...] = ()
        for _, part in groupby(plan.blocks, lambda block: block.locator[0]):
            blocks = tuple(part)
            # A task that begins where a part of the file does has little to pass over.
            if task and len(task) + len(blocks) > most:
                yield shared, task
                task = ()
            task += blocks
            while len(task) >= most:
                yield shared, task[:most]
                task = task[most:]
        if task:
            yield shared, task


def _process_task(options: RecordOptions, task: tuple[Plan, Sequence[Block]]) -> list[BlockResult]:
    plan, blocks = task
    return [
        process_block(plan, block, options.keys, labels=options.labels, engine=options.engine)
        for block in blocks
    ]
