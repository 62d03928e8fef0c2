"""The outbox on a real node, with the client killed and the network failing at every point."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest
import sending_client
from chain_under_test import Chain
from faulty_proxy import FORWARDING, FaultyProxy, ProxyFault
from once_contract import perform

from dataledger.chain.connection import connect
from dataledger.chain.identifiers import OperationId, to_operation_id
from dataledger.chain.outbox import Outbox, State, Step
from dataledger.chain.profile import Endpoint
from dataledger.errors import ConnectionFailed, TransactionPending

_things = count(1)
TIMEOUT_SECONDS = 0.5


@pytest.fixture
def thing() -> int:
    """A thing that no other test does."""
    return next(_things)


@pytest.fixture
def proxy(chain: Chain) -> Iterator[FaultyProxy]:
    url = chain.profile.endpoints[0].url
    with FaultyProxy(url, delay_seconds=2 * TIMEOUT_SECONDS).running() as proxy:
        yield proxy


@pytest.fixture
def through_proxy(chain: Chain, proxy: FaultyProxy) -> Iterator[Outbox]:
    profile = replace(chain.profile, endpoints=(Endpoint(proxy.url),))
    connection = connect(profile, timeout_seconds=TIMEOUT_SECONDS)
    with Outbox(connection, home=chain.home) as outbox:
        yield outbox


def operation(number: int) -> OperationId:
    return to_operation_id(f"do:{number}")


def start_client(chain: Chain, signer: str, *arguments: object) -> subprocess.Popen[str]:
    support = Path(sending_client.__file__)
    command = [sys.executable, support, chain.home, signer, chain.contract, *arguments]
    return subprocess.Popen(
        [str(part) for part in command], stdout=subprocess.PIPE, text=True, cwd=support.parent
    )


class TestNetworkFaults:
    @pytest.mark.parametrize("fault", ProxyFault)
    def test_while_sending(
        self,
        chain: Chain,
        proxy: FaultyProxy,
        through_proxy: Outbox,
        thing: int,
        fault: ProxyFault,
    ) -> None:
        before = chain.total()
        proxy.plan("eth_sendRawTransaction", fault)
        submission = through_proxy.submit(
            chain.signer(), operation(thing), to=chain.contract, data=perform(thing)
        )
        receipt = submission.wait(20)
        assert proxy.planned == 0
        assert receipt.transaction_hash == submission.transaction_hash
        assert chain.total() == before + 1
        sent = proxy.forwarded.count("eth_sendRawTransaction")
        # What reached the node is found by its hash, or sent again as the same bytes.
        assert sent in ((1, 2) if fault in FORWARDING else (1,))

    @pytest.mark.parametrize("fault", ProxyFault)
    def test_while_asking_for_the_receipt(
        self,
        chain: Chain,
        proxy: FaultyProxy,
        through_proxy: Outbox,
        thing: int,
        fault: ProxyFault,
    ) -> None:
        before = chain.total()
        proxy.plan("eth_getTransactionReceipt", fault)
        submission = through_proxy.submit(
            chain.signer(), operation(thing), to=chain.contract, data=perform(thing)
        )
        assert submission.wait(20).succeeded
        assert chain.total() == before + 1

    def test_reads_are_repeated_and_then_fail(
        self, chain: Chain, proxy: FaultyProxy, through_proxy: Outbox, thing: int
    ) -> None:
        proxy.plan("eth_estimateGas", ProxyFault.BAD_GATEWAY_BEFORE, ProxyFault.RESET)
        through_proxy.submit(
            chain.signer(), operation(thing), to=chain.contract, data=perform(thing)
        ).wait(20)
        proxy.plan("eth_estimateGas", *[ProxyFault.BAD_GATEWAY_BEFORE] * 3)
        with pytest.raises(ConnectionFailed, match="HTTP status 502"):
            through_proxy.submit(
                chain.signer(), operation(next(_things)), to=chain.contract, data=perform(0)
            )

    def test_a_network_that_stays_away_ends_in_pending_and_heals(
        self, chain: Chain, proxy: FaultyProxy, through_proxy: Outbox, thing: int
    ) -> None:
        proxy.plan("eth_sendRawTransaction", *[ProxyFault.BAD_GATEWAY_BEFORE] * 2)
        submission = through_proxy.submit(
            chain.signer(), operation(thing), to=chain.contract, data=perform(thing)
        )
        with pytest.raises(TransactionPending):
            submission.wait(0.2)
        assert submission.wait(20).succeeded


class TestKilledClients:
    @pytest.mark.parametrize("step", Step)
    def test_at_each_step(self, chain: Chain, thing: int, step: Step) -> None:
        before = chain.total()
        with start_client(chain, "dev1", thing, 1, step.value) as client:
            assert client.wait(60) == -9
        with Outbox(chain.connect(), home=chain.home) as outbox:
            outbox.reconcile()
            found = outbox.find(operation(thing))
            if step is Step.SIGNED:
                assert found is None
                assert chain.total() == before
                found = outbox.submit(
                    chain.signer(1), operation(thing), to=chain.contract, data=perform(thing)
                )
            assert found is not None
            assert found.wait(20).succeeded
            assert chain.total() == before + 1
            assert outbox.unresolved() == []

    def test_the_next_one_may_simply_run_the_same_again(self, chain: Chain, thing: int) -> None:
        before = chain.total()
        with start_client(chain, "dev1", thing, 1, Step.PERSISTED.value) as client:
            assert client.wait(60) == -9
        with start_client(chain, "dev1", thing, 1) as client:
            assert client.wait(60) == 0
        assert chain.total() == before + 1


class TestSharedKeys:
    def test_two_processes_with_one_key(self, chain: Chain) -> None:
        before, each = chain.total(), 40
        first, *_others = (next(_things) for _ in range(2 * each))
        with (
            start_client(chain, "dev2", first, each) as one,
            start_client(chain, "dev2", first + each, each) as other,
        ):
            answers = [client.communicate(timeout=90)[0] for client in (one, other)]
        nonces = [nonce for answer in answers for nonce in json.loads(answer)]
        assert sorted(nonces) == list(range(2 * each))
        assert chain.total() == before + 2 * each

    def test_two_processes_with_one_operation(self, chain: Chain, thing: int) -> None:
        before = chain.total()
        with (
            start_client(chain, "dev3", thing, 1) as one,
            start_client(chain, "dev3", thing, 1) as other,
        ):
            codes = {client.wait(60) for client in (one, other)}
        # One of them may come so late that the contract refuses it.
        assert 0 in codes
        assert chain.total() == before + 1


def test_three_hundred_in_flight(chain: Chain) -> None:
    before = chain.total()
    things = [next(_things) for _ in range(300)]
    connection = chain.connect()
    connection.transport.request("evm_setAutomine", [False])
    try:
        with Outbox(connection, home=chain.home) as outbox:
            submissions = [
                outbox.submit(
                    chain.signer(4), operation(number), to=chain.contract, data=perform(number)
                )
                for number in things
            ]
            assert len(outbox.unresolved()) == 300
            connection.transport.request("evm_setAutomine", [True])
            connection.transport.request("evm_mine")
            receipts = [submission.wait(60) for submission in submissions]
            assert {submission.state for submission in submissions} == {State.CONFIRMED}
    finally:
        connection.transport.request("evm_setAutomine", [True])
    assert all(receipt.succeeded for receipt in receipts)
    assert chain.total() == before + 300


def test_a_chain_that_forgets_what_the_estimate_stood_on(
    start_chain: Callable[[], Chain],
) -> None:
    chain = start_chain()
    request = chain.connect().transport.request
    before = request("evm_snapshot", [])
    with Outbox(chain.connect(), home=chain.home) as outbox:
        outbox.submit(
            chain.signer(0), to_operation_id("do:1"), to=chain.contract, data=perform(1)
        ).wait(20)
        operation_id = to_operation_id("do:2")
        second = outbox.submit(chain.signer(1), operation_id, to=chain.contract, data=perform(2))
        second.wait(20)
        assert request("evm_revert", [before])
        assert chain.total() == 0
        # Now the second is first, and fills the slot that it was to change.
        request("eth_sendRawTransaction", ["0x" + outbox.entry(operation_id).raw.hex()])
        outbox.reconcile()
        assert second.wait(20).succeeded
    assert chain.total() == 2
