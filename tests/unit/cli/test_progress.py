"""Signs of life: on a terminal only, and only once something takes long."""

import io
import time
from contextlib import redirect_stderr

import pytest

from dataledger.cli.render import progress
from dataledger.cli.render.progress import HashingBar, Spinner
from dataledger.manifest import Progress
from dataledger.manifest.records.engine import RecordProgress

HALF = Progress(files_done=1, files_total=2, bytes_done=512, bytes_total=1024)


class Terminal(io.StringIO):
    """A stream that says that a person is looking."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(progress, "PATIENCE_SECONDS", 0.05)
    return Terminal()


def test_a_bar_appears_on_a_terminal_after_a_while(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "PATIENCE_SECONDS", 60.0)
    with redirect_stderr(terminal), HashingBar() as bar:
        bar(HALF)
        assert terminal.getvalue() == ""
        monkeypatch.setattr(progress, "PATIENCE_SECONDS", 0.05)
        time.sleep(0.06)
        bar(HALF)
        bar(Progress(2, 2, 1024, 1024))
        time.sleep(0.2)
    assert "Hashing" in terminal.getvalue()
    assert "2 of 2 files" in terminal.getvalue()


def test_a_bar_goes_on_to_records(terminal: Terminal) -> None:
    with redirect_stderr(terminal), HashingBar() as bar:
        time.sleep(0.06)
        bar(HALF)
        bar.count_records(RecordProgress(0, 0))
        bar.count_records(RecordProgress(7, 9))
        time.sleep(0.2)
    assert "Hashing records" in terminal.getvalue()
    assert "7/9" in terminal.getvalue()


def test_a_bar_is_silent_in_a_pipe(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(progress, "PATIENCE_SECONDS", 0.0)
    with HashingBar() as bar:
        bar(HALF)
    assert capsys.readouterr() == ("", "")


def test_a_spinner_appears_on_a_terminal_after_a_while(terminal: Terminal) -> None:
    started_at_seconds = time.monotonic()
    with redirect_stderr(terminal), Spinner("Waiting"):
        while "Waiting" not in terminal.getvalue():
            time.sleep(0.01)
    assert time.monotonic() - started_at_seconds >= 0.05


def test_a_spinner_that_was_quick_is_never_seen(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "PATIENCE_SECONDS", 60.0)
    with redirect_stderr(terminal), Spinner("Waiting") as spinner:
        timer = spinner._timer
    assert timer is not None
    timer.join(20)
    assert not timer.is_alive()
    assert terminal.getvalue() == ""


def test_a_spinner_stands_still_while_something_else_is_shown(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "PATIENCE_SECONDS", 60.0)
    with redirect_stderr(terminal), Spinner("Waiting") as spinner:
        timer = spinner._timer
        assert timer is not None
        with spinner.paused():
            timer.join(20)
            assert not timer.is_alive()
            assert terminal.getvalue() == ""
        assert spinner._timer is not None, "it goes on"


def test_a_spinner_that_was_not_started_does_not_start_by_a_pause(terminal: Terminal) -> None:
    spinner = Spinner("Waiting")
    with redirect_stderr(terminal):
        with spinner.paused():
            pass
        time.sleep(0.15)
        spinner.stop()
    assert terminal.getvalue() == ""


def test_a_spinner_is_silent_in_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    with Spinner("Waiting"):
        time.sleep(0.01)
    assert capsys.readouterr() == ("", "")
