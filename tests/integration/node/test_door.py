"""The door itself, over HTTP, with nothing behind it: what it reads, and what it tells."""

import http.client
import json
import logging
import resource
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING, Any, cast

import pytest
import uvicorn

from dataledger.errors import (
    AnswerWithheld,
    ConnectionFailed,
    DataLedgerError,
    NodeRefused,
    QueryError,
    SignatureInvalid,
    SourceUnreadable,
)
from dataledger.node import server
from dataledger.node.server import Door

if TYPE_CHECKING:
    from dataledger.node.service import Service

LIMIT = 3 * 1024 * 1024
WAIT_SECONDS = 20.0


class Behind:
    """Stands behind the door, and does as it is told."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.act: Callable[[bytes], bytes] = lambda _body: b'{"done":true}'

    def run(self, body: bytes) -> bytes:
        self.bodies.append(body)
        return self.act(body)

    fetch = join = start = run

    def info(self) -> bytes:
        return b'{"info":true}'


class Served:
    """A door that is open on a port."""

    def __init__(self, behind: Behind, port: int) -> None:
        self.behind = behind
        self.port = port

    def connection(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=WAIT_SECONDS)

    def ask(
        self, method: str = "POST", path: str = "/v1/runs", body: Any = b"{}", **named: Any
    ) -> tuple[int, Any, http.client.HTTPResponse]:
        connection = self.connection()
        try:
            connection.request(method, path, body, **named)
            response = connection.getresponse()
            return response.status, json.loads(response.read()), response
        finally:
            connection.close()


@contextmanager
def opened(behind: Behind) -> Iterator[Served]:
    """Serve, in a thread, on a free port."""
    door = Door(cast("Service", behind), body_bytes=LIMIT)
    listening = socket.create_server(("127.0.0.1", 0))
    found = uvicorn.Server(server._uvicorn(door.app(), None))
    thread = threading.Thread(target=found.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        while not found.started:
            time.sleep(0.01)
        yield Served(behind, listening.getsockname()[1])
    finally:
        found.should_exit = True
        thread.join(WAIT_SECONDS)
        door.close()


@pytest.fixture(scope="module")
def serving() -> Iterator[Served]:
    with opened(Behind()) as served:
        yield served


@pytest.fixture
def door(serving: Served) -> Served:
    serving.behind.__init__()  # type: ignore[misc]
    return serving


def test_a_body_goes_in_and_an_answer_comes_out_that_nobody_keeps(door: Served) -> None:
    status, body, response = door.ask(body=b'{"a":1}')
    assert (status, body, door.behind.bodies) == (200, {"done": True}, [b'{"a":1}'])
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["Content-Type"] == "application/json"
    assert "server" not in {name.lower() for name in response.headers}


def test_a_body_as_large_as_the_limit_is_taken(door: Served) -> None:
    assert door.ask(body=b"x" * LIMIT)[0] == 200
    assert len(door.behind.bodies[0]) == LIMIT


def chunks(size_bytes: int) -> Iterator[bytes]:
    for _ in range(size_bytes // 65_536):
        yield b"x" * 65_536
    yield b"y"


@pytest.mark.parametrize("chunked", [False, True])
def test_a_larger_body_is_refused_while_it_is_read(door: Served, *, chunked: bool) -> None:
    body = chunks(LIMIT) if chunked else b"x" * (LIMIT + 1)
    status, told, response = door.ask(body=body, encode_chunked=chunked)
    assert (status, told["error"]["reason"]) == (413, "body-too-large")
    assert response.headers["Connection"] == "close"
    assert door.behind.bodies == []


def test_a_body_without_end_is_not_read_to_its_end(door: Served) -> None:
    with socket.create_connection(("127.0.0.1", door.port), WAIT_SECONDS) as raw:
        raw.sendall(b"POST /v1/runs HTTP/1.1\r\nHost: n\r\nTransfer-Encoding: chunked\r\n\r\n")
        part = b"10000\r\n" + b"x" * 65_536 + b"\r\n"
        with pytest.raises(OSError, match=r"reset|[Bb]roken"):
            raw.sendall(part * (100 * LIMIT // 65_536))
    assert door.behind.bodies == []


def test_a_body_that_comes_too_slowly_is_given_up(
    door: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "PATIENCE_SECONDS", 0.2)
    connection = door.connection()
    connection.putrequest("POST", "/v1/runs")
    connection.putheader("Content-Length", "10")
    connection.endheaders(b"only")
    response = connection.getresponse()
    assert response.status == 408
    assert json.loads(response.read())["error"]["reason"] == "body-too-slow"
    connection.close()


def test_who_breaks_off_harms_nobody(door: Served, caplog: pytest.LogCaptureFixture) -> None:
    with socket.create_connection(("127.0.0.1", door.port), WAIT_SECONDS) as raw:
        raw.sendall(b"POST /v1/runs HTTP/1.1\r\nHost: n\r\nContent-Length: 10\r\n\r\nonly")
    assert door.ask()[0] == 200
    assert caplog.records == []


def test_all_bodies_together_take_so_much_memory_and_no_more(door: Served) -> None:
    release = threading.Event()
    door.behind.act = lambda _body: (release.wait(WAIT_SECONDS), b"{}")[1]
    with ThreadPoolExecutor() as threads:
        largest = [threads.submit(door.ask, body=b"x" * LIMIT) for _ in range(4)]
        while len(door.behind.bodies) < len(largest):
            time.sleep(0.01)
        small = threads.submit(door.ask, body=b"x" * server.SMALL_BODY_BYTES)
        status, told, _ = door.ask(body=b"x" * (LIMIT // 2))
        assert (status, told["error"]["reason"]) == (503, "busy")
        assert door.ask("GET", "/v1/info")[0] == 200
        release.set()
        assert [asked.result()[0] for asked in (*largest, small)] == [200] * 5
    assert door.ask(body=b"x" * LIMIT)[0] == 200


def test_a_connection_by_which_nothing_is_asked_is_closed(
    door: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "PATIENCE_SECONDS", 0.2)
    for said in (b"", b"POST /v1/runs HTTP/1.1\r\nHost:"):
        with socket.create_connection(("127.0.0.1", door.port), WAIT_SECONDS) as raw:
            raw.sendall(said)
            with suppress(ConnectionResetError):
                assert raw.recv(1) == b""


HEALTH = b"GET /health HTTP/1.1\r\nHost: n\r\n"


@pytest.mark.parametrize(
    "said", [HEALTH + b"\r\n" + HEALTH, HEALTH + b"Content-Length: 9\r\n\r\nonly"]
)
def test_so_is_one_that_asks_again_and_does_not_finish(
    door: Served, monkeypatch: pytest.MonkeyPatch, said: bytes
) -> None:
    monkeypatch.setattr(server, "PATIENCE_SECONDS", 0.2)
    with socket.create_connection(("127.0.0.1", door.port), 2.0) as raw, raw.makefile("rb") as read:
        raw.sendall(said)
        answered = read.read()
    assert answered.count(b"200 OK") == 1


def test_a_request_that_takes_long_keeps_its_connection(
    door: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "PATIENCE_SECONDS", 0.1)
    never = threading.Event()
    door.behind.act = lambda _body: (never.wait(0.4), b"{}")[1]
    connection = door.connection()
    for _ in range(2):
        connection.request("POST", "/v1/runs", b"{}")
        assert connection.getresponse().read() == b"{}"
    connection.close()


def test_connections_are_so_many_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "MAX_CONNECTIONS", 4)
    with opened(Behind()) as door, ExitStack() as others:
        address = ("127.0.0.1", door.port)
        for _ in range(2):
            others.enter_context(socket.create_connection(address, WAIT_SECONDS))
        assert door.ask()[0] == 200
        for _ in range(2):
            others.enter_context(socket.create_connection(address, WAIT_SECONDS))
        with socket.create_connection(address, WAIT_SECONDS) as beyond, suppress(OSError):
            assert beyond.recv(1) == b""


def test_connections_leave_the_node_files_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    def allow(soft: int, hard: int) -> int:
        monkeypatch.setattr(resource, "getrlimit", lambda _which: (soft, hard))
        monkeypatch.setattr(resource, "setrlimit", lambda _which, now: raised.append(now))
        return server.most_connections()

    raised: list[tuple[int, int]] = []
    assert allow(1024, 4096) == 4096 - server.OWN_FILES
    assert raised == [(4096, 4096)]
    assert allow(600, 600) == 300
    assert allow(2**20, 2**20) == server.MAX_CONNECTIONS
    assert allow(resource.RLIM_INFINITY, -1) == server.MAX_CONNECTIONS
    assert len(raised) == 1


def test_what_answers_at_once_does_not_wait_for_work(door: Served) -> None:
    release = threading.Event()
    door.behind.act = lambda _body: (release.wait(WAIT_SECONDS), b"{}")[1]
    threads = [threading.Thread(target=door.ask) for _ in range(server.WORKING_THREADS + 2)]
    for thread in threads:
        thread.start()
    while len(door.behind.bodies) < server.WORKING_THREADS:
        time.sleep(0.01)
    assert door.ask("GET", "/v1/info")[1] == {"info": True}
    assert door.ask("GET", "/health")[1] == {"status": "ok"}
    release.set()
    for thread in threads:
        thread.join(WAIT_SECONDS)


TOLD: list[tuple[DataLedgerError, int, str]] = [
    (NodeRefused("no", remedy="r", reason="not-held"), 403, "not-held"),
    (NodeRefused("no", remedy="r", reason="replayed"), 409, "replayed"),
    (NodeRefused("no", remedy="r", reason="rate-limited"), 429, "rate-limited"),
    (SignatureInvalid("no", remedy="r"), 401, "signature-invalid"),
    (QueryError("no", remedy="r"), 422, "query-error"),
    (AnswerWithheld("no", remedy="r"), 403, "answer-withheld"),
]


@pytest.mark.parametrize(("error", "status", "reason"), TOLD)
def test_errors_about_what_was_asked_are_told(
    door: Served, error: DataLedgerError, status: int, reason: str
) -> None:
    door.behind.act = raising(error)
    found, told, _ = door.ask()
    assert (found, told["error"]["reason"]) == (status, reason)
    assert (told["error"]["message"], told["error"]["remedy"]) == ("no", "r")


SECRETS: list[tuple[Exception, int, str]] = [
    (ValueError("row: zoe, 30"), 500, "internal"),
    (SourceUnreadable("/data/secret/people.csv cannot be read", remedy="/x"), 500, "internal"),
    (ConnectionFailed("http://10.1.2.3:8545 is down", remedy="/x"), 503, "chain-unavailable"),
]


@pytest.mark.parametrize(("error", "status", "code"), SECRETS)
def test_other_errors_are_told_by_a_number_that_the_log_explains(
    door: Served, error: Exception, status: int, code: str, caplog: pytest.LogCaptureFixture
) -> None:
    door.behind.act = raising(error)
    with caplog.at_level(logging.ERROR, "dataledger.node"):
        found, told, _ = door.ask()
    assert (found, told["error"]["code"]) == (status, code)
    for secret in ("zoe", "/data", "10.1.2.3", "Traceback", "ValueError"):
        assert secret not in json.dumps(told)
    [line] = caplog.messages
    assert told["error"]["reference"] in line
    assert type(error).__name__ in line


def raising(error: Exception) -> Callable[[bytes], bytes]:
    def act(_body: bytes) -> bytes:
        raise error

    return act


@pytest.mark.parametrize(
    ("method", "path", "status", "word"),
    [
        ("GET", "/", 404, "not-found"),
        ("GET", "/docs", 404, "not-found"),
        ("GET", "/v1/runs", 405, "method-not-allowed"),
        ("DELETE", "/v1/info", 405, "method-not-allowed"),
    ],
)
def test_other_places_and_methods_are_refused_in_the_same_form(
    door: Served, method: str, path: str, status: int, word: str
) -> None:
    found, told, _ = door.ask(method, path, None)
    assert (found, told["error"]["code"]) == (status, word)
    assert told["error"]["remedy"]


def test_all_endpoints_are_described(door: Served) -> None:
    status, described, _ = door.ask("GET", "/openapi.json", None)
    assert status == 200
    assert described["openapi"].startswith("3.1")
    assert set(described["paths"]) == {
        *("/health", "/v1/info", "/v1/joins", "/v1/runs", "/v1/runs/fetch", "/v1/starts"),
    }
    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            assert operation["summary"], path
            assert operation["description"], path
            assert "200" in operation["responses"]
            if method == "post":
                schema = operation["requestBody"]["content"]["application/json"]["schema"]
                assert schema["required"]
                assert {"403", "413", "422", "429", "503"} <= set(operation["responses"])
