"""What nodes answer, parsed and checked: blocks, receipts, logs."""

import re
from dataclasses import dataclass
from typing import Any, Self

from dataledger.chain.identifiers import (
    BlockHash,
    TransactionHash,
    to_block_hash,
    to_transaction_hash,
)
from dataledger.contracts.identifiers import Address, to_address
from dataledger.errors import InvalidArgument, NodeError, shown
from dataledger.hashing import Hash32

_QUANTITY = re.compile(r"0x[0-9a-fA-F]{1,64}")
_BYTES = re.compile(r"0x(?:[0-9a-fA-F]{2})*")


@dataclass(frozen=True, slots=True)
class Block:
    """A block's header, as far as it matters here."""

    number: int
    hash: BlockHash
    timestamp_unix: int
    gas_limit: int
    base_fee: int | None
    """In wei; None on a chain from before EIP-1559."""

    @classmethod
    def parse(cls, answer: Any) -> Self:
        """Return the block of a JSON-RPC answer. Raises `NodeError` on any other form."""
        with_base_fee = isinstance(answer, dict) and answer.get("baseFeePerGas") is not None
        return cls(
            number=quantity(_field(answer, "number"), "a block's number"),
            hash=_block_hash(_field(answer, "hash")),
            timestamp_unix=quantity(_field(answer, "timestamp"), "a block's timestamp"),
            gas_limit=quantity(_field(answer, "gasLimit"), "a block's gas limit"),
            base_fee=quantity(answer["baseFeePerGas"], "a base fee") if with_base_fee else None,
        )


@dataclass(frozen=True, slots=True)
class Log:
    """One event as a contract logged it, undecoded."""

    address: Address
    topics: tuple[Hash32, ...]
    data: bytes
    block_number: int
    block_hash: BlockHash
    transaction_hash: TransactionHash
    log_index: int
    """Position in the block, counted over all its transactions from 0."""

    @classmethod
    def parse(cls, answer: Any) -> Self:
        """Return the log of a JSON-RPC answer. Raises `NodeError` on any other form."""
        topics = _field(answer, "topics")
        if not isinstance(topics, list):
            raise _unexpected("a log's topics", topics)
        return cls(
            address=_address(_field(answer, "address")),
            topics=tuple(_topic(topic) for topic in topics),
            data=bytes_of(_field(answer, "data"), "a log's data"),
            block_number=quantity(_field(answer, "blockNumber"), "a log's block"),
            block_hash=_block_hash(_field(answer, "blockHash")),
            transaction_hash=_transaction_hash(_field(answer, "transactionHash")),
            log_index=quantity(_field(answer, "logIndex"), "a log's index"),
        )


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a mined transaction."""

    transaction_hash: TransactionHash
    block_number: int
    block_hash: BlockHash
    succeeded: bool
    gas_used: int
    contract_address: Address | None
    """Of the contract that the transaction created."""
    logs: tuple[Log, ...]
    revert_data: bytes
    """What a reverted transaction returned, where the node keeps it (Besu)."""

    @classmethod
    def parse(cls, answer: Any) -> Self:
        """Return the receipt of a JSON-RPC answer. Raises `NodeError` on any other form."""
        logs, created = _field(answer, "logs"), answer.get("contractAddress")
        if not isinstance(logs, list):
            raise _unexpected("a receipt's logs", logs)
        reason = answer.get("revertReason")
        return cls(
            transaction_hash=_transaction_hash(_field(answer, "transactionHash")),
            block_number=quantity(_field(answer, "blockNumber"), "a receipt's block"),
            block_hash=_block_hash(_field(answer, "blockHash")),
            succeeded=quantity(_field(answer, "status"), "a receipt's status") == 1,
            gas_used=quantity(_field(answer, "gasUsed"), "a receipt's gas"),
            contract_address=None if created is None else _address(created),
            logs=tuple(Log.parse(log) for log in logs),
            revert_data=b"" if reason is None else bytes_of(reason, "a revert reason"),
        )


def quantity(value: Any, noun: str) -> int:
    """Return a JSON-RPC quantity (`0x1f`) as an integer. Raises `NodeError` on any other form."""
    if not isinstance(value, str) or not _QUANTITY.fullmatch(value):
        raise _unexpected(noun, value)
    return int(value, 16)


def bytes_of(value: Any, noun: str) -> bytes:
    """Return JSON-RPC data (`0x00ff`) as bytes. Raises `NodeError` on any other form."""
    if not isinstance(value, str) or not _BYTES.fullmatch(value):
        raise _unexpected(noun, value)
    return bytes.fromhex(value[2:])


def _field(answer: Any, name: str) -> Any:
    if not isinstance(answer, dict) or name not in answer:
        raise _unexpected(f"an object with {name!r}", answer)
    return answer[name]


def _topic(value: Any) -> Hash32:
    topic = bytes_of(value, "a topic")
    if len(topic) != 32:  # noqa: PLR2004 - one word of the EVM
        raise _unexpected("a topic of 32 bytes", value)
    return Hash32(topic)


def _address(value: Any) -> Address:
    try:
        return to_address(value.lower())
    except (InvalidArgument, AttributeError):
        raise _unexpected("an address", value) from None


def _block_hash(value: Any) -> BlockHash:
    try:
        return to_block_hash(value.lower())
    except (InvalidArgument, AttributeError):
        raise _unexpected("a block hash", value) from None


def _transaction_hash(value: Any) -> TransactionHash:
    try:
        return to_transaction_hash(value.lower())
    except (InvalidArgument, AttributeError):
        raise _unexpected("a transaction hash", value) from None


def _unexpected(noun: str, value: object) -> NodeError:
    return NodeError(
        f"The node should answer with {noun}, and answers with {shown(value)}.",
        remedy="Check the node's version, and that it is in sync.",
    )
