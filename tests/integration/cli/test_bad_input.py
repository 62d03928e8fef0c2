"""Bad input of every kind: its exit code, an error that names it, and nothing changed."""

import os
import pty
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from command_line import CommandLine

from dataledger.chain.profile import Profile, profile_path
from dataledger.contracts.identifiers import Address


@pytest.fixture(autouse=True)
def nothing_changes(dataledger: CommandLine) -> Iterator[None]:
    """Hold the chain and the kept documents to what they were before the test."""

    def state() -> tuple[int, list[Path]]:
        return dataledger.head_block(), sorted((dataledger.home / "documents").rglob("*"))

    before = state()
    yield
    assert state() == before


def register(run: CommandLine, path: Path) -> tuple[int, str]:
    """Try to register data, and return the exit code and the error's code."""
    ended = run("dataset", "register", "bad", path, "--account", "dev1", "--json")
    assert ended.error["message"]
    assert ended.error["remedy"]
    return ended.code, ended.error["code"]


def test_a_missing_path(dataledger: CommandLine, tmp_path: Path) -> None:
    assert register(dataledger.apart, tmp_path / "none") == (2, "source-not-found")


def test_an_unreadable_file(dataledger: CommandLine, data: Path) -> None:
    if os.geteuid() == 0:  # whom no mode keeps out; what no one may read fails alike
        path = Path("/proc/self/mem")
    else:
        path = data
        (data / "readings.csv").chmod(0)
    assert register(dataledger, path) == (2, "source-unreadable")


def test_a_symlink_loop(dataledger: CommandLine, data: Path) -> None:
    (data / "loop").symlink_to(data)
    assert register(dataledger, data) == (1, "unsafe-file")


def test_a_fifo(dataledger: CommandLine, data: Path) -> None:
    os.mkfifo(data / "fifo")
    assert register(dataledger, data) == (1, "unsafe-file")


