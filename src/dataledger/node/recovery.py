"""Bringing to their end the runs that a process left open, however that ended."""

from dataclasses import dataclass

from dataledger.errors import ConnectionFailed, DataLedgerError
from dataledger.node.at_work import AtWork
from dataledger.node.journal import Journal
from dataledger.node.settlement import MovedOn, Settlement
from dataledger.node.states import KeptRun, RunKey, State
from dataledger.node.telling import RECOVERED, Telling


@dataclass(frozen=True, slots=True)
class LeftOpen:
    """A run that cannot be brought to its end now, and why."""

    key: RunKey
    state: State
    error: DataLedgerError


@dataclass(frozen=True, slots=True)
class Recovered:
    """What became of the runs that were open."""

    ended: tuple[KeptRun, ...] = ()
    left: tuple[LeftOpen, ...] = ()


class Recovery:
    """Settles open runs that nobody in this process is at work on. Computes nothing.

    Nothing was read before `COMPUTING`, so nothing is spent. From then on, the data may have been
    read, so all is. What was computed is kept, and is settled with the receipt that was meant.
    """

    def __init__(
        self, journal: Journal, settlement: Settlement, at_work: AtWork, telling: Telling
    ) -> None:
        self._journal = journal
        self._settlement = settlement
        self._at_work = at_work
        self._telling = telling

    def all(self) -> Recovered:
        """Bring to their end all that can be; once the chain is out of reach, leave the rest."""
        ended: list[KeptRun] = []
        left: list[LeftOpen] = []
        for run in self._journal.open_runs():
            try:
                found = self.one(run.key)
            except MovedOn:
                continue
            except DataLedgerError as error:
                left.append(LeftOpen(run.key, run.state, error))
                if isinstance(error, ConnectionFailed):
                    break
                continue
            if found is not None:
                ended.append(found)
        return Recovered(tuple(ended), tuple(left))

    def one(self, key: RunKey) -> KeptRun | None:
        """Bring one run to its end, and return it; None where somebody is at work on it.

        Raises:
            ChainError, Refused, NodeRefused: it cannot be settled now.
        """
        with self._at_work.claimed(key) as is_ours:
            # Only now does nobody else move it.
            run = self._journal.get(key) if is_ours else None
            if run is None or not run.state.is_open:
                return run
            ended = self._settlement.recover(run)
            self._telling.run(RECOVERED, ended)
            return ended
