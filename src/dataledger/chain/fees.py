"""What to offer for gas. On a permissioned chain it is free, and nobody need hold ether."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fees:
    """A transaction's price per gas, in wei: `gas_price` (legacy) or the two of EIP-1559."""

    gas_price: int | None = None
    max_fee_per_gas: int | None = None
    max_priority_fee_per_gas: int | None = None

    def fields(self) -> dict[str, int]:
        """Return the fields as a transaction to sign names them."""
        if self.gas_price is not None:
            return {"gasPrice": self.gas_price}
        return {
            "maxFeePerGas": self.max_fee_per_gas or 0,
            "maxPriorityFeePerGas": self.max_priority_fee_per_gas or 0,
        }


def choose_fees(*, base_fee: int | None, suggested_price: int, balance: int) -> Fees:
    """Return fees that this chain takes from this account.

    Args:
        base_fee: The latest block's, in wei; None on a chain from before EIP-1559, which gets a
            legacy transaction.
        suggested_price: The node's `eth_gasPrice`, in wei. Nodes of free chains may still suggest
            a tip of 1 gwei.
        balance: The sender's, in wei. An account without ether can only offer zero, and a free
            chain takes it.
    """
    if balance == 0:
        suggested_price = 0
    if base_fee is None:
        return Fees(gas_price=suggested_price)
    if balance == 0 or suggested_price == 0:
        return Fees(max_fee_per_gas=base_fee, max_priority_fee_per_gas=0)
    # Room for the base fee to double before the transaction is mined.
    tip = max(suggested_price - base_fee, 0)
    return Fees(max_fee_per_gas=2 * base_fee + tip, max_priority_fee_per_gas=tip)
