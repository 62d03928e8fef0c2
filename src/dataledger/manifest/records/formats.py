"""Which reader reads which format. Readers of tables are imported when they are first needed."""

from collections.abc import Iterator
from functools import partial
from pathlib import PurePath

from dataledger.manifest.record_set import RecordFormat
from dataledger.manifest.records import lines
from dataledger.manifest.records.boundaries import Run
from dataledger.manifest.records.source import Batch, Block, Plan

_FORMATS = {
    ".arrow": RecordFormat.ARROW,
    ".arrows": RecordFormat.ARROW,
    ".csv": RecordFormat.CSV,
    ".feather": RecordFormat.ARROW,
    ".ipc": RecordFormat.ARROW,
    ".jsonl": RecordFormat.JSONL,
    ".ndjson": RecordFormat.JSONL,
    ".parquet": RecordFormat.PARQUET,
    ".pq": RecordFormat.PARQUET,
}


def format_of(path: str) -> RecordFormat | None:
    """Return the format that a file's name says it has, or None where it says none."""
    return _FORMATS.get(PurePath(path).suffix.lower())


def plan_file(path: str, record_format: RecordFormat, run: Run = map) -> Plan:
    """Return a file's plan. `run` calls functions side by side; this process reads no table itself.

    Raises:
        SourceUnreadable: the file cannot be read.
        SourceChanged: it became shorter meanwhile.
        RecordError: it is not of that format, or breaks its rules.
        DependencyMissing: it is a table, and pyarrow is not installed.
    """
    if record_format in (RecordFormat.JSONL, RecordFormat.CSV):
        return lines.plan_text(path, record_format, run)
    return next(iter(run(partial(_plan_table, record_format), [path])))


def _plan_table(record_format: RecordFormat, path: str) -> Plan:
    from dataledger.manifest.records.tables import plan_table

    return plan_table(path, record_format)


def read_block(plan: Plan, block: Block) -> Iterator[Batch]:
    """Yield a block's records, in batches, in their order.

    Raises:
        SourceUnreadable: the file cannot be read.
        RecordError: it does not hold what the plan says, or a record breaks a rule of the format.
        DependencyMissing: it is a table, and pyarrow is not installed.
    """
    if plan.format is RecordFormat.JSONL:
        return lines.read_block(plan, block)
    if plan.format is RecordFormat.CSV:
        from dataledger.manifest.records import csv

        return csv.read_block(plan, block)
    from dataledger.manifest.records import tables

    return tables.read_block(plan, block)


def read_part(plan: Plan, block: Block, begin: int, end: int) -> list[bytes]:
    """Return some records of a block, counted from its first; fewer if there are not so many.

    As little else is read as the format allows, and that is not checked. Raises as `read_block`.
    """
    if plan.format is RecordFormat.JSONL:
        return lines.read_part(plan, block, begin, end)
    if plan.format is RecordFormat.CSV:
        from dataledger.manifest.records import csv

        return csv.read_part(plan, block, begin, end)
    from dataledger.manifest.records import tables

    return tables.read_part(plan, block, begin, end)
