"""One devnet and one PostgreSQL server for all tests of the index."""

from collections.abc import Iterator

import pytest
from consortium import Consortium
from postgres import running_server


@pytest.fixture(scope="session")
def consortium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Consortium]:
    with Consortium(tmp_path_factory.mktemp("home")) as started:
        yield started


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    with running_server() as url:
        yield url
