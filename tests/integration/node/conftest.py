"""One devnet for all tests of nodes, and those who ask them."""

from collections.abc import Iterator

import pytest
from consortium import Consortium

from dataledger.contracts.types import Capability
from dataledger.ledger import Ledger


@pytest.fixture(scope="session")
def consortium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Consortium]:
    with Consortium(tmp_path_factory.mktemp("home")) as started:
        yield started


@pytest.fixture(scope="session")
def consumer(consortium: Consortium) -> Ledger:
    return consortium.join(Capability.CONSUMER)


@pytest.fixture(scope="session")
def regulator(consortium: Consortium) -> Ledger:
    return consortium.join(Capability.REGULATOR)
