"""An indexer that is killed, and a chain that is written to and reorganised, at random."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Self

from consortium import Consortium
from empty_index import make_tables
from index_dump import differences, dump

from dataledger.contracts import dataset_ledger
from dataledger.contracts.artifacts import ContractName
from dataledger.contracts.calls import Call
from dataledger.contracts.events import DatasetRegistered, topic_of
from dataledger.contracts.head_rule import HEAD_BYTES
from dataledger.contracts.identifiers import DatasetId, Slug
from dataledger.contracts.types import Capability, Parent, VersionRecord
from dataledger.hashing import Digest
from dataledger.index import Index
from dataledger.index.store import Store, sqlite_url
from dataledger.ledger import Ledger

MINED_WITHIN_SECONDS = 30
MOST_SECONDS = 0.4
"""An indexer works for some part of it until it is killed."""
WORKER = Path(__file__).with_name("index_worker.py")


class NodeLostState(Exception):
    """The node's logs tell of a dataset that its own contract does not know: it is of no use."""


class Writer:
    """Writes to a devnet without keys, one block for each event, and reorganises it."""

    def __init__(self, consortium: Consortium, random: Random) -> None:
        owner = consortium.join(Capability.CUSTODIAN)
        assert owner.signer is not None
        self.connection = owner.connection
        self._consortium = consortium
        self._ledger = owner.connection.profile.contract(ContractName.DATASET_LEDGER).address
        self._owner = owner.signer.address
        self._random = random
        self._request = self.connection.transport.request
        self._request("anvil_impersonateAccount", [self._owner])
        self._first_block = self.connection.head().number
        self._slugs = 0

    def write(self, count: int) -> None:
        """Let so many things happen to datasets; what a reorganisation made void is left out."""
        for _ in range(count):
            known = self._known()
            if not known or self._random.random() < 0.3:
                self._slugs += 1
                self._register(known)
            else:
                dataset = self._random.choice(known)
                self._send(dataset_ledger.describe(dataset, self._digest()))

    def _register(self, known: list[DatasetId]) -> None:
        parents = (Parent(self._random.choice(known), 1),) if known else ()
        record = VersionRecord(self._digest(), self._digest(), 1, 1, parents=parents)
        slug = Slug(f"{self._random.randrange(2**60):x}-{self._slugs}")
        self._send(dataset_ledger.register(slug, self._consortium.policy, record))

    def _known(self) -> list[DatasetId]:
        logs = self.connection.get_logs(self._ledger, self._first_block, 10**9)
        registered = topic_of(DatasetRegistered)
        return [DatasetId(log.topics[1]) for log in logs if log.topics[0] == registered]

    def _digest(self) -> Digest:
        return Digest.of(self._random.randbytes(8))

    def _send(self, call: Call[object]) -> None:
        message = {"from": self._owner, "to": self._ledger, "data": f"0x{call.data.hex()}"}
        sent = self._request(
            "eth_sendTransaction", [{**message, "gas": hex(2_000_000), "gasPrice": "0x0"}]
        )
        # Anvil answers before the block is there, now and then by far. What is compared, or
        # reorganised, must not grow meanwhile.
        deadline = time.monotonic() + MINED_WITHIN_SECONDS
        while self._request("eth_getTransactionReceipt", [sent]) is None:
            assert time.monotonic() < deadline, f"the devnet did not mine {sent}"
            time.sleep(0.001)

    def reorganise(self, most: int) -> None:
        """Replace up to `most` of the newest blocks, but for what the test stands on."""
        depth = min(most, self.connection.head().number - self._first_block)
        if depth > 0:
            self._request("anvil_reorg", [self._random.randint(1, depth), []])
            self.require_state()

    def require_state(self) -> None:
        """Return only if the contract holds the heads that its newest logs carry.

        Anvil, going back, now and then loses what older blocks had written. An index says that it
        is so, rightly; but here, that is not what is tried.
        """
        logs = self.connection.get_logs(self._ledger, self._first_block, 10**9)
        newest = {DatasetId(log.topics[1]): log.data[:HEAD_BYTES] for log in logs}
        calls = [(self._ledger, dataset_ledger.head(dataset).data) for dataset in newest]
        if self.connection.calls(calls) != list(newest.values()):
            raise NodeLostState


class Workers:
    """Indexers, one after another, each a process of its own that `kill` ends as hard as can be."""

    def __init__(self, home: Path, url: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(WORKER), str(home), "devnet", url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._child: int | None = None

    def start(self) -> None:
        """Let the next one begin."""
        assert self._process.stdin is not None
        self._process.stdin.write("next\n")
        self._process.stdin.flush()
        self._child = int(self._read())

    def kill(self) -> None:
        """Kill it, and wait until it is gone."""
        assert self._child is not None
        os.kill(self._child, signal.SIGKILL)
        assert self._read() == "gone\n"
        self._child = None

    def _read(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        if self._child is not None:
            os.kill(self._child, signal.SIGKILL)
        self._process.kill()
        self._process.communicate()


def try_kills(consortium: Consortium, url: str, folder: Path, random: Random, kills: int) -> int:
    """Kill an indexer so many times while the chain is written to; return how often it was done.

    After each kill, a sync must bring the index to what a new one says. It ends early where the
    node loses its state: then begin again with another chain.
    """
    writer = Writer(consortium, random)
    done = 0
    with (
        suppress(NodeLostState),
        Ledger.connect(consortium.profile, home=consortium.home) as ledger,
        Workers(consortium.home, url) as workers,
    ):
        for _ in range(kills):
            workers.start()
            deadline = time.monotonic() + random.random() * MOST_SECONDS
            while time.monotonic() < deadline:
                writer.write(random.randint(1, 3))
                if random.random() < 0.15:
                    writer.reorganise(12)
            workers.kill()
            if random.random() < 0.3:
                writer.reorganise(30)
            writer.write(5)
            writer.require_state()
            assert assert_equals_new(ledger, url, folder) > 0
            done += 1
    return done


def assert_equals_new(ledger: Ledger, url: str, folder: Path) -> int:
    """Sync an index, and hold it to a new one; return how many events it has."""
    new = sqlite_url(folder / "new.sqlite3")
    make_tables(Store(new))
    with Index.open(ledger, url) as index, Index.open(ledger, new) as other:
        index.sync()
        other.sync()
        assert differences(dump(index.store), dump(other.store)) == []
        events = index.check().events
    for path in folder.glob("new.sqlite3*"):
        path.unlink()
    return events
