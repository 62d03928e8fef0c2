"""Proofs of one record of the longest table: their time, their size, and their gas."""

from __future__ import annotations

import json
import statistics
import sys
from typing import TYPE_CHECKING, Any

from _fingerprint_machine import HERE
from _fingerprint_measure import SubjectFailed, run
from _fingerprint_model import Case, CaseResult, Kind, Measurement, Subject, Target, Unit, Work

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from _fingerprint_data import Data

MAKE_SECONDS, VERIFY_SECONDS = 0.1, 0.002
PROOF_BYTES, GAS = 2000, 40_000
PROOFS = 20
"""Of each format, at records that are spread over the table."""


def measure_proofs(data: Data, tell: Callable[[str], None]) -> list[CaseResult]:
    rows = data.sizes.rows[-1]
    case = Case("proofs", f"Proof of 1 record of {rows:,}", Unit.RECORDS, Work(0, records=1))
    result = CaseResult(case, [])
    proofs = {form: data.scratch / f"proof-{form}.json" for form in data.sizes.formats}
    for form, proof in proofs.items():
        tell(f"{case.title}: {form}")
        table = str(data.table(rows, form))
        command = ("_fingerprint_prove.py", table, str(proof), str(PROOFS))
        found = answer(result, form, command)
        if found:
            result.values[form] = {
                "made, ms": statistics.median(found["make_seconds"]) * 1000,
                "slowest, ms": max(found["make_seconds"]) * 1000,
                "verified, ms": statistics.median(found["verify_seconds"]) * 1000,
                "bytes": max(found["sizes_bytes"]),
                "kept tree, bytes": found["tree_bytes"],
            }
    tell(f"{case.title}: gas")
    made = [str(proofs[form]) for form in result.values]
    gas = answer(result, "gas", ("_fingerprint_gas.py", *made)) if made else None
    for values, used in zip(result.values.values(), gas["gas"] if gas else [], strict=False):
        values |= {"gas": used["execution"], "gas with a transaction": used["transaction"]}
    result.targets = targets(result, data.sizes.formats)
    result.notes = [
        "Made: the kept tree read, the record's block read again, the proof written. Verified:",
        "parsed, and led to the content root. Gas: of verifyRecord, called by another contract;",
        "and of a transaction that does only that, of which most is for the proof's bytes.",
    ]
    return [result]


def answer(result: CaseResult, name: str, command: tuple[str, ...]) -> dict[str, Any] | None:
    """What that program prints; or None, and the reason is part of the result."""
    output: list[str] = []
    whole = (sys.executable, str(HERE / command[0]), *command[1:])
    try:
        run(Subject(name, Kind.OURS, whole), output=output)
    except SubjectFailed as error:
        failed = Measurement(f"ours: {name}", Kind.OURS, Unit.RECORDS, Work(0))
        failed.problem = str(error)
        result.measurements.append(failed)
        return None
    found: dict[str, Any] = json.loads(output[0])
    return found


def targets(result: CaseResult, formats: Sequence[str]) -> list[Target]:
    promises = (
        ("made, ms", MAKE_SECONDS * 1000, "ms"),
        ("bytes", PROOF_BYTES, "bytes"),
        ("verified, ms", VERIFY_SECONDS * 1000, "ms"),
        ("gas", GAS, "gas"),
    )
    return [
        Target(
            f"{result.case.title}, {form}: {name.partition(',')[0]}",
            need,
            result.values.get(form, {}).get(name),
            at_most=True,
            unit=unit,
        )
        for form in formats
        for name, need, unit in promises
    ]
