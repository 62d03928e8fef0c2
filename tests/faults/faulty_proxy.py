"""A JSON-RPC proxy on loopback between a client and a node, which fails in the ways that nodes do.

It forwards every request as it is; what it was told to do to the next requests that call a certain
method, it does to those, once each.
"""

import http.client
import json
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit


class ProxyFault(Enum):
    """What the proxy does to a request instead of forwarding it and passing on the answer."""

    DROP_ANSWER = "forward, then close without an answer"
    DELAY_ANSWER = "forward, then answer too late"
    BAD_GATEWAY_AFTER = "forward, then answer with HTTP status 502"
    BAD_GATEWAY_BEFORE = "answer with HTTP status 502 without forwarding"
    RESET = "reset the connection without forwarding"
    RESET_AFTER = "forward, then reset the connection"
    GARBAGE = "forward, then answer with something that is no JSON"


FORWARDING = frozenset(ProxyFault) - {ProxyFault.BAD_GATEWAY_BEFORE, ProxyFault.RESET}


class FaultyProxy:
    """The proxy; `url` is where it listens."""

    def __init__(self, node_url: str, *, delay_seconds: float) -> None:
        self._node = urlsplit(node_url)
        self._delay_seconds = delay_seconds
        self._lock = threading.Lock()
        self._planned: list[tuple[str, ProxyFault]] = []
        self.forwarded: list[str] = []
        """The methods of the requests that reached the node, in order."""
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                proxy.handle(self)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/"

    def plan(self, method: str, *faults: ProxyFault) -> None:
        """Do `faults` to the next requests that call `method`."""
        with self._lock:
            self._planned += [(method, fault) for fault in faults]

    @property
    def planned(self) -> int:
        """How many faults are still to come."""
        with self._lock:
            return len(self._planned)

    @contextmanager
    def running(self) -> Iterator["FaultyProxy"]:
        """Serve until the end of the block."""
        thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()
            thread.join()

    def handle(self, request: BaseHTTPRequestHandler) -> None:
        """Answer one request."""
        body = request.rfile.read(int(request.headers["Content-Length"]))
        document = json.loads(body)
        calls = document if isinstance(document, list) else [document]
        methods = [call["method"] for call in calls]
        fault = self._fault_for(methods)
        if fault is ProxyFault.BAD_GATEWAY_BEFORE:
            _answer(request, 502, b"<html>Bad Gateway</html>")
            return
        if fault is ProxyFault.RESET:
            _reset(request)
            return
        status, answer = self._forward(body, methods)
        if fault is None:
            _answer(request, status, answer)
        elif fault is ProxyFault.BAD_GATEWAY_AFTER:
            _answer(request, 502, b"<html>Bad Gateway</html>")
        elif fault is ProxyFault.GARBAGE:
            _answer(request, 200, answer[: len(answer) // 2] + b"\xff\x00")
        elif fault is ProxyFault.RESET_AFTER:
            _reset(request)
        else:
            if fault is ProxyFault.DELAY_ANSWER:
                time.sleep(self._delay_seconds)
            request.close_connection = True

    def _fault_for(self, methods: list[str]) -> ProxyFault | None:
        with self._lock:
            for index, (method, fault) in enumerate(self._planned):
                if method in methods:
                    del self._planned[index]
                    return fault
        return None

    def _forward(self, body: bytes, methods: list[str]) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection(
            self._node.hostname or "", self._node.port, timeout=30
        )
        try:
            connection.request("POST", "/", body, {"Content-Type": "application/json"})
            response = connection.getresponse()
            answer = response.read()
        finally:
            connection.close()
        with self._lock:
            self.forwarded += methods
        return response.status, answer


def _answer(request: BaseHTTPRequestHandler, status: int, body: bytes) -> None:
    request.send_response(status)
    request.send_header("Content-Type", "application/json")
    request.send_header("Content-Length", str(len(body)))
    request.end_headers()
    request.wfile.write(body)


def _reset(request: BaseHTTPRequestHandler) -> None:
    # Closing with a linger time of zero sends RST instead of FIN.
    request.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    request.connection.close()
    request.close_connection = True
