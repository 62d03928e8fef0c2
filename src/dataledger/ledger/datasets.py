"""Datasets and their versions: `ledger.datasets`."""

from collections.abc import Sequence
from contextlib import suppress

from dataledger.contracts import dataset_ledger
from dataledger.contracts.events import DatasetDescribed, DatasetRegistered, VersionAdded
from dataledger.contracts.head import verify_history
from dataledger.contracts.identifiers import (
    NO_HEAD,
    DatasetId,
    PolicyId,
    to_policy_id,
    to_slug,
    to_version,
)
from dataledger.contracts.types import Parent, VersionRecord
from dataledger.errors import CommitmentMismatch, HistoryBroken, InvalidArgument, NotFound, shown
from dataledger.ledger.acting import Acting
from dataledger.ledger.actions import AddVersion, Describe, Register
from dataledger.ledger.documents import Documents
from dataledger.ledger.onchain import OnChain
from dataledger.ledger.organisations import Organisations
from dataledger.ledger.policies import Policies
from dataledger.ledger.results import (
    Confirmed,
    Dataset,
    DatasetRef,
    History,
    OrgRef,
    Recorded,
    Version,
    last_of,
)
from dataledger.ledger.signed import SignedAction
from dataledger.ledger.standing import read_datasets
from dataledger.ledger.versions import (
    INTRODUCTIONS,
    dataset_event,
    differences,
    manifest_to_claim,
    no_dataset,
    number_of,
    read_versions,
    record_of_manifest,
)
from dataledger.manifest import Manifest, compare, require_same
from dataledger.manifest.description import Description
from dataledger.manifest.semantic_version import Level, deserved_level, require_claim


