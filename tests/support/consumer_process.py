"""A consumer: asks what stands on standard input, line by line, of several owners' nodes.

python consumer_process.py HOME PROFILE
"""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from nodes import ACCOUNT, PASSPHRASE

from dataledger.chain.accounts import Accounts
from dataledger.chain.profile import Profile
from dataledger.errors import DataLedgerError
from dataledger.ledger import GrantId, Ledger
from dataledger.node.client import NodeClient
from dataledger.node.federated import ask_together


def main() -> None:
    """Answer each line with one."""
    home = Path(sys.argv[1])
    profile = Profile.load(sys.argv[2], home)
    signer = Accounts(home).unlock(ACCOUNT, PASSPHRASE)
    with Ledger.connect(profile, signer=signer, home=home) as ledger:
        clients: dict[str, NodeClient] = {}
        for line in sys.stdin:
            asked = json.loads(line)
            for url in asked["nodes"]:
                clients.setdefault(url, NodeClient(ledger, url))
            grants = [GrantId.parse(grant) for grant in asked["grants"]]
            try:
                answers = ask_together(
                    [clients[url] for url in asked["nodes"]], grants, asked["document"].encode()
                )
                told: dict[str, object] = {"answers": [a.content.decode() for a in answers]}
            except DataLedgerError as error:
                told = {
                    "kind": type(error).__name__,
                    "message": str(error),
                    "reason": getattr(error, "reason", ""),
                }
            sys.stdout.write(json.dumps(told) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
