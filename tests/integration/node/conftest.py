"""One devnet for all tests of the owner's node: each has a site with a dataset of its own."""

from collections.abc import Iterator

import pytest
from consortium import Consortium
from uses import Parties

from dataledger.ledger import ProjectId


@pytest.fixture(scope="session")
def consortium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Consortium]:
    with Consortium(tmp_path_factory.mktemp("home")) as started:
        yield started


@pytest.fixture(scope="module")
def parties(consortium: Consortium) -> Parties:
    return Parties.join(consortium)


@pytest.fixture(scope="module")
def project(parties: Parties) -> ProjectId:
    return parties.project()