class Datasets:
    """Registers datasets and versions, reads them, and checks them against data.

    Writes raise `Refused` when the contract refuses; a repeated write is already there.
    """

    def __init__(
        self,
        onchain: OnChain,
        acting: Acting,
        orgs: Organisations,
        policies: Policies,
        documents: Documents,
    ) -> None:
        self._onchain = onchain
        self._acting = acting
        self._organisations = orgs
        self._policies = policies
        self._documents = documents

    # -------------------------------------------------------------------------------------- writing

    def register(
        self,
        slug: str,
        content: Manifest | VersionRecord | None = None,
        *,
        policy: PolicyId | None = None,
        parents: Sequence[Parent] = (),
    ) -> Confirmed[DatasetRegistered]:
        """Register a dataset of the signer's organisation; with `content`, version 1 as well.

        Args:
            slug: Unique among the organisation's datasets, for ever.
            content: A manifest, which is kept in `ledger.documents`, or a whole record.
            policy: The lifecycle policy; by default, the default policy as it is published.
            parents: What the manifest's version came from; a record has its own.

        Raises:
            InvalidSlug: the slug breaks the rule.
            InvalidArgument: there are parents and no manifest.
            NotFound: the default policy is not published.
        """
        action = self._registration(slug, content, policy, parents)
        return self._acting.do(action, DatasetRegistered)

    def add_version(
        self,
        dataset: DatasetRef,
        content: Manifest | VersionRecord,
        *,
        number: int | None = None,
        parents: Sequence[Parent] = (),
        claim: Level | None = None,
    ) -> Confirmed[VersionAdded | DatasetRegistered]:
        """Add the next version (which is `number`, if given).

        Without `number`, a content equal to the current version's is already there; the event is
        the registration's where that brought the version.

        Args:
            dataset: The dataset.
            content: A manifest, which is kept in `ledger.documents`, or a whole record.
            number: What the version must become.
            parents: What the manifest's version came from; a record has its own.
            claim: How much of its semantic version the owner is going to change. It is checked
                before anything is sent, and is no part of what is recorded.

        Raises:
            ClaimRefused: the change of the files deserves more than is claimed.
            NotFound: the earlier version's manifest is not in `ledger.documents`.
            InvalidArgument: a claim stands beside a whole record, or the first version.
        """
        id_ = self.resolve(dataset)
        record = self._record(content, parents)
        if number is None:
            # The next free number is refused by nobody, so a repetition has to be seen here.
            found = self._onchain.events(INTRODUCTIONS, id_)
            current = last_of([r for r in found if r.event.record is not None])
            if current is not None and current.event.record == record:
                return Confirmed.earlier(current)
            number = 1 if current is None else number_of(current.event) + 1
        if claim is not None:
            manifest = manifest_to_claim(content, number)
            earlier = self.version(id_, number - 1).record.manifest_digest
            change = compare(self._documents.manifest(earlier), manifest)
            require_claim(deserved_level(change), claim)
        action = AddVersion(id_, to_version(number), record)
        return self._acting.do(action, VersionAdded, DatasetRegistered)

    def describe(
        self, dataset: DatasetRef, description: Description
    ) -> Confirmed[DatasetDescribed]:
        """Say what describes the dataset from now on. The document is kept in `ledger.documents`.

        What describes the dataset already, by the signer's organisation, is already there.
        """
        action = self._description(dataset, description)
        # A description said again is refused by nobody, so a repetition has to be seen here.
        current = last_of(self._onchain.events([DatasetDescribed], action.dataset))
        if (
            current is not None
            and action.is_recorded_as(current.event)
            and current.event.org == self._onchain.signer_org()
        ):
            return Confirmed.earlier(current)
        return self._acting.do(action, DatasetDescribed)

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
        action = self._registration(slug, content, policy, parents)
        return self._acting.sign(action, deadline_unix=deadline_unix)

    def sign_add_version(
        self,
        dataset: DatasetRef,
        content: Manifest | VersionRecord,
        *,
        number: int,
        parents: Sequence[Parent] = (),
        deadline_unix: int,
    ) -> SignedAction:
        """Sign what `add_version` would send, for anyone to relay until `deadline_unix`."""
        action = AddVersion(
            self.resolve(dataset), to_version(number), self._record(content, parents)
        )
        return self._acting.sign(action, deadline_unix=deadline_unix)

    def sign_describe(
        self, dataset: DatasetRef, description: Description, *, deadline_unix: int
    ) -> SignedAction:
        """Sign what `describe` would send, for anyone to relay until `deadline_unix`.

        Keep it short: relayed after a later description, this one replaces it.
        """
        action = self._description(dataset, description)
        return self._acting.sign(action, deadline_unix=deadline_unix)

    def _registration(
        self,
        slug: str,
        content: Manifest | VersionRecord | None,
        policy: PolicyId | None,
        parents: Sequence[Parent],
    ) -> Register:
        name = to_slug(slug)
        if content is None and parents:
            raise InvalidArgument(
                "A dataset without a version cannot have come from others.",
                remedy="Give the manifest of the version that came from these parents.",
            )
        record = None if content is None else self._record(content, parents)
        followed = self._policies.default() if policy is None else to_policy_id(policy)
        return Register(name, followed, record)

    def _description(self, dataset: DatasetRef, description: Description) -> Describe:
        return Describe(self.resolve(dataset), self._documents.keep(description))

    def _record(
        self, content: Manifest | VersionRecord, parents: Sequence[Parent]
    ) -> VersionRecord:
        if isinstance(content, VersionRecord):
            if parents:
                raise InvalidArgument(
                    "The record names its parents itself.", remedy="Leave out `parents`."
                )
            return content
        self._documents.keep(content)
        return record_of_manifest(content, parents)

    # -------------------------------------------------------------------------------------- reading

    def resolve(self, dataset: DatasetRef) -> DatasetId:
        """Return the id that `dataset` means, whether or not there is such a dataset.

        Raises:
            InvalidIdentifier: the text is neither `0x…` nor `OWNER/SLUG`.
            NotFound: there is no such owner.
            InvalidSlug: what stands for a slug is none.
        """
        if isinstance(dataset, DatasetId):
            return dataset
        owner, slash, slug = dataset.partition("/")
        if not slash:
            return DatasetId.parse(dataset)
        return self._acting.dataset_id(self._organisations.resolve(owner), to_slug(slug))

    def get(self, dataset: DatasetRef) -> Dataset:
        """Return a dataset as it stands. Raises `NotFound`, and as `resolve` does."""
        id_ = self.resolve(dataset)
        found = self._onchain.snapshot(
            lambda block: read_datasets(self._onchain, [id_], block=block)
        )
        if not found:
            raise no_dataset(id_)
        return found[0]

    def list(self, owner: OrgRef | None = None) -> tuple[Dataset, ...]:
        """Return all datasets (of `owner`), in the order of their registration.

        Raises:
            NotFound: there is no such owner.
        """
        org = None if owner is None else self._organisations.resolve(owner)

        def read(block: int) -> tuple[Dataset, ...]:
            found = self._onchain.events([DatasetRegistered], None, org, to_block=block)
            ids = [recorded.event.dataset for recorded in found]
            return read_datasets(self._onchain, ids, block=block)

        return self._onchain.snapshot(read)

    def versions(self, dataset: DatasetRef) -> tuple[Version, ...]:
        """Return all versions, from 1 on; each record was checked against its commitment.

        Raises:
            NotFound: there is no such dataset.
            CommitmentMismatch: the node's logs are not what the contract commits to.
        """
        id_ = self.resolve(dataset)

        def read(block: int) -> tuple[Version, ...]:
            state = self._onchain.read(dataset_ledger.state(id_), block=block)
            if state.owner is None:
                raise no_dataset(id_)
            versions = read_versions(self._onchain, id_, block=block)
            if len(versions) != state.version_count:
                raise HistoryBroken(
                    f"The logs of the dataset {id_} tell of {len(versions)} versions, and the "
                    f"contract of {state.version_count}.",
                    remedy="The node's logs are incomplete: ask another one.",
                )
            return versions

        return self._onchain.snapshot(read)

    def version(self, dataset: DatasetRef, number: int | None = None) -> Version:
        """Return one version, by default the current one. Raises as `versions` does.

        Raises:
            NotFound: there is no such version.
        """
        versions = self.versions(dataset)
        wanted = len(versions) if number is None else to_version(number)
        if not 0 < wanted <= len(versions):
            raise NotFound(
                f"The dataset {shown(str(dataset))[1:-1]} has {len(versions)} versions, and no "
                f"version {wanted}.",
                remedy="Add its first version." if not versions else "Give one that it has.",
            )
        return versions[wanted - 1]

    def history(self, dataset: DatasetRef) -> History:
        """Rebuild the history from logs alone, and check it against the contract's head.

        Raises:
            NotFound: there is no such dataset.
            HistoryBroken: an event is missing, moved, or altered.
        """
        id_ = self.resolve(dataset)

        def read(block: int) -> History:
            expected = self._onchain.read(dataset_ledger.head(id_), block=block)
            logs = self._onchain.dataset_logs(id_, to_block=block)
            if expected == NO_HEAD and not logs:
                raise no_dataset(id_)
            head = verify_history(logs, expected)
            return History(
                dataset=id_,
                events=tuple(Recorded(dataset_event(log), log) for log in logs),
                head=head,
                as_of_block=block,
            )

        return self._onchain.snapshot(read)

    def description(self, dataset: DatasetRef) -> Description | None:
        """Return what describes the dataset now; None if nothing was said. Asserted by its owner.

        The history is checked, so that no node can pass off an older description. Raises as
        `history` does.

        Raises:
            NotFound: there is no such dataset, or the document is not in `ledger.documents`.
            CommitmentMismatch: the kept document was altered.
        """
        said = [recorded.event for recorded in self.history(dataset).events]
        digests = [event.description for event in said if isinstance(event, DatasetDescribed)]
        return self._documents.description(digests[-1]) if digests else None

    # ------------------------------------------------------------------------------------- checking

    def verify(
        self,
        dataset: DatasetRef,
        content: Manifest | VersionRecord,
        *,
        number: int | None = None,
    ) -> Version:
        """Return the version, by default the current one, if `content` is what it recorded.

        The contract itself confirms the record (`verifyVersion`).

        Raises:
            ManifestMismatch: the manifest differs, and the recorded one is in `ledger.documents`:
                the message names the files.
            CommitmentMismatch: it differs otherwise; the message names the fields.
            NotFound: there is no such version.
        """
        version = self.version(dataset, number)
        recorded = version.record
        if isinstance(content, Manifest):
            given = record_of_manifest(content, recorded.parents)
            if given != recorded:
                with suppress(NotFound):
                    require_same(self._documents.manifest(recorded.manifest_digest), content)
        else:
            given = content
        confirmed = self._onchain.read(
            dataset_ledger.verify_version(version.dataset, version.number, given)
        )
        if not confirmed:
            raise CommitmentMismatch(
                f"This is not version {version.number} of the dataset "
                f"{shown(str(dataset))[1:-1]}: {differences(recorded, given)}.",
                remedy="Get the data, or the manifest, of this version from the dataset's owner.",
            )
        return version
