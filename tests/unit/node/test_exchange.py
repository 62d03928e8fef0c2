"""What a client trusts, whatever its environment says."""

import socket
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import requests

from dataledger.chain.profile import Endpoint
from dataledger.errors import OwnerNodeError
from dataledger.node.exchange import Exchange


def test_certificates_that_were_given_are_the_only_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, others = tmp_path / "ours.pem", tmp_path / "others.pem"
    for file in (ours, others):
        file.touch()
    trusted: list[object] = []

    def send(_session: requests.Session, _request: object, **how: Any) -> requests.Response:
        trusted.append(how["verify"])
        raise requests.ConnectionError

    monkeypatch.setattr(requests.Session, "send", send)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(others))
    for ca in (ours, None):
        exchange = Exchange(Endpoint("https://node.example"), ca=ca, timeout_seconds=1)
        with pytest.raises(OwnerNodeError):
            exchange.get("/v1/info")
    assert trusted == [str(ours), str(others)]


def answering(said: bytes, *, times: int = 1) -> Endpoint:
    """Return where somebody says this to who asks, so many times."""
    listening = socket.create_server(("127.0.0.1", 0))

    def tell() -> None:
        with listening, listening.accept()[0] as connection, suppress(OSError):
            connection.recv(65_536)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")
            for _ in range(times):
                connection.sendall(said)
                time.sleep(0.05)

    threading.Thread(target=tell, daemon=True).start()
    return Endpoint(f"http://127.0.0.1:{listening.getsockname()[1]}")


def test_an_answer_that_trickles_is_not_waited_for() -> None:
    exchange = Exchange(answering(b"x", times=90), ca=None, timeout_seconds=0.3)
    began = time.monotonic()
    with pytest.raises(OwnerNodeError, match="too slowly"):
        exchange.get("/v1/info")
    assert time.monotonic() - began < 2


def test_half_an_answer_is_none() -> None:
    exchange = Exchange(answering(b"x" * 50), ca=None, timeout_seconds=5)
    with pytest.raises(OwnerNodeError):
        exchange.get("/v1/info")
    assert Exchange(answering(b"x" * 100), ca=None, timeout_seconds=5).get("/") == b"x" * 100
