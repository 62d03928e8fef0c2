"""A connection over a transport in plain Python: what is checked, and what is believed."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from fake_node import CONTRACT, REFUSAL, FakeNode, refused

from dataledger.chain.answers import Block, Log, Receipt, bytes_of, quantity
from dataledger.chain.connection import LOG_SPAN_BLOCKS, Connection, connect
from dataledger.chain.identifiers import code_hash, to_block_hash
from dataledger.chain.profile import ContractPin, Endpoint, Profile
from dataledger.errors import ContractMismatch, NodeError, RequestRefused, Reverted

HASH = "0x" + "ab" * 32
LOG = {
    "address": CONTRACT.lower(),
    "topics": ["0x" + "01" * 32],
    "data": "0x0203",
    "blockNumber": "0x5",
    "blockHash": HASH,
    "transactionHash": HASH,
    "logIndex": "0x0",
}
RECEIPT = {
    "transactionHash": HASH,
    "blockNumber": "0x5",
    "blockHash": HASH,
    "status": "0x1",
    "gasUsed": "0x5208",
    "contractAddress": None,
    "logs": [LOG],
}
BLOCK = {"number": "0x5", "hash": HASH, "timestamp": "0x64", "gasLimit": "0x1c9c380"}


class TestConnecting:
    def test_pinned_contracts_are_compared(self) -> None:
        node = FakeNode()
        pin = ContractPin(CONTRACT, code_hash(b"\xfe"), 0)
        profile = replace(node.connection().profile, contracts={"Ledger": pin})
        assert connect(profile, transport=node).profile == profile
        other = replace(profile, contracts={"Ledger": replace(pin, code_hash=code_hash(b"\xff"))})
        with pytest.raises(ContractMismatch, match="its code hash is"):
            connect(other, transport=node)

    @pytest.mark.parametrize(
        ("answer", "error"),
        [("0x", ContractMismatch), (None, NodeError), ("0xabc", NodeError), (5, NodeError)],
    )
    def test_what_is_no_contract(
        self, monkeypatch: pytest.MonkeyPatch, answer: object, error: type[Exception]
    ) -> None:
        node = FakeNode()
        pin = ContractPin(CONTRACT, code_hash(b"\xfe"), 0)
        profile = replace(node.connection().profile, contracts={"Ledger": pin})
        monkeypatch.setattr(node, "eth_getCode", lambda *_: answer)
        with pytest.raises(error):
            connect(profile, transport=node)

    def test_a_node_that_refuses_to_show_code(self, monkeypatch: pytest.MonkeyPatch) -> None:
        node = FakeNode()
        pin = ContractPin(CONTRACT, code_hash(b"\xfe"), 0)
        profile = replace(node.connection().profile, contracts={"Ledger": pin})

        def refuse(*_: object) -> None:
            raise refused("no such method")

        monkeypatch.setattr(node, "eth_getCode", refuse)
        with pytest.raises(RequestRefused):
            connect(profile, transport=node)


class TestCalls:
    def test_one(self) -> None:
        node = FakeNode()
        connection = node.connection()
        assert connection.call(CONTRACT, b"x", sender=CONTRACT, block=0) == b""
        node.mine()
        node.blocks[-1].done = frozenset([b"x"])
        with pytest.raises(Reverted) as reverted:
            connection.call(CONTRACT, b"x")
        assert reverted.value.data == REFUSAL

    def test_many(self, monkeypatch: pytest.MonkeyPatch) -> None:
        node = FakeNode()
        node.blocks[-1].done = frozenset([b"x"])
        good, bad = node.connection().calls([(CONTRACT, b"y"), (CONTRACT, b"x")], block=0)
        assert good == b""
        assert isinstance(bad, Reverted)

        def refuse(*_: object) -> None:
            raise refused("header not found")

        monkeypatch.setattr(node, "eth_call", refuse)
        with pytest.raises(RequestRefused):
            node.connection().calls([(CONTRACT, b"y")])
        with pytest.raises(RequestRefused):
            node.connection().call(CONTRACT, b"y")


class LogNode:
    """Serves logs, one in each block, for ranges up to a limit."""

    def __init__(self, head: int, limit: int) -> None:
        self.head, self.limit = head, limit
        self.ranges: list[tuple[int, int]] = []

    def request(self, method: str, params: Sequence[Any] = ()) -> Any:
        if method == "eth_getBlockByNumber":
            return BLOCK | {"number": hex(self.head)}
        [query] = params
        start, end = int(query["fromBlock"], 16), int(query["toBlock"], 16)
        self.ranges.append((start, end))
        assert start <= end <= self.head, "Besu refuses what lies beyond its head"
        if end - start + 1 > self.limit:
            raise refused("query exceeds max block range")
        return [LOG | {"blockNumber": hex(number)} for number in range(start, end + 1)]

    def batch(self, calls: Sequence[tuple[str, Sequence[Any]]]) -> list[Any]:
        raise AssertionError(calls)

    def logs(self, start: int, end: int) -> list[int]:
        profile = Profile(
            name="fake",
            chain_id=1,
            genesis_hash=to_block_hash(HASH),
            endpoints=(Endpoint("http://127.0.0.1:1/"),),
        )
        found = Connection(profile, self).get_logs(CONTRACT, start, end)
        return [log.block_number for log in found]


class TestLogs:
    @pytest.mark.parametrize("limit", [1, 2, 3, 7, 100, 10**6])
    def test_whatever_the_node_allows(self, limit: int) -> None:
        assert LogNode(50, limit).logs(3, 47) == list(range(3, 48))

    def test_ends_at_the_head(self) -> None:
        node = LogNode(10, 10**6)
        assert node.logs(8, 10**9) == [8, 9, 10]
        assert node.ranges == [(8, 10)]

    def test_a_range_beyond_the_head_or_backwards_is_not_asked(self) -> None:
        node = LogNode(10, 10**6)
        assert node.logs(11, 20) == []
        assert node.logs(5, 4) == []
        assert node.ranges == []

    def test_long_ranges_are_split_at_once(self) -> None:
        node = LogNode(2 * LOG_SPAN_BLOCKS, 10**6)
        assert len(node.logs(0, 10**9)) == 2 * LOG_SPAN_BLOCKS + 1
        assert [end - start + 1 for start, end in node.ranges] == [5000, 5000, 1]

    def test_a_node_that_refuses_a_single_block(self) -> None:
        node = LogNode(50, 0)
        with pytest.raises(RequestRefused, match="max block range"):
            node.logs(0, 50)
        assert len(node.ranges) < 10

    def test_an_answer_that_is_no_list(self, monkeypatch: pytest.MonkeyPatch) -> None:
        node = LogNode(50, 10**6)
        request = node.request
        monkeypatch.setattr(
            node,
            "request",
            lambda method, params=(): {} if method == "eth_getLogs" else request(method, params),
        )
        with pytest.raises(NodeError, match="no list"):
            node.logs(0, 5)


class TestAnswers:
    def test_receipts(self) -> None:
        receipt = Receipt.parse(RECEIPT | {"contractAddress": CONTRACT.lower()})
        assert (receipt.block_number, receipt.gas_used, receipt.succeeded) == (5, 21_000, True)
        assert receipt.contract_address == CONTRACT
        assert receipt.logs == (Log.parse(LOG),)
        assert receipt.logs[0].topics == (b"\x01" * 32,)
        failed = Receipt.parse(RECEIPT | {"status": "0x0", "revertReason": "0xdead"})
        assert (failed.succeeded, failed.revert_data) == (False, b"\xde\xad")

    def test_blocks(self) -> None:
        assert Block.parse(BLOCK).base_fee is None
        assert Block.parse(BLOCK | {"baseFeePerGas": "0x7"}).base_fee == 7

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("transactionHash", "0x12"),
            ("transactionHash", None),
            ("blockHash", 5),
            ("blockNumber", "5"),
            ("status", None),
            ("gasUsed", -1),
            ("contractAddress", "0x12"),
            ("contractAddress", 5),
            ("logs", None),
            ("logs", [{}]),
            ("logs", [LOG | {"topics": None}]),
            ("logs", [LOG | {"topics": ["0x12"]}]),
            ("logs", [LOG | {"data": "0x1"}]),
            ("revertReason", "text"),
        ],
    )
    def test_malformed_receipts(self, field: str, value: object) -> None:
        with pytest.raises(NodeError, match="should answer with"):
            Receipt.parse(RECEIPT | {field: value})

    @pytest.mark.parametrize("answer", [None, [], "text", {}])
    def test_what_is_no_object(self, answer: object) -> None:
        for parse in (Receipt.parse, Block.parse, Log.parse):
            with pytest.raises(NodeError):
                parse(answer)

    @pytest.mark.parametrize("value", [None, "", "0x", "12", "0xg", "0x" + "1" * 65, 5, True])
    def test_quantities(self, value: object) -> None:
        with pytest.raises(NodeError):
            quantity(value, "a number")

    def test_untrusted_text_is_neutralised(self) -> None:
        with pytest.raises(NodeError) as error:
            bytes_of("\x1b[31mred", "bytes")
        assert "\x1b" not in str(error.value)


class TestWeb3:
    @pytest.mark.filterwarnings("ignore:websockets.legacy is deprecated:DeprecationWarning")
    @pytest.mark.parametrize("poa", [False, True])
    def test_is_safe_by_default(self, monkeypatch: pytest.MonkeyPatch, *, poa: bool) -> None:
        from web3.exceptions import Web3RPCError

        node = FakeNode()
        profile = replace(node.connection().profile, poa=poa)
        web3 = Connection(profile, node).web3
        assert web3.is_connected()
        assert web3.eth.gas_price == 0
        assert not web3.provider.global_ccip_read_enabled
        assert len(web3.middleware_onion.middleware) == 2 + poa
        monkeypatch.setattr(node, "refusals", ["nonce too low"])
        with pytest.raises(Web3RPCError, match="nonce too low"):
            web3.eth.send_raw_transaction(b"{}")
        node.is_down = True
        assert not web3.is_connected()
        with pytest.raises(Exception, match="does not answer"):
            web3.provider.is_connected(show_traceback=True)
