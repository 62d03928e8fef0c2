"""Parties that compute together on this machine, without nodes and without a chain."""

import secrets
import socket
import ssl
import struct
import sys
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from dataledger.contracts.identifiers import GrantId, RunId
from dataledger.errors import AnswerWithheld
from dataledger.hashing import Digest, Hash32
from dataledger.node.federated.certificates import OwnCertificate, new_certificate
from dataledger.node.federated.listening import listen
from dataledger.node.federated.offer import Offer
from dataledger.node.federated.worker import COMMAND, Worker
from dataledger.node.rules import FederatedRules

LOOPBACK = "127.0.0.1"
RECORDER = Path(__file__).with_name("recording_process.py")
FIELD = 2**127 - 1

T = TypeVar("T")


def recording(folder: Path) -> tuple[str, ...]:
    """Return a command for workers that keep in `folder` what they say within TLS."""
    return (sys.executable, str(RECORDER), str(folder))


@dataclass(frozen=True, slots=True)
class Party:
    """What one party has, and offers."""

    own: OwnCertificate
    listener: socket.socket
    offer: Offer


class Parties:
    """Some of them, each with a port and a certificate."""

    def __init__(self, count: int, *, seconds: int = 30, command: Sequence[str] = COMMAND) -> None:
        self._seconds = seconds
        self._command = command
        self._stack = ExitStack()
        self.all = [self._party() for _ in range(count)]

    @property
    def offers(self) -> list[Offer]:
        """What all have offered."""
        return [party.offer for party in self.all]

    def worker(self, at: int) -> Worker:
        """Return the process of one of them, which has met nobody yet."""
        return Worker(self.all[at].listener, seconds=self._seconds, command=self._command)

    def meet(self, worker: Worker, at: int) -> None:
        """Let one of them meet the others."""
        worker.meet(self.offers, at, self.all[at].own)

    def add(self, at: int, *vectors: Sequence[int]) -> list[list[int]]:
        """Return the sums, as one party gets them."""
        with self.worker(at) as worker:
            self.meet(worker, at)
            return [worker.add(vector) for vector in vectors]

    def why_not(self, at: int, vector: Sequence[int] = (1, 2, 3)) -> str:
        """Return why one party gets no sum."""
        try:
            sums = self.add(at, vector)
        except AnswerWithheld as error:
            return str(error)
        raise AssertionError(f"party {at} got {sums}")

    def replace_certificate(self, at: int, der: bytes) -> None:
        """Have a party offer another certificate than it has."""
        party = self.all[at]
        self.all[at] = replace(party, offer=replace(party.offer, certificate=der))

    def _party(self) -> Party:
        own = new_certificate()
        listener = self._stack.enter_context(listen(FederatedRules(host=LOOPBACK)))
        offer = Offer(
            grant=GrantId(Hash32(secrets.token_bytes(32))),
            run=RunId(Hash32(secrets.token_bytes(32))),
            document=Digest.of(b"a document"),
            host=LOOPBACK,
            port=listener.getsockname()[1],
            certificate=own.der,
            expires_at_unix=2**40,
        )
        return Party(own, listener, offer)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stack.close()


def at_once(*calls: Callable[[], T]) -> list[T]:
    """Return what all of them return, called at the same time."""
    with ThreadPoolExecutor(len(calls)) as threads:
        return [future.result() for future in [threads.submit(call) for call in calls]]


class Liar:
    """Party 0, which meets the others as it should, and then says what it likes."""

    def __init__(self, parties: Parties, *, says: int = 0) -> None:
        """Call nobody yet. It is going to say that it is the party `says`."""
        self._parties = parties
        self._says = says
        self._stack = ExitStack()
        self.sockets: list[ssl.SSLSocket] = []

    def call(self) -> None:
        """Call all others."""
        others = range(1, len(self._parties.all))
        self.sockets = at_once(*(lambda at=at: self._call(at) for at in others))

    def close(self) -> None:
        """Leave."""
        self._stack.close()

    def say(self, data: bytes) -> None:
        """Tell all others the same."""
        for connection in self.sockets:
            connection.sendall(data)

    def answer(self, change: Callable[[bytes], bytes]) -> None:
        """Give back the first message of each, changed."""
        for connection in self.sockets:
            counter, size = struct.unpack("<qI", _exactly(connection, 12))
            payload = change(_exactly(connection, size))
            connection.sendall(frame(counter, payload))

    def _call(self, at: int) -> ssl.SSLSocket:
        own, offer = self._parties.all[0].own, self._parties.offers[at]
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.load_verify_locations(cadata=offer.certificate)
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "identity.pem"
            file.write_text(ssl.DER_cert_to_PEM_cert(own.der) + own.key_pem)
            context.load_cert_chain(file, password=own.passphrase)
        plain = socket.create_connection((offer.host, offer.port), timeout=5)
        connection = self._stack.enter_context(context.wrap_socket(plain))
        connection.sendall(self._says.to_bytes(2, "little"))
        return connection

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def say(data: bytes) -> Callable[[Liar], None]:
    """Return what tells all others the same."""
    return lambda liar: liar.say(data)


def frame(counter: int, payload: bytes) -> bytes:
    """Return a message of MPyC at a point of its program."""
    return struct.pack("<qI", counter, len(payload)) + payload


def lied_to(lie: Callable[[Liar], None], *, says: int = 0, seconds: int = 40) -> list[str]:
    """Return why the other two parties get no sum, where party 0 does this."""
    with Parties(3, seconds=seconds) as parties, Liar(parties, says=says) as liar:

        def tell() -> str:
            # Where one has ended it already, the other may be gone, too.
            with suppress(OSError, EOFError):
                liar.call()
                lie(liar)
            return ""

        return at_once(tell, lambda: parties.why_not(1), lambda: parties.why_not(2))[1:]


def _exactly(connection: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        part = connection.recv(size - len(data))
        if not part:
            raise EOFError
        data += part
    return data
