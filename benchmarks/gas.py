"""What the ledger's operations cost in gas, beside the Ethereum Attestation Service's contracts.

Every number is the gas used of a receipt, on a development chain that this program starts and
stops. The exit code is 1 when a target is missed.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from _gas_chain import Measure, development_chain
from _gas_eas import measure_eas
from _gas_ledger import CODE_SIZE_LIMIT_BYTES, CodeSize, Consortium, code_sizes, measure_ledger
from _gas_use import measure_use

if TYPE_CHECKING:
    from collections.abc import Sequence


def table_of(rows: Sequence[Measure], sizes: Sequence[CodeSize]) -> Table:
    peers = {row.operation: row.gas for row in rows if row.contract == "EAS"}
    table = Table(title="Gas used, by receipt")
    table.add_column("Contract")
    table.add_column("Operation", no_wrap=True)
    table.add_column("Gas", justify="right")
    table.add_column("Target", justify="right")
    table.add_column("EAS's nearest")
    table.add_column("Gas", justify="right")
    table.add_column("Ratio", justify="right")
    for row in rows:
        peer = peers[row.peer] if row.peer else None
        table.add_row(
            row.contract,
            row.operation,
            f"{row.gas:,}",
            verdict(row.target_gas, missed=row.missed),
            row.peer or "",
            f"{peer:,}" if peer else "",
            f"{row.gas / peer:.2f}" if peer else "",
            end_section=row is rows[-1],
        )
    for size in sizes:
        target = verdict(CODE_SIZE_LIMIT_BYTES, missed=size.missed)
        table.add_row(
            size.contract, "size of the code, bytes", f"{size.size_bytes:,}", target, "", ""
        )
    return table


def verdict(target: int | None, *, missed: bool) -> str:
    if target is None:
        return ""
    return f"[red]{target:,} missed" if missed else f"[green]{target:,}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--json", action="store_true", help="print one JSON object, no table")
    as_json: bool = parser.parse_args().json
    with development_chain() as web3:
        consortium, rows = Consortium.found(web3)
        rows += measure_ledger(consortium)
        rows += measure_use(consortium)
        rows += measure_eas(web3)
    sizes = code_sizes()
    missed = any(row.missed for row in rows) or any(size.missed for size in sizes)
    if as_json:
        peers = {row.operation: row.gas for row in rows if row.contract == "EAS"}
        gas = [
            asdict(row) | {"missed": row.missed, "peer_gas": peers[row.peer] if row.peer else None}
            for row in rows
        ]
        code = [asdict(size) | {"missed": size.missed} for size in sizes]
        print(json.dumps({"gas": gas, "code": code, "missed": missed}, indent=2))
    else:
        # Wide enough for every column, wherever it is printed to.
        Console(width=120).print(table_of(rows, sizes))
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
