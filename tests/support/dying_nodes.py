"""A node that is started again and again, and killed each time: the side of the test."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from engines import Site

from dataledger.node.requests import SignedRequest

SUPPORT = Path(__file__).parent
CONFIG = """
account = "operator"
state = "state"
[[datasets]]
dataset = "{dataset}"
folder = "data"
"""


class DyingNode:
    """A node with one state, that is started again and again, and killed each time."""

    def __init__(self, site: Site, key: bytes) -> None:
        self.site = site
        self._told = {
            "home": str(site.parties.consortium.home),
            "profile": site.ledger.profile.name,
            "key": key.hex(),
            "config": str(site.folder / "node.toml"),
        }
        (site.folder / "data").mkdir()
        (site.folder / "node.toml").write_text(CONFIG.format(dataset=site.dataset))
        self._process = subprocess.Popen(
            [sys.executable, str(SUPPORT / "dying_node.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(SUPPORT)},
        )

    def perform(
        self,
        requests: Sequence[SignedRequest],
        *,
        point: str = "",
        after_seconds: float = 0,
        fails: bool = False,
    ) -> int:
        """Have runs asked for at once, and return how the process ended.

        It is killed at a point, or some seconds after the first run was received, or not at all.
        """
        told = {
            **self._told,
            "computed": str(self.site.folder),
            "requests": [request.to_json() for request in requests],
            "point": point,
            "after_seconds": after_seconds,
            "fails": fails,
        }
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps(told), file=self._process.stdin, flush=True)
        return int(self._process.stdout.readline())

    def computed(self, request: SignedRequest) -> int:
        """Return how often the request was computed."""
        path = self.site.folder / str(request.request.run)
        return len(path.read_text().splitlines()) if path.exists() else 0

    def close(self) -> None:
        """End it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(30)
        self._process.stdout.close()
