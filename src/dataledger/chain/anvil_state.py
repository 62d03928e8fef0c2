"""The file in which anvil keeps a chain's state."""

import json
from pathlib import Path

_DELEGATION = "0xef0100"
"""With this begins the code of an account that delegates (EIP-7702), and still has nonces."""


def is_whole(state_path: Path) -> bool:
    """Whether a state file was written to its end, and is of one moment.

    Anvil writes accounts and blocks one after the other: the accounts may be a transaction ahead,
    whose block is then lost although what it did is not. Each transaction takes one nonce.
    """
    try:
        state = json.loads(state_path.read_bytes())
        nonces = sum(
            account["nonce"]
            for account in state["accounts"].values()
            if account["code"] in {None, "0x"} or account["code"].startswith(_DELEGATION)
        )
        return bool(nonces == sum(len(block["transactions"]) for block in state["blocks"]))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False
