"""Files are there as a whole or not at all, and private."""

import os
import stat
from pathlib import Path

import pytest

from dataledger.chain.home import (
    exclusive_lock,
    home_directory,
    private_directory,
    write_private_file,
)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_home_is_the_variable_or_the_platforms(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DATALEDGER_HOME", str(tmp_path / "home"))
    assert home_directory() == tmp_path / "home"
    assert not (tmp_path / "home").exists()
    monkeypatch.setenv("DATALEDGER_HOME", "relative")
    assert home_directory().is_absolute()
    monkeypatch.delenv("DATALEDGER_HOME")
    assert home_directory().name == "dataledger"


def test_directories_are_private_and_others_keep_their_modes(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    made = private_directory(tmp_path / "a" / "b")
    assert (mode(made), mode(made.parent), mode(tmp_path)) == (0o700, 0o700, 0o755)


def test_files_are_private_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        write_private_file(tmp_path / "new" / "file", b"content")
    finally:
        os.umask(before)
    assert mode(tmp_path / "new" / "file") == 0o600
    assert mode(tmp_path / "new") == 0o700


def test_an_existing_file_is_replaced_or_kept(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_private_file(path, b"one")
    write_private_file(path, b"two")
    assert path.read_bytes() == b"two"
    with pytest.raises(FileExistsError):
        write_private_file(path, b"three", replace=False)
    assert path.read_bytes() == b"two"
    assert list(tmp_path.iterdir()) == [path], "no draft stays behind"


def test_a_failed_write_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_descriptor: int) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="full"):
        write_private_file(tmp_path / "file", b"content")
    assert list(tmp_path.iterdir()) == []


def test_a_lock_excludes_until_it_is_let_go(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with (
        exclusive_lock(path, timeout_seconds=1),
        pytest.raises(TimeoutError, match="locked by another"),
        exclusive_lock(path, timeout_seconds=0.1),
    ):
        pass
    with exclusive_lock(path, timeout_seconds=0):
        assert mode(path) == 0o600
