"""Grants as the node remembers them for a moment."""

import threading
import time
from collections.abc import Callable

from dataledger.contracts.identifiers import GrantId
from dataledger.ledger import Ledger, UseGrant

REMEMBERED_SECONDS = 30.0
_MAX_REMEMBERED = 10_000


class Grants:
    """Reads grants, and remembers what never changes of them: what was asked for, and the terms.

    Whether one can be used now is no part of that: the contract is asked each time. For a moment
    alone, since a reorganisation of the chain can take back even what never changes.
    """

    def __init__(self, ledger: Ledger, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._ledger = ledger
        self._clock = clock
        self._lock = threading.Lock()
        self._remembered: dict[GrantId, tuple[UseGrant, float]] = {}

    def get(self, grant: GrantId) -> UseGrant:
        """Return a request, and on which terms it was granted; of the rest, what was so lately.

        Raises:
            NotFound: there is none.
        """
        now = self._clock()
        with self._lock:
            found = self._remembered.get(grant)
        if found is not None and 0 <= now - found[1] < REMEMBERED_SECONDS:
            return found[0]
        read = self._ledger.uses.get(grant)
        if read.terms is not None:
            with self._lock:
                if len(self._remembered) >= _MAX_REMEMBERED:
                    self._remembered.clear()
                self._remembered[grant] = (read, now)
        return read
