"""A node's door: HTTP, with FastAPI and uvicorn. What is behind it is `service`.

Bodies are read in the event loop, up to their limit; all else runs in threads, of which there are
so many. A request that breaks off on the way back goes on, and its answer can be fetched.
"""

import asyncio
import resource
import socket
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager, suppress
from http import HTTPStatus
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from uvicorn.protocols.http.h11_impl import H11Protocol

from dataledger.chain.signer import Signer
from dataledger.errors import DataLedgerError, NodeConfigError, NodeRefused
from dataledger.ledger import Ledger
from dataledger.node import openapi
from dataledger.node.config import NodeConfig, TlsFiles
from dataledger.node.engine import Engine, Observer
from dataledger.node.problems import BUSY, SLOW, TOO_LARGE, Problem
from dataledger.node.recovery import Recovered
from dataledger.node.service import Service, told
from dataledger.node.settlement import ignore

WORKING_THREADS = 32
"""For what reserves and computes; the engine says how much of it computes at once."""
READING_THREADS = 8
"""For what answers at once, so that it never waits for a computation."""
MAX_WAITING = 4_096
"""Requests under way, over all threads."""
MAX_CONNECTIONS = 8_192
"""Or as many as leave the node `OWN_FILES` to open, should that be fewer."""
OWN_FILES = 512
SMALL_BODY_BYTES = 64 * 1024
"""So much of each body is always taken."""
LARGEST_BODIES = 4
"""What lies in memory of all bodies beyond that is as much as this many of the largest."""
PATIENCE_SECONDS = 15.0
"""How long a connection may take to encrypt itself, and then for the head of each request."""
LEAST_BYTES_PER_SECOND = 64 * 1024
"""A body may take as long as it needs at this pace, and `PATIENCE_SECONDS`."""
KEEP_ALIVE_SECONDS = 5
GOODBYE_SECONDS = 1.0
"""How long the other end of a TLS connection may take to agree that it ends."""
MAX_HEAD_BYTES = 32 * 1024

_JSON = "application/json"
_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
_CLOSE = {"Connection": "close"}

Handler = Callable[[bytes], bytes]


