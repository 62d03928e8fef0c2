"""What a node's refusal means. Every client words it in its own way.

Sources: go-ethereum `core/error.go` and `core/txpool/errors.go`, Besu `RpcErrorType.java` and
`TransactionInvalidReason.java`, Foundry `anvil/src/eth/error.rs`.
"""

import re
from enum import Enum

from dataledger.errors import RequestRefused

_HEX = re.compile(r"0x(?:[0-9a-fA-F]{2})*")
_REVERT_CODE = 3
"""The code of EIP-1474's successors for a reverted execution (geth, anvil, Besu)."""
_REVERT_WORDS = ("revert", "vm execution error", "invalid opcode", "out of gas", "invalidfeopcode")

_KNOWN = ("already known", "already imported", "known transaction", "alreadyknown")
_NONCE_USED = ("nonce too low", "nonce is too low", "nonce below", "old nonce")
_HOPELESS = (
    "intrinsic gas",
    "exceeds block gas limit",
    "exceeds the block gas limit",
    "gas limit too high",
    "max initcode size",
    "initcode size",
    "transaction type not supported",
    "unsupported transaction type",
    "invalid chain id",
    "invalid chainid",
    "wrong chain",
    "chain id",
    "oversized data",
    "invalid sender",
    "invalid signature",
    "invalid transaction",
    "insufficient funds",
    "upfront cost exceeds",
    "out-of-bound",
    "gas limit cap",
    "transaction gas limit",
    "gas price below",
    "gas price too low",
    "gasprice is less",
    "transaction underpriced",
    "less than block base fee",
    "not authorized",
    "not permitted",
    "floor data gas",
    "gas floor",
)
_SOMEONE_ELSES_NONCE = "replacement"


class SendOutcome(Enum):
    """What the node's refusal of a signed transaction says about it."""

    KNOWN = "known"
    """The node has it already."""
    NONCE_USED = "nonce-used"
    """A transaction with its nonce is mined: perhaps this very one."""
    HOPELESS = "hopeless"
    """The node would refuse the same bytes again."""
    LATER = "later"
    """Nothing is decided: the node's pool is full, a nonce before it is missing, or the like."""


def send_outcome(refusal: RequestRefused) -> SendOutcome:
    """Return what `refusal` of `eth_sendRawTransaction` means. Unknown words decide nothing."""
    words = refusal.rpc_message.lower()
    if any(known in words for known in _KNOWN):
        return SendOutcome.KNOWN
    if any(used in words for used in _NONCE_USED):
        return SendOutcome.NONCE_USED
    if _SOMEONE_ELSES_NONCE not in words and any(reason in words for reason in _HOPELESS):
        return SendOutcome.HOPELESS
    return SendOutcome.LATER


def revert_data(refusal: RequestRefused) -> bytes | None:
    """Return what a contract returned as it reverted; None when `refusal` is no revert.

    Empty when the node says that execution reverted, and not with what. Understands the error
    objects of geth, anvil and Besu (`data` is hexadecimal), of Nethermind and OpenEthereum
    (`Reverted 0x…`), and of Hardhat and Ganache (`data` is an object that holds it).
    """
    data = _hexadecimal(refusal.rpc_data)
    words = refusal.rpc_message.lower()
    if refusal.rpc_code == _REVERT_CODE or any(word in words for word in _REVERT_WORDS):
        return data or b""
    return data or None


def _hexadecimal(value: object) -> bytes | None:
    if isinstance(value, str):
        text = value.strip().removeprefix("Reverted").strip()
        return bytes.fromhex(text[2:]) if _HEX.fullmatch(text) else None
    if isinstance(value, dict):
        # By name first; Ganache nests one object under the transaction's hash.
        named = [value[key] for key in ("data", "return", "result") if key in value]
        for item in [*named, *(item for item in value.values() if isinstance(item, dict))]:
            found = _hexadecimal(item)
            if found is not None:
                return found
    return None
