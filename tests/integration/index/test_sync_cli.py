"""`dataledger index`, on a devnet."""

import json
import os
import signal
import subprocess
from pathlib import Path

import pytest
from command_line import CommandLine
from consortium import Consortium, manifest

from dataledger.contracts.types import Capability
from dataledger.index import Index, schema
from dataledger.index.store import sqlite_url


def test_an_index_is_synced_checked_altered_and_made_anew(
    consortium: Consortium, tmp_path: Path
) -> None:
    owner = consortium.join(Capability.CUSTODIAN)
    owner.datasets.register(consortium.new_slug(), manifest("a"))
    url = sqlite_url(tmp_path / "cli.sqlite3")
    run = CommandLine(consortium.home)
    where = ("--index", url)
    synced = run.ok("index", "sync", *where)
    assert synced["events"] > 3
    status = run.ok("index", "status", "--check", *where)
    assert status["check"]["events"] == status["events"] == synced["events"]
    assert status["checked_block"] == status["block_number"] == synced["to_block"]
    with Index.open(owner, url) as index, index.store.write() as connection:
        connection.execute(schema.versions.update().values(size_bytes=7))
    refused = run("index", "status", "--check", *where, "--json")
    assert refused.code == 1
    assert "rebuild" in refused.error["remedy"]
    assert run.ok("index", "rebuild", "--yes", *where)["events"] >= synced["events"]
    assert run.ok("index", "status", "--check", *where)["check"]


@pytest.mark.parametrize(("how", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_following_tells_of_each_sync_and_ends_well_when_told_to(
    consortium: Consortium, how: signal.Signals, code: int, tmp_path: Path
) -> None:
    owner = consortium.join(Capability.CUSTODIAN)
    url = sqlite_url(tmp_path / "followed.sqlite3")
    run = CommandLine(consortium.home)
    arguments = run.command("index", "follow", "--every", "0.05", "--index", url, "--json")
    # Where the tests run in a shell's background, they ignore SIGINT, as would what they start.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        process = subprocess.Popen(
            arguments,
            env=run.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
    finally:
        signal.signal(signal.SIGINT, before)
    with process:
        assert process.stdout is not None
        first = json.loads(process.stdout.readline())
        owner.datasets.register(consortium.new_slug(), manifest("a"))
        second = json.loads(process.stdout.readline())
        os.kill(process.pid, how)
        _, errors = process.communicate(timeout=30)
        assert process.returncode == code
    assert "Traceback" not in errors
    assert (first["from_block"], second["events"]) == (None, 1)
    assert second["from_block"] == first["to_block"]
