"""Manifests, activity records and other documents kept beside the profiles: `ledger.documents`."""

from pathlib import Path

from dataledger.chain.home import write_private_file
from dataledger.errors import CommitmentMismatch, NotFound, OutputUnwritable, SourceUnreadable
from dataledger.hashing import Digest
from dataledger.ledger.activity import MAX_ACTIVITY_BYTES, Activity
from dataledger.ledger.environment import MAX_ENVIRONMENT_BYTES, Environment
from dataledger.ledger.project_document import MAX_PROJECT_BYTES, ProjectDocument
from dataledger.ledger.use_policy import MAX_POLICY_BYTES, UsePolicy
from dataledger.manifest import Manifest
from dataledger.manifest.description import MAX_DESCRIPTION_BYTES, Description
from dataledger.manifest.model import MAX_MANIFEST_BYTES

Document = Manifest | Activity | Description | ProjectDocument | UsePolicy | Environment


class Documents:
    """A folder of files, each named by the SHA-256 of its content, which is checked on reading."""

    def __init__(self, folder: Path) -> None:
        """Use `folder`, which is made when something is first kept."""
        self.folder = folder

    def keep(self, document: Document) -> Digest:
        """Keep a document, whole or not at all, and return its digest.

        Raises:
            OutputUnwritable: the folder cannot be written.
        """
        data = document.to_bytes()
        digest = Digest.of(data)
        path = self._path(digest)
        try:
            # A damaged file of that name is replaced, so that keeping always mends.
            if not path.is_file() or Digest.of(path.read_bytes()) != digest:
                write_private_file(path, data)
        except OSError as error:
            raise OutputUnwritable(
                f"The document {path} cannot be kept: {error.strerror}.",
                remedy="Make room, or give yourself permission to write there.",
            ) from error
        return digest

    def manifest(self, digest: Digest) -> Manifest:
        """Return the manifest whose `manifest_digest` this is.

        Raises:
            NotFound: it is not in the folder.
            CommitmentMismatch: its file was altered.
            CanonicalisationError: the document with this digest is no manifest.
        """
        return Manifest.parse(self._read(digest, MAX_MANIFEST_BYTES))

    def activity(self, digest: Digest) -> Activity:
        """Return the activity record whose `evidence` this is. Raises as `manifest` does."""
        return Activity.parse(self._read(digest, MAX_ACTIVITY_BYTES))

    def description(self, digest: Digest) -> Description:
        """Return the description whose `digest` this is.

        Raises:
            NotFound: it is not in the folder.
            CommitmentMismatch: its file was altered.
            DescriptionError: the document with this digest is no description.
        """
        return Description.parse(self._read(digest, MAX_DESCRIPTION_BYTES))

    def project(self, digest: Digest) -> ProjectDocument:
        """Return the document of a project.

        Raises:
            NotFound: it is not in the folder.
            CommitmentMismatch: its file was altered.
            UseDocumentError: the document with this digest is none of a project.
        """
        return ProjectDocument.parse(self._read(digest, MAX_PROJECT_BYTES))

    def terms(self, digest: Digest) -> UsePolicy:
        """Return the policy that was asked for, or granted. Raises as `project` does."""
        return UsePolicy.parse(self._read(digest, MAX_POLICY_BYTES))

    def environment(self, digest: Digest) -> Environment:
        """Return what a run's code ran on. Raises as `project` does."""
        return Environment.parse(self._read(digest, MAX_ENVIRONMENT_BYTES))

    def _path(self, digest: Digest) -> Path:
        return self.folder / digest.algorithm / digest.hex[:2] / f"{digest.hex}.json"

    def _read(self, digest: Digest, max_bytes: int) -> bytes:
        path = self._path(digest)
        try:
            with path.open("rb") as file:
                data = file.read(max_bytes + 1)
        except FileNotFoundError:
            raise NotFound(
                f"There is no document {digest} in {self.folder}.",
                remedy="Ask its author for the file, and keep it there; its digest is checked.",
            ) from None
        except OSError as error:
            raise SourceUnreadable(
                f"The document {path} cannot be read: {error.strerror}.",
                remedy="Give yourself permission to read it.",
            ) from error
        if Digest.of(data) != digest:
            raise CommitmentMismatch(
                f"The document {path} was altered: its digest is no longer {digest}.",
                remedy="Remove the file, and ask the document's author for it.",
            )
        return data
