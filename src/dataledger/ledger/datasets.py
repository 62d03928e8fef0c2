"""Datasets and their versions: `ledger.datasets`."""

from collections.abc import Sequence

from dataledger.contracts.events import DatasetRegistered, VersionAdded
from dataledger.contracts.identifiers import DatasetId, PolicyId
from dataledger.contracts.types import Parent, VersionRecord
from dataledger.ledger.results import (
    Confirmed,
    Dataset,
    DatasetRef,
    History,
    OrgRef,
    Version,
)
from dataledger.ledger.signed import SignedAction
from dataledger.manifest import Manifest


class Datasets:
    """Registers datasets and versions, reads them, and checks them against data."""

    def register(
        self,
        slug: str,
        content: Manifest | VersionRecord | None = None,
        *,
        policy: PolicyId | None = None,
        parents: Sequence[Parent] = (),
    ) -> Confirmed[DatasetRegistered]:
        """Register a dataset of the signer's organisation; with `content`, version 1 as well.

        `policy` is by default the published default policy. A manifest is kept in
        `ledger.documents`; its version came from `parents`.
        """
        raise NotImplementedError

    def add_version(
        self,
        dataset: DatasetRef,
        content: Manifest | VersionRecord,
        *,
        number: int | None = None,
        parents: Sequence[Parent] = (),
    ) -> Confirmed[VersionAdded]:
        """Add the next version (which is `number`, if given).

        Without `number`, a content equal to the current version's is already there.
        """
        raise NotImplementedError

    def sign_register(
        self,
        slug: str,
        content: Manifest | VersionRecord | None = None,
        *,
        policy: PolicyId | None = None,
        parents: Sequence[Parent] = (),
        deadline_unix: int,
    ) -> SignedAction:
        """Sign what `register` would send, for anyone to relay until `deadline_unix`."""
        raise NotImplementedError

    def sign_add_version(
        self,
        dataset: DatasetRef,
        content: Manifest | VersionRecord,
        *,
        number: int | None = None,
        parents: Sequence[Parent] = (),
        deadline_unix: int,
    ) -> SignedAction:
        """Sign what `add_version` would send, for anyone to relay until `deadline_unix`."""
        raise NotImplementedError

    def resolve(self, dataset: DatasetRef) -> DatasetId:
        """Return the id that `dataset` means, whether or not there is such a dataset."""
        raise NotImplementedError

    def get(self, dataset: DatasetRef) -> Dataset:
        """Return a dataset as it stands. Raises `NotFound`."""
        raise NotImplementedError

    def list(self, owner: OrgRef | None = None) -> tuple[Dataset, ...]:
        """Return all datasets (of `owner`), in the order of their registration."""
        raise NotImplementedError

    def versions(self, dataset: DatasetRef) -> tuple[Version, ...]:
        """Return all versions, from 1 on; each record was checked against its commitment."""
        raise NotImplementedError

    def version(self, dataset: DatasetRef, number: int | None = None) -> Version:
        """Return one version, by default the current one. Raises `NotFound`."""
        raise NotImplementedError

    def history(self, dataset: DatasetRef) -> History:
        """Rebuild the history from logs alone, and check it against the contract's head.

        Raises:
            NotFound: there is no such dataset.
            HistoryBroken: an event is missing, moved, or altered.
        """
        raise NotImplementedError

    def verify(
        self,
        dataset: DatasetRef,
        content: Manifest | VersionRecord,
        *,
        number: int | None = None,
    ) -> Version:
        """Return the version, by default the current one, if `content` is what it recorded.

        Raises:
            ManifestMismatch: the manifest differs, and the recorded one is in `ledger.documents`:
                the message names the files.
            CommitmentMismatch: it differs otherwise; the message names the fields.
            NotFound: there is no such version.
        """
        raise NotImplementedError
