"""One HTTP exchange with a node: bytes out, JSON back, every failure in words without the URL."""

import json
import threading
import time
from typing import Any, Protocol

from dataledger.chain.profile import Endpoint
from dataledger.errors import ConnectionFailed, NodeError

MAX_ANSWER_BYTES = 256 * 1024 * 1024
CONNECT_TIMEOUT_SECONDS = 5.0

_ANSWERED_WITH_ERROR = range(400, 500)
_NO_ANSWER_OF_THE_NODE = frozenset((401, 403, 407, 408, 429))
_thread = threading.local()


class HttpPost(Protocol):
    """Sends one JSON document to an endpoint and returns the JSON document it answers."""

    def __call__(self, endpoint: Endpoint, document: object, *, timeout_seconds: float) -> Any:
        """Raises `ConnectionFailed` or `NodeError`."""


def exchange(endpoint: Endpoint, document: object, *, timeout_seconds: float) -> Any:
    """Post `document` to `endpoint` and return its answer, parsed.

    Redirects are not followed, cookies are not kept, and proxies from the environment are used
    for other machines only.

    Raises:
        ConnectionFailed: No connection, a lost one, no complete answer in `timeout_seconds`, or an
            HTTP status that is not the node's own answer (such as 502 from a gateway).
        NodeError: The answer is no JSON, or over `MAX_ANSWER_BYTES`.
    """
    import requests

    deadline = time.monotonic() + timeout_seconds
    try:
        with _session(loopback=endpoint.is_loopback).post(
            endpoint.url,
            data=json.dumps(document).encode(),
            headers={"Content-Type": "application/json"},
            timeout=(min(CONNECT_TIMEOUT_SECONDS, timeout_seconds), timeout_seconds),
            allow_redirects=False,
            stream=True,
        ) as response:
            body = bytearray()
            for part in response.iter_content(1 << 16):
                body += part
                _check_progress(endpoint, len(body), deadline)
            status = response.status_code
    # The library's own messages hold the URL, and with it possibly a credential.
    except requests.Timeout:
        raise _failed(endpoint, f"no answer within {timeout_seconds:g} seconds") from None
    except requests.exceptions.SSLError:
        raise _failed(endpoint, "its TLS certificate cannot be verified") from None
    except requests.ConnectionError:
        raise _failed(endpoint, "no connection, or one that broke off") from None
    except requests.RequestException as error:
        raise _failed(endpoint, type(error).__name__) from None
    if status in {401, 403}:
        raise _failed(endpoint, f"access denied (HTTP {status})")
    refused = status in _ANSWERED_WITH_ERROR and status not in _NO_ANSWER_OF_THE_NODE
    try:
        # Some nodes report JSON-RPC errors with an HTTP status of 400.
        if status == requests.codes.ok or refused:
            return json.loads(body)
    except (ValueError, RecursionError):
        if not refused:
            raise NodeError(
                f"The node at {endpoint} answers with something that is no JSON.",
                remedy="Check that the endpoint is an Ethereum JSON-RPC service.",
            ) from None
    raise _failed(endpoint, f"HTTP status {status}")


def _check_progress(endpoint: Endpoint, received_bytes: int, deadline: float) -> None:
    if received_bytes > MAX_ANSWER_BYTES:
        raise NodeError(
            f"The node at {endpoint} answers with over {MAX_ANSWER_BYTES} bytes.",
            remedy="Ask for less at once, such as fewer blocks of logs.",
        )
    if time.monotonic() > deadline:
        raise _failed(endpoint, "its answer comes too slowly")


def _session(*, loopback: bool) -> Any:
    """Return this thread's session: the library does not promise that threads may share one."""
    from http.cookiejar import DefaultCookiePolicy

    import requests

    name = "loopback" if loopback else "remote"
    session = getattr(_thread, name, None)
    if session is None:
        session = requests.Session()
        session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        session.trust_env = not loopback
        setattr(_thread, name, session)
    return session


def _failed(endpoint: Endpoint, why: str) -> ConnectionFailed:
    return ConnectionFailed(
        f"The node at {endpoint} does not answer: {why}.",
        remedy="Check that the node runs and can be reached; for the devnet, "
        "`dataledger devnet up`.",
    )
