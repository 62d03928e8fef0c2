"""Fingerprints of files: one large, many small, some in between."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING

from _fingerprint_machine import (
    HERE,
    hash_limit,
    processors,
    read_limit,
    speed_limit,
    speed_name,
)
from _fingerprint_measure import measure
from _fingerprint_model import Case, CaseResult, Effort, Kind, Subject, Target, Unit, Work
from _fingerprint_peers import FileLists, file_peers, own_time
from _fingerprint_summary import quickest_peer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from _fingerprint_data import Data
    from _fingerprint_peers import Peer

OURS = str(HERE / "_fingerprint_ours.py")
# How many times as fast as the other, at least.
TREE_TO_LIMIT, SHA256_TO_OPENSSL, BLAKE3_TO_B3SUM = 0.9, 1.0, 0.9
SMALL_TO_BEST_PEER, SMALL_TO_SHA256SUM = 1.4, 2.5
RECHECK_SECONDS = 1.5
RECHECK = "ours: nothing changed, with cache"


def measure_files(
    data: Data, peers: Sequence[Peer], effort: Effort, tell: Callable[[str], None]
) -> list[CaseResult]:
    sizes = data.sizes
    one, many, some = (
        (data.big, f"1 file of {readable(sizes.big_bytes)}", Unit.BYTES, 1, sizes.big_bytes),
        (
            data.small,
            f"{sizes.small_files:,} files of {readable(sizes.small_bytes)}",
            Unit.FILES,
            sizes.small_files,
            sizes.small_files * sizes.small_bytes,
        ),
        (
            data.middle,
            f"{sizes.middle_files:,} files of {readable(sizes.middle_bytes)}",
            Unit.BYTES,
            sizes.middle_files,
            sizes.middle_files * sizes.middle_bytes,
        ),
    )
    results = []
    for directory, title, unit, files, size_bytes in (one, many, some):
        case = Case(directory.name, title, unit, Work(size_bytes, files))
        lists = FileLists.write(directory, data.scratch)
        subjects = ours(data, directory) + file_peers(data, lists, peers)
        subjects += limits(case, directory, effort)
        result = measure(case, subjects, effort.runs, tell)
        result.targets = targets(result, effort)
        results.append(result)
    return results


def readable(size_bytes: int) -> str:
    for unit, factor in (("GiB", 1024**3), ("MiB", 1024**2), ("KiB", 1024)):
        if size_bytes % factor == 0:
            return f"{size_bytes // factor} {unit}"
    return f"{size_bytes} bytes"


def ours(data: Data, directory: Path) -> list[Subject]:
    def subject(name: str, *arguments: str, before: Callable[[], None] | None = None) -> Subject:
        command = (sys.executable, OURS, "files", str(directory), *arguments)
        extra = {} if before is None else {"prepare": before}
        return Subject(f"ours: {name}", Kind.OURS, command, answer=own_time, **extra)

    digests = ["sha256", "sha256-tree", "blake3"]
    if directory != data.small:
        digests.append("sm3")
    subjects = [subject(digest, "--digest", digest) for digest in digests]
    program = str(HERE.parent / ".venv" / "bin" / "dataledger")
    subjects.append(
        Subject(
            "ours: sha256, by the command line",
            Kind.OURS,
            (program, "fingerprint", str(directory), "--no-cache", "--json"),
        )
    )
    if directory == data.small:
        cold, warm = data.scratch / "cache-cold", data.scratch / "cache-warm"
        subjects += [
            subject(
                "sha256, writing a new cache",
                "--cache",
                str(cold),
                before=lambda: shutil.rmtree(cold, ignore_errors=True),
            ),
            # The first round, which is not timed, fills the cache.
            subject(RECHECK.removeprefix("ours: "), "--cache", str(warm)),
        ]
    return subjects


def limits(case: Case, directory: Path, effort: Effort) -> list[Subject]:
    cores = processors()
    speeds = []
    if effort.others:
        digests = [("sha256", cores)]
        if case.work.files == 1 and cores > 1:
            digests.append(("sha256", 1))
        if case.unit is Unit.BYTES:
            digests.append(("sm3", cores))
        speeds = [speed_limit(case, *each, effort.speed_seconds) for each in digests]
    reading = [read_limit(directory, cores)]
    if case.unit is Unit.FILES:
        reading.append(hash_limit(directory, cores))
    return [*speeds, *reading]


def targets(result: CaseResult, effort: Effort) -> list[Target]:
    if not effort.others:
        return []
    name, cores = result.case.name, processors()
    found = []

    def at_least(need: float, subject: str, other: str) -> None:
        title = f"{result.case.title}: {subject.removeprefix('ours: ')} to {other}"
        found.append(Target(title, need, result.ratio(subject, other)))

    if name in ("big", "middle"):
        at_least(TREE_TO_LIMIT, "ours: sha256-tree", speed_name("sha256", cores))
    if name == "big":
        at_least(SHA256_TO_OPENSSL, "ours: sha256", "openssl dgst -sha256")
    at_least(BLAKE3_TO_B3SUM, "ours: blake3", "b3sum")
    if name == "small":
        best = quickest_peer(result)
        name_of_best = best.subject if best else "the best peer"
        at_least(SMALL_TO_BEST_PEER, "ours: sha256", name_of_best)
        at_least(SMALL_TO_SHA256SUM, "ours: sha256", f"xargs -P{cores} sha256sum")
        again = result.find(RECHECK)
        title = f"{result.case.title}: nothing changed"
        found.append(
            Target(title, RECHECK_SECONDS, again.seconds if again else None, at_most=True, unit="s")
        )
    return found
