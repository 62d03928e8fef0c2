"""Three owners with nodes of their own, and a consumer, each a process with its own home and key.

with Federation.build(consortium, tmp_path, tables) as federation, federation.serving():
    answer = federation.ask(document)
"""

import json
import secrets
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import nodes
import pytest
from consortium import Consortium, org_of
from nodes import ACCOUNT, PASSPHRASE, WITHOUT_LIMIT, RunningNode, Site
from sharing import at_once
from uses import Parties

from dataledger.chain.accounts import Accounts
from dataledger.chain.signer import Signer
from dataledger.contracts.types import Role
from dataledger.contracts.use_types import Cost
from dataledger.hashing import JsonValue, canonical_bytes
from dataledger.ledger import GrantId
from dataledger.node.federated import federated_query

ENOUGH = Cost(10**12)
CONSUMER = Path(__file__).with_name("consumer_process.py")


class Withheld(Exception):
    """What the consumer was told in place of an answer."""

    def __init__(self, told: Mapping[str, Any]) -> None:
        super().__init__(told["message"])
        self.kind: str = told["kind"]
        self.reason: str = told["reason"]


@dataclass
class Consumer:
    """A process that asks: it has a home and a key of its own."""

    process: "subprocess.Popen[str]" = field(repr=False)

    def ask(self, urls: Sequence[str], grants: Sequence[GrantId], document: bytes) -> list[bytes]:
        """Return what the nodes at these addresses answer."""
        asked = {
            "document": document.decode(),
            "grants": [str(grant) for grant in grants],
            "nodes": list(urls),
        }
        stdin, stdout = self.process.stdin, self.process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(json.dumps(asked) + "\n")
        stdin.flush()
        told = json.loads(stdout.readline())
        if "answers" not in told:
            raise Withheld(told)
        return [answer.encode() for answer in told["answers"]]


@dataclass
class Federation:
    """The owners' sites, their grants, and who asks."""

    parties: Parties
    sites: list[Site]
    grants: list[GrantId]
    consumer: Consumer
    folder: Path
    running: list[RunningNode] = field(default_factory=list)
    _stack: ExitStack = field(default_factory=ExitStack)

    @classmethod
    def build(
        cls,
        consortium: Consortium,
        folder: Path,
        tables: Sequence[Mapping[str, str]],
        *,
        rules: Sequence[str] = (),
    ) -> Self:
        """Let an owner join for each of these sets of files, and a consumer.

        Args:
            consortium: Where all stand.
            folder: A folder of its own, for everything.
            tables: Each owner's files, by name.
            rules: Sections of each node's configuration.
        """
        parties = Parties.join(consortium)
        more = rules or [""] * len(tables)
        sites = [
            Site.build(
                consortium,
                folder / f"owner-{at}",
                tables[at],
                budget=ENOUGH,
                rules=WITHOUT_LIMIT + more[at],
            )
            for at in range(len(tables))
        ]
        project = sites[0].project(parties.consumer, parties.regulator)
        grants = [site.grant(parties.consumer, project, limit=ENOUGH) for site in sites]
        stack = ExitStack()
        consumer = stack.enter_context(_consumer(parties, folder / "consumer"))
        return cls(parties, sites, grants, consumer, folder, _stack=stack)

    @contextmanager
    def serving(
        self, *, program: Path | None = None, environments: Sequence[Mapping[str, str]] = ()
    ) -> Iterator[list[RunningNode]]:
        """Let all nodes serve, each as a process.

        Args:
            program: What serves; by default, `dataledger`.
            environments: What each one's environment has besides.
        """

        def start(at: int) -> RunningNode:
            more = environments[at] if environments else {}
            return self.sites[at].start(tiny=program is not None, environment=more)

        with ExitStack() as stack:
            if program is not None:
                patch = stack.enter_context(pytest.MonkeyPatch.context())
                patch.setattr(nodes, "TEST_PROCESS", program)
            self.running = at_once(*(lambda at=at: start(at) for at in range(len(self.sites))))
            for node in self.running:
                stack.callback(_end, node)
            yield self.running

    def document(self, query: Mapping[str, JsonValue]) -> bytes:
        """Return the question to all owners."""
        return federated_query(self.grants, canonical_bytes(query))

    def ask(self, query: Mapping[str, JsonValue], *, urls: Sequence[str] = ()) -> bytes:
        """Return the one answer of all owners' nodes."""
        asked = urls or [node.url for node in self.running]
        answers = self.consumer.ask(asked, self.grants, self.document(query))
        [answer] = set(answers)
        return answer

    def counted(self) -> list[Cost]:
        """Return what is counted of each owner's budget."""
        return [site.counted() for site in self.sites]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stack.close()


@contextmanager
def _consumer(parties: Parties, home: Path) -> Iterator[Consumer]:
    """Give the consumer's organisation a key for a process of its own, and start that."""
    key = secrets.token_bytes(32)
    organisation = org_of(parties.consumer)
    parties.consumer.members.add(organisation, Signer(key).address, Role.OPERATOR)
    Accounts(home).import_key(ACCOUNT, key.hex(), PASSPHRASE, light=True)
    parties.consortium.profile.save(home)
    with (home / "errors.log").open("w") as errors:
        process = subprocess.Popen(
            [sys.executable, str(CONSUMER), str(home), parties.consortium.profile.name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    try:
        yield Consumer(process)
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(30) == 0, (home / "errors.log").read_text()
    finally:
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()


def _end(node: RunningNode) -> None:
    code = node.stop()
    assert node.process.stdout is not None
    node.process.stdout.close()
    assert code in {0, -9}, node.errors.read_text()


def free_port(host: str = "127.0.0.1") -> int:
    """Return a port on which nobody listens there."""
    with socket.create_server((host, 0)) as taken:
        port: int = taken.getsockname()[1]
        return port
