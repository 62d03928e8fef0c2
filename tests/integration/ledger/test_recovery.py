"""What a member was told is confirmed is there after the devnet was killed."""

import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from consortium import Consortium, evidence, manifest

from dataledger.chain.devnet import STATE_INTERVAL_SECONDS
from dataledger.ledger import Capability, Ledger


def test_confirmed_writes_survive_the_devnet(tmp_path: Path) -> None:
    with Consortium(tmp_path) as consortium:
        owner = consortium.join(Capability.CUSTODIAN)
        # What others did before is on the disk; what follows is younger than the last saving.
        time.sleep(STATE_INTERVAL_SECONDS + 1)
        slugs = [consortium.new_slug() for _ in range(10)]
        with ThreadPoolExecutor(10) as threads:
            done = list(threads.map(owner.datasets.register, slugs, [manifest("x")] * 10))
        moved = owner.lifecycle.advance(done[0].event.dataset, "COLLECTED", evidence("1"))
        pid = consortium.devnet.status().pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        while consortium.devnet.status().is_running:
            time.sleep(0.01)
        consortium.devnet.up()

        with Ledger.connect("devnet", signer=owner.signer, home=tmp_path) as again:
            repeated = [again.datasets.register(slug, manifest("x")) for slug in slugs]
            step = again.lifecycle.advance(done[0].event.dataset, "COLLECTED", evidence("1"))
            found = again.datasets.get(done[0].event.dataset)
        assert [result.transaction_hash for result in repeated] == [
            result.transaction_hash for result in done
        ]
        assert step.transaction_hash == moved.transaction_hash
        assert found.stage_name == "COLLECTED"
