"""Which versions of which datasets lie beside the node."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from dataledger.contracts.identifiers import Commitment, DatasetId, OrgId
from dataledger.errors import NodeConfigError, NotFound, UsageError, shown
from dataledger.ledger import Ledger
from dataledger.ledger.secrets import Secrets
from dataledger.manifest import Manifest
from dataledger.manifest.model import MAX_MANIFEST_BYTES
from dataledger.manifest.records.secret import DatasetSecret
from dataledger.node.config import DatasetEntry, NodeConfig
from dataledger.node.rules import NodeRules
from dataledger.node.work import Holding


@dataclass(frozen=True, slots=True)
class HeldVersion:
    """A version whose data lies in a folder here."""

    dataset: DatasetId
    version: int
    folder: Path
    manifest: Manifest
    """As the chain commits to it."""
    commitment: Commitment
    """The chain's to the version."""
    name: str = ""
    """Of the dataset: `OWNER/SLUG`."""
    secret: DatasetSecret | None = None

    def for_consumer(self, consumer: OrgId, rules: NodeRules, state: Path) -> Holding:
        """Return it as one consumer's work may see it, with the node's own folder."""
        return Holding(
            dataset=self.dataset,
            version=self.version,
            folder=self.folder,
            manifest=self.manifest,
            rules=rules,
            consumer=consumer,
            secret=self.secret,
            state=state,
        )


@dataclass(frozen=True, slots=True)
class HeldDataset:
    """A dataset of which some versions lie here."""

    dataset: DatasetId
    name: str
    """`OWNER/SLUG`."""
    versions: tuple[int, ...]


class Holdings:
    """All that lies here. Does not change while the node runs."""

    def __init__(self, held: Iterable[HeldVersion]) -> None:
        """Take what lies here.

        Raises:
            NodeConfigError: a version stands there twice.
        """
        self._held: dict[DatasetId, dict[int, HeldVersion]] = {}
        for version in held:
            versions = self._held.setdefault(version.dataset, {})
            if version.version in versions:
                raise NodeConfigError(
                    f"Version {version.version} of the dataset {version.dataset} is configured "
                    "twice.",
                    remedy="Name one folder for it.",
                )
            versions[version.version] = version

    @classmethod
    def load(cls, ledger: Ledger, config: NodeConfig, *, home: Path | None = None) -> "Holdings":
        """Return what a configuration says lies here, each held against the chain.

        `home` is where secrets are looked up by name; by default, the user's home directory.

        Raises:
            NodeConfigError: a dataset is unknown, of another owner than the ledger's signer, or
                configured twice; a folder or a manifest is not there, or is none.
            CommitmentMismatch, ManifestMismatch: a manifest is not the one of the version.
            SecretError: a secret cannot be opened.
        """
        loader = _Loader(ledger, config, Secrets(home))
        return cls(loader.load(entry) for entry in config.datasets)

    @property
    def datasets(self) -> tuple[HeldDataset, ...]:
        """All of them, by name."""
        found = [
            HeldDataset(dataset, next(iter(versions.values())).name, tuple(sorted(versions)))
            for dataset, versions in self._held.items()
        ]
        return tuple(sorted(found, key=lambda held: (held.name, str(held.dataset))))

    def of(self, dataset: DatasetId) -> tuple[HeldVersion, ...]:
        """Return the versions of a dataset that lie here, newest first; none where it does not."""
        versions = self._held.get(dataset, {})
        return tuple(versions[number] for number in sorted(versions, reverse=True))


class _Loader:
    def __init__(self, ledger: Ledger, config: NodeConfig, secrets: Secrets) -> None:
        self._ledger = ledger
        self._config = config
        self._secrets = secrets
        self._owner = _owner_of(ledger)

    def load(self, entry: DatasetEntry) -> HeldVersion:
        try:
            dataset = self._ledger.datasets.get(entry.dataset)
        except UsageError as error:
            raise self._wrong(entry, f"cannot be found: {error}") from error
        if dataset.owner != self._owner:
            raise self._wrong(
                entry, f"is of organisation {dataset.owner}, and the node's account is not"
            )
        if not entry.folder.is_dir():
            raise self._wrong(entry, f"does not lie in {entry.folder}: that is no folder")
        manifest, number = self._manifest(entry, dataset.id)
        # The contract itself says that it is this version's manifest.
        version = self._ledger.datasets.verify(dataset.id, manifest, number=number)
        secret = None if entry.secret is None else self._secrets.open(entry.secret)
        if secret is not None:
            self._check_secret(entry, manifest, secret)
        name = f"{dataset.owner_slug}/{dataset.slug}"
        return HeldVersion(
            dataset=dataset.id,
            version=version.number,
            folder=entry.folder,
            manifest=manifest,
            commitment=version.record.commitment,
            name=name,
            secret=secret,
        )

    def _manifest(self, entry: DatasetEntry, dataset: DatasetId) -> tuple[Manifest, int]:
        """Return the manifest, and of which version it should be."""
        versions = self._ledger.datasets.versions(dataset)
        if not versions:
            raise self._wrong(entry, "has no version yet")
        number = entry.version or len(versions)
        if number > len(versions):
            raise self._wrong(entry, f"has {len(versions)} versions, and no version {number}")
        if entry.manifest is None:
            digest = versions[number - 1].record.manifest_digest
            try:
                return self._ledger.documents.manifest(digest), number
            except NotFound as error:
                raise self._wrong(
                    entry, f"has no manifest here: that of version {number} is {digest}"
                ) from error
        manifest = self._read_manifest(entry, entry.manifest)
        if entry.version is None:
            same = [
                version.number
                for version in versions
                if version.record.manifest_digest == manifest.manifest_digest
            ]
            # Where it is of none, the check against the chain says how it differs.
            number = same[-1] if same else number
        return manifest, number

    def _read_manifest(self, entry: DatasetEntry, path: Path) -> Manifest:
        try:
            with path.open("rb") as file:
                return Manifest.parse(file.read(MAX_MANIFEST_BYTES + 1))
        except OSError as error:
            raise self._wrong(
                entry, f"has no manifest in {path}: it cannot be read: {error.strerror}"
            ) from error
        except UsageError as error:
            raise self._wrong(entry, f"has no manifest in {path}: {error}") from error

    def _check_secret(self, entry: DatasetEntry, manifest: Manifest, secret: DatasetSecret) -> None:
        salted = {file.records.secret_id for file in manifest.entries if file.records is not None}
        if salted - {secret.id}:
            raise self._wrong(
                entry, f"has records that are salted with {min(salted)}, not with {secret.id}"
            )

    def _wrong(self, entry: DatasetEntry, reason: str) -> NodeConfigError:
        return NodeConfigError(
            f"{self._config.path}: the dataset {shown(entry.dataset)[1:-1]} {reason}.",
            remedy="Mend the file: name a dataset of this owner, its folder, and the manifest "
            "of the version that lies there.",
        )


def _owner_of(ledger: Ledger) -> OrgId:
    if ledger.signer is None:
        raise NodeConfigError(
            "The node has no account that signs.", remedy="Name one in its configuration."
        )
    try:
        return ledger.members.get(ledger.signer.address).org
    except NotFound as error:
        raise NodeConfigError(
            f"The node's account {ledger.signer.address} is a member of no organisation.",
            remedy="Have it added to the datasets' owner.",
        ) from error
