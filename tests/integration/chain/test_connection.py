"""A connection to a real node."""

from dataclasses import replace

import pytest
from chain_under_test import Chain
from once_contract import ALREADY_DONE, DONE_TOPIC, TOTAL, perform, thing

from dataledger.chain.connection import Connection, connect
from dataledger.chain.identifiers import BlockHash, CodeHash, OperationId, to_operation_id
from dataledger.chain.outbox import Outbox, State
from dataledger.chain.outbox.foresight import foresee
from dataledger.chain.outbox.submission import Order
from dataledger.chain.profile import ContractPin, Endpoint
from dataledger.contracts.identifiers import address_of
from dataledger.errors import (
    ConnectionFailed,
    ContractMismatch,
    NodeError,
    Reverted,
    WrongChain,
)

NOBODY = address_of(b"\x01" * 20)


def test_another_chain_id_is_refused(chain: Chain) -> None:
    with pytest.raises(WrongChain, match=r"serves chain 1145848903 .*; expected chain 5"):
        connect(replace(chain.profile, chain_id=5))


def test_another_genesis_block_is_refused(chain: Chain) -> None:
    with pytest.raises(WrongChain, match="expected chain 1145848903 with genesis block 0x0101"):
        connect(replace(chain.profile, genesis_hash=BlockHash("0x" + "01" * 32)))


def test_an_address_without_code_is_refused(chain: Chain) -> None:
    pin = ContractPin(NOBODY, CodeHash("0x" + "00" * 32), 1)
    with pytest.raises(ContractMismatch, match=rf"no contract at {NOBODY}.*expects Ledger"):
        connect(replace(chain.profile, contracts={"Ledger": pin}))


def test_other_code_is_refused(chain: Chain) -> None:
    pin = ContractPin(chain.contract, CodeHash("0x" + "00" * 32), 1)
    with pytest.raises(ContractMismatch, match="is not the Ledger of the profile"):
        connect(replace(chain.profile, contracts={"Ledger": pin}))


def test_the_next_endpoint_is_asked_when_one_is_silent(chain: Chain) -> None:
    silent = Endpoint("http://127.0.0.1:9/")
    profile = replace(chain.profile, endpoints=(silent, *chain.profile.endpoints))
    assert connect(profile).head().number >= 1


def test_no_endpoint_answers(chain: Chain) -> None:
    profile = replace(chain.profile, endpoints=(Endpoint("http://127.0.0.1:9/"),))
    with pytest.raises(ConnectionFailed, match=r"http://127\.0\.0\.1:9 does not answer"):
        connect(profile)


def test_reading_and_logs(chain: Chain, connection: Connection, outbox: Outbox) -> None:
    before = int.from_bytes(connection.call(chain.contract, TOTAL))
    first = connection.head().number + 1
    for number in (1001, 1002, 1003):
        outbox.submit(
            chain.signer(),
            to_operation_id(f"log:{number}"),
            to=chain.contract,
            data=perform(number),
        ).wait(30)
    assert int.from_bytes(connection.call(chain.contract, TOTAL)) == before + 3
    logs = connection.get_logs(chain.contract, first, 10**9)
    assert [log.topics for log in logs] == [(DONE_TOPIC, thing(n)) for n in (1001, 1002, 1003)]
    assert [log.block_number for log in logs] == [first, first + 1, first + 2]
    assert connection.get_logs([chain.contract, NOBODY], first + 1, first + 1) == [logs[1]]
    topic = "0x" + thing(1003).hex()
    assert connection.get_logs(chain.contract, 0, 10**9, topics=[None, topic]) == [logs[2]]
    assert connection.get_logs(chain.contract, 10**9, 2 * 10**9) == []


