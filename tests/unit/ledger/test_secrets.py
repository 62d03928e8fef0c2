"""Secrets on disk: private, never overwritten, never shown."""

import os
import stat
import traceback
from pathlib import Path

import pytest

from dataledger.errors import NotFound, OutputExists, SecretError
from dataledger.ledger.secrets import Secrets, read_secret
from dataledger.manifest.record_set import SecretId
from dataledger.manifest.records.secret import DatasetSecret


@pytest.fixture
def secrets(tmp_path: Path) -> Secrets:
    return Secrets(tmp_path / "home")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_secret_is_kept_privately_and_found_by_name_id_and_path(secrets: Secrets) -> None:
    entry = secrets.create("roads")
    assert mode(entry.path) == 0o600
    assert mode(entry.path.parent) == 0o700
    secret = secrets.open("roads")
    assert secret.id == entry.id
    assert secrets.find(entry.id) == secret
    assert secrets.open(str(entry.path)) == secret
    assert entry.path.read_text() == secret.reveal() + "\n"
    assert secrets.entry("roads") == entry


def test_secrets_are_listed_by_name_and_other_files_are_not(secrets: Secrets) -> None:
    assert secrets.list() == []
    made = [secrets.create(name) for name in ("b", "a.b", "a")]
    directory = made[0].path.parent
    (directory / ".draft.secret").write_text("x")
    (directory / "notes.txt").write_text("x")
    assert secrets.list() == sorted(made, key=lambda entry: entry.path)


def test_a_secret_is_never_overwritten(secrets: Secrets) -> None:
    entry = secrets.create("roads")
    with pytest.raises(OutputExists, match="'roads' already"):
        secrets.create("roads")
    assert secrets.entry("roads") == entry


@pytest.mark.parametrize("name", ["", "A", ".hidden", "a b", "x" * 65, "ä", "-", "a\n"])
def test_a_name_that_breaks_the_rule_is_refused(secrets: Secrets, name: str) -> None:
    for action in (secrets.create, secrets.open, secrets.entry, secrets.destroy):
        with pytest.raises(SecretError, match="Not a name of a secret"):
            action(name)


def test_a_secret_that_is_not_there_is_told(secrets: Secrets) -> None:
    with pytest.raises(SecretError, match="There is no secret 'roads'"):
        secrets.open("roads")
    with pytest.raises(NotFound, match="0123456789abcdef"):
        secrets.find(SecretId("0123456789abcdef"))
    with pytest.raises(SecretError, match="cannot be read"):
        secrets.open("./roads")


@pytest.mark.parametrize("others", [0o640, 0o604, 0o620])
def test_a_secret_that_others_can_reach_is_refused(secrets: Secrets, others: int) -> None:
    path = secrets.create("roads").path
    path.chmod(others)
    with pytest.raises(SecretError, match=f"mode 0{others:o}") as caught:
        secrets.open("roads")
    assert "chmod 600" in caught.value.remedy


TEXT = DatasetSecret(bytes(range(32))).reveal()


@pytest.mark.parametrize(
    "content", ["", "\n", TEXT[:-2], TEXT.upper(), TEXT + "\r\n", TEXT + "\n\n", TEXT + "é", "{}"]
)
def test_a_malformed_secret_is_refused_without_telling_what_it_holds(
    tmp_path: Path, content: str
) -> None:
    path = tmp_path / "s"
    path.write_text(content)
    path.chmod(0o600)
    with pytest.raises(SecretError, match="malformed") as caught:
        read_secret(path)
    assert TEXT[:8] not in "".join(traceback.format_exception(caught.value)).lower()


def test_a_secret_without_a_final_line_break_is_read(tmp_path: Path) -> None:
    path = tmp_path / "s"
    path.write_text(TEXT)
    path.chmod(0o600)
    assert read_secret(path).reveal() == TEXT


def test_a_destroyed_secret_is_overwritten_before_it_is_removed(
    secrets: Secrets, tmp_path: Path
) -> None:
    entry = secrets.create("roads")
    (tmp_path / "link").hardlink_to(entry.path)  # what the disk would still hold
    assert secrets.destroy("roads") == entry
    assert not entry.path.exists()
    assert set((tmp_path / "link").read_bytes()) == {0}
    with pytest.raises(SecretError, match="There is no secret"):
        secrets.destroy("roads")


def test_a_secret_that_cannot_be_removed_is_told(
    secrets: Secrets, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = secrets.create("roads")

    def refuse(_: Path) -> None:
        raise PermissionError(13, os.strerror(13))

    monkeypatch.setattr(Path, "unlink", refuse)
    with pytest.raises(SecretError, match="cannot be removed: Permission denied"):
        secrets.destroy(entry.name)
