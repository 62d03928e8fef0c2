"""Vectors added by three processes over TLS: what comes out, what is said, and what ends it."""

import os
import secrets
import signal
import socket
import struct
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from itertools import combinations
from pathlib import Path

import pytest
from sharing import FIELD, LOOPBACK, Liar, Parties, at_once, frame, lied_to, recording, say

from dataledger.errors import AnswerWithheld
from dataledger.node.federated.certificates import new_certificate
from dataledger.node.federated.sums import LIMIT
from dataledger.node.federated.worker import Worker

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="/proc shows what a process has")
LARGE = [LIMIT, -LIMIT, LIMIT - 1, 5, 0, -1]


def test_three_parties_get_the_same_sums_round_after_round() -> None:
    with Parties(3) as parties:
        sums = at_once(
            lambda: parties.add(0, LARGE, [1] * 300),
            lambda: parties.add(1, [-n for n in LARGE], [2] * 300),
            lambda: parties.add(2, [7, -7, 0, 2**40, -1, -1], [-5] * 300),
        )
    assert sums == [[[7, -7, 0, 2**40, -1, -1], [-2] * 300]] * 3


def test_five_parties_add() -> None:
    with Parties(5) as parties:
        sums = at_once(*(lambda at=at: parties.add(at, [at, -at, 10**at]) for at in range(5)))
    assert sums == [[[10, -10, 11111]]] * 5


def test_a_sum_beyond_the_limit_is_given_to_nobody() -> None:
    with Parties(3) as parties:
        words = at_once(*(lambda at=at: parties.why_not(at, [LIMIT]) for at in range(3)))
    assert all("out of range" in word for word in words)


@pytest.mark.parametrize("vector", [[LIMIT + 1], [-LIMIT - 1], []], ids=["large", "low", "none"])
def test_what_cannot_be_added_is_not_sent(vector: list[int]) -> None:
    with (
        Parties(3) as parties,
        parties.worker(0) as worker,
        pytest.raises(AnswerWithheld, match="out of range"),
    ):
        worker.add(vector)


def test_no_pair_says_a_part_even_within_tls(tmp_path: Path) -> None:
    # Long numbers, so that none stands there by chance.
    vectors = [[secrets.randbelow(2**50) + 2**50 for _ in range(50)] for _ in range(3)]
    with Parties(3, command=recording(tmp_path)) as parties:
        at_once(*(lambda at=at: parties.add(at, vectors[at]) for at in range(3)))
    totals = [sum(items) for items in zip(*vectors, strict=True)]
    for one, other in combinations(range(3), 2):
        said = (tmp_path / f"{one}-tells-{other}").read_bytes()
        heard = (tmp_path / f"{one}-hears-{other}").read_bytes()
        assert said == (tmp_path / f"{other}-hears-{one}").read_bytes()
        assert heard == (tmp_path / f"{other}-tells-{one}").read_bytes()
        # One share of each number, and one of each sum.
        assert min(len(said), len(heard)) >= 2 * 50 * 16
        for number in [*vectors[0], *vectors[1], *vectors[2], *totals]:
            for written in _writings(number):
                assert written not in said
                assert written not in heard


def _writings(number: int) -> list[bytes]:
    field = (number % FIELD).to_bytes(16, "little")
    assert field.endswith(bytes(8)), "16 bytes of a share have no such end"
    return [
        *(field, field[::-1], field[:8], field[:8][::-1]),
        *(str(number).encode(), f"{number:x}".encode()),
    ]


@LINUX
def test_a_party_listens_on_its_host_alone() -> None:
    with Parties(3) as parties, parties.worker(2) as worker:
        ours = _listening(worker._process.pid, parties.offers[2].port)
        assert ours == {LOOPBACK}
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.2", parties.offers[2].port), timeout=5)
        sums = at_once(
            lambda: parties.add(0, [1]), lambda: parties.add(1, [2]), lambda: _add(parties, worker)
        )
    assert sums == [[[6]]] * 3


@LINUX
def test_a_party_s_process_is_shown_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATALEDGER_PASSPHRASE", "what nobody may know")
    monkeypatch.setenv("MPYC_MIX32_64BIT", "1")
    with Parties(3) as parties, parties.worker(0) as worker:
        process = Path("/proc") / str(worker._process.pid)
        environment = (process / "environ").read_bytes().split(b"\0")
        arguments = (process / "cmdline").read_bytes().split(b"\0")[1:-1]
    names = {entry.partition(b"=")[0] for entry in environment if entry}
    assert names <= {*b"PATH LANG LC_ALL TMPDIR PYTHONPATH PYTHONDONTWRITEBYTECODE".split()} | {
        b"MPYC_NONUMPY"
    }
    assert arguments == [b"-P", b"-m", b"dataledger.node.federated.process"]


