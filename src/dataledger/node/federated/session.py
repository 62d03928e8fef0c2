"""One computation of several parties: they meet, and add vectors, by MPyC.

Each vector is split into Shamir shares over the field of 2^127 - 1, of which all are needed to
learn anything. MPyC's usual threshold, less than half, is what multiplying needs, and nothing here
is multiplied. So all others together learn of a party what the sum tells, and nothing more.

For a process that does nothing else: MPyC is one party in one process, and reads that process's
arguments when it is imported, which is when this module is.
"""

import asyncio
import socket
import sys
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

from dataledger.errors import listed
from dataledger.node.federated.links import (
    BrokenOff,
    Circle,
    Identity,
    Link,
    Party,
    client_context,
    server_context,
)
from dataledger.node.federated.sums import ITEM_BYTES, MAX_ITEMS, MODULUS, fits

MEET_SECONDS = 30.0
"""How long a party waits for the others, who are all told to start at once."""

_LEAVE_SECONDS = 5.0

T = TypeVar("T")


class Session:
    """A computation, from meeting to leaving. All parties add equally often."""

    def __init__(self, identity: Identity, parties: Sequence[Party]) -> None:
        """Prepare one party's side; there are no connections yet."""
        self._loop = asyncio.new_event_loop()
        asyncio.set_event_loop(self._loop)
        self._loop.set_exception_handler(lambda _loop, _context: None)
        self._runtime = _load_runtime(identity.index, len(parties))
        self._circle = Circle(
            identity, parties, self._loop.create_future(), max_bytes=ITEM_BYTES * MAX_ITEMS
        )

    def meet(self, listener: socket.socket, *, seconds: float) -> None:
        """Wait on `listener` for all lower parties, and call all higher ones.

        Raises:
            BrokenOff: one of them cannot be reached, does not come, or is not who it says.
        """
        self._run(asyncio.wait_for(self._first(self._meet(listener, seconds)), seconds))

    def add(self, values: Sequence[int]) -> list[int]:
        """Return the sums over all parties, item by item.

        Raises:
            BrokenOff: a party left, or broke the protocol.
        """
        totals = self._run(self._first(self._sum(values)))
        if not fits(totals):
            raise BrokenOff("a party added what is out of range")
        return totals

    def attend(self, call: Callable[[], T]) -> T:
        """Return what a call in a thread returns; what was said goes on being sent meanwhile."""
        return self._run(self._loop.run_in_executor(None, call))

    def leave(self) -> None:
        """Close all connections, once what was said is sent."""
        self._loop.run_until_complete(self._leave())

    def _run(self, work: Awaitable[T]) -> T:
        try:
            return self._loop.run_until_complete(work)
        except TimeoutError:
            raise BrokenOff(self._missing()) from None
        except RuntimeError as error:
            # MPyC stops the loop where one of its coroutines fails.
            raise BrokenOff("a party broke the protocol") from error

    async def _first(self, work: Awaitable[T]) -> T:
        """Return what the work returns, unless the computation breaks off before it is done."""
        task = asyncio.ensure_future(work)
        either: list[asyncio.Future[Any]] = [task, self._circle.reason]
        try:
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                return task.result()
        finally:
            task.cancel()
        raise BrokenOff(self._circle.reason.result())

    async def _meet(self, listener: socket.socket, seconds: float) -> None:
        circle, runtime, loop = self._circle, self._runtime, self._loop
        own, parties = circle.identity.index, circle.parties
        met: asyncio.Future[None] = loop.create_future()
        # MPyC's own party is done once it has a protocol for each of the others.
        runtime.parties[own].protocol = met

        def called() -> Link:
            circle.callers += 1
            return Link(runtime, circle)

        server = await loop.create_server(
            called,
            sock=listener,
            ssl=server_context(circle.identity, parties),
            ssl_handshake_timeout=seconds,
        )
        try:
            await asyncio.gather(*(self._call(at, seconds) for at in range(own + 1, len(parties))))
            await met
        finally:
            server.close()
        circle.is_complete = True

    async def _call(self, at: int, seconds: float) -> None:
        circle, party = self._circle, self._circle.parties[at]
        try:
            await self._loop.create_connection(
                lambda: Link(self._runtime, circle, at),
                party.host,
                party.port,
                ssl=client_context(circle.identity, party),
                # TLS names it to the other side; nothing is made of it here.
                server_hostname="",
                ssl_handshake_timeout=seconds,
            )
        except OSError as error:  # as all errors of TLS are
            raise self._unmet(at, _words(error)) from error
        if at not in circle.links:
            raise self._unmet(at, "it shows another certificate than it offered")

    def _unmet(self, at: int, why: str) -> BrokenOff:
        # An offer can name any host: what answers there, and how, is not for others to know.
        party = self._circle.parties[at]
        return BrokenOff(f"party {at} cannot be met", detail=f"{party.host}:{party.port}: {why}")

    async def _sum(self, values: Sequence[int]) -> list[int]:
        from mpyc.finfields import GF

        field = GF(MODULUS)
        self._circle.expected_bytes = ITEM_BYTES * len(values)
        vectors = await self._runtime.input([field(value) for value in values])
        columns = zip(*vectors, strict=True)
        shares = [field(sum(share.value for share in column)) for column in columns]
        return [int(total) for total in await self._runtime.output(shares)]

    async def _leave(self) -> None:
        for link in self._circle.links.values():
            link.close_connection()
        gone = [link.is_gone for link in self._circle.links.values()]
        if gone:
            await asyncio.wait(gone, timeout=_LEAVE_SECONDS)

    def _missing(self) -> str:
        circle = self._circle
        own = circle.identity.index
        others = [at for at in range(len(circle.parties)) if at != own]
        missing = [f"party {at}" for at in others if at not in circle.links]
        strangers = circle.callers - sum(at < own for at in circle.links)
        return f"{listed(missing)} did not come, and {strangers} callers were not let in"


def _load_runtime(index: int, parties: int) -> Any:
    """Return MPyC's runtime for one of several parties, which has no connections."""
    sys.argv = [
        *("dataledger", f"-M{parties}", f"-I{index}"),
        # Neither its own words, nor shared keys for random numbers, which sums do not need.
        *("--no-log", "--no-prss", "--no-uvloop"),
    ]
    from mpyc.runtime import mpc

    mpc.threshold = parties - 1
    return mpc


def _words(error: OSError) -> str:
    return error.strerror or type(error).__name__
