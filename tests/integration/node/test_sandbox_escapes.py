"""Algorithms that try to get out of the sandbox: to the network, to files, to other processes."""

import os
import socket
import struct
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from algorithms import holding_of, require_bubblewrap, run, stations, tried, withheld

from dataledger.errors import AnswerWithheld
from dataledger.node.rules import SandboxRules
from dataledger.node.sandbox import bubblewrap
from dataledger.node.sandbox.filter import ALLOW, RETURN
from dataledger.node.work import Holding

ALLOW_ALL = struct.pack("=HBBI", RETURN, 0, 0, ALLOW)


@pytest.fixture(autouse=True)
def _sandbox() -> None:
    require_bubblewrap()


@pytest.fixture
def holding(tmp_path: Path) -> Holding:
    return stations(tmp_path)


@pytest.fixture(params=["filtered", "by namespaces alone"])
def _walls(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both walls are tried: with the filter of system calls, and without it."""
    if request.param != "filtered":
        monkeypatch.setattr(bubblewrap, "filter_program", lambda: ALLOW_ALL)


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0)
        yield server


@pytest.mark.usefixtures("_walls")
def test_nobody_on_the_machine_is_reached_over_the_network(
    holding: Holding, listener: socket.socket
) -> None:
    port = listener.getsockname()[1]
    attempt = f"""
        import socket
        socket.create_connection(("127.0.0.1", {port}), timeout=2).sendall(b"data")
        return "reached"
    """
    assert tried(attempt, holding) in ("PermissionError", "ConnectionRefusedError", "OSError")
    with pytest.raises(BlockingIOError):
        listener.accept()


@pytest.mark.usefixtures("_walls")
def test_no_socket_without_a_name_in_the_file_system_is_reached(holding: Holding) -> None:
    name = f"\0dataledger-{os.getpid()}"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(name)
        server.listen()
        server.settimeout(0)
        attempt = f"""
            import socket
            socket.socket(socket.AF_UNIX).connect({name!r})
            return "reached"
        """
        assert tried(attempt, holding) in ("PermissionError", "ConnectionRefusedError")
        with pytest.raises(BlockingIOError):
            server.accept()


def test_sockets_that_no_namespace_divides_cannot_be_made(holding: Holding) -> None:
    attempt = """
        import socket
        families = [40, 38, 16, 17, 1, 2, 10]  # vsock, the kernel's ciphers, netlink, packets, …
        found = []
        for family in families:
            try:
                socket.socket(family, socket.SOCK_RAW if family in (16, 17) else socket.SOCK_STREAM)
                found.append(family)
            except PermissionError:
                pass
        return f"made {found}"
    """
    assert tried(attempt, holding) == "made []"


def test_files_of_the_machine_are_not_there(holding: Holding) -> None:
    attempt = """
        import os
        places = ["/etc/passwd", "/etc/shadow", "/data/../etc/passwd", "/proc/self/environ",
                  "/proc/1/root/etc/passwd", "/sys", "/dev/mem", "/dev/shm", "/run", "/var",
                  "/home", "/root/.ssh", "/usr/bin", "/boot"]
        return [place for place in places if os.path.lexists(place)]
    """
    assert tried(attempt, holding) == "[]"


def test_what_lies_beside_the_data_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("of the node")
    holding = stations(tmp_path)
    beside = [str(tmp_path / "secret"), "/data/../secret", str(tmp_path)]
    attempt = f"import os; return [place for place in {beside} if os.path.lexists(place)]"
    assert tried(attempt, holding) == "[]"


def test_only_the_files_of_the_manifest_are_there(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("of the node")
    holding = stations(tmp_path)
    (holding.folder / "other.csv").write_text("of another dataset")
    (holding.folder / "link.csv").symlink_to(tmp_path / "secret")
    assert tried("import os; return os.listdir('/data')", holding) == "['stations.csv']"


def test_nothing_can_be_written_but_the_answer_and_the_scratch_space(holding: Holding) -> None:
    attempt = """
        import os
        places = ["/x", "/data/x", "/data/stations.csv", "/usr/lib/x", "/inside.py", "/output/x",
                  "/algorithm.py", "/packages/x", "/dev/x", "/parameters.json", "/tmp/x"]
        written = []
        for place in places:
            try:
                open(place, "a").write("x")
                written.append(place)
            except OSError:
                pass
        return written
    """
    before = (holding.folder / "stations.csv").read_bytes()
    assert tried(attempt, holding) == "['/tmp/x']"
    assert (holding.folder / "stations.csv").read_bytes() == before


REFUSALS = """
    refused = []
    for attempt in attempts:
        try:
            attempt()
        except OSError:
            refused.append(True)
        else:
            refused.append(False)
    return refused
"""


def test_the_answer_stays_the_file_that_it_is_and_the_data_as_it_was(holding: Holding) -> None:
    attempt = """
    import os
    open("/tmp/x", "w").close()
    attempts = [
        lambda: os.symlink("/etc/passwd", "/output/other"),
        lambda: os.unlink("/output/answer"),
        lambda: os.rename("/tmp/x", "/output/answer"),
        lambda: os.mkfifo("/output/fifo"),
        lambda: os.remove("/data/stations.csv"),
        lambda: os.chmod("/data/stations.csv", 0o777),
        lambda: os.utime("/data/stations.csv"),
    ]
    """
    assert tried(attempt + REFUSALS, holding) == str([True] * 7)


def test_no_privilege_can_be_had(holding: Holding) -> None:
    attempt = """
    import os
    attempts = [
        lambda: os.setuid(0),
        lambda: os.setgroups([0]),
        lambda: os.chroot("/tmp"),
        lambda: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1)),
        lambda: os.nice(-5),
        lambda: os.mknod("/tmp/x"),
    ]
    """
    assert tried(attempt + REFUSALS, holding) == str([True] * 6)
    assert tried("import os; return os.getuid(), os.getgid()", holding) == "(65534, 65534)"


def test_calls_that_open_the_kernel_are_denied(holding: Holding) -> None:
    attempt = """
        import ctypes
        libc = ctypes.CDLL(None, use_errno=True)
        calls = [
            lambda: libc.ptrace(16, 1, 0, 0),
            lambda: libc.unshare(0x10000000),
            lambda: libc.mount(b"/tmp", b"/data", None, 4096, None),
            lambda: libc.syscall(435, 0, 0),  # clone3
            lambda: libc.syscall(425, 1, 0),  # io_uring_setup
            lambda: libc.syscall(9999),
            lambda: libc.personality(0x0040000),
        ]
        return [(call(), ctypes.get_errno() in (1, 38)) for call in calls]
    """
    assert tried(attempt, holding) == str([(-1, True)] * 7)


def test_other_processes_are_neither_seen_nor_ended(holding: Holding) -> None:
    with subprocess.Popen(["sleep", "60"]) as other:
        attempt = f"""
            import os, signal
            said = []
            for pid in ({other.pid}, {os.getpid()}):
                try:
                    os.kill(pid, signal.SIGKILL)
                    said.append("ended")
                except ProcessLookupError:
                    said.append("unknown")
            os.kill(os.getppid(), signal.SIGKILL)
            return said
        """
        assert tried(attempt, holding) == "['unknown', 'unknown']"
        assert other.poll() is None
        other.kill()


def test_killing_all_that_it_can_ends_the_algorithm_alone(holding: Holding) -> None:
    code = """
        import os
        os.kill(-1, 9)
        os.kill(os.getpid(), 9)
    """
    assert "error" in withheld(lambda: run(code, holding))


def test_nothing_of_the_nodes_environment_is_there(
    holding: Holding, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NODE_PASSPHRASE", "of the node")
    assert "of the node" not in tried("import os; return dict(os.environ)", holding)


def test_no_descriptor_of_the_node_is_there(tmp_path: Path, holding: Holding) -> None:
    (tmp_path / "secret").write_text("of the node")
    attempt = """
        import os
        found = []
        for number in range(3, 256):
            try:
                os.fstat(number)
                found.append(number)
            except OSError:
                pass
        return f"open: {found}"
    """
    with (tmp_path / "secret").open() as secret:
        os.set_inheritable(secret.fileno(), True)  # noqa: FBT003 - what a careless caller does
        assert tried(attempt, holding).count(",") <= 1  # the file of its own code


def test_neither_process_nor_file_is_left(
    tmp_path: Path, holding: Holding, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    name = f"left{os.getpid()}"
    with pytest.raises(AnswerWithheld):
        run(_stays(name), holding_of(holding.folder, SandboxRules(seconds=1)))
    assert not list(tmp_path.glob("dataledger-*"))
    assert _ends(name)


def test_the_sandbox_ends_with_a_node_that_is_killed(tmp_path: Path) -> None:
    name = f"kill{os.getpid()}"
    algorithm = tmp_path / "algorithm.py"
    algorithm.write_text(_stays(name))
    node = f"""
        from pathlib import Path
        from dataledger.node.rules import SandboxRules
        from dataledger.node.sandbox.bubblewrap import run_confined
        run_confined(Path({str(algorithm)!r}).read_bytes(), b"null", (), SandboxRules())
    """
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(node)], env=environment, cwd=tmp_path
    ) as process:
        assert _soon(lambda: _runs(name))
        process.kill()
    assert _ends(name)
    assert [path.name for path in tmp_path.iterdir()] == ["algorithm.py"]


def _stays(name: str) -> str:
    """Return an algorithm that goes by a name, and would rather stay."""
    return textwrap.dedent(f"""
        import ctypes, time
        libc = ctypes.CDLL(None)
        libc.prctl(1, 0)  # not to die with its parent
        libc.prctl(15, b"{name}")
        time.sleep(60)
    """)


def _runs(name: str) -> bool:
    for path in Path("/proc").glob("[0-9]*/comm"):
        with suppress(OSError):
            if path.read_text().strip() == name:
                return True
    return False


def _ends(name: str) -> bool:
    return _soon(lambda: not _runs(name))


def _soon(holds: Callable[[], bool]) -> bool:
    until = time.monotonic() + 10
    while not holds() and time.monotonic() < until:
        time.sleep(0.02)
    return holds()
