"""A node that answers from a script: logs in blocks, and results by calldata. Never mines."""

from collections.abc import Callable, Sequence
from typing import Any

from dataledger.chain.connection import Connection
from dataledger.chain.profile import ContractPin, Endpoint, Profile
from dataledger.chain.transport import Call as Request
from dataledger.chain.transport import Json
from dataledger.contracts import dataset_ledger
from dataledger.contracts.abi import encode, to_raw
from dataledger.contracts.artifacts import ContractName
from dataledger.contracts.calls import Call
from dataledger.contracts.events import Event
from dataledger.contracts.identifiers import address_of
from dataledger.errors import RequestRefused

CHAIN_ID = 77
GENESIS = "0x" + "0e" * 32
ADDRESSES = {
    ContractName.ORGANISATIONS: address_of(b"\x0a" * 20),
    ContractName.DATASET_LEDGER: address_of(b"\x0b" * 20),
}


class ScriptedNode:
    """What the chain says, set by the test."""

    def __init__(self) -> None:
        self.head = 10
        self.fork = 0
        """Part of every block's hash: another one means a reorganised chain."""
        self.logs: list[dict[str, Any]] = []
        self.results: dict[str, str | RequestRefused] = {}
        self.requests: list[tuple[str, Any]] = []
        self.before_answering: Callable[[str], None] = lambda _method: None
        self.answer(dataset_ledger.organisations(), ADDRESSES[ContractName.ORGANISATIONS])

    def connection(self, *, confirmations: int = 1) -> Connection:
        """Return a connection to this node; what `connect` would check is not asked."""
        profile = Profile(
            name="scripted",
            chain_id=CHAIN_ID,
            genesis_hash=GENESIS,  # type: ignore[arg-type]  # a block hash
            endpoints=(Endpoint("http://127.0.0.1:1/"),),
            confirmations=confirmations,
            contracts={
                name: ContractPin(address, "0x" + "0c" * 32, 1)  # type: ignore[arg-type]  # a code hash
                for name, address in ADDRESSES.items()
            },
        )
        return Connection(profile, self)

    def answer(self, call: Call[Any], value: Any) -> None:
        """Let a call return a value."""
        outputs = [output.type for output in call.item.outputs]
        raw = to_raw(call.kind, value)
        encoded = encode(outputs, [raw] if len(outputs) == 1 else raw)
        self.results["0x" + call.data.hex()] = "0x" + encoded.hex()

    def refuse(self, call: Call[Any], data: bytes) -> None:
        """Let a call revert with these bytes."""
        self.results["0x" + call.data.hex()] = RequestRefused(
            "It reverts.",
            remedy="None.",
            rpc_code=3,
            rpc_message="execution reverted",
            rpc_data="0x" + data.hex(),
        )

    def log(self, event: Event, *, block: int = 5) -> None:
        """Let an event stand in a block."""
        content = event.to_log()
        self.logs.append(
            {
                "address": ADDRESSES[event.contract],
                "topics": [f"0x{topic.hex()}" for topic in content.topics],
                "data": f"0x{content.data.hex()}",
                "blockNumber": hex(block),
                "blockHash": self._hash(block),
                "transactionHash": f"0x{len(self.logs):064x}",
                "logIndex": hex(len(self.logs)),
            }
        )

    # ------------------------------------------------------------------------------- as a Transport

    def request(self, method: str, params: Sequence[Json] = ()) -> Json:
        """See `Transport.request`."""
        answer = self._answer(method, params)
        if isinstance(answer, RequestRefused):
            raise answer
        return answer

    def batch(self, calls: Sequence[Request]) -> list[Json | RequestRefused]:
        """See `Transport.batch`."""
        return [self._answer(method, params) for method, params in calls]

    def count(self, method: str) -> int:
        """Return how often a method was asked for."""
        return sum(asked == method for asked, _ in self.requests)

    def _answer(self, method: str, params: Sequence[Json]) -> Json | RequestRefused:
        self.requests.append((method, params))
        self.before_answering(method)
        if method == "eth_call":
            return self.results[params[0]["data"]]
        if method == "eth_getLogs":
            return [log for log in self.logs if _matches(log, params[0])]
        assert method == "eth_getBlockByNumber"
        number = self.head if params[0] == "latest" else int(params[0], 16)
        return {
            "number": hex(number),
            "hash": self._hash(number),
            "timestamp": "0x1",
            "gasLimit": "0x1c9c380",
        }

    def _hash(self, block: int) -> str:
        return f"0x{self.fork:032x}{block:032x}"


def _matches(log: dict[str, Any], query: dict[str, Any]) -> bool:
    first, last = int(query["fromBlock"], 16), int(query["toBlock"], 16)
    topics = zip(query.get("topics", []), [*log["topics"], None, None, None], strict=False)
    return (
        log["address"] == query["address"]
        and first <= int(log["blockNumber"], 16) <= last
        and all(
            wanted is None or topic == wanted or (isinstance(wanted, list) and topic in wanted)
            for wanted, topic in topics
        )
    )
