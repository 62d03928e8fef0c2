"""`dataledger export`: a version in the format of another standard."""

from pathlib import Path

import click

from dataledger.cli.command import command, pass_session
from dataledger.cli.content import version_option
from dataledger.cli.parameters import READABLE_PATH, LowerNameType
from dataledger.cli.session import Session

FORMAT = LowerNameType(
    "format", "croissant", "prov", "prov-o", "dcat", "openlineage", "spdx", "dps", "facts"
)


@command(
    "export",
    examples=[
        "dataledger export acme/roads --format croissant > roads.json",
        "dataledger export acme/roads --format prov --version 2 --output roads.prov.json",
        "dataledger export acme/roads --format dcat --facts facts.json --output roads.jsonld",
    ],
)
@click.argument("name", metavar="DATASET")
@click.option(
    "--format",
    "format_",
    type=FORMAT,
    required=True,
    help="croissant, prov (PROV-JSON), prov-o (JSON-LD), dcat, openlineage, spdx, dps, or facts.",
)
@version_option
@click.option("-o", "--output", type=READABLE_PATH, help="Write the document to this file.")
@click.option("--facts", type=READABLE_PATH, help="Write what stands behind it to this file.")
@click.option("--force", is_flag=True, help="Replace files that are there.")
@pass_session
def export(
    session: Session,
    *,
    name: str,
    format_: str,
    version: int | None,
    output: Path | None,
    facts: Path | None,
    force: bool,
) -> None:
    """Write a version in another standard's format.

    For each part, the document says whether it is proven by the chain (with the event), asserted
    (by whom), or missing. Proven is who recorded what and when, and not that it is true.
    """
    from dataledger.cli.names import find_version
    from dataledger.cli.output import refuse_output_over, write_output
    from dataledger.cli.parameters import VersionName
    from dataledger.cli.render.export import ExportView
    from dataledger.evidence.export import Format, gather
    from dataledger.evidence.export import export as write

    if output is not None and output == facts:
        raise click.UsageError("--output and --facts name the same file.")
    for path in (output, facts):
        if path is not None:
            refuse_output_over(path, replace=force)
    with session.reading() as ledger:
        found = find_version(ledger, VersionName(name, version))
        made = write(gather(ledger, found.dataset, found.number), Format(format_))
    if facts is not None:
        write_output(facts, made.facts_text().encode("ascii"), replace=force)
    if output is not None:
        write_output(output, made.text.encode("ascii"), replace=force)
    session.show(ExportView(made, output, facts))
