"""The front door: what `import dataledger` offers, what it costs, and what a wheel carries."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from flit_core import buildapi

import dataledger

ROOT = Path(__file__).resolve().parents[2]
HEAVY = ["ape", "click", "eth_account", "rich", "solcx", "web3"]


@pytest.mark.parametrize("name", dataledger.__all__)
def test_every_public_name_is_there(name: str) -> None:
    assert getattr(dataledger, name) is not None
    assert name in dir(dataledger)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="'dataledger' has no attribute 'absent'"):
        dataledger.absent  # noqa: B018 - reading it is the test


def test_importing_the_package_loads_nothing_heavy() -> None:
    code = (
        "import sys, dataledger, dataledger.errors, dataledger.hashing, dataledger.manifest\n"
        f"print([name for name in {HEAVY} if name in sys.modules])"
    )
    finished = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    )
    assert finished.stdout.strip() == "[]"


def test_the_wheel_carries_the_types_marker_and_the_artifacts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    wheel = tmp_path / buildapi.build_wheel(os.fspath(tmp_path))
    names = set(zipfile.ZipFile(wheel).namelist())
    assert "dataledger/py.typed" in names
    artifacts = (ROOT / "src" / "dataledger" / "contracts" / "artifacts").glob("*.json")
    assert {f"dataledger/contracts/artifacts/{path.name}" for path in artifacts} <= names
    assert any(name.endswith("/licenses/LICENSE") for name in names)