def test_a_socket(dataledger: CommandLine, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(data)  # the names of sockets are short
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("s")
        assert register(dataledger, data) == (1, "unsafe-file")


@contextmanager
def growing(path: Path) -> Iterator[None]:
    """Append to a file all the time."""
    stop = threading.Event()

    def append() -> None:
        with path.open("ab", buffering=0) as file:
            while not stop.wait(0.002):
                file.write(b"x")

    writer = threading.Thread(target=append)
    writer.start()
    try:
        yield
    finally:
        stop.set()
        writer.join()


def test_a_file_that_grows(dataledger: CommandLine, data: Path) -> None:
    with (data / "big.bin").open("wb") as file:
        file.truncate(64 * 1024 * 1024)
    with growing(data / "big.bin"):
        assert register(dataledger.apart, data) == (1, "source-changed")


@pytest.mark.parametrize("name", ["a\x1b[31m", "a\nb", "a\u202eb", "a\x7f", b"a\xff"])
def test_names_that_would_steer_a_terminal(
    name: str | bytes, dataledger: CommandLine, data: Path
) -> None:
    (data / os.fsdecode(name)).write_text("")
    ended = dataledger("fingerprint", data)
    assert ended.code == 2
    assert ended.out == ""
    assert ended.err.replace("\n", "").isprintable()
    assert len(ended.err.splitlines()) == 2


def test_names_that_collide(dataledger: CommandLine, data: Path) -> None:
    (data / "é").write_text("")
    (data / "e\u0301").write_text("")
    assert register(dataledger, data) == (2, "invalid-path")


def altered_profile(run: CommandLine, name: str, **changes: object) -> None:
    """Save the devnet's profile under another name, with other values."""
    path = profile_path("devnet", run.home)
    values = Profile.load("devnet", run.home)
    fields = {f: getattr(values, f) for f in values.__slots__} | {"name": name} | changes
    Profile(**fields).save(run.home)
    assert path.exists()


def test_another_chain_id(dataledger: CommandLine) -> None:
    altered_profile(dataledger, "wrong-chain", chain_id=1)
    ended = dataledger("org", "list", "--profile", "wrong-chain", "--json")
    assert (ended.code, ended.error["code"]) == (3, "wrong-chain")


def test_another_genesis(dataledger: CommandLine) -> None:
    altered_profile(dataledger, "wrong-genesis", genesis_hash="0x" + "ab" * 32)
    ended = dataledger("org", "list", "--profile", "wrong-genesis", "--json")
    assert (ended.code, ended.error["code"]) == (3, "wrong-chain")


def test_a_contract_without_code(dataledger: CommandLine) -> None:
    devnet = Profile.load("devnet", dataledger.home)
    pin = devnet.contracts["DatasetLedger"]
    nowhere = type(pin)(Address("0x" + "11" * 20), pin.code_hash, pin.deployed_at_block)
    contracts = {**devnet.contracts, "DatasetLedger": nowhere}
    altered_profile(dataledger, "no-code", contracts=contracts)
    ended = dataledger("org", "list", "--profile", "no-code", "--json")
    assert (ended.code, ended.error["code"]) == (3, "contract-mismatch")


def test_no_node(dataledger: CommandLine, tmp_path: Path) -> None:
    home = tmp_path / "home"
    shutil.copytree(dataledger.home / "profiles", home / "profiles")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        endpoint = type(Profile.load("devnet", home).endpoints[0])(f"http://127.0.0.1:{port}/")
        altered_profile(CommandLine(home), "devnet", endpoints=(endpoint,))
        ended = CommandLine(home)("org", "list", "--json")
    assert (ended.code, ended.error["code"]) == (3, "connection-failed")


@pytest.mark.parametrize(
    ("line", "code", "error"),
    [
        ("dataset show acme/nothing", 2, "not-found"),
        ("dataset show nobody/nothing", 2, "not-found"),
        (f"dataset show 0x{'ab' * 32}", 2, "not-found"),
        ("dataset show 0xab", 2, "not-found"),
        ("org show nobody", 2, "not-found"),
        ("org show 4000000000", 2, "not-found"),
        ("member show 0xab", 2, "invalid-address"),
        (f"member show 0x{'11' * 20}", 2, "not-found"),
        ("policy show 77", 2, "not-found"),
        ("dataset register Bad --account dev1", 2, "invalid-slug"),
        ("dataset register x --account dev77", 2, "keystore-error"),
        ("dataset register x --account nobody", 2, "keystore-error"),
        ("dataset register x --account dev2", 1, "refused"),
        ("org admit x --admin dev8 -c CUSTODIAN --account dev1", 1, "refused"),
        (f"verify . acme/nothing --root sha256:{'0' * 64}", 2, "usage-error"),
    ],
)
def test_what_is_not_there_or_not_allowed(
    line: str, code: int, error: str, dataledger: CommandLine
) -> None:
    ended = dataledger(*line.split(), "--json")
    assert (ended.code, ended.error["code"]) == (code, error), ended.err
    assert ended.error["remedy"]


def test_a_member_whose_time_is_over(dataledger: CommandLine) -> None:
    until = dataledger.ok("member", "show", "dev6")["member"]["valid_until_unix"]
    time.sleep(max(0.0, until + 1 - time.time()))
    ended = dataledger("dataset", "register", "late", "--account", "dev6", "--json")
    assert ended.code == 1
    assert ended.error["error_name"] == "MembershipEnded"
    assert ended.error["arguments"]["validUntil"] == until


def test_a_refusal_is_told_in_words_and_by_name(dataledger: CommandLine) -> None:
    ended = dataledger("dataset", "register", "x", "--account", "dev2", "--json")
    assert ended.error["error_name"] == "MissingCapability"
    assert ended.error["arguments"]["required"] is not None


DEEP = b"[" * 10_000 + b"]" * 10_000
MALFORMED = [b"", DEEP, b'{"a":' * 10_000 + b"1" + b"}" * 10_000, b"\xff", b"{}"]


@pytest.mark.parametrize("content", MALFORMED, ids=["empty", "deep", "deeper", "binary", "bare"])
@pytest.mark.parametrize("command", ["verify-proof", "activity show", "relay", "policy publish"])
def test_malformed_files(
    command: str, content: bytes, dataledger: CommandLine, tmp_path: Path
) -> None:
    file = tmp_path / "file.json"
    file.write_bytes(content)
    ended = dataledger(*command.split(), file, "--json")
    assert ended.code == 2
    assert ended.error["message"]
    assert ended.error["remedy"]


@pytest.mark.parametrize("digest", ["sha256:ab", f"sha256:{'a' * 63}", f"md5:{'a' * 32}", "a" * 64])
def test_digests_of_the_wrong_form(digest: str, dataledger: CommandLine) -> None:
    line = ["org", "admit", "x", "--admin", "dev8", "--profile-digest", digest, "--json"]
    ended = dataledger(*line)
    assert (ended.code, ended.error["code"]) == (2, "invalid-digest")


def test_ctrl_c_while_hashing(dataledger: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    for number in range(4):
        with (tmp_path / "data" / f"{number}.bin").open("wb") as file:
            file.truncate(50 * 1024**3)
    controller, terminal = pty.openpty()
    process = subprocess.Popen(
        dataledger.command("fingerprint", tmp_path / "data", "-o", tmp_path / "m.json"),
        env={**dataledger.environment(), "TERM": "xterm"},
        stdout=subprocess.PIPE,
        stderr=terminal,
        text=True,
    )
    os.close(terminal)
    shown = b""
    while b"Hashing" not in shown:
        shown += os.read(controller, 4096)
    process.send_signal(signal.SIGINT)
    # At its end, Linux reports an error, other systems nothing more.
    with suppress(OSError):
        while more := os.read(controller, 4096):
            shown += more
    os.close(controller)
    out, _ = process.communicate(timeout=20)
    assert process.returncode == 130
    assert out == ""
    assert b"Traceback" not in shown
    assert not (tmp_path / "m.json").exists()
