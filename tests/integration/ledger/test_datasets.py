"""Datasets and versions: registered once, read back as recorded, checked against data."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from consortium import Consortium, evidence, manifest, org_of

from dataledger.contracts.events import DatasetRegistered, VersionAdded
from dataledger.errors import (
    ClaimRefused,
    CommitmentMismatch,
    InvalidArgument,
    InvalidIdentifier,
    InvalidSlug,
    ManifestMismatch,
    NotFound,
    Refused,
)
from dataledger.hashing import Digest
from dataledger.ledger import Capability, DatasetId, Ledger, Parent, Relation, VersionRecord
from dataledger.manifest.semantic_version import Level

FILES = manifest("one", "two", "three")


@pytest.fixture(scope="module")
def owner(consortium: Consortium) -> Ledger:
    return consortium.join(Capability.CUSTODIAN)


def test_a_dataset_is_registered_once(consortium: Consortium, owner: Ledger) -> None:
    slug = consortium.new_slug()
    first = owner.datasets.register(slug, FILES)
    again = owner.datasets.register(slug, FILES)
    assert 0 < first.gas_used <= 115_000
    assert (again.event, again.transaction_hash) == (first.event, first.transaction_hash)
    assert again.already_there
    for content in (None, manifest("other")):
        with pytest.raises(Refused, match=f"{slug} exists already") as caught:
            owner.datasets.register(slug, content)
        assert caught.value.error_name == "DatasetExists"

    found = owner.datasets.get(first.event.dataset)
    owner_slug = owner.organisations.get(org_of(owner)).slug
    assert found == owner.datasets.get(f"{owner_slug}/{slug}")
    assert found.id == owner.datasets.get(str(found.id)).id
    assert (found.slug, found.owner_slug, found.stage_name) == (slug, owner_slug, "PLANNED")
    assert found in owner.datasets.list(owner_slug)
    assert found.id in {dataset.id for dataset in owner.datasets.list()}


def test_registering_with_a_version_or_adding_it_later_come_to_the_same(
    consortium: Consortium, owner: Ledger
) -> None:
    slug = consortium.new_slug()
    dataset = owner.datasets.register(slug).event.dataset
    assert owner.datasets.register(slug).already_there
    added = owner.datasets.add_version(dataset, FILES)
    assert isinstance(added.event, VersionAdded)
    assert (added.event.version, added.event.stage) == (1, 1)
    at_once = owner.datasets.register(consortium.new_slug(), FILES).event.dataset
    assert owner.datasets.version(dataset).record == owner.datasets.version(at_once).record
    # The first one was registered without a version, and that is still what was asked.
    assert owner.datasets.register(slug).already_there


def test_versions_are_added_once(consortium: Consortium, owner: Ledger) -> None:
    dataset = owner.datasets.register(consortium.new_slug(), FILES).event.dataset
    same = owner.datasets.add_version(dataset, FILES)
    assert same.already_there
    assert isinstance(same.event, DatasetRegistered)
    assert owner.datasets.add_version(dataset, FILES, number=1).already_there

    second = owner.datasets.add_version(dataset, manifest("new"))
    assert owner.datasets.add_version(dataset, manifest("new")).already_there
    assert owner.datasets.add_version(dataset, manifest("new"), number=2).already_there
    assert owner.datasets.add_version(dataset, FILES, number=1).already_there
    with pytest.raises(Refused, match="is 3, not 2"):
        owner.datasets.add_version(dataset, manifest("newer"), number=2)
    back = owner.datasets.add_version(dataset, FILES)
    assert not back.already_there
    assert back.transaction_hash != second.transaction_hash

    versions = owner.datasets.versions(dataset)
    assert [version.number for version in versions] == [1, 2, 3]
    assert versions[0].record == versions[2].record
    assert owner.datasets.version(dataset) == versions[2]
    assert owner.datasets.version(dataset, 2) == versions[1]
    with pytest.raises(NotFound, match="3 versions, and no version 4"):
        owner.datasets.version(dataset, 4)


def test_a_version_that_claims_less_than_its_change_deserves_is_not_sent(
    consortium: Consortium, owner: Ledger
) -> None:
    dataset = owner.datasets.register(consortium.new_slug(), FILES).event.dataset
    more, less = manifest("one", "two", "three", "four"), manifest("one", "two", "three!")
    for claim in (Level.NONE, Level.PATCH):
        with pytest.raises(ClaimRefused, match=r"the change is minor: '3\.txt' was added"):
            owner.datasets.add_version(dataset, more, claim=claim)
    with pytest.raises(ClaimRefused, match=r"the change is major: '2\.txt' was changed"):
        owner.datasets.add_version(dataset, less, number=2, claim=Level.MINOR)
    assert owner.datasets.get(dataset).version_count == 1
    owner.datasets.add_version(dataset, more, claim=Level.MINOR)
    again = owner.datasets.add_version(dataset, more, number=2, claim=Level.MINOR)
    assert again.already_there
    assert owner.datasets.add_version(dataset, more, claim=Level.NONE).already_there
    owner.datasets.add_version(dataset, less, claim=Level.MAJOR)
    assert owner.datasets.get(dataset).version_count == 3


def test_a_claim_needs_both_manifests(
    consortium: Consortium, owner: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = owner.datasets.register(consortium.new_slug()).event.dataset
    with pytest.raises(InvalidArgument, match="this is the first version"):
        owner.datasets.add_version(dataset, FILES, claim=Level.MAJOR)
    record = owner.datasets.add_version(dataset, FILES).event.record
    assert record is not None
    other = replace(record, file_count=4)
    with pytest.raises(InvalidArgument, match="a record without its manifest"):
        owner.datasets.add_version(dataset, other, claim=Level.MAJOR)
    with pytest.raises(NotFound, match="1 versions, and no version 8"):
        owner.datasets.add_version(dataset, manifest("x"), number=9, claim=Level.MAJOR)
    monkeypatch.setattr(owner.documents, "folder", tmp_path)
    with pytest.raises(NotFound, match=f"no document {record.manifest_digest}") as caught:
        owner.datasets.add_version(dataset, manifest("x"), claim=Level.MAJOR)
    assert caught.value.remedy.startswith("Ask its author for the file")
    assert owner.datasets.get(dataset).version_count == 1


def test_only_the_owner_adds_versions(consortium: Consortium, owner: Ledger) -> None:
    dataset = owner.datasets.register(consortium.new_slug(), FILES).event.dataset
    with pytest.raises(Refused, match="Only the owner of the dataset"):
        consortium.join(Capability.CUSTODIAN).datasets.add_version(dataset, manifest("x"))


def test_no_version_where_the_policy_has_none(consortium: Consortium, owner: Ledger) -> None:
    everything = consortium.join(Capability.CUSTODIAN | Capability.PROCESSOR | Capability.LABELER)
    dataset = everything.datasets.register(consortium.new_slug(), FILES).event.dataset
    for stage in ("COLLECTED", "CLEANED", "LABELED", "VALIDATED"):
        everything.lifecycle.advance(dataset, stage, evidence(stage))
    with pytest.raises(Refused, match="in the stage VALIDATED"):
        everything.datasets.add_version(dataset, manifest("late"))
    assert owner.datasets.get(dataset).version_count == 1


def test_parents_must_exist(consortium: Consortium, owner: Ledger) -> None:
    unknown = DatasetId(evidence("nowhere").value)
    with pytest.raises(Refused, match=f"{unknown} has no version 1"):
        owner.datasets.register(consortium.new_slug(), FILES, parents=[Parent(unknown, 1)])
    with pytest.raises(InvalidArgument, match="cannot have come from others"):
        owner.datasets.register(consortium.new_slug(), parents=[Parent(unknown, 1)])


def test_a_record_may_be_given_whole(consortium: Consortium, owner: Ledger) -> None:
    parent = owner.datasets.register(consortium.new_slug(), FILES).event.dataset
    record = VersionRecord(
        content_root=Digest.of(b"root"),
        manifest_digest=Digest.of(b"manifest"),
        size_bytes=2**64 - 1,
        file_count=2**64 - 1,
        record_count=2**64 - 1,
        salt_scheme=255,
        parents=(Parent(parent, 1, Relation.TRAINED_ON),),
    )
    dataset = owner.datasets.register(consortium.new_slug(), record).event.dataset
    assert owner.datasets.version(dataset).record == record
    assert owner.datasets.verify(dataset, record).number == 1
    with pytest.raises(InvalidArgument, match="names its parents itself"):
        owner.datasets.register(consortium.new_slug(), record, parents=[Parent(parent, 1)])


def test_data_is_verified_against_the_chain(consortium: Consortium, owner: Ledger) -> None:
    dataset = owner.datasets.register(consortium.new_slug(), FILES).event.dataset
    owner.datasets.add_version(dataset, manifest("other"))
    assert owner.datasets.verify(dataset, FILES, number=1).number == 1
    with pytest.raises(ManifestMismatch, match=r"changed '2\.txt'"):
        owner.datasets.verify(dataset, manifest("one", "two", "thr3e"), number=1)
    with pytest.raises(ManifestMismatch, match="removed"):
        owner.datasets.verify(dataset, manifest("one"), number=1)
    recorded = owner.datasets.version(dataset, 1).record
    with pytest.raises(CommitmentMismatch, match="manifest_digest is sha256:"):
        owner.datasets.verify(dataset, recorded)


def test_without_the_recorded_manifest_the_fields_are_named(
    consortium: Consortium, owner: Ledger
) -> None:
    unknown = VersionRecord(Digest.of(b"root"), Digest.of(b"nobody has it"), 10, 1)
    dataset = owner.datasets.register(consortium.new_slug(), unknown).event.dataset
    with pytest.raises(CommitmentMismatch, match="size_bytes is 3, recorded is 10"):
        owner.datasets.verify(dataset, manifest("one"))


@pytest.mark.parametrize("ref", ["faces", "0x12", "0x" + "AB" * 32])
def test_what_means_no_dataset_is_refused(owner: Ledger, ref: str) -> None:
    with pytest.raises(InvalidIdentifier):
        owner.datasets.get(ref)


def test_a_dataset_of_nobody_is_not_found(owner: Ledger) -> None:
    with pytest.raises(NotFound, match="no organisation"):
        owner.datasets.get("nobody/faces")
    with pytest.raises(InvalidSlug):
        owner.datasets.get("root/No Slug")
    with pytest.raises(NotFound, match="no dataset"):
        owner.datasets.get("root/faces")
    with pytest.raises(InvalidSlug):
        owner.datasets.register("x" * 33, FILES)


def test_fifty_registrations_at_once(consortium: Consortium, owner: Ledger) -> None:
    slugs = [consortium.new_slug("many") for _ in range(50)]
    contents = [manifest(slug) for slug in slugs]
    with ThreadPoolExecutor(50) as threads:
        results = list(threads.map(owner.datasets.register, slugs, contents))
    assert [result.event.slug for result in results] == slugs
    assert not any(result.already_there for result in results)
    assert len({result.transaction_hash for result in results}) == 50
    found = {dataset.slug for dataset in owner.datasets.list(org_of(owner))}
    assert found >= set(slugs)


def test_the_same_registration_from_many_threads_is_one(
    consortium: Consortium, owner: Ledger
) -> None:
    slug = consortium.new_slug()
    with ThreadPoolExecutor(10) as threads:
        results = list(threads.map(owner.datasets.register, [slug] * 10, [FILES] * 10))
    assert len({result.transaction_hash for result in results}) == 1
    assert len(owner.datasets.history(results[0].event.dataset).events) == 1


def test_another_process_of_the_same_member_finds_it_done(
    consortium: Consortium, owner: Ledger
) -> None:
    slug = consortium.new_slug()
    first = owner.datasets.register(slug, FILES)
    again = consortium.open(owner.signer).datasets.register(slug, FILES)
    assert again.already_there
    assert again.transaction_hash == first.transaction_hash
