"""What is to be recorded of data: from the data itself, or from files that tell of it."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from dataledger.cli.parameters import COUNT, LOCATION, PARENT, READABLE_PATH
from dataledger.cli.reading import Command, Reading, reading_options
from dataledger.cli.session import Session

if TYPE_CHECKING:
    from dataledger.manifest import Manifest
    from dataledger.manifest.description import Description

_PARENT = "What it came from; repeatable."

version_option = click.option(
    "--version", type=COUNT, metavar="N", help="Which version.  [default: the current one]"
)


def content_options(function: Command) -> Command:
    """Add PATH, --manifest, --parent, and how PATH is to be read, to a command."""
    for decorate in (
        reading_options,
        click.option("--parent", "parents", multiple=True, type=PARENT, help=_PARENT),
        click.option("--manifest", type=READABLE_PATH, help="Instead of PATH: its manifest file."),
        click.argument("path", required=False, type=LOCATION),
    ):
        function = decorate(function)
    return function


def read_content(
    session: Session, path: Path | str | None, manifest: Path | None, reading: Reading
) -> "Manifest | None":
    """Return the manifest of the data at `path`, or the one in the file `manifest`, if any.

    Raises:
        click.UsageError: both are given.
    """
    if path is not None and manifest is not None:
        raise click.UsageError("PATH and --manifest exclude each other.")
    if manifest is not None:
        return read_manifest(manifest)
    return None if path is None else session.fingerprint(path, reading)


def require_content(
    session: Session, path: Path | str | None, manifest: Path | None, reading: Reading
) -> "Manifest":
    """Return as `read_content` does. Raises `click.UsageError` where there is nothing."""
    content = read_content(session, path, manifest, reading)
    if content is None:
        raise click.UsageError("Give PATH, or --manifest.")
    return content


def read_manifest(file: Path) -> "Manifest":
    """Return the manifest in `file`. Raises as `read_input` and `Manifest.parse` do."""
    from dataledger.cli.output import read_input
    from dataledger.manifest import Manifest
    from dataledger.manifest.model import MAX_MANIFEST_BYTES

    return Manifest.parse(read_input(file, noun="manifest", max_bytes=MAX_MANIFEST_BYTES))


def read_description_file(file: Path) -> "Description":
    """Return the description in `file`. Raises as `read_input` and `read_description` do."""
    from dataledger.cli.output import read_input
    from dataledger.manifest.description import MAX_DESCRIPTION_BYTES, read_description

    data = read_input(file, noun="description", max_bytes=MAX_DESCRIPTION_BYTES)
    return read_description(data)
