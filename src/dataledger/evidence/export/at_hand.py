"""The documents that the chain names, as far as they are at hand, each held against its digest."""

from contextlib import suppress
from operator import attrgetter

from dataledger.contracts.events import DatasetEvent
from dataledger.errors import CommitmentMismatch, DataLedgerError, NotFound, UsageError
from dataledger.hashing import Digest, leaf_hash, parse_canonical, root
from dataledger.ledger import Ledger
from dataledger.ledger.activity import Activity
from dataledger.ledger.results import Version
from dataledger.ledger.trees import Trees
from dataledger.ledger.versions import differences, record_of_manifest
from dataledger.manifest import FileEntry, Manifest
from dataledger.manifest.description import Description
from dataledger.manifest.records.columns import ColumnEntry
from dataledger.manifest.records.source import Column

MAX_TABLES = 100
"""How many files' columns are looked up."""


class AtHand:
    """What `ledger.documents` holds, and the trees beside it; None where a document is missing."""

    def __init__(self, ledger: Ledger) -> None:
        self._documents = ledger.documents
        self._trees = Trees(ledger.documents.folder.parent)

    def manifest(self, name: str, version: Version) -> Manifest | None:
        """Return the manifest of a version of the dataset `name`.

        Raises:
            CommitmentMismatch: it is not what the version recorded besides its digest.
        """
        recorded = version.record
        try:
            manifest = self._documents.manifest(recorded.manifest_digest)
        except NotFound:
            return None
        told = record_of_manifest(manifest, recorded.parents)
        if told != recorded:  # the contract takes an owner's word that they belong together
            raise CommitmentMismatch(
                f"The manifest of version {version.number} of {name} is not what the version "
                f"recorded: {differences(recorded, told)}.",
                remedy="Ask the owner: the record contradicts itself, and cannot be corrected.",
            )
        return manifest

    def description(self, described: DatasetEvent) -> Description | None:
        """Return the description that a `DatasetDescribed` names."""
        try:
            return self._documents.description(attrgetter("description")(described))
        except NotFound:
            return None

    def activity(self, evidence: Digest) -> Activity | None:
        """Return the activity record with this digest; None of any other document."""
        # Any digest may be a step's evidence: what is no activity record is not told as one.
        with suppress(UsageError):
            return self._documents.activity(evidence)
        return None

    def tables(self, manifest: Manifest | None) -> dict[str, tuple[Column, ...]]:
        """Return the columns of the tables whose kept trees are at hand, by path."""
        tables: dict[str, tuple[Column, ...]] = {}
        entries = manifest.entries if manifest is not None else ()
        for entry in [e for e in entries if e.records is not None][:MAX_TABLES]:
            columns = self._columns(entry)
            if columns:
                tables[entry.path] = columns
        return tables

    def _columns(self, entry: FileEntry) -> tuple[Column, ...]:
        """Return the columns of a table, if its kept tree holds those of its entry."""
        if entry.records is None or entry.records.column_root is None:
            return ()
        try:
            columns = self._trees.tree(entry.records.record_root).columns
            if root(map(leaf_hash, columns)) != entry.records.column_root.value:
                return ()
            return tuple(ColumnEntry.from_json(parse_canonical(data)).column for data in columns)
        except DataLedgerError:
            return ()