class Door:
    """Takes requests to a service, from many at once."""

    def __init__(self, service: Service, *, body_bytes: int) -> None:
        self._service = service
        self._body_bytes = body_bytes
        self._working = ThreadPoolExecutor(WORKING_THREADS, "node-work")
        self._reading = ThreadPoolExecutor(READING_THREADS, "node-read")
        self._waiting = 0
        self._held_bytes = 0

    def close(self) -> None:
        """Return once all that began has ended. What only waits for a thread is dropped."""
        self._reading.shutdown(cancel_futures=True)
        self._working.shutdown(cancel_futures=True)

    def app(self) -> FastAPI:
        """Return the application."""
        # No pages that load scripts from elsewhere, and no measurements sent anywhere.
        off = {"auto_configure": False, "logs": False, "metrics": False, "tracing": False}
        app = FastAPI(
            title=openapi.TITLE,
            description=openapi.DESCRIPTION,
            version=openapi.VERSION,
            docs_url=None,
            redoc_url=None,
            telemetry=off,  # type: ignore[arg-type]  # of releases that know it; others ignore it
        )
        service = self._service
        work = {
            "/v1/runs": (service.run, self._working),
            "/v1/runs/fetch": (service.fetch, self._reading),
            "/v1/joins": (service.join, self._working),
            "/v1/starts": (service.start, self._working),
        }
        for path, (handle, threads) in work.items():
            app.add_api_route(
                path,
                self._endpoint(handle, threads),
                methods=["POST"],
                **openapi.operation(path),
            )

        def info(_body: bytes) -> bytes:
            return service.info()

        @app.get("/v1/info", **openapi.operation("/v1/info"))
        async def tell(request: Request) -> Response:
            return await self._handle(request, info, self._reading)

        @app.get("/health", **openapi.operation("/health"))
        async def health() -> Response:
            return _answer(b'{"status":"ok"}')

        @app.exception_handler(HTTPException)
        async def refuse(_request: Request, error: HTTPException) -> Response:
            return _problem(_http_problem(error.status_code), headers=error.headers or {})

        return app

    def _endpoint(self, handle: Handler, threads: ThreadPoolExecutor) -> Callable[..., object]:
        async def endpoint(request: Request) -> Response:
            return await self._handle(request, handle, threads)

        return endpoint

    async def _handle(
        self, request: Request, handle: Handler, threads: ThreadPoolExecutor
    ) -> Response:
        loop = asyncio.get_running_loop()
        try:
            async with self._place(), self._body(request) as body:
                return _answer(await loop.run_in_executor(threads, handle, body))
        except ClientDisconnect:
            return Response(status_code=HTTPStatus.BAD_REQUEST)  # nobody reads it
        except Exception as error:  # noqa: BLE001 - the outermost place: whatever it is, it is told
            return _problem(told(error))

    @asynccontextmanager
    async def _place(self) -> AsyncIterator[None]:
        if self._waiting >= MAX_WAITING:
            raise _busy()
        self._waiting += 1
        try:
            yield
        finally:
            self._waiting -= 1

    @asynccontextmanager
    async def _body(self, request: Request) -> AsyncIterator[bytes]:
        """Read a body, and count its bytes as held until the block ends."""
        body = bytearray()
        parts = request.stream()
        deadline = time.monotonic() + PATIENCE_SECONDS
        held = 0
        try:
            while True:
                allowed = deadline + len(body) / LEAST_BYTES_PER_SECOND - time.monotonic()
                try:
                    body += await asyncio.wait_for(anext(parts), timeout=max(allowed, 0))
                except StopAsyncIteration:
                    break
                except TimeoutError:
                    raise _slow() from None
                if len(body) > self._body_bytes:
                    raise _too_large(self._body_bytes)
                more = max(0, len(body) - SMALL_BODY_BYTES) - held
                held += more
                self._held_bytes += more
                if self._held_bytes > LARGEST_BODIES * self._body_bytes:
                    raise _busy()
            yield bytes(body)
        finally:
            self._held_bytes -= held


def serve(
    ledger: Ledger,
    config: NodeConfig,
    *,
    executors: Sequence[Signer] = (),
    home: Path | None = None,
    on_recovered: Callable[[Recovered], None] = lambda _recovered: None,
    on_ready: Callable[[str], None] = lambda _url: None,
    observer: Observer = ignore,
) -> None:
    """Serve until SIGTERM or SIGINT; what was begun is then brought to its end.

    Args:
        ledger: Its signer acts for the datasets' owner.
        config: The node's configuration.
        executors: As for `Engine.open`.
        home: As for `Engine.open`.
        on_recovered: Is told what became of what an earlier process left open.
        on_ready: Is told the address, once it is listened on.
        observer: As for `Engine.open`.

    Raises:
        NodeConfigError: it cannot listen there, the certificate cannot be used, or as
            `Engine.open` does.
        HistoryBroken, CommitmentMismatch, ManifestMismatch, SecretError: as `Engine.open` does.
        ChainError: the chain cannot be used.
    """
    scheme = "http" if config.tls is None else "https"
    with (
        _bound(config) as listening,
        Engine.open(ledger, config, executors=executors, home=home, observer=observer) as engine,
    ):
        on_recovered(engine.recover())
        door = Door(Service(ledger, config, engine), body_bytes=config.rules.limits.body_bytes)
        host, port = listening.getsockname()[:2]
        url = f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"
        server = _Server(_uvicorn(door.app(), config.tls), lambda: on_ready(url))
        with engine.housekeeping():
            try:
                with asyncio.Runner(loop_factory=_Loop) as runner:
                    runner.run(server.serve(sockets=[listening]))
            finally:
                door.close()


