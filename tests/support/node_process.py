"""`dataledger` with the work of `tiny_work`, which can end in the midst of a run's steps.

$DATALEDGER_TEST_KILL_AT names the step at which the process kills itself, as a crash would.
"""

import os
import signal
import sys
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from tiny_work import register

from dataledger.cli.main import main
from dataledger.node import server

KILL_VARIABLE = "DATALEDGER_TEST_KILL_AT"


def die_at(step: str) -> None:
    """End this process if the step is the one that it is to end at."""
    if step == os.environ.get(KILL_VARIABLE):
        os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    register()
    server.serve = partial(server.serve, observer=die_at)
    main()
