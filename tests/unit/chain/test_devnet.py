"""The devnet with programs that stand in for anvil and fail as programs do."""

import json
import signal
import sys
from pathlib import Path

import pytest

from dataledger.chain import devnet as devnet_module
from dataledger.chain import ports
from dataledger.chain.devnet import Devnet
from dataledger.chain.home import exclusive_lock
from dataledger.chain.process import DetachedProcess
from dataledger.errors import DevnetError

SILENT = "import time; time.sleep(60)"
STUBBORN = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print(flush=True)
time.sleep(60)
"""
LOUD = "import sys; sys.exit('thread main panicked\\x1b[31m')"
WEB_PAGE = """
import http.server, sys
class Page(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.send_response(200); self.end_headers(); self.wfile.write(b"<html>")
port = int(sys.argv[sys.argv.index("--port") + 1])
http.server.HTTPServer(("127.0.0.1", port), Page).serve_forever()
"""


@pytest.fixture
def devnet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Devnet:
    monkeypatch.setattr(devnet_module, "START_TIMEOUT_SECONDS", 5.0)
    return Devnet(tmp_path / "home")


def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """Put a program in anvil's place."""
    body = tmp_path / "anvil.py"
    body.write_text(script)
    program = tmp_path / "anvil"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{body}" "$@"\n')
    program.chmod(0o755)
    monkeypatch.setattr(devnet_module, "find_anvil", lambda announce: program)  # noqa: ARG005


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        (LOUD, r"ended at once: 'thread main panicked\\x1b\[31m'"),
        ("", "ended at once: it says nothing"),
        (WEB_PAGE, "another program answers on port"),
    ],
)
def test_a_program_that_does_not_serve(
    devnet: Devnet,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    script: str,
    reason: str,
) -> None:
    install(tmp_path, monkeypatch, script)
    with pytest.raises(DevnetError, match=reason) as failed:
        devnet.up()
    assert "anvil.log" in failed.value.remedy
    assert not devnet.status().is_running
    assert devnet.status().identity is None


def test_a_node_that_refuses_what_is_needed(
    devnet: Devnet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path, monkeypatch, WEB_PAGE.replace("<html>", '{\\"error\\": {}}'))
    with pytest.raises(DevnetError, match="it refuses eth_getBlockByNumber"):
        devnet.up()


def test_a_program_that_never_answers_is_ended(
    devnet: Devnet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path, monkeypatch, SILENT)
    monkeypatch.setattr(devnet_module, "START_TIMEOUT_SECONDS", 0.3)
    started: list[DetachedProcess] = []
    spawn = Devnet._spawn

    def note(self: Devnet, binary: Path, port: int, timestamp: int) -> DetachedProcess:
        started.append(spawn(self, binary, port, timestamp))
        return started[-1]

    monkeypatch.setattr(Devnet, "_spawn", note)
    with pytest.raises(DevnetError, match=r"does not answer within 0\.3 seconds"):
        devnet.up()
    assert not started[0].is_running()


def test_a_program_that_cannot_be_started(
    devnet: Devnet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(devnet_module, "find_anvil", lambda announce: tmp_path / "gone")  # noqa: ARG005
    with pytest.raises(DevnetError, match="does not start: No such file"):
        devnet.up()


def test_another_genesis_block_is_not_the_devnet(devnet: Devnet) -> None:
    with pytest.raises(DevnetError, match="its genesis block is 0xcd"):
        devnet._check_genesis("0xcd", {"genesis_hash": "0xab"})


def test_a_process_that_does_not_stop_is_not_killed(
    devnet: Devnet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(devnet_module, "STOP_TIMEOUT_SECONDS", 0.2)
    log = tmp_path / "log"
    process = DetachedProcess.start([sys.executable, "-c", STUBBORN], log)
    while not log.read_text():
        assert process.is_running()
    note = tmp_path / "home" / "devnet" / "process.json"
    note.parent.mkdir(parents=True)
    note.write_text(json.dumps({"pid": process.pid, "started": process.started, "port": 1}))
    try:
        with pytest.raises(DevnetError, match=f"process {process.pid}.* does not stop"):
            devnet.down()
        with pytest.raises(DevnetError, match="does not stop"):
            devnet.erase()
        assert process.is_running()
        assert note.exists()
    finally:
        process.signal(signal.SIGKILL)
        assert process.wait(10)


@pytest.mark.parametrize("content", ["", "[]", "{", "\x00"])
def test_damaged_notes_are_named(devnet: Devnet, tmp_path: Path, content: str) -> None:
    note = tmp_path / "home" / "devnet" / "devnet.json"
    note.parent.mkdir(parents=True)
    note.write_text(content)
    with pytest.raises(DevnetError, match=r"devnet\.json is damaged") as failed:
        devnet.status()
    assert "erase" in failed.value.remedy
    devnet.erase()
    assert devnet.status().identity is None


def test_two_at_once_wait_and_then_say_so(
    devnet: Devnet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(devnet_module, "LOCK_TIMEOUT_SECONDS", 0.1)
    with (
        exclusive_lock(tmp_path / "home" / "devnet" / "lock", timeout_seconds=1),
        pytest.raises(DevnetError, match="Another process is starting or stopping"),
    ):
        devnet.down()


def test_no_free_port(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "is_free", lambda _port: False)
    with pytest.raises(DevnetError, match="No port of 20000 to 29999 is free"):
        ports.free_port()
