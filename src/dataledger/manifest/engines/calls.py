"""What travels between an engine and its workers: one call, and its answer."""

import pickle
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

import dataledger
from dataledger.errors import DataLedgerError, DependencyMissing, shown

T = TypeVar("T")


class Call:
    """A function and what to call it with, as bytes.

    Engines look into arguments, and print them when a call fails. The bytes keep them from both:
    what is looked into costs time, and what is printed may hold the keys that salt records.
    """

    __slots__ = ("_content", "_version")

    def __init__(self, function: Callable[[T], object], item: T) -> None:
        """Hold what `answer` needs. The function must be one that can be imported."""
        self._content = pickle.dumps((function, item))
        self._version = dataledger.__version__

    def answer(self, worker: str) -> "Answer":
        """Make the call, on the worker of that name.

        An error that is raised on purpose is part of the answer, so that the engine neither logs it
        nor tries again.
        """
        try:
            if self._version != dataledger.__version__:
                raise DependencyMissing(
                    f"DataLedger {dataledger.__version__} is installed there, and "
                    f"{self._version} here.",
                    remedy="Install the same version on this machine and on all of the cluster.",
                )
            function, item = pickle.loads(self._content)  # noqa: S301 - only our caller can send it
            return Answer(function(item), None)
        except DataLedgerError as error:
            error.args = (f"On worker {shown(worker)}: {error}", *error.args[1:])
            return Answer(None, error)

    def __repr__(self) -> str:
        return "Call(…)"


class Answer(NamedTuple):
    """What a call returned or raised."""

    value: Any
    error: DataLedgerError | None

    def result(self) -> Any:
        """Return what the function returned.

        Raises:
            DataLedgerError: the function raised it; its message names the worker.
        """
        if self.error is not None:
            raise self.error
        return self.value
