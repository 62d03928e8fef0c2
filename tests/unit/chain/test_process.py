"""Processes are known by their start, not by their id alone."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from dataledger.chain.process import DetachedProcess, start_of


def test_a_whole_life(tmp_path: Path) -> None:
    log = tmp_path / "log"
    script = "import os, time; print(os.getpid(), os.getsid(0), flush=True); time.sleep(60)"
    started = DetachedProcess.start([sys.executable, "-c", script], log)
    assert started.is_running()
    while not log.read_text().endswith("\n"):
        assert started.is_running()
    pid, session = log.read_text().split()
    assert int(pid) == int(session) == started.pid, "it leads a session of its own"
    assert not started.wait(0.05)
    assert log.stat().st_mode & 0o777 == 0o600
    started.signal(signal.SIGTERM)
    assert started.wait(10)
    started.signal(signal.SIGTERM)
    assert start_of(started.pid) is None


def test_a_command_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        DetachedProcess.start([tmp_path / "nothing"], tmp_path / "log")


def test_a_stranger_with_the_id_is_neither_seen_nor_signalled() -> None:
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as stranger:
        old = DetachedProcess(stranger.pid, "another start")
        assert not old.is_running()
        old.signal(signal.SIGKILL)
        assert stranger.poll() is None
        stranger.kill()


def test_a_process_without_a_known_start_never_runs() -> None:
    assert not DetachedProcess(os.getpid(), "").is_running()


def test_a_zombie_does_not_run() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as child:
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        assert start_of(child.pid) is None


def test_systems_without_proc_ask_ps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = {"ps": "Ss   Mon Nov 23 12:00:00 2026 anvil --port 1\n"}

    def run(*_: object, **__: object) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess([], 0, stdout=answers["ps"])

    monkeypatch.setattr(subprocess, "run", run)
    assert start_of(5, proc=tmp_path) == "Mon Nov 23 12:00:00 2026 anvil --port 1"
    for gone in ("", "Z    Mon Nov 23 12:00:00 2026 (anvil)\n"):
        answers["ps"] = gone
        assert start_of(5, proc=tmp_path) is None