class _Loop(asyncio.SelectorEventLoop):
    """Does not wait long for others to say good-bye; by itself, half a minute for each."""

    async def create_server(self, *positional: Any, **named: Any) -> asyncio.Server:
        if named.get("ssl") is not None:
            named["ssl_shutdown_timeout"] = GOODBYE_SECONDS
            named["ssl_handshake_timeout"] = PATIENCE_SECONDS
        return await super().create_server(*positional, **named)


class _Connection(H11Protocol):
    """Is closed where there are too many, or where the head of a request does not come in time.

    By themselves, uvicorn's connections wait for the rest of a head for ever, and are not counted
    until it is there. Where they have taken all the files that a process may open, a computation
    fails that its consumer has paid for.
    """

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if self.limit_concurrency is not None and len(self.connections) > self.limit_concurrency:
            transport.abort()
        self._expect_head()

    def on_response_complete(self) -> None:
        answered = self.cycle
        super().on_response_complete()
        if self.cycle is answered:
            self._expect_head()

    def _expect_head(self) -> None:
        before = self.cycle

        def give_up() -> None:
            if self.cycle is before:
                self.transport.abort()

        self.loop.call_later(PATIENCE_SECONDS, give_up)


def most_connections() -> int:
    """Return how many connections there may be, once this process may open all files it can."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        with suppress(OSError, ValueError):  # no such number on some systems
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
            soft = hard
    if soft == resource.RLIM_INFINITY:
        return MAX_CONNECTIONS
    return min(MAX_CONNECTIONS, max(soft - OWN_FILES, soft // 2))


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._on_ready()


@contextmanager
def _bound(config: NodeConfig) -> Iterator[socket.socket]:
    """Hold the address, on which nothing is taken yet."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            config.host, config.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listening = socket.socket(family, kind, protocol)
        try:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind(address)
        except OSError:
            listening.close()
            raise
    except OSError as error:
        raise NodeConfigError(
            f"{config.path}: listen: {config.host}:{config.port} cannot be used: {error.strerror}.",
            remedy="Name an address of this machine with a free port.",
        ) from error
    with listening:
        yield listening


def _uvicorn(app: FastAPI, tls: TlsFiles | None) -> uvicorn.Config:
    if tls is not None:
        tls.check()
    return uvicorn.Config(
        app,
        http=_Connection,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        limit_concurrency=most_connections(),
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        h11_max_incomplete_event_size=MAX_HEAD_BYTES,
        ssl_certfile=None if tls is None else tls.certificate,
        ssl_keyfile=None if tls is None else tls.key,
    )


def _answer(content: bytes) -> Response:
    return Response(content, media_type=_JSON, headers=_HEADERS)


def _problem(problem: Problem, headers: Mapping[str, str] | None = None) -> Response:
    # The body may not have been read to its end, so nothing can follow it.
    return Response(
        problem.to_bytes(),
        status_code=problem.status,
        media_type=_JSON,
        headers={**(headers or {}), **_HEADERS, **_CLOSE},
    )


def _http_problem(status: int) -> Problem:
    known = HTTPStatus(status)
    word = known.phrase.lower().replace(" ", "-")
    return Problem(
        *(known, word, word, f"{known.phrase}."),
        "Ask as `/openapi.json` says.",
    )


def _too_large(limit: int) -> DataLedgerError:
    return NodeRefused(
        f"The body is larger than {limit} bytes.",
        remedy="Send less at once; `/v1/info` says how much is taken.",
        reason=TOO_LARGE,
    )


def _slow() -> DataLedgerError:
    return NodeRefused(
        "The body comes too slowly.", remedy="Send it by a better connection.", reason=SLOW
    )


def _busy() -> DataLedgerError:
    return NodeRefused(
        "The node has as much to do as it takes.", remedy="Ask again later.", reason=BUSY
    )
