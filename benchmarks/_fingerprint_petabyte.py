"""What a corpus of one petabyte would take, reckoned from measured rates."""

from __future__ import annotations

from typing import Any

PETABYTE = 10**15
LINKS = (("10 Gbit/s", 1.25e9), ("25 Gbit/s", 3.125e9), ("100 Gbit/s", 12.5e9))
NODES = (1, 10, 100)
NODE_CORES = 32
HOUR_SECONDS = 3600
FILE_CASES = {
    "middle": ("ours: sha256-tree", "ours: sha256", "ours: blake3"),
    "small": ("ours: sha256",),
}

FORMULA = f"""\
A node reads at most what its link or its disks deliver, and hashes at most what its cores can:

    seconds = bytes / (nodes x min(read rate of a node, cores of a node x rate of a core))

Nodes share nothing while they work: each hashes whole subtrees and hands back their roots, so the
time falls with their number as long as the storage behind them delivers. The rate of a core is what
was measured, divided by the cores that it was measured on; the data were in memory then.
A node has {NODE_CORES} cores here; cores that are too many for the link are idle."""


def petabyte(document: dict[str, Any]) -> str:
    """The reckoning, in Markdown, from what `--json` wrote.

    Raises:
        SystemExit: it has no figure to reckon from.
    """
    rates = core_rates(document)
    if not rates:
        raise SystemExit("That file has no rate of files or records. Write it with a full run.")
    machine = document["machine"]
    measured = f"Measured on {machine['processors']} cores of {machine['processor']}."
    return "\n\n".join([FORMULA, measured, cores_table(rates), hours_table(rates)])


def core_rates(document: dict[str, Any]) -> dict[str, float]:
    """Bytes that one core does in a second, by what it does."""
    cores = document["machine"]["processors"]
    found = {}
    for case in document["cases"]:
        wanted = FILE_CASES.get(case["case"], ())
        for each in case["measurements"]:
            by_records = case["unit"] == "records" and each["kind"] == "ours"
            if "problem" in each or not (by_records or each["subject"] in wanted):
                continue
            # Of tables of several lengths, the last and longest counts.
            title = "records" if by_records else case["title"]
            name = f"{title}: {each['subject'].removeprefix('ours: ')}"
            found[name] = each["size_bytes"] / each["median_seconds"] / cores
    return found


def cores_table(rates: dict[str, float]) -> str:
    head = ["What", "GB/s a core", "core hours", *(f"cores to fill {name}" for name, _ in LINKS)]
    rows = [
        [
            name,
            f"{rate / 1e9:.2f}",
            f"{PETABYTE / rate / HOUR_SECONDS:,.0f}",
            *(f"{link / rate:.1f}" for _, link in LINKS),
        ]
        for name, rate in rates.items()
    ]
    return table(head, rows)


def hours_table(rates: dict[str, float]) -> str:
    head = ["Hours for 1 PB"]
    head += [f"{count} node{'s' * (count > 1)}, {name}" for count in NODES for name, _ in LINKS]
    rows = []
    for name, rate in rates.items():
        hours = [
            PETABYTE / (count * min(link, NODE_CORES * rate)) / HOUR_SECONDS
            for count in NODES
            for _, link in LINKS
        ]
        rows.append([name, *(f"{value:,.1f}" for value in hours)])
    return table(head, rows)


def table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
