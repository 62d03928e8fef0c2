"""Fingerprints of records: salted trees over the rows of tables, in every format and size."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from _fingerprint_machine import HERE, processors, read_limit, speed_limit
from _fingerprint_measure import measure
from _fingerprint_model import Case, CaseResult, Effort, Kind, Subject, Target, Unit, Work
from _fingerprint_peers import own_time, record_peers

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from _fingerprint_data import Data
    from _fingerprint_peers import Peer

OURS = str(HERE / "_fingerprint_ours.py")
ENGINES = {"hashlib": "hashlib", "accelerated": "numba+libcrypto"}
"""As the tables call them, and as the package does."""
EXTRAS = {"labels": "--labels", "sha256 of the file": "--whole"}
"""What can be made as well, and the option of `_fingerprint_ours.py` that makes it."""

RATE_TARGETS = {"hashlib": 1e6, "accelerated": 2e6}
MEMORY_TARGET_BYTES = 1024**3
LINEAR = 1.15
"""A record of the longest table may take so many times as long as one of the shortest."""
SAMPLES = {"hashlib in a loop": 1_000_000, "pymerkle": 200_000}
MOST_RUNS = 3


def measure_records(
    data: Data,
    peers: Sequence[Peer],
    effort: Effort,
    tell: Callable[[str], None],
) -> list[CaseResult]:
    results = []
    for rows in data.sizes.rows:
        longest = rows == data.sizes.rows[-1]
        lines = data.table(rows, "jsonl")
        case = Case(f"rows-{rows}", f"{rows:,} records", Unit.RECORDS, work_of(data, rows, "jsonl"))
        subjects = ours(data, rows, extras=longest)
        notes = []
        if longest and effort.others:
            samples = {peer: Work(0, records=min(rows, count)) for peer, count in SAMPLES.items()}
            subjects += record_peers(lines, samples, peers, sys.executable)
            speed = speed_limit(case, "sha256", processors(), effort.speed_seconds)
            subjects += [read_limit(lines, 1), speed]
            shares = ", ".join(f"{peer} {work.records:,}" for peer, work in samples.items())
            notes = [
                f"The others make trees without salts, of the first lines only: {shares}.",
                "They have them in memory already. Limits are those of the file of JSON Lines.",
            ]
        result = measure(case, subjects, min(effort.runs, MOST_RUNS), tell)
        result.notes += notes
        results.append(result)
    results[-1].targets = targets(results, data.sizes.formats)
    return results


def work_of(data: Data, rows: int, form: str) -> Work:
    return Work(data.table(rows, form).stat().st_size, records=rows)


def name_of(form: str, engine: str, extra: str = "") -> str:
    return f"ours: {form}, {engine}{', ' * bool(extra)}{extra}"


def ours(data: Data, rows: int, *, extras: bool) -> list[Subject]:
    formats = data.sizes.formats
    variants = [(form, engine, "") for form in formats for engine in ENGINES]
    if extras:
        # They cost the same for any format; these two stand for text and tables.
        some = [form for form in ("jsonl", "parquet") if form in formats]
        variants += [(form, "accelerated", extra) for form in some for extra in EXTRAS]
    return [
        Subject(
            name=name_of(form, engine, extra),
            kind=Kind.OURS,
            command=(
                *(sys.executable, OURS, "records", str(data.table(rows, form))),
                *("--engine", ENGINES[engine]),
                *([EXTRAS[extra]] if extra else []),
            ),
            answer=own_time,
            work=work_of(data, rows, form),
        )
        for form, engine, extra in variants
    ]


def targets(results: Sequence[CaseResult], formats: Sequence[str]) -> list[Target]:
    shortest, longest = results[0], results[-1]
    title = longest.case.title
    found = []
    for form in formats:
        for engine in ENGINES:
            name = name_of(form, engine)
            said = f"{title}, {form}, {engine}"
            most, least = longest.find(name), shortest.find(name)
            rate = most.rate() if most else None
            found.append(Target(said, RATE_TARGETS[engine], rate, unit="/s"))
            memory = most.peak_bytes if most else None
            memory_mib = memory / 1024**2 if memory else None
            limit_mib = MEMORY_TARGET_BYTES / 1024**2
            found.append(Target(f"{said}: memory", limit_mib, memory_mib, at_most=True, unit="MiB"))
            growth = least.rate() / most.rate() if most and least else None
            if len(results) > 1:
                found.append(
                    Target(f"{said}: to {shortest.case.title}", LINEAR, growth, at_most=True)
                )
    return found
