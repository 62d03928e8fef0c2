"""What running a command in this process leaves behind."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fake_ledger import FakeSession


@dataclass(frozen=True)
class Outcome:
    """What a command left behind."""

    code: int
    out: str
    err: str
    session: FakeSession

    @property
    def document(self) -> dict[str, Any]:
        """What was printed on standard output, which is one JSON object and nothing else."""
        document = json.loads(self.out)
        assert isinstance(document, dict)
        return document

    @property
    def error(self) -> dict[str, Any]:
        """The error that was printed as JSON on standard error, with nothing on standard output."""
        assert self.out == ""
        error: dict[str, Any] = json.loads(self.err)["error"]
        return error


Run = Callable[..., Outcome]
