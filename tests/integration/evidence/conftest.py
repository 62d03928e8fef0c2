"""A development chain for all tests of bundles."""

from collections.abc import Iterator

import pytest
from consortium import Consortium


@pytest.fixture(scope="session")
def consortium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Consortium]:
    with Consortium(tmp_path_factory.mktemp("home")) as started:
        yield started
