"""A chain in plain Python behind the outbox's `Transport`, with faults on demand.

One contract stands on it everywhere: a call's data names a thing, which is done once and refused
the second time. Transactions are JSON, so that thousands are signed and mined in a moment.
"""

import json
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, cast

from dataledger.chain.connection import Connection
from dataledger.chain.identifiers import BlockHash, TransactionHash
from dataledger.chain.profile import Endpoint, Profile
from dataledger.chain.signer import SignedTransaction, Signer, UnsignedTransaction
from dataledger.chain.transport import Call
from dataledger.contracts.identifiers import Address, address_of, keccak256
from dataledger.errors import ConnectionFailed, RequestRefused

CHAIN_ID = 7
CONTRACT = address_of(b"\x0c" * 20)
REFUSAL = b"\xde\xad\xbe\xef"
BLOCK_GAS_LIMIT = 30_000_000


class Fault(Enum):
    """What happens to the next transaction that is sent."""

    UNSENT = "it does not arrive"
    ANSWER_LOST = "it arrives, and its answer is lost"
    ANSWER_GARBLED = "it arrives, and the node says that it knows it"


@dataclass(frozen=True)
class Transaction:
    hash: TransactionHash
    sender: Address
    nonce: int
    to: Address | None
    data: bytes
    gas: int


@dataclass
class FakeBlock:
    number: int
    hash: BlockHash
    transactions: list[Transaction]
    succeeded: dict[TransactionHash, bool]
    nonces: Counter[Address]
    done: frozenset[bytes]


class FakeSigner:
    """Signs without cryptography."""

    def __init__(self, number: int) -> None:
        self.address = address_of(bytes([number]) * 20)
        self.bound_to = None

    def sign_transaction(self, transaction: UnsignedTransaction) -> SignedTransaction:
        raw = json.dumps(
            {
                "sender": self.address,
                "nonce": transaction.nonce,
                "to": transaction.to,
                "data": transaction.data.hex(),
                "gas": transaction.gas,
            }
        ).encode()
        return SignedTransaction(raw, hash_of(raw))


def fake_signer(number: int = 1) -> Signer:
    return cast("Signer", FakeSigner(number))


def hash_of(raw: bytes) -> TransactionHash:
    return TransactionHash("0x" + keccak256(raw).hex())


