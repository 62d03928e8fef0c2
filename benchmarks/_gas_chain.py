"""A development chain for as long as it is measured, and what its receipts say."""

from __future__ import annotations

import json
import socket
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from web3 import HTTPProvider, Web3

if TYPE_CHECKING:
    from collections.abc import Iterator

    from web3.contract import Contract
    from web3.contract.contract import ContractFunction

NODE_MODULES = Path(__file__).resolve().parent.parent / "node_modules"
# The wrapper in node_modules/.bin may leave the real process behind when it is stopped.
ANVIL = NODE_MODULES / "@foundry-rs/anvil-linux-amd64/bin/anvil"

ZERO_ADDRESS = "0x" + "00" * 20
ZERO_HASH = bytes(32)


@dataclass(frozen=True)
class Measure:
    """One operation and its gas, and what that is held against."""

    contract: str
    operation: str
    gas: int
    target_gas: int | None = None
    peer: str | None = None
    """The operation of EAS that records as much."""

    @property
    def missed(self) -> bool:
        """Whether there is a target, and more gas was used."""
        return self.target_gas is not None and self.gas > self.target_gas


@contextmanager
def development_chain() -> Iterator[Web3]:
    """Runs anvil on a free port of this machine, until the block ends."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    command = [str(ANVIL), "--port", str(port), "--accounts", "12", "--silent"]
    process = subprocess.Popen(command)
    try:
        web3 = Web3(HTTPProvider(f"http://127.0.0.1:{port}"))
        deadline = time.monotonic() + 10
        while not web3.is_connected():
            if process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"anvil did not answer on port {port}")
            time.sleep(0.05)
        yield web3
    finally:
        process.terminate()
        process.wait(timeout=10)


def gas_of(call: ContractFunction, sender: str, web3: Web3) -> int:
    receipt = web3.eth.wait_for_transaction_receipt(call.transact({"from": sender}), timeout=30)
    if receipt["status"] != 1:
        raise SystemExit(f"reverted: {receipt['transactionHash'].to_0x_hex()}")
    return receipt["gasUsed"]


def deploy(web3: Web3, artifact: Path, sender: str, *arguments: Any) -> Contract:
    content = json.loads(artifact.read_text("utf-8"))
    factory = web3.eth.contract(abi=content["abi"], bytecode=content["bytecode"])
    sent = factory.constructor(*arguments).transact({"from": sender})
    receipt = web3.eth.wait_for_transaction_receipt(sent, timeout=30)
    deployed: Contract = factory(address=receipt["contractAddress"])
    return deployed
