"""Typed names of things on a chain beyond contracts: hashes, operations, and the chain itself.

Hashes are text in the form that JSON-RPC uses: `0x` and lowercase hexadecimal.
"""

import re
from dataclasses import dataclass
from typing import NewType

from dataledger.contracts.identifiers import keccak256
from dataledger.errors import InvalidArgument, InvalidIdentifier, shown

TransactionHash = NewType("TransactionHash", str)
"""`0x` and 64 lowercase hexadecimal digits: keccak256 of the signed transaction's bytes."""
BlockHash = NewType("BlockHash", str)
"""`0x` and 64 lowercase hexadecimal digits."""
CodeHash = NewType("CodeHash", str)
"""`0x` and 64 lowercase hexadecimal digits: keccak256 of a contract's runtime code."""
OperationId = NewType("OperationId", str)
"""What one write is to achieve, chosen by the caller; 1 to 200 printable ASCII characters."""

_HASH = re.compile(r"0x[0-9a-f]{64}")
_OPERATION_ID = re.compile(r"[A-Za-z0-9][!-}]{0,199}")
MAX_CHAIN_ID = 2**53 - 1


@dataclass(frozen=True, slots=True)
class ChainIdentity:
    """Which chain: two chains that share an id differ in their first block."""

    chain_id: int
    genesis_hash: BlockHash

    def __str__(self) -> str:
        return f"chain {self.chain_id} with genesis block {self.genesis_hash}"


def to_block_hash(text: str) -> BlockHash:
    """Return `text` as a block hash. Raises `InvalidArgument` on any other form."""
    return BlockHash(_hash32(text, "block hash"))


def to_code_hash(text: str) -> CodeHash:
    """Return `text` as a code hash. Raises `InvalidArgument` on any other form."""
    return CodeHash(_hash32(text, "code hash"))


def to_transaction_hash(text: str) -> TransactionHash:
    """Return `text` as a transaction hash. Raises `InvalidArgument` on any other form."""
    return TransactionHash(_hash32(text, "transaction hash"))


def code_hash(runtime_code: bytes) -> CodeHash:
    """Return the hash that pins a contract's runtime code."""
    return CodeHash("0x" + keccak256(runtime_code).hex())


def to_operation_id(text: str) -> OperationId:
    """Return `text` as an operation id.

    Raises:
        InvalidIdentifier: Empty, over 200 characters, not starting with a letter or digit, or with
            characters beyond printable ASCII.
    """
    if not _OPERATION_ID.fullmatch(text):
        raise InvalidIdentifier(
            f"Not an operation id: {shown(text)}.",
            remedy="Use 1 to 200 printable ASCII characters, the first a letter or a digit.",
        )
    return OperationId(text)


def _hash32(text: str, noun: str) -> str:
    if not _HASH.fullmatch(text):
        raise InvalidArgument(
            f"Not a {noun}: {shown(text)}.",
            remedy="Give 0x and 64 lowercase hexadecimal digits.",
        )
    return text
