"""The proof that a signed transaction can never be mined, without which nothing is signed anew.

An account's transactions are mined in the order of their nonces, each nonce once (Yellow Paper,
section 6.2). So if another transaction with the same sender and nonce stands in a block as deep as
the profile's `confirmations`, ours never will, as surely as confirmed blocks stay.

That other transaction has to be seen. A missing receipt proves nothing: a node may lag behind, or
have dropped old receipts. Nor does a count of nonces: a node that was restarted may give today's
count for a block whose state it has lost, and answers from both sides of a reorganisation do not
belong together.
"""

from typing import Any

from dataledger.chain.answers import Block, quantity
from dataledger.chain.identifiers import BlockHash
from dataledger.chain.outbox.states import Entry
from dataledger.chain.transport import Transport
from dataledger.errors import NodeError, RequestRefused

ROLLBACK_BLOCKS = 1_000
"""A chain that lost blocks may mine a transaction at a lower height than it was signed at."""
_SCAN_BATCH = 100


def can_never_be_mined(transport: Transport, entry: Entry, deep_block: int) -> bool:
    """Return whether `deep_block` or one below holds another transaction with `entry`'s nonce.

    The block is found by bisection over the account's nonces. Where that does not lead to it, every
    block since the transaction was signed is read, and `ROLLBACK_BLOCKS` more. All is asked of one
    chain: the hash of `deep_block` is the same before and after.

    Raises:
        ConnectionFailed, NodeError: The chain cannot be asked; nothing is proven.
    """
    anchor = _block_hash(transport, deep_block)
    if anchor is None or _count_at(transport, entry, deep_block) <= entry.nonce:
        return False
    holder = None
    try:
        block = _block_that_passes(transport, entry, deep_block)
        holder = _holder_of_nonce(transport, entry, range(block, block + 1))
    except RequestRefused:
        pass  # The node has dropped such old states.
    if holder is None:
        start = max(entry.signed_at_block - ROLLBACK_BLOCKS, 0)
        holder = _holder_of_nonce(transport, entry, range(start, deep_block + 1))
    if holder in {None, entry.transaction_hash}:
        return False
    return _block_hash(transport, deep_block) == anchor


def _block_hash(transport: Transport, number: int) -> BlockHash | None:
    answer = transport.request("eth_getBlockByNumber", [hex(number), False])
    return None if answer is None else Block.parse(answer).hash


def _block_that_passes(transport: Transport, entry: Entry, deep_block: int) -> int:
    """Return the block in which the sender's count of nonces passes `entry`'s."""
    low, high = -1, deep_block
    # What was signed lately was replaced lately.
    recent = entry.signed_at_block
    if recent < deep_block and _count_at(transport, entry, recent) <= entry.nonce:
        low = recent
    while high - low > 1:
        middle = (low + high) // 2
        if _count_at(transport, entry, middle) > entry.nonce:
            high = middle
        else:
            low = middle
    return high


def _count_at(transport: Transport, entry: Entry, block: int) -> int:
    answer = transport.request("eth_getTransactionCount", [entry.sender, hex(block)])
    return quantity(answer, "a nonce")


def _holder_of_nonce(transport: Transport, entry: Entry, blocks: range) -> str | None:
    """Return the hash of the transaction in `blocks` that has `entry`'s sender and nonce."""
    for start in range(blocks.start, blocks.stop, _SCAN_BATCH):
        part = range(start, min(start + _SCAN_BATCH, blocks.stop))
        answers = transport.batch([("eth_getBlockByNumber", [hex(n), True]) for n in part])
        for answer in answers:
            if isinstance(answer, RequestRefused):
                raise answer
            for transaction in _transactions(answer):
                if (
                    str(transaction.get("from")).lower() == entry.sender.lower()
                    and quantity(transaction.get("nonce"), "a nonce") == entry.nonce
                ):
                    return str(transaction.get("hash"))
    return None


def _transactions(block: Any) -> list[dict[str, Any]]:
    found = block.get("transactions") if isinstance(block, dict) else None
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise NodeError(
            "The node does not give a block's transactions.", remedy="Check that it is in sync."
        )
    return found
