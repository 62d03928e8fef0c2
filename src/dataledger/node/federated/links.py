"""Connections between the parties of one computation: mutual TLS 1.3, by their certificates.

MPyC by itself listens on every interface, in the open, and believes whoever says which party it is.
Here it is given connections that are made, on the one host that the node was configured for, and
over which only the holder of a party's certificate speaks for that party.
"""

import asyncio
import ssl
import struct
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mpyc.asyncoro import MessageExchanger

MAX_WAITING_MESSAGES = 4
"""Of one party, that nothing here waits for yet. It can be ahead by one sum."""

_HEADER_BYTES = 12
_PARTY_BYTES = 2


class BrokenOff(Exception):
    """The computation cannot go on. The message holds no data, and says which party, and why."""

    def __init__(self, message: str, *, detail: str = "") -> None:
        """Take what may be told to whoever asked, and what only the node's own log is told."""
        super().__init__(message)
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Party:
    """Where a party can be met, and by which certificate it is known."""

    host: str
    port: int
    certificate: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Identity:
    """What this party shows of itself."""

    index: int
    certificate: bytes
    key_pem: str = field(repr=False)
    passphrase: str = field(repr=False)


def server_context(identity: Identity, parties: Sequence[Party]) -> ssl.SSLContext:
    """Return the TLS of who is called: by lower parties, and by nobody else."""
    context = _context(ssl.PROTOCOL_TLS_SERVER, identity)
    context.num_tickets = 0
    for party in parties[: identity.index]:
        context.load_verify_locations(cadata=party.certificate)
    return context


def client_context(identity: Identity, party: Party) -> ssl.SSLContext:
    """Return the TLS of who calls one party, and trusts that one's certificate alone."""
    context = _context(ssl.PROTOCOL_TLS_CLIENT, identity)
    context.load_verify_locations(cadata=party.certificate)
    return context


def _context(protocol: int, identity: Identity) -> ssl.SSLContext:
    context = ssl.SSLContext(protocol)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    # A certificate is trusted as itself, whatever the host: `Link` compares it byte by byte.
    context.check_hostname = False
    context.verify_mode = ssl.CERT_REQUIRED
    with tempfile.TemporaryDirectory(prefix="dataledger-") as folder:
        file = Path(folder) / "identity.pem"
        file.write_text(ssl.DER_cert_to_PEM_cert(identity.certificate) + identity.key_pem)
        context.load_cert_chain(file, password=identity.passphrase)
    return context


class Circle:
    """What all links of one party share: who the others are, and why it ended, if it has."""

    def __init__(
        self,
        identity: Identity,
        parties: Sequence[Party],
        reason: "asyncio.Future[str]",
        *,
        max_bytes: int,
    ) -> None:
        self.identity = identity
        self.parties = tuple(parties)
        self.links: dict[int, Link] = {}
        self.max_bytes = max_bytes
        """How long a message may be at all."""
        self.expected_bytes = 0
        """How long each message must be, while a sum is being made."""
        self.callers = 0
        """How many have called, whoever they were."""
        self.is_complete = False
        """Whether all have met."""
        self.reason = reason
        """Why it cannot go on, once something has said so."""

    def break_off(self, reason: str) -> None:
        """Say why it cannot go on; the first word counts."""
        if not self.reason.done():
            self.reason.set_result(reason)


class Link(MessageExchanger):  # type: ignore[misc]  # MPyC has no types
    """A connection with one other party, known by its certificate.

    MPyC's own takes what comes. This one ends the computation where a party poses as another,
    leaves while it is waited for, or sends messages that nobody can wait for.
    """

    def __init__(self, runtime: Any, circle: Circle, called: int | None = None) -> None:
        """Stand for a connection to the party `called`, or from one that is yet to be known."""
        super().__init__(runtime, called)
        self._circle = circle
        self._party = called
        self.is_gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Done once the connection is closed."""

    def connection_made(self, transport: Any) -> None:
        """Take the connection, from a lower party or to a higher one that is still to come."""
        circle = self._circle
        shown = transport.get_extra_info("ssl_object").getpeercert(binary_form=True)
        candidates = range(circle.identity.index) if self._party is None else (self._party,)
        found = [at for at in candidates if circle.parties[at].certificate == shown]
        if not found or found[0] in circle.links:
            transport.abort()
            return
        self._party = found[0]
        circle.links[self._party] = self
        super().connection_made(transport)

    def data_received(self, data: bytes) -> None:
        """Take messages apart, and keep each until it is waited for."""
        if self.peer_pid is None:
            said = bytes(self.bytes + data)[:_PARTY_BYTES]
            if len(said) == _PARTY_BYTES and int.from_bytes(said, "little") != self._party:
                self._end("says that it is another")
                return
        try:
            super().data_received(data)
        except (AttributeError, asyncio.InvalidStateError):
            self._end("says something twice")
            return
        waiting = sum(isinstance(message, bytes) for message in self.buffers.values())
        if waiting > MAX_WAITING_MESSAGES:
            self._end("sends what nobody waits for")
        elif len(self.bytes) >= _HEADER_BYTES:
            (size,) = struct.unpack_from("<I", self.bytes, _HEADER_BYTES - 4)
            if size > self._circle.max_bytes:
                self._end(f"announces a message of {size} bytes")

    def receive(self, pc: int) -> "asyncio.Future[bytes]":
        """Return the party's message at this point of the program, once it is there."""
        message = super().receive(pc)
        checked: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        if isinstance(message, asyncio.Future):
            message.add_done_callback(lambda came: self._check(came.result(), checked))
            if self.transport.is_closing():
                self._end("left")
        else:
            self._check(message, checked)
        return checked

    def connection_lost(self, exc: Exception | None) -> None:
        """End the computation, if something is still to come from this party."""
        circle = self._circle
        if not self.is_gone.done():
            self.is_gone.set_result(None)
        if circle.links.get(-1 if self._party is None else self._party) is not self:
            return
        awaited = any(isinstance(m, asyncio.Future) for m in self.buffers.values())
        if awaited or not circle.is_complete:
            self._end("left" if exc is None else f"was lost ({type(exc).__name__})")

    def _check(self, message: bytes, checked: "asyncio.Future[bytes]") -> None:
        if len(message) != self._circle.expected_bytes:
            self._end(f"sends {len(message)} bytes for {self._circle.expected_bytes}")
        elif not checked.done():
            checked.set_result(message)

    def _end(self, what: str) -> None:
        self._circle.break_off(f"party {self._party} {what}")
        self.transport.abort()
