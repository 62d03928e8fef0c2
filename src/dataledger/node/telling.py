"""What the audit log is told of requests: who asked, for what, and what became of it."""

import threading

from dataledger.errors import DataLedgerError, NodeRefused
from dataledger.hashing import JsonValue
from dataledger.node import requests
from dataledger.node.audit_log import AuditLog
from dataledger.node.rates import Rates
from dataledger.node.requests import SignedRequest
from dataledger.node.states import KeptRun

ASKED = "asked"
"""By a member of the grant's applicant; what became of it follows in another line."""
TURNED_AWAY = "turned-away"
"""Before the node knew who asked, or more often than it takes."""
REFUSED = "refused"
WITHHELD = "withheld"
BROKEN_OFF = "broken-off"
"""Something failed that says nothing of the request: the chain, the disk, the node itself."""
RELEASED = "released"
FETCHED = "fetched"
JOINED = "joined"
STARTED = "started"
FAILED = "failed"
"""A run has no answer; `micro` and `delta_pico` are what it costs."""
UNSETTLED = "unsettled"
"""The chain does not confirm it yet."""
RECOVERED = "recovered"
"""What was left open is at its end, which `state` tells."""

_ACTIONS = frozenset({requests.RUN, requests.FETCH, requests.JOIN, requests.START})
_LINES_PER_MINUTE = 120
_LINES_AT_ONCE = 200


class Telling:
    """Writes the lines. May be used from any thread."""

    def __init__(self, log: AuditLog) -> None:
        self._log = log
        self._lines = Rates[None](_LINES_PER_MINUTE, _LINES_AT_ONCE)
        self._untold = 0
        self._lock = threading.Lock()

    def request(self, event: str, signed: SignedRequest, **members: JsonValue) -> None:
        """Tell of a request; all that its sender chose stands there in a form of fixed length."""
        request = signed.request
        self._log.append(
            event,
            action=request.action if request.action in _ACTIONS else "unknown",
            body=str(request.body),
            by=signed.by,
            grant=str(request.grant),
            run=str(request.run),
            **members,
        )

    def turned_away(self, reason: str, signed: SignedRequest | None = None) -> None:
        """Tell of what anybody can send: as often as the log bears; of others, how many."""
        with self._lock:
            if self._lines.take(None) > 0:
                self._untold += 1
                return
            untold, self._untold = self._untold, 0
        members: dict[str, JsonValue] = {"reason": reason}
        if untold:
            members["untold_before"] = untold
        if signed is None:
            self._log.append(TURNED_AWAY, **members)
        else:
            self.request(TURNED_AWAY, signed, **members)

    def run(self, event: str, run: KeptRun, **members: JsonValue) -> None:
        """Tell of a run."""
        if run.spent is not None:
            members["micro"] = str(run.spent.micro)
            members["delta_pico"] = str(run.spent.delta_pico)
        if run.output is not None:
            members["output"] = str(run.output)
        if run.reason is not None:
            members["reason"] = run.reason
        self._log.append(
            event,
            by=run.by,
            code=str(run.code),
            consumer=run.consumer,
            dataset=str(run.dataset),
            grant=str(run.key.grant),
            kind=run.kind,
            run=str(run.key.run),
            state=run.state.value,
            version=run.version,
            **members,
        )


def reason_of(error: BaseException) -> str:
    """Return why something failed, as one word that holds nothing of the data."""
    if isinstance(error, NodeRefused):
        return error.reason
    return error.code if isinstance(error, DataLedgerError) else type(error).__name__
