"""One look at the chain before signing: would the call succeed, with which gas, fees and nonce?"""

from dataclasses import dataclass

from dataledger.chain.answers import Block, quantity
from dataledger.chain.connection import Connection, reverted_or
from dataledger.chain.fees import Fees, choose_fees
from dataledger.contracts.identifiers import Address
from dataledger.errors import RequestRefused

SLOTS_TO_FILL_GAS = 2 * 17_100
"""What it costs more to fill two empty storage slots than to change two full ones (EIP-2200)."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a sender's next transaction meets."""

    head: Block
    gas: int
    fees: Fees
    mined_nonces: int
    """How many of the sender's nonces are in the chain."""
    next_nonce: int
    """As `mined_nonces`, with what waits in the node's pool without a gap."""


def foresee(
    connection: Connection, sender: Address, to: Address | None, data: bytes, gas: int | None
) -> Outlook:
    """Simulate a call on the pending block, and read what signing needs, in one exchange.

    A quarter is added to the node's estimate of the gas, for what other transactions change
    before this one is mined; and the filling of two slots, for a chain that forgets: what was
    there for the estimate may have to be written anew. What is not used costs nothing.

    Raises:
        Reverted: The contract would refuse the call.
    """
    message: dict[str, object] = {"from": sender, "data": "0x" + data.hex()}
    if to is not None:
        message["to"] = to
    if gas is not None:
        message["gas"] = hex(gas)
    calls: list[tuple[str, list[object]]] = [
        ("eth_estimateGas" if gas is None else "eth_call", [message, "pending"]),
        ("eth_getBlockByNumber", ["latest", False]),
        ("eth_gasPrice", []),
        ("eth_getBalance", [sender, "latest"]),
        ("eth_getTransactionCount", [sender, "latest"]),
        ("eth_getTransactionCount", [sender, "pending"]),
    ]
    answers = connection.transport.batch(calls)
    refusals = [answer for answer in answers if isinstance(answer, RequestRefused)]
    if refusals:
        raise reverted_or(refusals[0])
    simulated, latest, price, balance, mined, pending = answers
    head = Block.parse(latest)
    if gas is None:
        gas = quantity(simulated, "an estimate of gas") * 5 // 4 + SLOTS_TO_FILL_GAS
    mined_nonces = quantity(mined, "a nonce")
    return Outlook(
        head=head,
        gas=min(gas, head.gas_limit),
        fees=choose_fees(
            base_fee=head.base_fee,
            suggested_price=quantity(price, "a gas price"),
            balance=quantity(balance, "a balance"),
        ),
        mined_nonces=mined_nonces,
        next_nonce=max(mined_nonces, quantity(pending, "a nonce")),
    )
