"""The two sides of a comparison: manifests, wherever they come from."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from dataledger.cli.parameters import LOCATION, VERSION_NAME
from dataledger.cli.reading import Reading
from dataledger.cli.session import Session
from dataledger.errors import SourceNotFound, shown

if TYPE_CHECKING:
    from dataledger.manifest import Manifest


def read_sides(
    session: Session, old: str, new: str, *, workers: int | None
) -> "tuple[Manifest, Manifest]":
    """Return the manifests of both sides.

    Each is a manifest file, a directory or URL whose data is fingerprinted, or `DATASET@VERSION`,
    whose manifest is kept in `ledger.documents`. What exists as a path is a path. Data beside a
    manifest is read by the manifest's digests, and compared by its files alone.

    Raises:
        SourceNotFound: it is none of these.
        NotFound: there is no such version, or its manifest is not kept here.
    """
    kept = [_kept_manifest(session, text) for text in (old, new)]
    if kept[0] is not None and kept[1] is not None:
        return kept[0], kept[1]
    known = kept[0] or kept[1]
    reading = Reading(workers=workers) if known is None else Reading.like(known, workers)
    first, second = (
        found or session.fingerprint(LOCATION.convert(text, None, None), reading)
        for text, found in zip((old, new), kept, strict=True)
    )
    return _without_records(first), _without_records(second)


def _kept_manifest(session: Session, text: str) -> "Manifest | None":
    """Return a manifest from a file or of a version; None where data has to be read."""
    from dataledger.cli.content import read_manifest

    path = LOCATION.convert(text, None, None)
    if not isinstance(path, Path) or path.is_dir():
        return None
    if path.exists():
        return read_manifest(path)
    if "@" not in text:
        raise SourceNotFound(
            f"There is no file or directory {shown(text)}.",
            remedy="Give a manifest file, a directory, a URL, or DATASET@VERSION.",
        )
    from dataledger.cli.names import find_version

    with session.reading() as ledger:
        version = find_version(ledger, VERSION_NAME.convert(text, None, None))
        return ledger.documents.manifest(version.record.manifest_digest)


def _without_records(manifest: "Manifest") -> "Manifest":
    if manifest.salt_scheme == 0:
        return manifest
    return type(manifest)(tuple(replace(entry, records=None) for entry in manifest.entries))
