"""A real node that holds a long history, written into it in bulk.

The contracts are deployed as ever. Then, for as long as the loading takes, other code stands at
their addresses, which writes any log that it is given, and puts each dataset's head where the
contract keeps it. What is left is a chain whose logs and heads are as if a million transactions
had made them; the datasets' other state is not there.
"""

from __future__ import annotations

import json
import socket
import subprocess
import time
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import solcx

from _audit_events import GENESIS_UNIX
from dataledger.chain.anvil import find_anvil
from dataledger.chain.connection import connect
from dataledger.chain.deployment import RootAuthority, deploy
from dataledger.chain.identifiers import to_block_hash
from dataledger.chain.outbox import Outbox
from dataledger.chain.profile import Endpoint, Profile
from dataledger.chain.signer import Signer
from dataledger.contracts.artifacts import ContractName
from dataledger.contracts.identifiers import Address, DatasetId, Slug, keccak256
from dataledger.ledger import Ledger, PolicyDocument

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from _audit_events import Written
    from dataledger.contracts.events import LogContent

GAS = 10**9
SLOTS_TO_TRY = 32
LOADER = """
object "Loader" {
    code {
        // As the ledger's head(dataset), for whoever asks about a block of the loading.
        if eq(calldatasize(), 36) {
            mstore(0, calldataload(4))
            mstore(32, ROOT)
            mstore(0, sload(keccak256(0, 64)))
            return(0, 32)
        }
        // Each log: 1 byte, whether its first word is a dataset's head; 3 bytes, the length of its
        // data; four topics; the data.
        for { let at := 0 } lt(at, calldatasize()) { } {
            let start := calldataload(at)
            let size := and(shr(224, start), 0xffffff)
            let topic := add(at, 4)
            let data := add(at, 132)
            if shr(248, start) {
                mstore(0, calldataload(add(topic, 32)))
                mstore(32, ROOT)
                sstore(keccak256(0, 64), calldataload(data))
            }
            calldatacopy(0, data, size)
            log4(0, size, calldataload(topic), calldataload(add(topic, 32)),
                calldataload(add(topic, 64)), calldataload(add(topic, 96)))
            at := add(data, size)
        }
    }
}
"""
TOPICS = 4
HEADED = {ContractName.DATASET_LEDGER}
"""Contracts whose events begin with a head."""


