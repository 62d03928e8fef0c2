"""The names of `dataledger.manifest`, which are loaded when first used."""

import subprocess
import sys
from importlib.util import find_spec

import pytest

from dataledger import manifest


@pytest.mark.parametrize("name", manifest.__all__)
def test_every_public_name_is_there_and_no_module_takes_its_place(name: str) -> None:
    assert getattr(manifest, name).__name__ == name
    assert name in dir(manifest)
    assert find_spec(f"dataledger.manifest.{name}") is None


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match=r"'dataledger\.manifest' has no attribute 'absent'"):
        manifest.absent  # noqa: B018 - reading it is the test


def test_checking_evidence_loads_nothing_that_reads_files() -> None:
    code = (
        "import sys, dataledger.evidence.verifier, dataledger.evidence.presentation\n"
        "readers = ['files', 'scan', 'hashers', 'pool', 'cache', 'comparing']\n"
        "names = [f'dataledger.manifest.{name}' for name in readers]\n"
        "print([name for name in names if name in sys.modules])"
    )
    finished = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    )
    assert finished.stdout.strip() == "[]"