def test_a_custom_error_arrives_as_it_was_returned(
    chain: Chain, connection: Connection, outbox: Outbox
) -> None:
    outbox.submit(
        chain.signer(), to_operation_id("once"), to=chain.contract, data=perform(2000)
    ).wait(30)
    expected = ALREADY_DONE + thing(2000)
    with pytest.raises(Reverted) as called:
        connection.call(chain.contract, perform(2000), sender=chain.signer().address)
    assert called.value.data == expected
    with pytest.raises(Reverted) as submitted:
        outbox.submit(
            chain.signer(), to_operation_id("twice"), to=chain.contract, data=perform(2000)
        )
    assert submitted.value.data == expected
    results = connection.calls([(chain.contract, TOTAL), (chain.contract, perform(2000))])
    assert isinstance(results[0], bytes)
    assert isinstance(results[1], Reverted)
    assert results[1].data == expected


def test_a_revert_that_was_mined_carries_the_custom_error(chain: Chain) -> None:
    connection = chain.connect()
    transport, second = connection.transport, to_operation_id("r:2")
    with Outbox(connection, home=chain.home) as outbox:
        # Two blocks, so that the second call reverts on the state before its block.
        transport.request("evm_setAutomine", [False])
        try:
            first = outbox.submit(
                chain.signer(1), to_operation_id("r:1"), to=chain.contract, data=perform(3000)
            )
            transport.request("evm_mine")
            submit_unsimulated(outbox, chain, second, perform(3000))
            transport.request("evm_mine")
        finally:
            transport.request("evm_setAutomine", [True])
        first.wait(30)
        found = outbox.find(second)
        assert found is not None
        with pytest.raises(Reverted) as reverted:
            found.wait(30)
        assert reverted.value.data == ALREADY_DONE + thing(3000)
        assert found.state is State.REVERTED


def submit_unsimulated(outbox: Outbox, chain: Chain, operation: OperationId, data: bytes) -> None:
    """Send a call that the contract will refuse, past the simulation that would stop it."""
    signer = chain.signer(2)
    outlook = foresee(chain.connect(), signer.address, chain.contract, TOTAL, 200_000)
    order = Order(signer, operation, chain.contract, data, gas=200_000, once=False)
    entry = outbox._sign_and_persist(order, None, outlook)
    assert entry is not None
    outbox._send(entry)


def test_receipts_blocks_and_code(chain: Chain, connection: Connection, outbox: Outbox) -> None:
    receipt = outbox.submit(
        chain.signer(), to_operation_id("receipt"), to=chain.contract, data=perform(4000)
    ).wait(30)
    assert connection.receipt(receipt.transaction_hash) == receipt
    block = connection.block(receipt.block_number)
    assert block is not None
    assert (block.hash, block.base_fee) == (receipt.block_hash, 0)
    assert connection.block(10**9) is None
    assert connection.code(chain.contract) != b""
    assert connection.code(NOBODY) == b""


@pytest.mark.filterwarnings("ignore:websockets.legacy is deprecated:DeprecationWarning")  # web3's
def test_web3_on_the_same_transport(chain: Chain, connection: Connection) -> None:
    web3 = connection.web3
    assert web3.is_connected()
    assert web3.eth.chain_id == chain.profile.chain_id
    assert web3.eth.get_block(0)["hash"].to_0x_hex() == chain.profile.genesis_hash
    assert not web3.provider.global_ccip_read_enabled
    assert connection.web3 is web3


def test_an_account_without_ether_can_write(chain: Chain, outbox: Outbox) -> None:
    from dataledger.chain.signer import Signer

    poor = Signer(b"\x77" * 32)
    receipt = outbox.submit(
        poor, to_operation_id("poor"), to=chain.contract, data=perform(5000)
    ).wait(30)
    assert receipt.succeeded


def test_another_program_on_the_port_is_no_node(chain: Chain) -> None:
    from http.server import BaseHTTPRequestHandler, HTTPServer
    from threading import Thread

    class Page(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = b"<html>Hello</html>"
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name
            pass

    server = HTTPServer(("127.0.0.1", 0), Page)
    thread = Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        endpoint = Endpoint(f"http://127.0.0.1:{server.server_port}/")
        with pytest.raises(NodeError, match="something that is no JSON"):
            connect(replace(chain.profile, endpoints=(endpoint,)))
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
