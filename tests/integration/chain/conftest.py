"""A real chain for each test module: anvil, started as the devnet in a home of its own."""

from collections.abc import Callable, Iterator

import pytest
from chain_under_test import Chain
from once_contract import ARTIFACT

from dataledger.chain.connection import Connection, connect
from dataledger.chain.deployment import create_contract
from dataledger.chain.development_keys import development_signer
from dataledger.chain.devnet import Devnet
from dataledger.chain.outbox import Outbox
from dataledger.chain.profile import Profile


@pytest.fixture(scope="module")
def start_chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Chain]]:
    """Start devnets, and stop them when the module is done."""
    started: list[Devnet] = []

    def start() -> Chain:
        home = tmp_path_factory.mktemp("home")
        devnet = Devnet(home)
        started.append(devnet)
        devnet.up()
        connection = connect(Profile.load("devnet", home))
        signer = development_signer("dev0", devnet.identity)
        with Outbox(connection, home=home) as outbox:
            pin = create_contract(connection, outbox, signer, ARTIFACT, [10_000])
        return Chain(home, devnet, pin.address)

    yield start
    for devnet in started:
        devnet.down()


@pytest.fixture(scope="module")
def chain(start_chain: Callable[[], Chain]) -> Chain:
    return start_chain()


@pytest.fixture
def connection(chain: Chain) -> Connection:
    return chain.connect()


@pytest.fixture
def outbox(chain: Chain, connection: Connection) -> Iterator[Outbox]:
    with Outbox(connection, home=chain.home) as outbox:
        yield outbox
