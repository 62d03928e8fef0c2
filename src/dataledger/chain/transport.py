"""JSON-RPC 2.0 over HTTP to one chain through any of several nodes.

Reads are repeated, on the next endpoint, when a node does not answer. `eth_sendRawTransaction` is
never repeated here: after a lost answer only the transaction's hash can tell whether it arrived,
and that is the outbox's business.

A node is asked which chain it serves before anything else, and again after every failure: between
two requests a port can pass to another chain's node.
"""

import itertools
import threading
import time
from collections.abc import Sequence
from typing import Any, Protocol, TypeAlias

from dataledger.chain.http import HttpPost, exchange
from dataledger.chain.identifiers import ChainIdentity
from dataledger.chain.profile import Endpoint
from dataledger.errors import ConnectionFailed, NodeError, RequestRefused, WrongChain, shown

Json: TypeAlias = Any
"""What a node answered, as parsed from JSON: None, bool, int, float, str, list or dict."""
Call: TypeAlias = tuple[str, Sequence[Json]]
"""A method and its parameters."""

SEND_METHOD = "eth_sendRawTransaction"
MAX_BATCH = 100
"""Requests in one HTTP exchange; longer batches are split."""
READ_ROUNDS = 3
"""How often a read goes through all endpoints before it fails."""
RETRY_PAUSE_SECONDS = 0.15


class Transport(Protocol):
    """What every reader of a chain and the outbox stand on."""

    def request(self, method: str, params: Sequence[Json] = ()) -> Json:
        """Return the result of one call.

        Raises:
            RequestRefused: The node answered with a JSON-RPC error.
            ConnectionFailed: No node answered, or an answer was lost: what was asked may have
                happened.
            NodeError: A node answered with something that is no JSON-RPC response.
            WrongChain: A node serves another chain than the profile's.
        """

    def batch(self, calls: Sequence[Call]) -> list[Json | RequestRefused]:
        """Return the results of reads, in their order; an error stands in its result's place.

        The reads are not a snapshot: blocks may be mined between them. Raises as `request` does,
        except `RequestRefused`.
        """


class HttpTransport:
    """The transport to a profile's endpoints, tried in order; safe to share between threads.

    `timeout_seconds` bounds one exchange with one node, from connecting to the last byte.
    """

    def __init__(
        self,
        endpoints: Sequence[Endpoint],
        identity: ChainIdentity,
        *,
        timeout_seconds: float = 30.0,
        post: HttpPost = exchange,
    ) -> None:
        self._endpoints = tuple(endpoints)
        self._identity = identity
        self._timeout_seconds = timeout_seconds
        self._post = post
        self._ids = itertools.count(1)
        self._lock = threading.Lock()
        self._current = 0
        self._verified: set[Endpoint] = set()

    def request(self, method: str, params: Sequence[Json] = ()) -> Json:
        """See `Transport.request`."""
        attempts = 1 if method == SEND_METHOD else READ_ROUNDS * len(self._endpoints)
        [result] = self._attempt([(method, params)], attempts)
        if isinstance(result, RequestRefused):
            raise result
        return result

    def batch(self, calls: Sequence[Call]) -> list[Json | RequestRefused]:
        """See `Transport.batch`."""
        results: list[Json | RequestRefused] = []
        for start in range(0, len(calls), MAX_BATCH):
            part = calls[start : start + MAX_BATCH]
            results += self._attempt(part, READ_ROUNDS * len(self._endpoints))
        return results

    def _attempt(self, calls: Sequence[Call], attempts: int) -> list[Json | RequestRefused]:
        attempt = 0
        while True:
            attempt += 1
            with self._lock:
                endpoint = self._endpoints[self._current]
                verified = endpoint in self._verified
            try:
                if not verified:
                    self._verify(endpoint)
                return self._ask(endpoint, calls)
            except (ConnectionFailed, NodeError):
                self._move_on_from(endpoint)
                if attempt >= attempts:
                    raise
            if attempt % len(self._endpoints) == 0:
                time.sleep(RETRY_PAUSE_SECONDS * attempt / len(self._endpoints))

    def _move_on_from(self, endpoint: Endpoint) -> None:
        with self._lock:
            self._verified.discard(endpoint)
            if self._endpoints[self._current] == endpoint:
                self._current = (self._current + 1) % len(self._endpoints)

    def _verify(self, endpoint: Endpoint) -> None:
        answers: list[Json] = self._ask(
            endpoint, [("eth_chainId", []), ("eth_getBlockByNumber", ["0x0", False])]
        )
        try:
            found_id, found_genesis = int(answers[0], 16), str(answers[1]["hash"]).lower()
        except (TypeError, ValueError, KeyError):
            raise NodeError(
                f"The node at {endpoint} does not say which chain it serves.",
                remedy="Check that the endpoint is an Ethereum JSON-RPC service.",
            ) from None
        expected = self._identity
        if (found_id, found_genesis) != (expected.chain_id, expected.genesis_hash):
            found = f"chain {found_id} with genesis block {shown(found_genesis)}"
            raise WrongChain(
                f"The node at {endpoint} serves {found}; expected {expected}.",
                remedy="Use the profile that belongs to this node, or the node that belongs to "
                "this profile.",
            )
        with self._lock:
            self._verified.add(endpoint)

    def _ask(self, endpoint: Endpoint, calls: Sequence[Call]) -> list[Json | RequestRefused]:
        requests = [
            {"jsonrpc": "2.0", "id": next(self._ids), "method": method, "params": list(params)}
            for method, params in calls
        ]
        alone = len(requests) == 1
        answer = self._post(
            endpoint, requests[0] if alone else requests, timeout_seconds=self._timeout_seconds
        )
        if not alone and isinstance(answer, dict) and "error" in answer:
            # The node takes no batches, or none of this length.
            return [self._ask(endpoint, [call])[0] for call in calls]
        answers = [answer] if alone else answer
        if not isinstance(answers, list):
            raise _nonsense(endpoint)
        by_id = {item.get("id"): item for item in answers if isinstance(item, dict)}
        return [
            _result(by_id.get(request["id"]), str(request["method"]), endpoint)
            for request in requests
        ]


def _result(answer: Json, method: str, endpoint: Endpoint) -> Json | RequestRefused:
    if not isinstance(answer, dict) or ("result" in answer) == (answer.get("error") is not None):
        raise _nonsense(endpoint)
    if "result" in answer:
        return answer["result"]
    error = answer["error"]
    if not isinstance(error, dict):
        raise _nonsense(endpoint)
    code, message = error.get("code"), error.get("message")
    return RequestRefused(
        f"The node refuses {method}: {shown(message)} (code {shown(code)}).",
        remedy="Check that the node offers this method, and that it is in sync.",
        rpc_code=code if isinstance(code, int) else 0,
        rpc_message=message if isinstance(message, str) else "",
        rpc_data=error.get("data"),
    )


def _nonsense(endpoint: Endpoint) -> NodeError:
    return NodeError(
        f"The node at {endpoint} answers with something that is no JSON-RPC response.",
        remedy="Check that the endpoint is an Ethereum JSON-RPC service and not another program.",
    )
