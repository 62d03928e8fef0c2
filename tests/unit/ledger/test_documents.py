"""The folder of documents: found by digest, and checked."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from dataledger.contracts.identifiers import Slug, address_of
from dataledger.errors import (
    CanonicalisationError,
    CommitmentMismatch,
    DescriptionError,
    NotFound,
    OutputUnwritable,
    SourceUnreadable,
)
from dataledger.hashing import Digest
from dataledger.ledger.activity import Activity, Agent, Tool
from dataledger.ledger.documents import Documents
from dataledger.manifest import FileEntry, Manifest
from dataledger.manifest.description import Description

MANIFEST = Manifest((FileEntry("a.txt", 1, Digest.of(b"a")),))
ACTIVITY = Activity(
    type="collect",
    tool=Tool("tool", "1"),
    agents=(Agent(Slug("acme"), address_of(b"\x01" * 20), "OPERATOR"),),
    started_at=datetime(2026, 1, 1, tzinfo=UTC),
    ended_at=datetime(2026, 1, 1, tzinfo=UTC),
)

DESCRIPTION = Description(title="Street scenes \x1b[31m", keywords=("roads",))


@pytest.fixture
def documents(tmp_path: Path) -> Documents:
    return Documents(tmp_path / "documents")


def _file(documents: Documents, digest: Digest) -> Path:
    (path,) = documents.folder.rglob(f"{digest.hex}.json")
    return path


def test_what_is_kept_is_found(documents: Documents) -> None:
    assert documents.keep(MANIFEST) == MANIFEST.manifest_digest
    assert documents.keep(ACTIVITY) == ACTIVITY.evidence
    assert documents.keep(DESCRIPTION) == DESCRIPTION.digest
    assert documents.manifest(MANIFEST.manifest_digest) == MANIFEST
    assert documents.activity(ACTIVITY.evidence) == ACTIVITY
    assert documents.description(DESCRIPTION.digest) == DESCRIPTION
    assert _file(documents, ACTIVITY.evidence).read_bytes() == ACTIVITY.to_bytes()


def test_keeping_twice_keeps_once(documents: Documents) -> None:
    documents.keep(MANIFEST)
    before = _file(documents, MANIFEST.manifest_digest).stat()
    documents.keep(MANIFEST)
    assert _file(documents, MANIFEST.manifest_digest).stat().st_ino == before.st_ino
    assert len([path for path in documents.folder.rglob("*") if path.is_file()]) == 1


def test_files_are_the_users_alone(documents: Documents) -> None:
    path = _file(documents, documents.keep(MANIFEST))
    assert path.stat().st_mode & 0o777 == 0o600
    assert documents.folder.stat().st_mode & 0o777 == 0o700


def test_an_altered_file_is_refused_and_mended(documents: Documents) -> None:
    digest = documents.keep(MANIFEST)
    _file(documents, digest).write_bytes(MANIFEST.to_bytes() + b" ")
    with pytest.raises(CommitmentMismatch, match="was altered"):
        documents.manifest(digest)
    documents.keep(MANIFEST)
    assert documents.manifest(digest) == MANIFEST


def test_what_is_not_there_is_not_found(documents: Documents) -> None:
    with pytest.raises(NotFound, match=str(MANIFEST.manifest_digest)):
        documents.manifest(MANIFEST.manifest_digest)


def test_a_document_of_another_kind_is_refused(documents: Documents) -> None:
    with pytest.raises(CanonicalisationError):
        documents.manifest(documents.keep(ACTIVITY))
    with pytest.raises(CanonicalisationError):
        documents.activity(documents.keep(MANIFEST))
    with pytest.raises(DescriptionError):
        documents.description(documents.keep(MANIFEST))


def test_a_folder_that_is_none_is_told(tmp_path: Path) -> None:
    in_the_way = tmp_path / "documents"
    in_the_way.write_text("a file")
    documents = Documents(in_the_way)
    with pytest.raises(OutputUnwritable, match="cannot be kept"):
        documents.keep(MANIFEST)
    with pytest.raises(SourceUnreadable, match="cannot be read"):
        documents.manifest(MANIFEST.manifest_digest)
