"""Owners' nodes as processes of their own: each with its home, its key, its data and its folder.

with Site.build(consortium, tmp_path / "acme", {"people.csv": CSV}) as site:
    project = site.project(consumer, regulator)
    grant = site.grant(consumer, project)
    with site.serving() as node:
        node.client(consumer).run(grant, document)
"""

import json
import os
import secrets
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from consortium import Consortium, evidence, org_of
from uses import BUDGET, FAR_UNIX, LIMIT, RESEARCH, document

from dataledger.chain.accounts import Accounts
from dataledger.chain.signer import Signer
from dataledger.contracts.types import Capability, Role
from dataledger.contracts.use_types import Composition, Cost
from dataledger.hashing import Digest
from dataledger.ledger import DatasetId, GrantId, Ledger, ProjectId, Quorum
from dataledger.manifest import fingerprint
from dataledger.node.client import NodeClient

ACCOUNT = "node"
PASSPHRASE = "of no key that is worth anything"  # noqa: S105
READY_SECONDS = 60.0
STOP_SECONDS = 60.0
WITHOUT_LIMIT = "[limits]\nrequests_per_minute = 1000000\nburst = 1000000\nopen_runs = 1000000\n"
"""A section of the configuration, for tests that ask more than anybody should."""
TEST_PROCESS = Path(__file__).with_name("node_process.py")
"""Serves as `dataledger node serve` does, and takes the work of `tiny_work`, too."""


@dataclass
class RunningNode:
    """A node that listens."""

    url: str
    process: "subprocess.Popen[str]" = field(repr=False)
    lines: list[dict[str, Any]] = field(default_factory=list)
    """What it said until it listened, as objects."""
    errors: Path = field(default=Path())
    """What it says on standard error."""

    def client(self, consumer: Ledger, *, timeout_seconds: float = 60.0) -> NodeClient:
        """Return a client that signs as `consumer` does."""
        return NodeClient(consumer, self.url, timeout_seconds=timeout_seconds)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Stop it, and return its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        return self._ended()

    def kill(self) -> None:
        """End it in the midst of whatever it does."""
        self.process.kill()
        self._ended()

    def _ended(self) -> int:
        code = self.process.wait(STOP_SECONDS)
        if self.process.stdout is not None:
            self.process.stdout.close()
        return code


