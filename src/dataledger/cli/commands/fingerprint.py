"""`dataledger fingerprint`: data where it lies, offline."""

from pathlib import Path

import click

from dataledger.cli.command import command, pass_session
from dataledger.cli.content import workers_option
from dataledger.cli.parameters import READABLE_PATH
from dataledger.cli.session import Session


@command(
    "fingerprint",
    examples=[
        "dataledger fingerprint data/",
        "dataledger fingerprint data/ -o manifest.json",
        "dataledger fingerprint data/ --json",
    ],
)
@click.argument("path", type=READABLE_PATH)
@click.option("-o", "--output", type=READABLE_PATH, help="Write the manifest to this file.")
@click.option("--force", is_flag=True, help="Replace that file.")
@workers_option
@pass_session
def fingerprint(
    session: Session,
    *,
    path: Path,
    output: Path | None,
    force: bool,
    workers: int | None,
) -> None:
    """Compute the content root of a directory or a file.

    Works offline. The same files give the same root wherever they lie; the digest of each file in
    the manifest is what sha256sum prints.
    """
    from dataledger.cli.output import refuse_output_within, write_output
    from dataledger.cli.render.fingerprint import FingerprintView

    if output is not None:
        refuse_output_within(path, output, replace=force)
    manifest = session.fingerprint(path, workers=workers)
    if output is not None:
        write_output(output, manifest.to_bytes(), replace=force)
    session.show(FingerprintView(manifest, output))
