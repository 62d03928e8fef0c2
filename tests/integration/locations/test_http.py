"""Fingerprints of single files behind HTTP."""

import hashlib
import threading
import traceback
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from dataledger.errors import (
    DataLedgerError,
    InvalidArgument,
    InvalidPath,
    SourceChanged,
    SourceNotFound,
    SourceUnreadable,
)
from dataledger.manifest import fingerprint
from dataledger.manifest.locations import fingerprint_location
from dataledger.manifest.locations.reading import RANGE_BYTES
from dataledger.manifest.locations.store import list_files, open_place

CONTENT = bytes(range(256)) * (2 * RANGE_BYTES // 256) + b"more"
SECRET = "c2lnbmF0dXJl"  # noqa: S105 - nobody's

Respond = Callable[[BaseHTTPRequestHandler], None]


def answer(
    handler: BaseHTTPRequestHandler, content: bytes, status: int = 200, **headers: str
) -> None:
    handler.send_response(status)
    for name, value in {"Content_Length": str(len(content)), **headers}.items():
        if value:
            handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    if handler.command == "GET":
        handler.wfile.write(content)


class Server:
    """Answers as `respond` does; it knows no ranges, as many servers do."""

    def __init__(self) -> None:
        self.respond: Respond = lambda handler: answer(handler, CONTENT)
        self.paths: list[str] = []

        class Handler(BaseHTTPRequestHandler):
            def do_GET(handler) -> None:  # noqa: N805 - `self` is the server
                self.paths.append(handler.path)
                self.respond(handler)

            do_HEAD = do_GET  # noqa: N815 - the name that http.server looks for

            def log_message(handler, *_: object) -> None:  # noqa: N805
                pass

        class Quiet(ThreadingHTTPServer):
            def handle_error(self, *_: object) -> None:
                """Say nothing of clients that hang up: some tests make them."""

        self.http = Quiet(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}"


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    thread = threading.Thread(target=made.http.serve_forever, args=(0.01,))
    thread.start()
    yield made
    made.http.shutdown()
    thread.join()
    made.http.server_close()


def test_a_file_stands_under_the_name_that_its_url_ends_with(
    server: Server, tmp_path: Path
) -> None:
    (tmp_path / "a b.csv").write_bytes(CONTENT)
    url = f"{server.url}/data/a%20b.csv?signature={SECRET}"
    assert fingerprint_location(url) == fingerprint(tmp_path / "a b.csv")
    assert set(server.paths) == {f"/data/a%20b.csv?signature={SECRET}"}


def test_options_reach_the_server(server: Server) -> None:
    def respond(handler: BaseHTTPRequestHandler) -> None:
        headers = handler.headers
        allowed = headers["Key"] == SECRET and headers["Accept-Encoding"] == "identity"
        answer(handler, CONTENT, 200 if allowed else 403)

    server.respond = respond
    options = {"headers": {"Key": SECRET}}
    assert fingerprint_location(f"{server.url}/a", options=options).file_count == 1
    with pytest.raises(SourceUnreadable, match=r"the store denies it \(403\)"):
        fingerprint_location(f"{server.url}/a")


def test_a_compressed_transfer_is_refused(server: Server) -> None:
    server.respond = lambda handler: answer(handler, b"\x1f\x8b", Content_Encoding="gzip")
    with pytest.raises(SourceUnreadable, match="the store does not tell its size"):
        fingerprint_location(f"{server.url}/a.csv")


@pytest.mark.parametrize("path", ["", "/", "/folder/", "/a%2Fb"])
def test_a_directory_is_refused(server: Server, path: str) -> None:
    with pytest.raises(InvalidArgument, match="names no file"):
        fingerprint_location(f"{server.url}{path}")


def test_a_name_that_breaks_the_path_rules_is_refused(server: Server) -> None:
    with pytest.raises(InvalidPath):
        fingerprint_location(f"{server.url}/a%00b")


def test_a_file_that_changes_is_noticed(server: Server) -> None:
    tags = iter(["one", "one", "two", "two", "two"])

    def respond(handler: BaseHTTPRequestHandler) -> None:
        answer(handler, b"content", ETag=next(tags))

    server.respond = respond
    with pytest.raises(SourceChanged, match="'a' was written or replaced"):
        fingerprint_location(f"{server.url}/a")


@pytest.mark.parametrize("content", [b"longer than was said", b"sh"])
def test_a_file_of_another_length_than_was_said_is_noticed(server: Server, content: bytes) -> None:
    def respond(handler: BaseHTTPRequestHandler) -> None:
        answer(handler, content if handler.command == "GET" and seen else b"content")
        seen.append(handler.command)

    seen: list[str] = []
    server.respond = respond
    with pytest.raises(SourceChanged):
        fingerprint_location(f"{server.url}/a")


def test_a_connection_that_breaks_is_an_error(server: Server) -> None:
    def respond(handler: BaseHTTPRequestHandler) -> None:
        answer(handler, b"short", Content_Length="10")
        handler.close_connection = True

    server.respond = respond
    with pytest.raises(SourceUnreadable):
        fingerprint_location(f"{server.url}/a")


@pytest.mark.parametrize(
    ("status", "kind"), [(404, SourceNotFound), (403, SourceUnreadable), (503, SourceUnreadable)]
)
def test_no_error_shows_a_secret(server: Server, status: int, kind: type[DataLedgerError]) -> None:
    server.respond = lambda handler: answer(handler, SECRET.encode(), status)
    url = server.url.replace("//", f"//user:{SECRET}@") + f"/a?signature={SECRET}"
    with pytest.raises(kind) as caught:
        fingerprint_location(url)
    assert f"'{server.url}/a'" in str(caught.value)
    assert SECRET not in "".join(traceback.format_exception(caught.value)) + caught.value.remedy


def test_no_representation_shows_a_secret(server: Server) -> None:
    place = open_place(f"{server.url}/a?signature={SECRET}", {"headers": {"Key": SECRET}})
    assert SECRET not in repr(place) + repr(list_files(place)) + place.shown


def test_a_server_that_is_not_there_does_not_answer() -> None:
    with pytest.raises(SourceUnreadable, match="the store does not answer"):
        fingerprint_location("http://127.0.0.1:1/a")


def test_the_digest_is_that_of_the_bytes(server: Server) -> None:
    (entry,) = fingerprint_location(f"{server.url}/a").entries
    assert entry.digest.hex == hashlib.sha256(CONTENT).hexdigest()
