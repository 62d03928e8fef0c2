"""One devnet for all tests here, with contracts and organisations, made by the commands."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from command_line import CommandLine

ORGANISATIONS = {
    "acme": ("dev1", "CUSTODIAN"),
    "cleaner": ("dev2", "PROCESSOR"),
    "labels": ("dev3", "LABELER"),
    "audits": ("dev4", "AUDITOR"),
    "watch": ("dev5", "REGULATOR"),
}


@pytest.fixture(scope="session")
def dataledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CommandLine]:
    """Start the devnet, deploy, and admit the organisations; stop it at the end."""
    run = CommandLine(tmp_path_factory.mktemp("home"))
    try:
        assert run.apart.ok("devnet", "up")["running"] is True
        assert run.apart.ok("deploy")["policy"]["event"] == "PolicyPublished"
        for slug, (account, capability) in ORGANISATIONS.items():
            run.ok("org", "admit", slug, "--admin", account, "-c", capability)
        # Over before any test asks for it; its own time is long enough for a busy machine.
        run.ok("member", "add", "acme", "dev6", "--until", "+5s", "--account", "dev1")
        yield run
    finally:
        run.apart("devnet", "down")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A small dataset."""
    folder = tmp_path / "data"
    (folder / "images").mkdir(parents=True)
    (folder / "readings.csv").write_text("day,value\n1,2\n")
    (folder / "labels.jsonl").write_text('{"id":1}\n')
    (folder / "images" / "1.png").write_bytes(b"\x89PNG\r\n")
    return folder
