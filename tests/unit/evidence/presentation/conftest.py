"""One disclosed dataset for all tests of presentations: it never stood on a chain."""

from pathlib import Path

import pytest
from disclosed_dataset import DisclosedDataset


@pytest.fixture(scope="session")
def roads(tmp_path_factory: pytest.TempPathFactory) -> DisclosedDataset:
    return DisclosedDataset.write(tmp_path_factory.mktemp("roads"))


@pytest.fixture
def person(tmp_path: Path) -> Path:
    """A file with a record that the dataset lacks."""
    path = tmp_path / "person.jsonl"
    path.write_bytes(b'{"id":-1}\n')
    return path