@contextmanager
def running_chain() -> Iterator[str]:
    """Runs anvil on a free port of this machine, until the block ends; gives its URL."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    command = [str(find_anvil(announce=print)), "--port", str(port), "--silent"]
    command += ["--gas-limit", str(10 * GAS), "--base-fee", "0", "--gas-price", "0"]
    # Of old blocks the logs count, and not the state, which would take tens of gigabytes.
    command += ["--prune-history", "8"]
    command += ["--no-request-size-limit", "--order", "fifo", "--timestamp", str(GENESIS_UNIX)]
    process = subprocess.Popen(command)
    try:
        deadline = time.monotonic() + 10
        while socket.socket().connect_ex(("127.0.0.1", port)):
            if process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"anvil did not answer on port {port}")
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=60)


class BulkChain:
    """A ledger whose history can be written without its contracts; `signer` is the root's."""

    def __init__(self, url: str, home: Path) -> None:
        self.home = home
        self.signer = Signer(keccak256(b"the root authority"))
        bare = self._bare_profile(url)
        connection = connect(bare, timeout_seconds=600.0)
        self._request = connection.transport.request
        self._batch = connection.transport.batch
        root = RootAuthority(self.signer.address, Slug("root"), "The root authority")
        with Outbox(connection, home=home) as outbox:
            self.profile = deploy(connection, outbox, self.signer, root, home=home)
        with Ledger.connect(self.profile, signer=self.signer, home=home) as ledger:
            ledger.policies.publish(PolicyDocument.default())
        self._loader = _compiled_loader(self._find_heads())

    def write(self, events: Iterable[Written]) -> int:
        """Write events into the chain, in their order, and return how many there were."""
        addresses = {name: self.profile.contract(name).address for name in ContractName}
        codes = {at: self._request("eth_getCode", [at, "latest"]) for at in addresses.values()}
        for at in codes:
            self._request("anvil_setCode", [at, self._loader])
        count = 0
        for (name, time_unix), group in groupby(events, key=_block_of):
            logs = [event.log for event in group]
            self._send(addresses[name], logs, time_unix, has_heads=name in HEADED)
            count += len(logs)
        for at, code in codes.items():
            self._request("anvil_setCode", [at, code])
        # A block of its own, which ends with the contracts' code.
        self._request("evm_mine", [])
        return count

    def _bare_profile(self, url: str) -> Profile:
        import requests

        def ask(method: str, *parameters: object) -> Any:
            body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(parameters)}
            return requests.post(url, json=body, timeout=10).json()["result"]

        genesis = ask("eth_getBlockByNumber", "0x0", False)  # noqa: FBT003  JSON-RPC has no names
        return Profile(
            name="bulk",
            chain_id=int(ask("eth_chainId"), 16),
            genesis_hash=to_block_hash(genesis["hash"]),
            endpoints=(Endpoint(url),),
        )

    def _send(
        self, contract: Address, logs: Sequence[LogContent], time_unix: int, *, has_heads: bool
    ) -> None:
        """Write logs into one block of that time."""
        parts: list[bytes] = []
        for log in logs:
            if len(log.topics) != TOPICS:
                raise SystemExit(f"A log of {len(log.topics)} topics cannot be written.")
            parts += [bytes([has_heads]), len(log.data).to_bytes(3), *log.topics, log.data]
        self._request("anvil_impersonateAccount", [self.signer.address])
        self._request("evm_setNextBlockTimestamp", [time_unix])
        call = {
            "from": self.signer.address,
            "to": contract,
            "data": "0x" + b"".join(parts).hex(),
            "gas": hex(GAS),
            "gasPrice": "0x0",
        }
        sent = self._request("eth_sendTransaction", [call])
        deadline = time.monotonic() + 30
        while (receipt := self._request("eth_getTransactionReceipt", [sent])) is None:
            if time.monotonic() > deadline:
                raise SystemExit(f"The logs were not written: {sent} is not mined")
            time.sleep(0.001)
        if receipt["status"] != "0x1":
            raise SystemExit(f"The logs were not written: {receipt}")

    def _find_heads(self) -> int:
        """Return the number of the storage slot in which the contract's heads are rooted."""
        with Ledger.connect(self.profile, signer=self.signer, home=self.home) as ledger:
            real = ledger.datasets.get(ledger.datasets.register("a-real-one").event.dataset)
        at = self.profile.contract(ContractName.DATASET_LEDGER).address
        for number in range(SLOTS_TO_TRY):
            slot = f"0x{_slot(real.id, number).hex()}"
            if self._request("eth_getStorageAt", [at, slot, "latest"]) == f"0x{real.head.hex()}":
                return number
        raise SystemExit("The contract's heads were not found in its storage.")


def _block_of(event: Written) -> tuple[ContractName, int]:
    return event.contract, event.recorded_at_unix


def _slot(dataset: DatasetId, number: int) -> bytes:
    return keccak256(dataset.value + number.to_bytes(32))


def _compiled_loader(heads_slot: int) -> str:
    source = {
        "language": "Yul",
        "sources": {"loader.yul": {"content": LOADER.replace("ROOT", str(heads_slot))}},
        "settings": {
            "evmVersion": "paris",
            "outputSelection": {"*": {"*": ["evm.bytecode.object"]}},
        },
    }
    compiled = solcx.compile_standard(source, solc_version=solc_version())
    code: str = compiled["contracts"]["loader.yul"]["Loader"]["evm"]["bytecode"]["object"]
    return f"0x{code}"


def solc_version() -> str:
    """Return the one version of the compiler, which `package.json` pins."""
    package = Path(__file__).resolve().parent.parent / "package.json"
    version: str = json.loads(package.read_text("utf-8"))["devDependencies"]["solc"]
    return version
