"""Algorithms that take more than they may: processes, memory, time, disk, or room for an answer."""

import os
import time
from dataclasses import replace
from pathlib import Path

import pytest
from algorithms import QUICK, holding_of, require_bubblewrap, run, stations, tried, withheld

from dataledger.node.work import Holding


@pytest.fixture(autouse=True)
def _sandbox() -> None:
    require_bubblewrap()


@pytest.fixture
def holding(tmp_path: Path) -> Holding:
    return stations(tmp_path)


def test_a_fork_bomb_does_not_even_fork_once(holding: Holding) -> None:
    for fork in ("os.fork()", "os.posix_spawn(sys.executable, ['x'], {})", "subprocess.run('x')"):
        attempt = f"import os, subprocess, sys\nwhile True: {fork}"
        assert tried(attempt, holding) == "PermissionError"


def test_threads_are_limited(holding: Holding) -> None:
    attempt = """
        import threading, time
        threading.stack_size(2**16)
        for _ in range(2_000):
            threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
    """
    # The kernel counts the threads of an ordinary user; of root, only the node does.
    if os.getuid() == 0:
        assert "more threads" in withheld(lambda: tried(attempt, holding))
    else:
        assert tried(attempt, holding) == "RuntimeError"


def test_a_memory_bomb_meets_the_limit(holding: Holding) -> None:
    bombs = {
        "bytearray(2**40)": "MemoryError",
        "[bytes(2**20) for _ in range(10**6)]": "MemoryError",
        "__import__('mmap').mmap(-1, 2**30)": "OSError",
        "__import__('os').memfd_create('x')": "PermissionError",
    }
    for bomb, said in bombs.items():
        assert tried(f"return len({bomb})", holding) == said
    assert withheld(lambda: run("x = [bytes(2**20) for _ in range(10**6)]", holding)) == (
        "The algorithm ended with an error."
    )


@pytest.mark.parametrize("loop", ["while True: pass", "import time; time.sleep(600)"])
def test_an_endless_loop_ends(holding: Holding, loop: str) -> None:
    begun = time.monotonic()
    impatient = holding_of(holding.folder, replace(QUICK, seconds=1))
    assert "longer" in withheld(lambda: run(loop, impatient))
    assert time.monotonic() - begun < 10


def test_the_scratch_space_is_bounded(holding: Holding) -> None:
    attempt = """
        written = 0
        try:
            for number in range(10**6):
                with open(f"/tmp/{number}", "wb") as file:
                    written += file.write(bytes(10**6))
        except OSError as error:
            return f"{error.errno} after {written <= 8 * 2**20}"
    """
    assert tried(attempt, holding) == "28 after True"


@pytest.mark.parametrize(
    "evasion",
    [
        "fill()",
        "libc.prctl(4, 0, 0, 0, 0); fill()",  # not to be looked at
        "threading.Thread(target=fill).start(); libc.pthread_exit(None)",  # as if it had ended
    ],
)
def test_so_are_the_files_in_it(holding: Holding, evasion: str) -> None:
    code = f"""
        import ctypes, threading
        libc = ctypes.CDLL(None)
        def fill():
            for number in range(10**7):
                open(f"/tmp/{{number}}", "w").close()
        {evasion}
    """
    assert "more files" in withheld(lambda: run(code, holding))


@pytest.mark.parametrize(
    "code",
    [
        "open('/output/answer', 'wb').write(bytes(range(256)) * 257)",
        "open('/output/answer', 'wb').truncate(2**20)",
        "file = open('/output/answer', 'ab')\nwhile True: file.write(b'x' * 1000)",
    ],
)
def test_an_answer_that_is_too_large_is_withheld(holding: Holding, code: str) -> None:
    assert "larger" in withheld(lambda: run(code, holding))


def test_what_is_written_to_the_disk_is_bounded(holding: Holding) -> None:
    attempt = "open('/output/answer', 'wb').truncate(2**33)"
    assert tried(attempt, holding) == "OSError"


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("pass", "gave no answer"),
        ("print('an answer')", "gave no answer"),
        ("open('/output/answer', 'w').write('1'); raise ValueError('a secret')", "an error"),
        ("open('/output/answer', 'w').write('1'); raise SystemExit(3)", "an error"),
        ("open('/output/answer', 'w').write('1'); import os; os.abort()", "an error"),
        ("this is no Python", "an error"),
    ],
)
def test_what_failed_gives_no_answer_and_tells_no_more(
    holding: Holding, code: str, reason: str
) -> None:
    said = withheld(lambda: run(code, holding))
    assert reason in said
    assert "secret" not in said
