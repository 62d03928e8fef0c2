"""How fast fingerprints and proofs are, beside other people's programs and the machine's limits.

Makes its own data, about 12 GB, and removes them again. Each program runs in a fresh process; ours
and the others take turns; the median of the runs counts. The exit code is 1 when something of ours
fails or, with all the data, a target is missed: with less, starting up weighs too much.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from _fingerprint_data import FULL, QUICK, TINY, Data, made_data
from _fingerprint_files import measure_files
from _fingerprint_machine import describe
from _fingerprint_model import CaseResult, Effort, Kind
from _fingerprint_peers import Peer, find_peers
from _fingerprint_petabyte import petabyte
from _fingerprint_proofs import measure_proofs
from _fingerprint_records import measure_records
from _fingerprint_stored import Figures
from _fingerprint_summary import summary
from _fingerprint_tables import draw, grids, markdown

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

PARTS = ("files", "records", "proofs")
DATA = Path(__file__).resolve().parent.parent / "build" / "benchmark"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--only", choices=PARTS, action="append", help="this part alone")
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--quick", action="store_true", help="much less data, a minute in all")
    size.add_argument(
        "--tiny", action="store_true", help="hardly any data, one run: shows that all works"
    )
    parser.add_argument("--runs", type=int, help="timed runs of each program: 5, or 2 with --quick")
    parser.add_argument("--no-peers", action="store_true", help="leave other programs out")
    parser.add_argument("--data", type=Path, default=DATA, help="where to make the data")
    parser.add_argument("--keep", action="store_true", help="keep the data, and use them again")
    parser.add_argument("--json", type=Path, help="write every figure to this file")
    parser.add_argument("--markdown", action="store_true", help="print tables in Markdown")
    parser.add_argument(
        "--show", type=Path, metavar="JSON", help="only show the figures of that file"
    )
    parser.add_argument(
        "--petabyte", type=Path, metavar="JSON", help="only reckon from the figures of that file"
    )
    return parser.parse_args()


def measure_parts(
    data: Data,
    parts: Sequence[str],
    peers: Sequence[Peer],
    effort: Effort,
    tell: Callable[[str], None],
) -> list[CaseResult]:
    results = []
    if "files" in parts:
        results += measure_files(data, peers, effort, tell)
    if "records" in parts:
        results += measure_records(data, peers, effort, tell)
    if "proofs" in parts:
        results += measure_proofs(data, tell)
    return results


def failed(results: Sequence[CaseResult], *, judged: bool) -> bool:
    ours = [each for result in results for each in result.measurements if each.kind is Kind.OURS]
    targets = [target for result in results for target in result.targets]
    missed = judged and not all(target.met for target in targets)
    return missed or any(each.problem for each in ours)


def main() -> int:
    chosen = arguments()
    if chosen.petabyte:
        print(petabyte(json.loads(chosen.petabyte.read_text("utf-8"))))
        return 0
    if chosen.show:
        stored = Figures.of(json.loads(chosen.show.read_text("utf-8")))
        show(stored, as_markdown=chosen.markdown)
        return 0
    # Ends as Ctrl-C does: what was made is removed.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    parts = chosen.only or PARTS
    full = not (chosen.quick or chosen.tiny)
    sizes = FULL if full else TINY if chosen.tiny else QUICK
    runs = chosen.runs or (5 if full else 0 if chosen.tiny else 2)
    effort = Effort(runs, speed_seconds=3 if full else 1, others=not chosen.no_peers)
    machine = describe()
    peers = [] if chosen.no_peers else find_peers()
    console = Console(stderr=True, soft_wrap=True, highlight=False)
    with (
        made_data(chosen.data, sizes, parts, keep=chosen.keep, tell=console.print) as data,
        console.status("Starting") as status,
    ):
        results = measure_parts(data, parts, peers, effort, status.update)
    figures = Figures(machine, peers, runs, results)
    if chosen.json:
        chosen.json.write_text(json.dumps(figures.document(), indent=2), "utf-8")
    show(figures, as_markdown=chosen.markdown)
    return 1 if failed(results, judged=full) else 0


def show(figures: Figures, *, as_markdown: bool) -> None:
    tables = [*grids(figures), summary(figures.results)]
    if as_markdown:
        print(markdown(tables))
    else:
        draw(tables)


if __name__ == "__main__":
    sys.exit(main())
