"""Fuzzes with one harness, guided by coverage; `run.py` calls it, each time in a new process.

    python tests/fuzz/one.py NAME [libFuzzer's options] [folders or files of inputs]

Given a folder, it begins with the harness's seeds and what is there, and keeps there what is new.
Given a file, such as one that a failure has left, it runs the check once on that.
"""

import hashlib
import importlib
import os
import sys
from pathlib import Path
from random import Random
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
INSTRUMENTED = ["dataledger"]
COMPILED = [
    "dataledger.manifest.records.csv_kernel",
    "dataledger.manifest.records.intrinsics",
    "dataledger.manifest.records.kernels",
]
"""What numba compiles, and could not if the fuzzer changed it before."""
ARTIFACTS = "-artifact_prefix="


def main(name: str, options: list[str]) -> None:
    """Fuzz with the harness of that name until libFuzzer ends the process."""
    sys.path[:0] = [str(ROOT / "src"), str(ROOT / "tests" / "support")]
    # Installed for fuzzing alone, and without types.
    atheris: Any = importlib.import_module("atheris")
    with atheris.instrument_imports(INSTRUMENTED, COMPILED):
        import fuzzing

        harness = fuzzing.load(name)

    for corpus in filter(Path.is_dir, map(Path, options)):
        for seed in harness.seeds():
            (corpus / f"seed-{hashlib.sha256(seed).hexdigest()[:16]}").write_bytes(seed)
    mutate = getattr(harness, "mutate", None)

    def mutate_either_way(data: bytes, max_bytes: int, seed: int) -> bytes:
        random = Random(seed)  # noqa: S311
        if random.random() < 0.5:
            return bytes(atheris.Mutate(data, max_bytes))
        return bytes(mutate(data, random)[:max_bytes]) if mutate else data

    def check(data: bytes) -> None:
        try:
            harness.check(data)
        except Exception:
            # Also where native code, unwinding, ends the process before libFuzzer can keep it.
            for prefix in (o.partition("=")[2] for o in options if o.startswith(ARTIFACTS)):
                Path(f"{prefix}raised-{hashlib.sha256(data).hexdigest()[:16]}").write_bytes(data)
            raise

    arguments = [f"-max_len={getattr(harness, 'MAX_BYTES', fuzzing.MAX_BYTES)}", *options]
    more = {"custom_mutator": mutate_either_way} if mutate else {}
    atheris.Setup([f"fuzz_{name}", *arguments], check, **more)
    atheris.Fuzz()


if __name__ == "__main__":
    os.chdir(ROOT)
    main(sys.argv[1], sys.argv[2:])
