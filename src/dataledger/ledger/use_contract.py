"""The contract `DataUse` of a profile: asked for when it is first used, and held to the ledger."""

from dataledger.contracts import data_use
from dataledger.contracts.abi import abi_item, encode, to_raw
from dataledger.contracts.artifacts import ContractName
from dataledger.contracts.identifiers import Address, keccak256
from dataledger.contracts.use_types import Terms
from dataledger.errors import CommitmentMismatch, ContractMismatch, NodeError
from dataledger.hashing import Hash32
from dataledger.ledger.onchain import OnChain


class UseContract:
    """The contract `DataUse` that belongs to a ledger."""

    def __init__(self, onchain: OnChain) -> None:
        self._onchain = onchain
        self._is_checked = False

    @property
    def chain(self) -> OnChain:
        """The chain, on which the contract stands.

        Raises:
            ProfileError: the profile names no contract `DataUse`.
            ContractMismatch: it is about the datasets of another ledger.
        """
        if not self._is_checked:
            asked = self._onchain.read(data_use.ledger())
            pinned = self._onchain.address(ContractName.DATASET_LEDGER)
            if asked != pinned:
                raise ContractMismatch(
                    f"The profile's DataUse is about the datasets of {asked}, and its "
                    f"DatasetLedger is {pinned}.",
                    remedy="Use the profile of this chain's administrator.",
                )
            self._is_checked = True
        return self._onchain

    @property
    def chain_id(self) -> int:
        """The chain's id."""
        return self._onchain.connection.profile.chain_id

    @property
    def address(self) -> Address:
        """Where the contract stands. Raises `ProfileError` where the profile names none."""
        return self._onchain.address(ContractName.DATA_USE)

    def time_of(self, block: int) -> int:
        """Return when a block was made, in Unix seconds; by that the contract tells what is over.

        Raises:
            NodeError: the node no longer has it.
        """
        found = self._onchain.connection.block(block)
        if found is None:
            raise NodeError(
                f"The node has no block {block}, of which it told before.",
                remedy="Try again, or ask another node.",
            )
        return found.timestamp_unix


def terms_digest(terms: Terms) -> Hash32:
    """Return the keccak256 of abi.encode(terms), by which a grant remembers its terms."""
    parameter = abi_item(ContractName.DATA_USE, "function", "grantUse", 2).inputs[1]
    return keccak256(encode([parameter.type], [to_raw(Terms, terms)]))


def false_log(of: object) -> CommitmentMismatch:
    """Return the error for logs of something that are not what the contract commits to."""
    return CommitmentMismatch(
        f"The log of {of} is not what the contract commits to.",
        remedy="The node gives false logs, or leaves some out: ask another one.",
    )
