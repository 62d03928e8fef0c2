"""A node that DataLedger did not start: a chain like any other, reached by its address."""

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dataledger.chain.anvil import find_anvil

START_SECONDS = 20.0


@contextmanager
def plain_node(log: Path, *options: str) -> Iterator[str]:
    """Run a chain with free gas for as long as the block lasts, and give its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    binary = find_anvil(announce=lambda _text: None)
    command = [str(binary), "--port", str(port), "--chain-id", "2026", "--gas-price", "0", *options]
    with (
        log.open("wb") as output,
        subprocess.Popen([*command, "--base-fee", "0"], stdout=output, stderr=output) as process,
    ):
        try:
            _wait(port)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def _wait(port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            return
