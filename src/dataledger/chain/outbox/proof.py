"""The proof that a signed transaction can never be mined, without which nothing is signed anew.

An account's transactions are mined in the order of their nonces, each nonce once (Yellow Paper,
section 6.2). So a transaction with nonce n can only stand in the block in which the account's
count of nonces passes n. If that block is as deep as the profile's `confirmations`, and does not
hold the transaction, then none ever will, as surely as confirmed blocks stay.

A missing receipt alone proves nothing: a node may lag behind, or have dropped old receipts. Nor do
answers from both sides of a reorganisation: the one chain used the nonce, the other lacks the hash.
"""

from dataledger.chain.answers import Block, quantity
from dataledger.chain.identifiers import BlockHash
from dataledger.chain.outbox.states import Entry
from dataledger.chain.transport import Transport
from dataledger.errors import NodeError, RequestRefused

ROLLBACK_BLOCKS = 1_000
"""A chain that lost blocks may mine a transaction at a lower height than it was signed at."""
_SCAN_BATCH = 100


def can_never_be_mined(transport: Transport, entry: Entry, deep_block: int) -> bool:
    """Return whether `deep_block` or one below used `entry`'s nonce for something else.

    The block is found by bisection over the account's nonces. A node that has dropped such old
    states is asked for every block since the transaction was signed, and `ROLLBACK_BLOCKS` more.
    All is asked of one chain: the hash of `deep_block` is the same before and after.

    Raises:
        ConnectionFailed, NodeError: The chain cannot be asked; nothing is proven.
    """
    anchor = _block_hash(transport, deep_block)
    if anchor is None or _count_at(transport, entry, deep_block) <= entry.nonce:
        return False
    try:
        block = _block_that_passes(transport, entry, deep_block)
        blocks = range(block, block + 1)
    except RequestRefused:
        blocks = range(max(entry.signed_at_block - ROLLBACK_BLOCKS, 0), deep_block + 1)
    if _is_in_any(transport, entry, blocks):
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


def _is_in_any(transport: Transport, entry: Entry, blocks: range) -> bool:
    for start in range(blocks.start, blocks.stop, _SCAN_BATCH):
        part = range(start, min(start + _SCAN_BATCH, blocks.stop))
        answers = transport.batch([("eth_getBlockByNumber", [hex(n), False]) for n in part])
        for answer in answers:
            if isinstance(answer, RequestRefused):
                raise answer
            if not isinstance(answer, dict) or not isinstance(answer.get("transactions"), list):
                raise NodeError(
                    "The node does not give a block's transactions.",
                    remedy="Check that it is in sync.",
                )
            if entry.transaction_hash in answer["transactions"]:
                return True
    return False
