"""The machine that measures, and the limits that it sets."""

from __future__ import annotations

import os
import platform
import ssl
import subprocess
import sys
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from _fingerprint_model import Answer, Kind, Subject

if TYPE_CHECKING:
    from _fingerprint_model import Case

SPEED_BLOCK_BYTES = 16_384
"""The largest block of `openssl speed` when it is asked for none."""
HERE = Path(__file__).resolve().parent


def processors() -> int:
    return len(os.sched_getaffinity(0))


def describe() -> dict[str, Any]:
    """What the figures depend on."""
    total_kb = next(
        int(line.split()[1])
        for line in Path("/proc/meminfo").read_text("utf-8").splitlines()
        if line.startswith("MemTotal:")
    )
    return {
        "processor": processor_model(),
        "processors": processors(),
        "memory": f"{total_kb / 1024**2:.1f} GiB",
        "system": f"{platform.system()} {platform.release()}",
        "Python": platform.python_version(),
        "Python's OpenSSL": ssl.OPENSSL_VERSION,
        "openssl": output_of("openssl", "version"),
        "load at start": round(os.getloadavg()[0], 2),
        "measured at": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
    }


def processor_model() -> str:
    for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def output_of(*command: str) -> str:
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60)
    return done.stdout.strip()


def speed_name(digest: str, cores: int) -> str:
    return f"openssl speed {digest} x {cores}"


def speed_limit(case: Case, digest: str, cores: int, seconds: int) -> Subject:
    """What that many cores could hash if nothing had to be read and nothing ever waited."""
    command = ("openssl", "speed", "-mr", "-seconds", str(seconds))
    return Subject(
        name=speed_name(digest, cores),
        kind=Kind.LIMIT,
        command=(*command, "-bytes", str(SPEED_BLOCK_BYTES), "-evp", digest),
        answer=partial(_speed, case.work.size_bytes, cores),
        first_round=False,
    )


def _speed(size_bytes: int, cores: int, output: str) -> Answer:
    # +F:22:sha256:1631777174.53
    rates = [line.rpartition(":")[2] for line in output.splitlines() if line.startswith("+F:")]
    if len(rates) != 1:
        raise ValueError(f"openssl speed does not give one rate: {output[-200:]!r}")
    return Answer(seconds=size_bytes / (float(rates[0]) * cores))


def read_limit(path: Path, workers: int) -> Subject:
    """Opening and reading the same bytes by as many processes, and nothing else."""
    return Subject(
        name=f"read only x {workers}",
        kind=Kind.LIMIT,
        command=(sys.executable, str(HERE / "_fingerprint_read.py"), str(path), str(workers)),
        answer=lambda output: Answer(seconds=float(output)),
    )


def hash_limit(path: Path, workers: int) -> Subject:
    """Opening, reading and hashing small files in a bare loop by as many processes."""
    script = str(HERE / "_fingerprint_read.py")
    return Subject(
        name=f"bare loop of hashlib x {workers}",
        kind=Kind.LIMIT,
        command=(sys.executable, script, str(path), str(workers), "sha256"),
        answer=lambda output: Answer(seconds=float(output)),
    )
