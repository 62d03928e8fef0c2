"""One outbox file that several connections of several processes have open."""

import subprocess
import sys
from pathlib import Path

from dataledger.chain.identifiers import (
    BlockHash,
    ChainIdentity,
    OperationId,
    TransactionHash,
)
from dataledger.chain.outbox.journal import Journal
from dataledger.chain.outbox.states import Entry
from dataledger.contracts.identifiers import Address

CHAIN = ChainIdentity(31337, BlockHash(f"0x{'00' * 32}"))
SENDER = Address("0x52908400098527886E0F7030069857D2E4169EE7")


def entry(nonce: int) -> Entry:
    return Entry(
        operation_id=OperationId(f"operation:{nonce}"),
        sender=SENDER,
        nonce=nonce,
        transaction_hash=TransactionHash(f"0x{nonce:064x}"),
        raw=b"raw" * 1000,
        to=None,
        data=b"",
        gas=21_000,
        signed_at_block=1,
        signed_at_unix=1_790_000_000,
    )


def other_process(path: Path, first: int) -> None:
    """Have another process write, and end as it should."""
    program = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from pathlib import Path\n"
        "from test_outbox_sharing import CHAIN, Journal, entry\n"
        "journal = Journal(Path(sys.argv[2]), CHAIN)\n"
        "for nonce in range(20): journal.insert(entry(int(sys.argv[3]) + nonce))\n"
        "journal.close()\n"
    )
    here = str(Path(__file__).parent)
    subprocess.run([sys.executable, "-c", program, here, str(path), str(first)], check=True)


def test_nothing_is_lost_when_a_process_has_it_open_twice_and_another_one_ends(
    tmp_path: Path,
) -> None:
    path = tmp_path / "outbox.sqlite3"
    first = Journal(path, CHAIN)
    first.insert(entry(0))
    # To open the file a second time must not let go of the first one's locks.
    second = Journal(path, CHAIN)
    other_process(path, 100)
    first.insert(entry(1))
    second.insert(entry(2))
    other_process(path, 200)
    second.insert(entry(3))
    expected = {0, 1, 2, 3, *range(100, 120), *range(200, 220)}
    assert first.held_nonces(SENDER, 0) == second.held_nonces(SENDER, 0) == expected
    first.close()
    second.close()
    again = Journal(path, CHAIN)
    assert again.held_nonces(SENDER, 0) == expected
    again.close()
