"""JSON-RPC over several endpoints: who is asked, when again, and what is believed."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from dataledger.chain import http, transport
from dataledger.chain.http import exchange
from dataledger.chain.identifiers import BlockHash, ChainIdentity
from dataledger.chain.profile import Endpoint
from dataledger.chain.transport import MAX_BATCH, HttpTransport
from dataledger.errors import ConnectionFailed, NodeError, RequestRefused, WrongChain

IDENTITY = ChainIdentity(7, BlockHash("0x" + "ab" * 32))
FIRST, SECOND = Endpoint("http://first.example/"), Endpoint("http://second.example/")


class Nodes:
    """Answers for several endpoints; a script may replace the next answers of each."""

    def __init__(self) -> None:
        self.scripts: dict[Endpoint, list[Any]] = {FIRST: [], SECOND: []}
        self.asked: list[tuple[Endpoint, str]] = []
        self.genesis = {FIRST: IDENTITY.genesis_hash, SECOND: IDENTITY.genesis_hash}
        self.batch_sizes: list[int] = []

    def __call__(self, endpoint: Endpoint, document: Any, *, timeout_seconds: float) -> Any:
        assert timeout_seconds > 0
        calls = document if isinstance(document, list) else [document]
        self.batch_sizes.append(len(calls))
        for call in calls:
            self.asked.append((endpoint, call["method"]))
        is_greeting = calls[0]["method"] == "eth_chainId" and len(calls) == 2
        if self.scripts[endpoint] and not is_greeting:
            answer = self.scripts[endpoint].pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer(document) if callable(answer) else answer
        answers = [{"id": call["id"], "result": self.result(endpoint, call)} for call in calls]
        # In any order, as the specification allows.
        return answers[::-1] if isinstance(document, list) else answers[0]

    def result(self, endpoint: Endpoint, call: dict[str, Any]) -> Any:
        if call["method"] == "eth_chainId":
            return "0x7"
        if call["method"] == "eth_getBlockByNumber":
            return {"hash": self.genesis[endpoint]}
        return call["params"]


@pytest.fixture
def nodes(monkeypatch: pytest.MonkeyPatch) -> Nodes:
    monkeypatch.setattr(transport, "RETRY_PAUSE_SECONDS", 0.0)
    return Nodes()


@pytest.fixture
def both(nodes: Nodes) -> HttpTransport:
    return HttpTransport([FIRST, SECOND], IDENTITY, post=nodes)


def silence() -> ConnectionFailed:
    return ConnectionFailed("silent", remedy="-")


def asked(nodes: Nodes, method: str) -> list[Endpoint]:
    return [endpoint for endpoint, name in nodes.asked if name == method]


class TestEndpoints:
    def test_a_node_is_asked_who_it_is_once(self, both: HttpTransport, nodes: Nodes) -> None:
        assert both.request("a", [1]) == [1]
        assert both.request("b") == []
        assert [method for _, method in nodes.asked] == [
            "eth_chainId",
            "eth_getBlockByNumber",
            "a",
            "b",
        ]

    def test_reads_go_on_to_the_next(self, both: HttpTransport, nodes: Nodes) -> None:
        nodes.scripts[FIRST] = [silence()]
        assert both.request("read", [1]) == [1]
        assert asked(nodes, "read") == [FIRST, SECOND]
        both.request("read", [1])
        assert asked(nodes, "read")[-1] == SECOND, "who answered is asked first"

    def test_reads_fail_when_nobody_answers(self, both: HttpTransport, nodes: Nodes) -> None:
        nodes.scripts = {FIRST: [silence()] * 9, SECOND: [silence()] * 9}
        with pytest.raises(ConnectionFailed):
            both.request("read")
        assert asked(nodes, "read") == [FIRST, SECOND] * 3

    def test_sending_is_never_repeated(self, both: HttpTransport, nodes: Nodes) -> None:
        nodes.scripts[FIRST] = [silence()]
        with pytest.raises(ConnectionFailed):
            both.request("eth_sendRawTransaction", ["0x"])
        assert asked(nodes, "eth_sendRawTransaction") == [FIRST]

    def test_a_refusal_is_an_answer(self, both: HttpTransport, nodes: Nodes) -> None:
        nodes.scripts[FIRST] = [
            lambda d: {"id": d["id"], "error": {"code": -5, "message": "no\x1b", "data": "0x"}}
        ]
        with pytest.raises(RequestRefused, match=r"refuses read: 'no\\x1b' \(code -5\)") as error:
            both.request("read")
        assert (error.value.rpc_code, error.value.rpc_message) == (-5, "no\x1b")
        assert error.value.rpc_data == "0x"
        assert asked(nodes, "read") == [FIRST]

    def test_another_chain_is_never_used(self, both: HttpTransport, nodes: Nodes) -> None:
        nodes.genesis[FIRST] = BlockHash("0x" + "cd" * 32)
        with pytest.raises(
            WrongChain, match=r"serves chain 7 with genesis block '0xcdcd.*expected"
        ):
            both.request("read")
        assert asked(nodes, "read") == []

    def test_who_it_is_is_asked_again_after_a_failure(
        self, both: HttpTransport, nodes: Nodes
    ) -> None:
        both.request("read")
        nodes.scripts[FIRST] = [silence()]
        nodes.genesis[SECOND] = BlockHash("0x" + "cd" * 32)
        with pytest.raises(WrongChain):
            both.request("read")

    @pytest.mark.parametrize("chain_id", [None, "seven", {}])
    def test_a_node_that_does_not_say_who_it_is(
        self, both: HttpTransport, nodes: Nodes, chain_id: object, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(nodes, "result", lambda *_: chain_id)
        with pytest.raises(NodeError, match="does not say which chain"):
            both.request("read")


class TestBatches:
    def test_results_keep_their_order(self, both: HttpTransport) -> None:
        assert both.batch([("a", [1]), ("b", [2]), ("c", [3])]) == [[1], [2], [3]]
        assert both.batch([]) == []
        assert both.batch([("a", [1])]) == [[1]]

    def test_long_ones_are_split(self, both: HttpTransport, nodes: Nodes) -> None:
        calls: list[tuple[str, list[int]]] = [("a", [n]) for n in range(2 * MAX_BATCH + 1)]
        assert both.batch(calls) == [[n] for n in range(2 * MAX_BATCH + 1)]
        assert nodes.batch_sizes == [2, MAX_BATCH, MAX_BATCH, 1]

    def test_errors_stand_in_their_places(self, both: HttpTransport, nodes: Nodes) -> None:
        nodes.scripts[FIRST] = [
            lambda d: [
                {"id": d[1]["id"], "error": {"code": 1, "message": "no"}},
                {"id": d[0]["id"], "result": 5},
            ]
        ]
        first, second = both.batch([("a", []), ("b", [])])
        assert first == 5
        assert isinstance(second, RequestRefused)

    def test_a_node_without_batches_is_asked_one_by_one(
        self, both: HttpTransport, nodes: Nodes
    ) -> None:
        nodes.scripts[FIRST] = [{"id": None, "error": {"code": -32600, "message": "no batches"}}]
        assert both.batch([("a", [1]), ("b", [2])]) == [[1], [2]]

    @pytest.mark.parametrize(
        "answer",
        [
            None,
            "text",
            [],
            {},
            [1, 2],
            [{"id": 3, "result": 1}],
            lambda d: [{"id": c["id"]} for c in d],
            lambda d: [{"id": c["id"], "error": "no"} for c in d],
            lambda d: [{"id": c["id"], "result": 1, "error": {"code": 1}} for c in d],
        ],
    )
    def test_nonsense_is_no_answer(self, both: HttpTransport, nodes: Nodes, answer: object) -> None:
        nodes.scripts = {FIRST: [answer] * 9, SECOND: [answer] * 9}
        with pytest.raises(NodeError, match="no JSON-RPC response"):
            both.batch([("a", []), ("b", [])])

    def test_an_error_without_code_or_message(self, both: HttpTransport, nodes: Nodes) -> None:
        nodes.scripts[FIRST] = [lambda d: {"id": d["id"], "error": {"code": "x", "message": 5}}]
        with pytest.raises(RequestRefused) as error:
            both.request("a")
        assert (error.value.rpc_code, error.value.rpc_message) == (0, "")


@contextmanager
def serving(respond: Callable[[BaseHTTPRequestHandler], None]) -> Iterator[Endpoint]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            respond(self)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield Endpoint(f"http://127.0.0.1:{server.server_port}/secret")
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def answering(status: int, body: bytes, **headers: str) -> Callable[[Any], None]:
    def respond(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        for name, value in headers.items():
            request.send_header(name, value)
        request.end_headers()
        request.wfile.write(body)

    return respond


class TestHttp:
    """On loopback, without a node."""

    def test_an_answer(self) -> None:
        with serving(answering(200, b'{"a": 1}')) as endpoint:
            assert exchange(endpoint, {}, timeout_seconds=5) == {"a": 1}

    @pytest.mark.parametrize(
        ("status", "body", "reason"),
        [
            (502, b"", "HTTP status 502"),
            (429, b"{}", "HTTP status 429"),
            (401, b"{}", r"access denied \(HTTP 401\)"),
            (403, b"{}", r"access denied \(HTTP 403\)"),
            (404, b"<html>", "HTTP status 404"),
            (302, b"", "HTTP status 302"),
            (204, b"", "HTTP status 204"),
        ],
    )
    def test_a_status_that_is_no_answer(self, status: int, body: bytes, reason: str) -> None:
        with (
            serving(answering(status, body, Location="http://127.0.0.1:9/")) as endpoint,
            pytest.raises(ConnectionFailed, match=reason) as failed,
        ):
            exchange(endpoint, {}, timeout_seconds=5)
        assert "secret" not in str(failed.value)

    def test_an_error_with_status_400_is_an_answer(self) -> None:
        with serving(answering(400, b'{"error": {}}')) as endpoint:
            assert exchange(endpoint, {}, timeout_seconds=5) == {"error": {}}

    @pytest.mark.parametrize("body", [b"", b"<html>", b"\xff", b"[" * 100_000])
    def test_no_json(self, body: bytes) -> None:
        with (
            serving(answering(200, body)) as endpoint,
            pytest.raises(NodeError, match="no JSON"),
        ):
            exchange(endpoint, {}, timeout_seconds=5)

    def test_too_much(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(http, "MAX_ANSWER_BYTES", 10)
        with (
            serving(answering(200, b"[" + b"1," * 10 + b"1]")) as endpoint,
            pytest.raises(NodeError, match="over 10 bytes"),
        ):
            exchange(endpoint, {}, timeout_seconds=5)

    def test_silence_and_drips(self) -> None:
        over = threading.Event()

        def drip(request: BaseHTTPRequestHandler) -> None:
            request.send_response(200)
            request.end_headers()
            while not over.wait(0.05):
                try:
                    request.wfile.write(b" " * 70_000)
                except OSError:
                    return

        def silent(_request: BaseHTTPRequestHandler) -> None:
            over.wait(5)

        for respond, reason in ((drip, "too slowly"), (silent, "no answer within 0.3 seconds")):
            over.clear()
            with serving(respond) as endpoint:
                with pytest.raises(ConnectionFailed, match=reason) as failed:
                    exchange(endpoint, {}, timeout_seconds=0.3)
                over.set()
            assert "secret" not in str(failed.value)
            assert failed.value.__cause__ is None

    def test_nobody_there(self) -> None:
        with serving(answering(200, b"")) as endpoint:
            pass
        with pytest.raises(ConnectionFailed, match="no connection"):
            exchange(endpoint, {}, timeout_seconds=5)

    def test_other_failures_of_the_library(self, monkeypatch: pytest.MonkeyPatch) -> None:
        import requests

        for error, reason in (
            (requests.exceptions.SSLError("secret"), "TLS certificate"),
            (requests.exceptions.InvalidURL("secret"), "InvalidURL"),
        ):

            def fail(*_: object, raised: Exception = error, **__: object) -> None:
                raise raised

            monkeypatch.setattr(requests.Session, "post", fail)
            with pytest.raises(ConnectionFailed, match=reason) as failed:
                exchange(FIRST, {}, timeout_seconds=5)
            assert "secret" not in str(failed.value)

    def test_cookies_are_not_kept_and_redirects_not_followed(self) -> None:
        seen: list[str | None] = []

        def respond(request: BaseHTTPRequestHandler) -> None:
            seen.append(request.headers["Cookie"])
            answering(200, b"{}", **{"Set-Cookie": "a=b"})(request)

        with serving(respond) as endpoint:
            exchange(endpoint, {}, timeout_seconds=5)
            exchange(endpoint, {}, timeout_seconds=5)
        assert seen == [None, None]
