"""The figures in short: a line for each of ours, beside the quickest peer and the limit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from _fingerprint_model import Kind, Unit
from _fingerprint_tables import Grid

if TYPE_CHECKING:
    from collections.abc import Sequence

    from _fingerprint_model import CaseResult, Measurement


def summary(results: Sequence[CaseResult]) -> Grid:
    head = ("Data", "Ours", "Rate", "of the limit", "Quickest peer", "Times as fast", "MB")
    rows = [
        row(result, each)
        for result in results
        for each in result.measurements
        if each.kind is Kind.OURS and each.problem is None
    ]
    return Grid("In short", head, rows)


def row(result: CaseResult, ours: Measurement) -> tuple[str, ...]:
    peer = quickest_peer(result)
    limit = limit_of(result, ours)
    return (
        result.case.title,
        ours.subject.removeprefix("ours: "),
        rate(ours),
        f"{ours.ratio_to(limit):.2f} of {limit.subject}" if limit else "",
        peer.subject if peer else "",
        f"{ours.ratio_to(peer):.2f}" if peer else "",
        f"{ours.peak_bytes / 1e6:,.0f}" if ours.peak_bytes else "",
    )


def rate(ours: Measurement) -> str:
    if ours.unit is Unit.BYTES:
        return f"{ours.rate() / 1e9:.2f} GB/s"
    return f"{ours.rate():,.0f} {ours.unit.value}/s"


def limit_of(result: CaseResult, ours: Measurement) -> Measurement | None:
    """What the machine could do at most: for records, hashing is compared with nothing."""
    if ours.unit is Unit.RECORDS:
        return None
    digest = next((name for name in ("sm3", "blake3") if name in ours.subject), "sha256")
    names = "read only" if digest == "blake3" else f"openssl speed {digest}"
    limits = [
        each
        for each in result.measurements
        if each.kind is Kind.LIMIT and each.problem is None and each.subject.startswith(names)
    ]
    return max(limits, key=lambda limit: limit.rate(), default=None)


def quickest_peer(result: CaseResult) -> Measurement | None:
    """The quickest of the peers as people use them: b3sum is made to be run once for all files."""
    peers = [
        each
        for each in result.measurements
        if each.kind is Kind.PEER and each.problem is None and not is_contrived(each.subject)
    ]
    return max(peers, key=lambda peer: peer.rate(), default=None)


def is_contrived(subject: str) -> bool:
    return subject.startswith("xargs") and subject.endswith("b3sum")
