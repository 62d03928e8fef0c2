"""What the configuration says lies beside the node, held against the chain."""

from pathlib import Path
from typing import Any

import pytest
from consortium import manifest, new_signer
from engines import Site
from uses import Parties

from dataledger.errors import CommitmentMismatch, ManifestMismatch, NodeConfigError, SecretError
from dataledger.hashing import Digest
from dataledger.ledger import ProjectId
from dataledger.ledger.secrets import Secrets
from dataledger.manifest import FileEntry, Manifest, RecordFormat, RecordSet
from dataledger.manifest.records.secret import DatasetSecret
from dataledger.node.config import DatasetEntry
from dataledger.node.holdings import Holdings


@pytest.fixture(scope="module")
def shared(parties: Parties, project: ProjectId, tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A site whose dataset has a second version, with records that are salted."""
    site = Site.of(parties, tmp_path_factory.mktemp("site"), project)
    home = parties.consortium.home
    secret = Secrets(home).create("roads")
    Secrets(home).create("rails")
    records = RecordSet(RecordFormat.JSONL, 1, Digest.of(b"root"), secret.id)
    salted = Manifest([FileEntry("a.jsonl", 2, Digest.of(b"{}"), records=records)])
    site.parties.owner.datasets.add_version(site.dataset, salted)
    return site


@pytest.fixture
def site(shared: Site, tmp_path: Path) -> Site:
    return shared.alone(tmp_path)


def load(site: Site, *entries: DatasetEntry) -> Holdings:
    home = site.parties.consortium.home
    return Holdings.load(site.ledger, site.config(datasets=entries), home=home)


def entry(site: Site, **named: Any) -> DatasetEntry:
    folder = site.folder / "data"
    folder.mkdir(exist_ok=True)
    return DatasetEntry(**{"dataset": str(site.dataset), "folder": folder, **named})


def kept(site: Site, version: int) -> Manifest:
    record = site.ledger.datasets.version(site.dataset, version).record
    return site.ledger.documents.manifest(record.manifest_digest)


def written(site: Site, content: Manifest) -> Path:
    path = site.folder / "manifest.json"
    path.write_bytes(content.to_bytes())
    return path


def refused(site: Site, *entries: DatasetEntry) -> str:
    with pytest.raises(NodeConfigError) as caught:
        load(site, *entries)
    assert caught.value.remedy
    return str(caught.value)


def test_the_current_version_lies_here_unless_another_is_named(site: Site) -> None:
    [held] = load(site, entry(site)).of(site.dataset)
    assert (held.version, held.manifest) == (2, kept(site, 2))
    [held] = load(site, entry(site, version=1)).of(site.dataset)
    assert (held.version, held.manifest) == (1, kept(site, 1))


def test_several_versions_lie_here_newest_first(site: Site) -> None:
    holdings = load(site, entry(site, version=1), entry(site, version=2))
    assert [held.version for held in holdings.of(site.dataset)] == [2, 1]
    [told] = holdings.datasets
    dataset = site.ledger.datasets.get(site.dataset)
    assert (told.name, told.versions) == (f"{dataset.owner_slug}/{dataset.slug}", (1, 2))


def test_a_dataset_goes_by_its_name(site: Site) -> None:
    [told] = load(site, entry(site)).datasets
    assert load(site, entry(site, dataset=told.name)).of(site.dataset)


def test_a_manifest_says_which_version_it_is(site: Site) -> None:
    path = written(site, kept(site, 1))
    [held] = load(site, entry(site, manifest=path)).of(site.dataset)
    assert held.version == 1


def test_a_manifest_of_another_version_is_refused(site: Site) -> None:
    path = written(site, kept(site, 1))
    with pytest.raises(ManifestMismatch):
        load(site, entry(site, manifest=path, version=2))
    path = written(site, manifest("something else"))
    with pytest.raises((ManifestMismatch, CommitmentMismatch)):
        load(site, entry(site, manifest=path))


def test_a_file_that_is_no_manifest_is_refused(site: Site) -> None:
    path = site.folder / "manifest.json"
    assert "cannot be read: No such file" in refused(site, entry(site, manifest=path))
    path.write_bytes(b"{}")
    assert "has no manifest in" in refused(site, entry(site, manifest=path))


def test_a_manifest_that_is_nowhere_is_said(
    site: Site, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(site.ledger.documents, "folder", tmp_path / "empty")
    assert "has no manifest here: that of version 2 is sha256:" in refused(site, entry(site))


def test_a_secret_is_the_one_that_salted_the_records(site: Site) -> None:
    [held] = load(site, entry(site, secret="roads")).of(site.dataset)  # noqa: S106
    assert isinstance(held.secret, DatasetSecret)
    assert held.secret.reveal() not in repr(held)
    assert "are salted with" in refused(site, entry(site, secret="rails"))  # noqa: S106
    with pytest.raises(SecretError):
        load(site, entry(site, secret="absent"))  # noqa: S106


def test_what_cannot_lie_here_is_refused(site: Site) -> None:
    assert "no folder" in refused(site, entry(site, folder=site.folder / "absent"))
    assert "cannot be found" in refused(site, entry(site, dataset="nobody/nothing"))
    assert "cannot be found" in refused(site, entry(site, dataset=f"0x{'00' * 32}"))
    assert "no version 3" in refused(site, entry(site, version=3))
    assert "configured twice" in refused(site, entry(site), entry(site, version=2))


def test_a_dataset_without_a_version_does_not_lie_here(site: Site, parties: Parties) -> None:
    slug = parties.consortium.new_slug()
    dataset = parties.owner.datasets.register(slug).event.dataset
    assert "has no version yet" in refused(site, entry(site, dataset=str(dataset)))


def test_a_node_holds_data_of_its_own_organisation_alone(site: Site, parties: Parties) -> None:
    stranger = site.parties.consumer
    config = site.config(datasets=(entry(site),))
    with pytest.raises(NodeConfigError, match=r"is of organisation .*, and the node's account"):
        Holdings.load(stranger, config)
    with pytest.raises(NodeConfigError, match="is a member of no organisation"):
        Holdings.load(parties.consortium.open(new_signer()), config)
    with pytest.raises(NodeConfigError, match="no account that signs"):
        Holdings.load(parties.consortium.open(), config)
