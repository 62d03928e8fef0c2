"""The real contracts on a real chain."""

from collections.abc import Callable

import pytest
from chain_under_test import Chain

from dataledger.chain.connection import connect
from dataledger.chain.deployment import RootAuthority, deploy
from dataledger.chain.outbox import Outbox
from dataledger.contracts import dataset_ledger
from dataledger.contracts.identifiers import Slug, address_of
from dataledger.errors import Reverted


def test_deployed_pinned_and_not_repeated(start_chain: Callable[[], Chain]) -> None:
    chain = start_chain()
    root = RootAuthority(chain.signer(1).address, Slug("authority"), "Data Authority")
    with Outbox(chain.connect(), home=chain.home) as outbox:
        profile = deploy(chain.connect(), outbox, chain.signer(), root, home=chain.home)
        blocks = chain.connect().head().number
        again = deploy(connect(profile), outbox, chain.signer(), root, home=chain.home)
        without_profile = deploy(chain.connect(), outbox, chain.signer(), root, home=chain.home)
    assert profile == again == without_profile == chain.profile
    assert chain.connect().head().number == blocks
    connection = chain.connect()
    call = dataset_ledger.organisations()
    ledger = profile.contract("DatasetLedger").address
    assert (
        call.result(connection.call(ledger, call.data)) == profile.contract("Organisations").address
    )


def test_a_constructor_that_refuses(start_chain: Callable[[], Chain]) -> None:
    chain = start_chain()
    nobody = RootAuthority(address_of(bytes(20)), Slug("authority"), "Data Authority")
    with Outbox(chain.connect(), home=chain.home) as outbox:
        with pytest.raises(Reverted) as refused:
            deploy(chain.connect(), outbox, chain.signer(), nobody, home=chain.home)
        assert len(refused.value.data) >= 4
    assert chain.profile.contracts == {}
