"""`dataledger diff`: what changed between two states of data, and the version it deserves."""

import click

from dataledger.cli.command import command
from dataledger.cli.reading import workers_option
from dataledger.cli.session import Session


@command(
    "diff",
    examples=[
        "dataledger diff manifest.json data/",
        "dataledger diff acme/roads@1 acme/roads@2 --from 1.4.2",
        "dataledger diff acme/roads@2 data/ --from 1.4.2 --claim 1.5.0",
        "dataledger diff old/ s3://bucket/new --exit-code --json",
    ],
)
@click.argument("old")
@click.argument("new")
@click.option("--from", "earlier", metavar="VERSION", help="OLD's semantic version; tells NEW's.")
@click.option("--claim", metavar="LEVEL|VERSION", help="Refuse, if NEW deserves more than this.")
@click.option("--exit-code", is_flag=True, help="End with exit code 1 where they differ.")
@workers_option
@click.pass_context
def diff(
    ctx: click.Context,
    *,
    old: str,
    new: str,
    earlier: str | None,
    claim: str | None,
    exit_code: bool,
    workers: int | None,
) -> None:
    """Tell what was added, removed, changed and moved.

    OLD and NEW are each a manifest file, a directory or URL, or DATASET@VERSION. A moved file has
    the same content under another path; a copy counts as added.

    The level of a semantic version that the change deserves follows Croissant's rule: MAJOR where
    existing data changed or went, MINOR where there is only more, PATCH where the same data is only
    packaged differently. A LEVEL is major, minor, patch, or none.

    Ends with exit code 0 where they differ, too, unless --exit-code; and with 1 where a claim is
    refused.
    """
    from dataledger.cli.render.difference import DifferenceView
    from dataledger.cli.sides import read_sides
    from dataledger.manifest import compare
    from dataledger.manifest.semantic_version import (
        SemanticVersion,
        deserved_level,
        parse_claim,
        require_claim,
    )

    session = ctx.ensure_object(Session)
    # Both are read first: what is misspelt shows before hours of hashing.
    version = None if earlier is None else SemanticVersion.parse(earlier)
    claimed = None if claim is None else parse_claim(claim)
    if isinstance(claimed, SemanticVersion) and version is None:
        raise click.UsageError("--claim with a version needs --from.")
    difference = compare(*read_sides(session, old, new, workers=workers))
    deserved = deserved_level(difference)
    if claimed is not None:
        require_claim(deserved, claimed, earlier=version)
    session.show(DifferenceView(difference, deserved, version))
    if exit_code and difference:
        ctx.exit(1)
