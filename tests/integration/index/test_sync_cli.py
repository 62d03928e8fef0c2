"""`dataledger index`, on a devnet."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from consortium import Consortium, manifest

from dataledger.contracts.types import Capability
from dataledger.index import Index, schema
from dataledger.index.store import sqlite_url


def command(home: Path, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "dataledger", "index", *arguments, "--home", str(home), "--json"]


def run(home: Path, *arguments: str, code: int = 0) -> dict[str, Any]:
    done = subprocess.run(
        command(home, *arguments), capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == code, done.stderr
    found: dict[str, Any] = json.loads(done.stdout or done.stderr)
    return found


def test_an_index_is_synced_checked_altered_and_made_anew(
    consortium: Consortium, tmp_path: Path
) -> None:
    owner = consortium.join(Capability.CUSTODIAN)
    owner.datasets.register(consortium.new_slug(), manifest("a"))
    url = sqlite_url(tmp_path / "cli.sqlite3")
    synced = run(consortium.home, "sync", "--index", url)
    assert synced["events"] > 3
    status = run(consortium.home, "status", "--check", "--index", url)
    assert status["check"]["events"] == status["events"] == synced["events"]
    assert status["checked_block"] == status["block_number"] == synced["to_block"]
    with Index.open(owner, url) as index, index.store.write() as connection:
        connection.execute(schema.versions.update().values(size_bytes=7))
    refused = run(consortium.home, "status", "--check", "--index", url, code=1)
    assert "rebuild" in json.dumps(refused)
    assert run(consortium.home, "rebuild", "--yes", "--index", url)["events"] >= synced["events"]
    assert run(consortium.home, "status", "--check", "--index", url)["check"]


def test_following_tells_of_each_sync_and_ends_well_when_told_to(
    consortium: Consortium, tmp_path: Path
) -> None:
    owner = consortium.join(Capability.CUSTODIAN)
    url = sqlite_url(tmp_path / "followed.sqlite3")
    arguments = command(consortium.home, "follow", "--every", "0.05", "--index", url)
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        first = json.loads(process.stdout.readline())
        owner.datasets.register(consortium.new_slug(), manifest("a"))
        second = json.loads(process.stdout.readline())
        os.kill(process.pid, signal.SIGTERM)
        assert process.wait(timeout=30) == 0
    assert (first["from_block"], second["events"]) == (None, 1)
    assert second["from_block"] == first["to_block"]
