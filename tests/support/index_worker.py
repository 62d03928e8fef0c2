"""Processes that sync an index again and again until they are killed: HOME PROFILE URL.

For each line on standard input, one is forked, ready to work at once; its number is printed when it
begins, and `gone` when it was killed.
"""

import os
import sys
import threading
from pathlib import Path

from dataledger.errors import ChainError, CheckFailed
from dataledger.index import Index, sync
from dataledger.ledger import Ledger


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def work(home: Path, profile: str, url: str) -> None:
    # Small ranges, so that there are many moments between them.
    sync.MAX_SPAN_BLOCKS = sync.FIRST_SPAN_BLOCKS = 3
    while True:
        try:
            with Ledger.connect(profile, home=home) as ledger, Index.open(ledger, url) as index:
                while True:
                    index.sync()
        except (ChainError, CheckFailed) as error:
            sys.stderr.write(f"failed: {error}\n")


def main() -> None:
    home, profile, url = sys.argv[1:]
    assert threading.active_count() == 1
    for _ in sys.stdin:
        child = os.fork()
        if child == 0:
            say(str(os.getpid()))
            work(Path(home), profile, url)
        os.waitpid(child, 0)
        say("gone")


if __name__ == "__main__":
    main()
