"""An owner's node that is killed at a given point of a run, in a process of its own each time.

Reads lines of JSON on standard input: what is asked of which node, and at which point it is to die.
Answers each with a line: the exit status. The process for a line is forked from this one, which has
imported everything, since that takes long, and has opened nothing.
"""

import importlib
import json
import logging
import os
import signal
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from engines import DOCUMENT, FakeWork, answer

from dataledger.chain.outbox.delivery import Step
from dataledger.chain.outbox.states import Entry
from dataledger.chain.signer import Signer
from dataledger.errors import AnswerWithheld
from dataledger.ledger import Ledger
from dataledger.node.config import NodeConfig
from dataledger.node.engine import Engine
from dataledger.node.requests import SignedRequest
from dataledger.node.work import Answer, Holding

IMPORTED_LATE = (
    "dataledger.chain.web3_provider",
    "eth_abi",
    "eth_account.messages",
    "eth_hash.auto",
    "eth_keys",
    "requests",
    "sqlite3",
)


class Fate:
    """Kills the process once a step is taken: of the engine, or of the outbox within one.

    Or some seconds after the engine took its first one.
    """

    def __init__(self, point: str, after_seconds: float) -> None:
        self._point = point
        self._after_seconds = after_seconds
        self._lock = threading.Lock()
        self._steps = threading.local()

    def of_engine(self, step: str) -> None:
        """Is the engine's observer."""
        self._steps.last = step
        with self._lock:
            if self._after_seconds:
                end = threading.Timer(self._after_seconds, self._die)
                end.daemon = True
                end.start()
                self._after_seconds = 0
        self._die_at(step)

    def of_outbox(self, step: Step, _entry: Entry) -> None:
        """Is the outbox's observer."""
        self._die_at(f"{getattr(self._steps, 'last', '')}/{step}")

    def _die_at(self, point: str) -> None:
        if point == self._point:
            self._die()

    def _die(self) -> None:
        os.kill(os.getpid(), signal.SIGKILL)


def perform(told: dict[str, Any]) -> None:
    """Do runs at once, as far as they come."""
    fate = Fate(told["point"], told["after_seconds"])
    home = Path(told["home"])

    def one(engine: Engine, signed: SignedRequest) -> None:
        def compute(holding: Holding) -> Answer:
            with (Path(told["computed"]) / str(signed.request.run)).open("a") as file:
                file.write("computed\n")
            if told["fails"]:
                raise ValueError("on purpose")
            return answer(holding)

        with suppress(AnswerWithheld):
            engine.perform(signed, DOCUMENT, FakeWork(computed=compute))

    ledger = Ledger.connect(
        told["profile"],
        signer=Signer(bytes.fromhex(told["key"])),
        home=home,
        observer=fate.of_outbox,
    )
    config = NodeConfig.load(Path(told["config"]))
    with ledger, Engine.open(ledger, config, home=home, observer=fate.of_engine) as engine:
        requests = [SignedRequest.from_json(request) for request in told["requests"]]
        with ThreadPoolExecutor(len(requests)) as threads:
            list(threads.map(partial(one, engine), requests))


def main() -> None:
    """Answer each line."""
    logging.disable()
    for name in IMPORTED_LATE:
        importlib.import_module(name)
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            status = 1
            try:
                perform(json.loads(line))
                status = 0
            finally:
                os._exit(status)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)  # noqa: T201 - it is the answer


if __name__ == "__main__":
    main()
