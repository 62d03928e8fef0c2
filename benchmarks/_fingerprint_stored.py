"""Figures as they are written to a file, and read from it again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from _fingerprint_model import Case, CaseResult, Kind, Measurement, Run, Target, Unit, Work
from _fingerprint_peers import Peer

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Figures:
    """All that a run of the benchmark finds."""

    machine: dict[str, Any]
    peers: Sequence[Peer]
    runs: int
    results: Sequence[CaseResult]

    def document(self) -> dict[str, Any]:
        """All of it, as JSON."""
        return {
            "machine": self.machine,
            "peers": [
                {"name": each.name, "version": each.version, "missing": each.missing}
                for each in self.peers
            ],
            "runs": self.runs,
            "cases": [result.document() for result in self.results],
        }

    @classmethod
    def of(cls, document: dict[str, Any]) -> Self:
        """The figures that `document` wrote; of the times, all but the single runs' are medians."""
        return cls(
            machine=document["machine"],
            peers=[Peer(**each) for each in document["peers"]],
            runs=document["runs"],
            results=[_case(each) for each in document["cases"]],
        )


def _case(document: dict[str, Any]) -> CaseResult:
    unit = Unit(document["unit"])
    return CaseResult(
        case=Case(document["case"], document["title"], unit, Work(0)),
        measurements=[_measurement(each, unit) for each in document["measurements"]],
        targets=[_target(each) for each in document["targets"]],
        notes=document["notes"],
        values=document["values"],
    )


def _measurement(document: dict[str, Any], unit: Unit) -> Measurement:
    work = Work(document["size_bytes"], document["files"], document["records"])
    found = Measurement(document["subject"], Kind(document["kind"]), unit, work)
    if "problem" in document:
        found.problem = document["problem"]
        return found
    found.runs = [
        Run(seconds, document["process_seconds"], document["cpu_seconds"])
        for seconds in document["runs_seconds"]
    ]
    found.peak_bytes = document["peak_bytes"]
    found.peak_private_bytes = document["peak_private_bytes"]
    found.result = document["result"]
    return found


def _target(document: dict[str, Any]) -> Target:
    return Target(**{name: value for name, value in document.items() if name != "met"})