@dataclass
class FakeNode:
    """The chain and its only node. Mines each transaction at once while `automine` is on."""

    automine: bool = True
    blocks: list[FakeBlock] = field(default_factory=list)
    pool: dict[tuple[Address, int], Transaction] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    """Words with which the next transactions are refused."""
    is_down: bool = False
    keeps_old_states: bool = True
    interruptions: list[tuple[int, Callable[[], None]]] = field(default_factory=list)
    """What happens to the chain before the n-th request from now, in between two others."""
    requests: Counter[str] = field(default_factory=Counter)
    _block_count: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._append([], Counter(), frozenset(), {})

    # ------------------------------------------------------------------ what tests do to it

    def connection(self, confirmations: int = 1) -> Connection:
        profile = Profile(
            name="fake",
            chain_id=CHAIN_ID,
            genesis_hash=self.blocks[0].hash,
            endpoints=(Endpoint("http://127.0.0.1:1/"),),
            confirmations=confirmations,
        )
        return Connection(profile, self)

    def mine(self) -> None:
        """Make a block of all that can be mined, and of nothing if there is nothing."""
        nonces = Counter(self.blocks[-1].nonces)
        done = set(self.blocks[-1].done)
        mined: list[Transaction] = []
        succeeded: dict[TransactionHash, bool] = {}
        for sender, nonce in sorted(self.pool):
            if nonce == nonces[sender]:
                transaction = self.pool.pop((sender, nonce))
                nonces[sender] += 1
                mined.append(transaction)
                succeeded[transaction.hash] = transaction.data not in done
                if transaction.data:
                    done.add(transaction.data)
        self._append(mined, nonces, frozenset(done), succeeded)

    def roll_back(self, count: int, *, keep_pool: bool) -> None:
        """Take the newest blocks away; their transactions wait again, or are forgotten."""
        for _ in range(min(count, len(self.blocks) - 1)):
            for transaction in self.blocks.pop().transactions:
                self.pool[transaction.sender, transaction.nonce] = transaction
        if not keep_pool:
            self.pool.clear()

    def use_nonce(self, sender: Address) -> None:
        """Let another program with the same key have a transaction mined."""
        for key in [key for key in self.pool if key[0] == sender]:
            del self.pool[key]
        nonce = self.blocks[-1].nonces[sender]
        raw = f"foreign {sender} {nonce} {self._block_count}".encode()
        self.pool[sender, nonce] = Transaction(hash_of(raw), sender, nonce, CONTRACT, b"", 21_000)
        self.mine()

    def times_done(self, data: bytes) -> int:
        """Return how often a thing was done in the chain as it stands."""
        return sum(
            transaction.data == data and block.succeeded[transaction.hash]
            for block in self.blocks
            for transaction in block.transactions
        )

    # ------------------------------------------------------------------ as a transport

    def request(self, method: str, params: Sequence[Any] = ()) -> Any:
        with self._lock:
            self.requests[method] += 1
            due = [happen for requests, happen in self.interruptions if requests <= 1]
            self.interruptions = [(n - 1, happen) for n, happen in self.interruptions if n > 1]
            for happen in due:
                happen()
            if self.is_down:
                raise unanswered()
            return getattr(self, method)(*params)

    def batch(self, calls: Sequence[Call]) -> list[Any]:
        results: list[Any] = []
        for method, params in calls:
            try:
                results.append(self.request(method, params))
            except RequestRefused as refusal:
                results.append(refusal)
        return results

    def eth_chainId(self) -> str:  # noqa: N802 - these are the methods' names
        return hex(CHAIN_ID)

    def eth_getBlockByNumber(self, tag: str, full: bool) -> Any:  # noqa: N802, FBT001
        number = self._number(tag)
        if number >= len(self.blocks):
            return None
        block = self.blocks[number]
        return {
            "number": hex(block.number),
            "hash": block.hash,
            "timestamp": hex(1_700_000_000 + block.number),
            "gasLimit": hex(BLOCK_GAS_LIMIT),
            "baseFeePerGas": "0x0",
            "transactions": [
                {"hash": one.hash, "from": one.sender, "nonce": hex(one.nonce)}
                if full
                else one.hash
                for one in block.transactions
            ],
        }

    def eth_gasPrice(self) -> str:  # noqa: N802
        return "0x0"

    def eth_getBalance(self, _address: str, _tag: str) -> str:  # noqa: N802
        return "0x0"

    def eth_getCode(self, _address: str, _tag: str) -> str:  # noqa: N802
        return "0xfe"

    def eth_getTransactionCount(self, address: Address, tag: str) -> str:  # noqa: N802
        number = self._number(tag)
        if number < len(self.blocks) - 1 and not self.keeps_old_states:
            raise refused("missing trie node")
        count = self.blocks[min(number, len(self.blocks) - 1)].nonces[address]
        while tag == "pending" and (address, count) in self.pool:
            count += 1
        return hex(count)

    def eth_estimateGas(self, message: dict[str, str], _tag: str) -> str:  # noqa: N802
        self._simulate(message, self._pending_done())
        return hex(50_000)

    def eth_call(self, message: dict[str, str], tag: str) -> str:
        number = self._number(tag)
        done = self._pending_done() if tag == "pending" else self.blocks[number].done
        self._simulate(message, done)
        return "0x"

    def eth_getTransactionReceipt(self, transaction_hash: str) -> Any:  # noqa: N802
        for block in self.blocks:
            for transaction in block.transactions:
                if transaction.hash == transaction_hash:
                    return {
                        "transactionHash": transaction.hash,
                        "blockNumber": hex(block.number),
                        "blockHash": block.hash,
                        "status": hex(block.succeeded[transaction.hash]),
                        "gasUsed": hex(40_000),
                        "contractAddress": None if transaction.to else CONTRACT.lower(),
                        "logs": [],
                    }
        return None

    def eth_sendRawTransaction(self, text: str) -> str:  # noqa: N802
        fault = self.faults.pop(0) if self.faults else None
        if fault is Fault.UNSENT:
            raise unanswered()
        raw = bytes.fromhex(text[2:])
        is_known = any(waiting.hash == hash_of(raw) for waiting in self.pool.values())
        if self.refusals and not is_known:
            raise refused(self.refusals.pop(0))
        transaction = self._accept(raw)
        if self.automine:
            self.mine()
        if fault is Fault.ANSWER_LOST:
            raise unanswered()
        if fault is Fault.ANSWER_GARBLED:
            raise refused("already known")
        return transaction.hash

    # ------------------------------------------------------------------ inside

    def _accept(self, raw: bytes) -> Transaction:
        fields = json.loads(raw)
        transaction = Transaction(
            hash=hash_of(raw),
            sender=Address(fields["sender"]),
            nonce=fields["nonce"],
            to=fields["to"],
            data=bytes.fromhex(fields["data"]),
            gas=fields["gas"],
        )
        if transaction.nonce < self.blocks[-1].nonces[transaction.sender]:
            raise refused("nonce too low")
        waiting = self.pool.get((transaction.sender, transaction.nonce))
        if waiting is not None:
            raise refused(
                "already known" if waiting == transaction else "replacement transaction underpriced"
            )
        self.pool[transaction.sender, transaction.nonce] = transaction
        return transaction

    def _simulate(self, message: dict[str, str], done: frozenset[bytes]) -> None:
        if bytes.fromhex(message["data"][2:]) in done:
            raise refused("execution reverted", code=3, data="0x" + REFUSAL.hex())

    def _pending_done(self) -> frozenset[bytes]:
        return self.blocks[-1].done

    def _number(self, tag: str) -> int:
        return len(self.blocks) - 1 if tag in {"latest", "pending"} else int(tag, 16)

    def _append(
        self,
        transactions: list[Transaction],
        nonces: Counter[Address],
        done: frozenset[bytes],
        succeeded: dict[TransactionHash, bool],
    ) -> None:
        # The count makes a block differ from an earlier one at its height.
        self._block_count += 1
        block_hash = BlockHash("0x" + keccak256(b"block %d" % self._block_count).hex())
        block = FakeBlock(
            len(self.blocks), block_hash, transactions, succeeded, nonces, frozenset(done)
        )
        self.blocks.append(block)


def refused(words: str, *, code: int = -32000, data: object = None) -> RequestRefused:
    return RequestRefused(
        f"The node refuses: {words}.", remedy="-", rpc_code=code, rpc_message=words, rpc_data=data
    )


def unanswered() -> ConnectionFailed:
    return ConnectionFailed("The node does not answer.", remedy="-")
