"""One HTTP exchange with an owner's node: bytes out, bytes back, every failure in words."""

import threading
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from dataledger.chain.profile import Endpoint
from dataledger.errors import InvalidArgument, OwnerNodeError
from dataledger.node.answers import MAX_ANSWER_BYTES
from dataledger.node.problems import error_in

CONNECT_TIMEOUT_SECONDS = 10.0
_PART_BYTES = 1 << 16
_HEADERS = {
    "Accept": "application/json",
    "Accept-Encoding": "identity",
    # What was kept open may be closed at the other end just as it is used again.
    "Connection": "close",
    "Content-Type": "application/json",
}


class Exchange:
    """Speaks to one node. May be used from any thread.

    Redirects are not followed, cookies are not kept, nothing is repeated, and proxies from the
    environment are used for other machines only.
    """

    def __init__(self, endpoint: Endpoint, *, ca: Path | None, timeout_seconds: float) -> None:
        """Prepare; nothing is sent yet.

        Raises:
            InvalidArgument: there is no such file of certificates, or it is given without https.
        """
        is_https = urlsplit(endpoint.url).scheme == "https"
        if ca is not None and not (is_https and ca.is_file()):
            raise InvalidArgument(
                f"The certificates in {ca} cannot be used for {endpoint}.",
                remedy="Give a file in PEM, and an https URL.",
            )
        self._base = endpoint.url.rstrip("/")
        self._is_loopback = endpoint.is_loopback
        self._verify = None if ca is None else str(ca)
        self._timeout_seconds = timeout_seconds
        self._threads = threading.local()
        self.place = str(endpoint)

    def get(self, path: str) -> bytes:
        """Return what stands at `path`. Raises as `post` does."""
        return self._send("GET", path, None)

    def post(self, path: str, body: bytes) -> bytes:
        """Send a body, and return the answer's.

        Raises:
            OwnerNodeError: no connection, a lost one, no complete answer in time, too large a one,
                or an error of the node that says nothing about what was asked.
            NodeRefused, AnswerWithheld, QueryError, …: as the node says.
        """
        return self._send("POST", path, body)

    def _send(self, method: str, path: str, body: bytes | None) -> bytes:
        import requests
        from urllib3.exceptions import HTTPError

        deadline = time.monotonic() + self._timeout_seconds
        connect = min(CONNECT_TIMEOUT_SECONDS, self._timeout_seconds)
        try:
            with self._session().request(
                *(method, f"{self._base}{path}"),
                data=body,
                headers=_HEADERS,
                timeout=(connect, self._timeout_seconds),
                allow_redirects=False,
                stream=True,
                # Said here: what is said of a session gives way to the environment.
                verify=self._verify,
            ) as response:
                received = bytearray()
                # What has come, and not a whole part: that could take as long as the node likes.
                while part := response.raw.read1(_PART_BYTES, decode_content=False):
                    received += part
                    if len(received) > MAX_ANSWER_BYTES:
                        raise self._failed(f"its answer has over {MAX_ANSWER_BYTES} bytes")
                    if time.monotonic() > deadline:
                        raise self._failed("its answer comes too slowly")
                status = response.status_code
        # The library's own messages hold the URL, and with it possibly a credential.
        except requests.Timeout:
            raise self._failed(f"no answer within {self._timeout_seconds:g} seconds") from None
        except requests.exceptions.SSLError:
            raise self._failed("its TLS certificate cannot be verified") from None
        except requests.ConnectionError:
            raise self._failed("no connection, or one that broke off") from None
        except (requests.RequestException, HTTPError, OSError) as error:
            raise self._failed(type(error).__name__) from None
        if status != requests.codes.ok:
            raise error_in(status, bytes(received), self.place)
        return bytes(received)

    def _session(self) -> Any:
        """Return this thread's session: the library does not promise that threads may share one."""
        from http.cookiejar import DefaultCookiePolicy

        import requests

        session = getattr(self._threads, "session", None)
        if session is None:
            session = requests.Session()
            session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
            session.trust_env = not self._is_loopback
            self._threads.session = session
        return session

    def _failed(self, why: str) -> OwnerNodeError:
        return OwnerNodeError(
            f"The node at {self.place} does not answer: {why}.",
            remedy="Check that it runs and can be reached, and by which certificate it is known.",
        )
