"""A checked connection to one chain.

`connect` compares the node with the profile before anything is asked of it: chain id, genesis
block, and the code of each contract. The connection holds no web3 object until one is asked for:
loading web3 costs over half a second.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

from dataledger.chain.answers import Block, Log, Receipt, bytes_of
from dataledger.chain.identifiers import CodeHash, TransactionHash, code_hash
from dataledger.chain.profile import ContractPin, Profile
from dataledger.chain.refusals import revert_data
from dataledger.chain.transport import HttpTransport, Json, Transport
from dataledger.contracts.identifiers import Address
from dataledger.errors import ContractMismatch, NodeError, RequestRefused, Reverted, shown

if TYPE_CHECKING:
    from web3 import Web3

BlockId: TypeAlias = int | str
"""A block's number, or `latest`, `pending`, `earliest`."""

LOG_SPAN_BLOCKS = 5_000
"""Blocks in one query for logs; Besu's own limit. Halved whenever a node refuses."""


@dataclass(frozen=True)
class Connection:
    """One chain that has been compared with its profile; safe to share between threads."""

    profile: Profile
    transport: Transport

    def head(self) -> Block:
        """Return the newest block."""
        return Block.parse(self.transport.request("eth_getBlockByNumber", ["latest", False]))

    def block(self, number: int) -> Block | None:
        """Return the block at `number`; None beyond the head."""
        answer = self.transport.request("eth_getBlockByNumber", [hex(number), False])
        return None if answer is None else Block.parse(answer)

    def code(self, address: Address) -> bytes:
        """Return the runtime code at `address`; empty where there is no contract."""
        return bytes_of(self.transport.request("eth_getCode", [address, "latest"]), "code")

    def call(
        self,
        to: Address,
        data: bytes,
        *,
        sender: Address | None = None,
        block: BlockId = "latest",
    ) -> bytes:
        """Run a contract's function without a transaction and return what it returns, undecoded.

        Raises:
            Reverted: The contract reverted; carries what it returned.
        """
        message = {"to": to, "data": "0x" + data.hex()}
        if sender is not None:
            message["from"] = sender
        tag = hex(block) if isinstance(block, int) else block
        try:
            answer = self.transport.request("eth_call", [message, tag])
        except RequestRefused as refusal:
            raise reverted_or(refusal) from None
        return bytes_of(answer, "eth_call")

    def calls(
        self, calls: Sequence[tuple[Address, bytes]], *, block: BlockId = "latest"
    ) -> list[bytes | Reverted]:
        """Run many functions in one exchange, as `call` does; a revert stands in its place."""
        tag = hex(block) if isinstance(block, int) else block
        answers = self.transport.batch(
            [("eth_call", [{"to": to, "data": "0x" + data.hex()}, tag]) for to, data in calls]
        )
        results: list[bytes | Reverted] = []
        for answer in answers:
            if isinstance(answer, RequestRefused):
                error = reverted_or(answer)
                if not isinstance(error, Reverted):
                    raise error
                results.append(error)
            else:
                results.append(bytes_of(answer, "eth_call"))
        return results

    def receipt(self, transaction_hash: TransactionHash) -> Receipt | None:
        """Return a mined transaction's receipt; None while it is not mined."""
        answer = self.transport.request("eth_getTransactionReceipt", [transaction_hash])
        return None if answer is None else Receipt.parse(answer)

    def get_logs(
        self,
        address: Address | Sequence[Address],
        from_block: int,
        to_block: int,
        *,
        topics: Sequence[str | Sequence[str] | None] = (),
    ) -> list[Log]:
        """Return the logs of one or several contracts in a range of blocks, ends included.

        In chain order. A range that ends past the head ends at the head. A node that refuses a
        range for its size is asked for halves of it; what it refuses for a single block is raised.
        The logs are not a snapshot: each carries its block's hash, by which a reorganisation in
        between can be told.
        """
        last = min(to_block, self.head().number)
        logs: list[Log] = []
        start, span = from_block, LOG_SPAN_BLOCKS
        while start <= last:
            end = min(start + span - 1, last)
            query: dict[str, Json] = {
                "address": address if isinstance(address, str) else list(address),
                "fromBlock": hex(start),
                "toBlock": hex(end),
            }
            if topics:
                query["topics"] = list(topics)
            try:
                answer = self.transport.request("eth_getLogs", [query])
            except RequestRefused:
                if start == end:
                    raise
                span = max((end - start + 1) // 2, 1)
                continue
            if not isinstance(answer, list):
                raise NodeError(
                    "The node answers eth_getLogs with something that is no list.",
                    remedy="Check the node's version.",
                )
            logs += [Log.parse(item) for item in answer]
            start = end + 1
        return logs

    @cached_property
    def web3(self) -> "Web3":
        """A web3 object over this connection's transport, for what this class does not offer.

        Off-chain lookups (CCIP-Read), ENS and repeated sends are off.
        """
        from dataledger.chain.web3_provider import make_web3

        return make_web3(self.profile, self.transport)


def connect(
    profile: Profile, *, timeout_seconds: float = 30.0, transport: Transport | None = None
) -> Connection:
    """Return a connection to the chain of `profile`, after checking that it is that chain.

    `transport` replaces HTTP to the profile's endpoints; it is trusted to serve that chain.

    Raises:
        ConnectionFailed: No endpoint answers.
        WrongChain: Chain id or genesis block differ from the profile's.
        ContractMismatch: A contract has no code, or other code than the profile pins.
        NodeError: An endpoint is no JSON-RPC service.
    """
    if transport is None:
        transport = HttpTransport(
            profile.endpoints, profile.identity, timeout_seconds=timeout_seconds
        )
    transport.request("eth_chainId")
    connection = Connection(profile, transport)
    pins = list(profile.contracts.items())
    answers = transport.batch([("eth_getCode", [pin.address, "latest"]) for _, pin in pins])
    for (name, pin), answer in zip(pins, answers, strict=True):
        if isinstance(answer, RequestRefused):
            raise answer
        _check_code(name, pin, bytes_of(answer, "code"))
    return connection


def reverted_or(refusal: RequestRefused) -> Reverted | RequestRefused:
    """Return `refusal` of a simulation as `Reverted` if that is what it reports, else itself."""
    data = revert_data(refusal)
    if data is None:
        return refusal
    return Reverted(
        f"The contract refuses: {shown(refusal.rpc_message)}.",
        remedy="Decode the returned data by the contract's interface.",
        data=data,
    )


def _check_code(name: str, pin: ContractPin, code: bytes) -> None:
    if not code:
        raise ContractMismatch(
            f"There is no contract at {pin.address}, where the profile expects {name}.",
            remedy="Deploy the contracts, or use the profile of this chain's administrator.",
        )
    found: CodeHash = code_hash(code)
    if found != pin.code_hash:
        raise ContractMismatch(
            f"The contract at {pin.address} is not the {name} of the profile: its code hash is "
            f"{found}, expected {pin.code_hash}.",
            remedy="Do not use it. Ask your chain's administrator which contract is the right one.",
        )
