"""Manifests and activity records kept beside the profile: `ledger.documents`."""

from pathlib import Path

from dataledger.hashing import Digest
from dataledger.ledger.activity import Activity
from dataledger.manifest import Manifest


class Documents:
    """A folder of files, each named by the SHA-256 of its content."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def keep(self, document: Manifest | Activity) -> Digest:
        """Keep a document, and return its digest."""
        raise NotImplementedError

    def manifest(self, digest: Digest) -> Manifest:
        """Return the manifest with this digest. Raises `NotFound`."""
        raise NotImplementedError

    def activity(self, digest: Digest) -> Activity:
        """Return the activity record with this digest. Raises `NotFound`."""
        raise NotImplementedError