@dataclass
class Site:
    """An owner's dataset with its data, and the place where its node stands."""

    consortium: Consortium = field(repr=False)
    owner: Ledger = field(repr=False)
    """Of the owner's administrator: another key than the node's."""
    home: Path
    """The node's own, with its account and the profile."""
    data: Path
    dataset: DatasetId
    operator: Signer = field(repr=False)
    """The node's key."""
    config: Path
    """Its `node.toml`."""

    @classmethod
    def build(
        cls,
        consortium: Consortium,
        folder: Path,
        files: Mapping[str, str | bytes],
        *,
        owner: Ledger | None = None,
        budget: Cost | None = BUDGET,
        per_consumer: Cost | None = None,
        composition: Composition = Composition.BASIC,
        rules: str = WITHOUT_LIMIT,
    ) -> "Site":
        """Let an owner join, register files as a dataset that is COLLECTED, and give it a node.

        Args:
            consortium: Where all stand.
            folder: A folder of its own, for everything.
            files: The dataset's, by name.
            owner: An organisation that joined before, with CUSTODIAN.
            budget: Of the dataset; None: none is set.
            per_consumer: Of each consumer; by default, the same.
            composition: What the budget counts.
            rules: Sections of the configuration.
        """
        owner = consortium.join(Capability.CUSTODIAN) if owner is None else owner
        data, home = folder / "data", folder / "home"
        data.mkdir(parents=True)
        for name, content in files.items():
            path = data / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        key = secrets.token_bytes(32)
        operator = Signer(key)
        owner.members.add(org_of(owner), operator.address, Role.OPERATOR)
        Accounts(home).import_key(ACCOUNT, key.hex(), PASSPHRASE, light=True)
        (folder / "passphrase").write_text(PASSPHRASE)
        consortium.profile.save(home)
        config = folder / "node.toml"
        manifest = fingerprint(data)
        slug = consortium.new_slug()
        dataset = owner.datasets.register(slug, manifest).event.dataset
        owner.lifecycle.advance(dataset, "COLLECTED", evidence("collected"))
        if budget is not None:
            owner.budgets.set(dataset, budget, per_consumer=per_consumer, composition=composition)
        site = cls(consortium, owner, home, data, dataset, operator, config)
        (folder / "manifest.json").write_bytes(manifest.to_bytes())
        site.configure(rules)
        return site

    def configure(self, rules: str, *, listen: str = "127.0.0.1:0", more: str = "") -> None:
        """Write the configuration anew, with these sections; `more` are keys before them."""
        self.config.write_text(
            f'listen = "{listen}"\naccount = "{ACCOUNT}"\nstate = "state"\n'
            f'profile = "{self.consortium.profile.name}"\n{more}\n{rules}\n'
            f'[[datasets]]\ndataset = "{self.dataset}"\nfolder = "data"\n'
            'manifest = "manifest.json"\n'
        )

    @property
    def state(self) -> Path:
        """The node's folder, with journal and log."""
        return self.config.parent / "state"

    # ------------------------------------------------------------------------------------ the chain

    def project(
        self, consumer: Ledger, regulator: Ledger, *, valid_until_unix: int = FAR_UNIX
    ) -> ProjectId:
        """Return a project of the consumer for research and training, which is approved."""
        title = self.consortium.new_slug("project")
        project = consumer.projects.propose(document(title)).event.project
        regulator.projects.approve(project, valid_until_unix=valid_until_unix)
        return project

    def request(
        self, consumer: Ledger, project: ProjectId, *, purpose: int = RESEARCH, **asked: Any
    ) -> GrantId:
        """Return what the consumer asks for: `version`, `code`, `number`, as `uses.request`."""
        return consumer.uses.request(self.dataset, project, purpose, **asked).event.grant

    def grant(
        self,
        consumer: Ledger,
        project: ProjectId,
        *,
        purpose: int = RESEARCH,
        code: Digest | None = None,
        version: int | None = None,
        number: int = 0,
        limit: Cost = LIMIT,
        valid_until_unix: int = FAR_UNIX,
        quorum: Quorum | None = None,
    ) -> GrantId:
        """Return a grant, usable while the dataset is COLLECTED."""
        grant = self.request(
            consumer, project, purpose=purpose, code=code, version=version, number=number
        )
        more: dict[str, Any] = {} if quorum is None else {"quorum": quorum}
        self.owner.uses.grant(
            grant, valid_until_unix=valid_until_unix, stages=["COLLECTED"], limit=limit, **more
        )
        return grant

    def counted(self) -> Cost:
        """Return what is counted of the dataset's budget."""
        return self.owner.budgets.get(self.dataset).counted

    # ---------------------------------------------------------------------------------- the process

    def command(self, *words: object) -> list[str]:
        """Return the command line of `dataledger` with these words, for this site."""
        return [sys.executable, "-m", "dataledger", *(str(word) for word in words)]

    def environment(self, **more: str) -> dict[str, str]:
        """Return the environment of the site's processes."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith("DATALEDGER_")}
        return {
            **kept,
            "DATALEDGER_HOME": str(self.home),
            "DATALEDGER_PASSPHRASE_FILE": str(self.config.parent / "passphrase"),
            **more,
        }

    def run(self, *words: object) -> "subprocess.CompletedProcess[str]":
        """Run a command of `dataledger node` to its end, on this site's configuration."""
        return subprocess.run(
            self.command("node", *words, "--config", self.config),
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=READY_SECONDS,
            check=False,
        )

    def start(self, *, tiny: bool = False, environment: Mapping[str, str] = {}) -> RunningNode:
        """Start a node, and return it once it listens.

        Args:
            tiny: Whether it takes the work of `tiny_work`, too, and heeds `node_process`.
            environment: What its environment has besides.
        """
        program = [sys.executable, str(TEST_PROCESS)] if tiny else self.command()
        errors = self.config.parent / "errors.log"
        with errors.open("a") as sink:
            process = subprocess.Popen(
                [*program, "node", "serve", "--json", "--config", str(self.config)],
                env=self.environment(**environment),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=sink,
                text=True,
            )
        assert process.stdout is not None
        node = RunningNode("", process, errors=errors)
        patience = threading.Timer(READY_SECONDS, process.kill)
        patience.start()
        for line in process.stdout:
            said = json.loads(line)
            node.lines.append(said)
            if said["event"] == "listening":
                patience.cancel()
                return replace(node, url=said["url"])
        patience.cancel()
        raise AssertionError(f"the node ended with {node.stop()}: {errors.read_text()}")

    @contextmanager
    def serving(
        self, *, tiny: bool = False, environment: Mapping[str, str] = {}
    ) -> Iterator[RunningNode]:
        """Start a node, and stop it in the end."""
        node = self.start(tiny=tiny, environment=environment)
        try:
            yield node
            assert node.stop() == 0, node.errors.read_text()
        finally:
            node.kill()