def test_no_key_stays_in_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with Parties(3) as parties:
        at_once(*(lambda at=at: parties.add(at, [1]) for at in range(3)))
    assert list(tmp_path.iterdir()) == []


def test_when_a_party_is_killed_the_others_hear_of_it_at_once() -> None:
    with Parties(3) as parties, parties.worker(1) as dying:

        def die() -> str:
            parties.meet(dying, 1)
            os.kill(dying._process.pid, signal.SIGKILL)
            with pytest.raises(AnswerWithheld, match="the process ended"):
                dying.add([1, 2, 3])
            return ""

        begun = time.monotonic()
        words = at_once(lambda: parties.why_not(0), die, lambda: parties.why_not(2))
        assert time.monotonic() - begun < 15
    assert "party 1" in words[0]
    assert "party 1" in words[2]


def test_a_party_that_does_not_come_ends_it_in_time() -> None:
    with Parties(3, seconds=4) as parties:
        words = at_once(lambda: parties.why_not(0), lambda: parties.why_not(1))
    # Who waited longest says so; the other sees that one leave.
    assert any("party 2" in word for word in words)


def test_a_party_that_is_not_there_ends_it_at_once(caplog: pytest.LogCaptureFixture) -> None:
    with Parties(3) as parties:
        parties.all[2].listener.close()
        why = parties.why_not(1)
    # How a host answers that an offer named is for this node's own log.
    assert "party 2 cannot be met." in why
    assert "127.0.0.1" not in why
    [record] = caplog.records
    assert "127.0.0.1" in record.getMessage()
    assert "Connect" in record.getMessage()


def test_a_party_with_another_certificate_than_it_offered_is_not_let_in() -> None:
    with Parties(3, seconds=6) as parties:
        parties.replace_certificate(0, new_certificate().der)
        words = at_once(*(lambda at=at: parties.why_not(at) for at in range(3)))
    assert "party 1" in words[0] or "party 2" in words[0]
    assert any("party 0 did not come, and 1 callers were not let in" in word for word in words[1:])


def test_a_party_that_is_called_shows_what_it_offered_or_is_left() -> None:
    with Parties(3, seconds=6) as parties:
        parties.replace_certificate(2, new_certificate().der)
        words = at_once(*(lambda at=at: parties.why_not(at) for at in range(3)))
    assert "party 2 cannot be met" in words[0]
    assert "party 2 cannot be met" in words[1]


def test_a_stranger_is_not_let_in_and_ends_nothing() -> None:
    with Parties(3) as parties, socket.create_connection((LOOPBACK, parties.offers[2].port)) as s:
        s.sendall(b"GET / HTTP/1.1\r\n\r\n")
        sums = at_once(*(lambda at=at: parties.add(at, [at]) for at in range(3)))
    assert sums == [[[3]]] * 3


@pytest.mark.parametrize(
    ("lie", "words"),
    [
        (say(struct.pack("<qI", 1, 2**32 - 1)), "announces a message of 4294967295 bytes"),
        (say(b"".join(frame(n, b"!") for n in range(9))), "sends what nobody waits for"),
        (lambda liar: liar.answer(lambda payload: payload[:-1]), "sends 47 bytes for 48"),
    ],
    ids=["huge", "idle", "short"],
)
def test_a_party_that_breaks_the_protocol_ends_it(lie: Callable[[Liar], None], words: str) -> None:
    told = lied_to(lie)
    assert any(f"party 0 {words}" in word for word in told)
    assert all(told)


def test_no_party_can_say_that_it_is_another() -> None:
    told = lied_to(lambda _: None, says=1)
    assert any("party 0 says that it is another" in word for word in told)
    assert all(told)


def _add(parties: Parties, worker: Worker) -> list[list[int]]:
    parties.meet(worker, 2)
    return [worker.add([3])]


def _listening(pid: int, port: int) -> set[str]:
    """Return the addresses on which a process listens at this port."""
    sockets = set()
    for file in (Path("/proc") / str(pid) / "fd").iterdir():
        with suppress(FileNotFoundError):  # the process may close a file while this one looks
            sockets.add(str(file.readlink()))
    found = set()
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        _, local, _, state, *_, inode = line.split()[:10]
        address, number = local.split(":")
        if state == "0A" and f"socket:[{inode}]" in sockets and int(number, 16) == port:
            found.add(socket.inet_ntoa(struct.pack("<I", int(address, 16))))
    return found
