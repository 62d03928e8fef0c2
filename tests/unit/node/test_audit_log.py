"""The node's audit log: a chain of lines."""

import errno
import json
import os
import stat
import threading
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataledger.errors import HistoryBroken, NodeConfigError, SourceNotFound
from dataledger.hashing import Digest
from dataledger.node.audit_log import AuditLog, verify


def write(path: Path, *events: str) -> None:
    log = AuditLog(path, clock=lambda: 1_790_000_000)
    for event in events:
        log.append(event, grant="0x00")
    log.close()


def events(path: Path) -> list[str]:
    return [json.loads(line)["event"] for line in path.read_bytes().splitlines()]


def broken_at(path: Path) -> int:
    with pytest.raises(HistoryBroken) as caught:
        verify(path)
    return int(str(caught.value).split()[1])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "audit.log"


def test_each_line_names_the_one_before(path: Path) -> None:
    write(path, "asked", "released")
    first, second = path.read_bytes().splitlines()
    assert json.loads(first) == {
        "at_unix": 1_790_000_000,
        "event": "asked",
        "grant": "0x00",
        "previous": str(Digest.of(b"")),
        "sequence": 0,
    }
    assert json.loads(second)["previous"] == str(Digest.of(first))
    head = verify(path)
    assert (head.lines, head.digest, head.torn) == (2, Digest.of(second), 0)


def test_only_its_owner_reads_it(path: Path) -> None:
    write(path, "asked")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_it_goes_on_where_it_ended(path: Path) -> None:
    write(path, "asked")
    write(path, "released", "asked")
    assert verify(path).lines == 3


def test_a_new_log_is_whole(path: Path) -> None:
    AuditLog(path).close()
    assert verify(path).lines == 0
    with pytest.raises(SourceNotFound, match="cannot be read"):
        verify(path.with_name("absent"))


@pytest.mark.parametrize("left", [1, 20, 100])
def test_a_torn_last_line_is_said_and_kept(path: Path, left: int) -> None:
    write(path, "asked", "released")
    whole = path.read_bytes()
    second = whole.splitlines(keepends=True)[1]
    path.write_bytes(whole[: -len(second)] + second[:left])
    assert (verify(path).lines, verify(path).torn) == (1, 1)

    write(path, "asked")
    lines = path.read_bytes().splitlines()
    assert lines[1] == second[:left]
    said = json.loads(lines[2])
    assert (said["event"], said["torn_bytes"]) == ("torn", left)
    assert said["torn"] == str(Digest.of(second[:left]))
    assert (verify(path).lines, verify(path).torn) == (3, 1)


def test_a_line_that_lacks_its_end_alone_is_a_line(path: Path) -> None:
    write(path, "asked", "released")
    path.write_bytes(path.read_bytes()[:-1])
    write(path, "asked")
    assert events(path) == ["asked", "released", "asked"]
    assert (verify(path).lines, verify(path).torn) == (3, 0)


def test_a_torn_first_line_begins_the_log(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b'{"at_un')
    write(path, "asked")
    assert (verify(path).lines, verify(path).torn) == (2, 1)


def test_a_crash_while_mending_is_mended(path: Path) -> None:
    write(path, "asked")
    good = path.read_bytes()
    for rest in (b'{"a\n', b'{"a\n{"at_unix":17'):
        path.write_bytes(good + rest)
        write(path, "asked")
        assert (verify(path).lines, verify(path).torn) == (3, 1)


@given(st.data())
def test_any_change_of_a_line_is_found_at_it_or_after_it(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    path = tmp_path_factory.getbasetemp() / "altered.log"
    path.unlink(missing_ok=True)
    write(path, *("asked",) * 6)
    lines = path.read_bytes().splitlines(keepends=True)
    number = data.draw(st.integers(0, 4))
    kind = data.draw(st.sampled_from(["alter", "remove", "exchange", "repeat", "insert"]))
    if kind == "alter":
        at = data.draw(st.integers(0, len(lines[number]) - 2))
        changed = bytearray(lines[number])
        changed[at] = data.draw(st.integers(0, 255).filter(lambda byte: byte != changed[at]))
        lines[number] = bytes(changed)
    elif kind == "remove":
        del lines[number]
    elif kind == "exchange":
        lines[number], lines[number + 1] = lines[number + 1], lines[number]
    else:
        lines.insert(number + 1, lines[number] if kind == "repeat" else b"noise\n")
    path.write_bytes(b"".join(lines))
    assert broken_at(path) in {number + 1, number + 2}


@given(
    st.lists(st.sampled_from([b"\n", b"{", b'{"event":"torn"}\n', b"\xff", b"line"]) | st.binary())
)
def test_any_bytes_are_a_log_or_are_refused_and_can_be_gone_on_with(
    tmp_path_factory: pytest.TempPathFactory, parts: list[bytes]
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.log"
    path.unlink(missing_ok=True)
    write(path, "asked")
    path.write_bytes(path.read_bytes() + b"".join(parts))
    with suppress(HistoryBroken):
        assert verify(path).lines == 1
    write(path, "asked")
    assert verify(path).lines in {2, 3}


def test_lines_left_off_at_the_end_show_by_the_head(path: Path) -> None:
    write(path, "asked", "released", "asked")
    noted = verify(path)
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))
    assert verify(path).digest != noted.digest


def test_a_torn_line_that_was_altered_later_is_found(path: Path) -> None:
    write(path, "asked", "asked")
    path.write_bytes(path.read_bytes()[:-9])
    write(path, "asked")
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(lines[0] + lines[1].replace(b"grant", b"GRANT") + b"".join(lines[2:]))
    assert broken_at(path) == 2


def test_a_log_that_does_not_end_as_one_is_not_continued(path: Path) -> None:
    write(path, "asked")
    path.write_bytes(path.read_bytes() + b"x" * 2_000_000)
    with pytest.raises(HistoryBroken, match="does not end as one does"):
        AuditLog(path)


def test_a_log_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    with pytest.raises(NodeConfigError, match="cannot be written"):
        AuditLog(tmp_path)


def test_a_line_that_cannot_be_written_whole_is_not_there_at_all(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = AuditLog(path)
    log.append("asked")

    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(NodeConfigError, match="cannot be written: No space left"):
            log.append("released")
    assert events(path) == ["asked"]
    log.append("refused")
    log.close()
    assert events(path) == ["asked", "refused"]
    assert verify(path).lines == 2


def test_noise_without_end_is_refused_before_all_of_it_is_read(path: Path) -> None:
    write(path, "asked")
    path.write_bytes(path.read_bytes() + (b"x" * 999 + b"\n") * 4_000)
    assert broken_at(path) == 2


def test_threads_write_one_chain(path: Path) -> None:
    log = AuditLog(path)

    def tell() -> None:
        for _ in range(20):
            log.append("asked")

    threads = [threading.Thread(target=tell) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    log.close()
    log.close()
    assert verify(path).lines == 160
