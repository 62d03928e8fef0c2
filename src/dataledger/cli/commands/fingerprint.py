"""`dataledger fingerprint`: data where it lies, offline."""

from pathlib import Path

import click

from dataledger.cli.command import command, pass_session
from dataledger.cli.parameters import LOCATION, READABLE_PATH
from dataledger.cli.reading import Reading, cluster_reading_options
from dataledger.cli.session import Session


@command(
    "fingerprint",
    examples=[
        "dataledger fingerprint data/",
        "dataledger fingerprint data/ -o manifest.json",
        "dataledger fingerprint data/ --digest sha256-tree --digest blake3 --json",
        "dataledger fingerprint table.parquet --records -o manifest.json",
        "dataledger fingerprint s3://bucket/data --no-cache",
    ],
)
@click.argument("path", type=LOCATION)
@click.option("-o", "--output", type=READABLE_PATH, help="Write the manifest to this file.")
@click.option("--force", is_flag=True, help="Replace that file.")
@cluster_reading_options
@pass_session
def fingerprint(
    session: Session,
    *,
    path: Path | str,
    output: Path | None,
    force: bool,
    reading: Reading,
) -> None:
    """Compute the content root of a directory or a file.

    Works without a chain. The same files give the same root wherever they lie; by default, the
    digest of each file in the manifest is what sha256sum prints. PATH may be a URL, such as
    s3://bucket/prefix.

    Files that look unchanged since the last run are not read again, but for a random sample;
    with --no-cache, all are.
    """
    from dataledger.cli.output import refuse_output_within, write_output
    from dataledger.cli.render.fingerprint import FingerprintView

    if output is not None:
        refuse_output_within(path, output, replace=force)
    manifest = session.fingerprint(path, reading)
    if output is not None:
        write_output(output, manifest.to_bytes(), replace=force)
    session.show(FingerprintView(manifest, output))
