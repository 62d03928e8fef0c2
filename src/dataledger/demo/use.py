"""The consumer's chapter: a question about data that stays where it is, and what it costs."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dataledger.contracts.amounts import epsilon_text
from dataledger.contracts.use_types import Cost
from dataledger.demo.consortium import AUTHORITY, MODEL_LAB, OWNER, PASSPHRASE_FILE
from dataledger.demo.events import (
    Chapter,
    Event,
    QueryAnswered,
    UseAgreed,
    UseRefusedFor,
)
from dataledger.demo.life import LABELLED
from dataledger.demo.scene import Scene, broken, expect, written
from dataledger.errors import NodeRefused, OwnerNodeError
from dataledger.hashing import Digest, JsonValue, canonical_bytes
from dataledger.ledger import GrantId, ProjectDocument, purpose

TITLE = "Safe hours for harbour walks"
STATISTICS = 3
EPSILON_LIMIT = "1"
DAY_SECONDS = 86_400
READY_SECONDS = 60
PLACES = 2
TABLE = "readings/dockside.csv"
CONFIDENCE = "0.95"
QUESTION = "the mean of NO2 at the dockside, in µg/m³"


def ask(scene: Scene) -> Iterator[Event]:
    """Agree on a use, have the owner's node answer a question, and one question too many refused.

    The grant is kept in the scene: a later chapter shows what ends it.
    """
    yield Chapter(
        "Used without being seen",
        "The Harbour Model Lab may ask questions of data that it never sees. A node of the City "
        "Data Office answers beside the data, with noise that hides each reading. The contract "
        "accounts for what that costs, before the data is read.",
    )
    with _node(scene) as starting:
        agreed = _agree(scene)
        yield agreed
        scene.grant = agreed.grant
        url = starting.url()
        yield _answer(scene, url, agreed.grant)
        yield _refusal(
            scene, url, agreed.grant, "asks more than is left", error="GrantLimitExceeded"
        )


def ended(scene: Scene) -> UseRefusedFor:
    """Show that the recall ended the use, though nobody revoked it."""
    grant = scene.grant
    why = None if grant is None else scene.consortium.ledger(MODEL_LAB).uses.why_not(grant)
    if why is None:
        raise broken("the recall ends the grant")
    return UseRefusedFor(
        organisation=MODEL_LAB.slug,
        attempt="asks after the recall",
        error=why.error_name,
        message=str(why),
    )


def _agree(scene: Scene) -> UseAgreed:
    """Have a project approved, a budget set, and the use of the dataset asked for and granted."""
    lab, owner, authority = (
        scene.consortium.ledger(organisation) for organisation in (MODEL_LAB, OWNER, AUTHORITY)
    )
    until_unix = int(time.time()) + 30 * DAY_SECONDS
    statistics = purpose(STATISTICS)
    project = lab.projects.propose(
        ProjectDocument(TITLE, MODEL_LAB.name, (statistics,))
    ).event.project
    authority.projects.approve(project, valid_until_unix=until_unix)
    limit = Cost(micro=int(EPSILON_LIMIT) * 10**6)
    owner.budgets.set(scene.dataset, Cost(micro=3 * limit.micro), per_consumer=limit)
    grant = lab.uses.request(scene.dataset, project, statistics).event.grant
    granted = owner.uses.grant(
        grant, valid_until_unix=until_unix, stages=["PUBLISHED"], limit=limit
    )
    return UseAgreed(
        grant=grant,
        project=TITLE,
        purpose=statistics.name,
        dataset=scene.name(scene.dataset),
        organisation=MODEL_LAB.slug,
        epsilon=EPSILON_LIMIT,
        written=written(granted),
    )


def _answer(scene: Scene, url: str, grant: GrantId) -> QueryAnswered:
    """Ask the node. The client takes no answer that the chain has no receipt for."""
    from dataledger.node.client import NodeClient
    from dataledger.node.queries.asking import ask as ask_nodes
    from dataledger.node.queries.numbers import decimal_above, decimal_below, decimal_text

    ledger = scene.consortium.ledger(MODEL_LAB)
    found = ask_nodes(ledger, [NodeClient(ledger, url)], [grant], _question("0.6"))
    (answered,), (measure,) = found.answered, found.measures
    (number,) = measure.numbers
    if number.low is None or number.high is None:
        raise broken("a mean comes with its interval")
    kept = ledger.runs.get(grant, answered.run)
    expect(
        kept.receipt is not None and kept.receipt.output == Digest.of(found.content),
        "the receipt names the answer",
    )
    return QueryAnswered(
        question=QUESTION,
        value=decimal_text(number.value, PLACES),
        low=decimal_below(number.low, PLACES),
        high=decimal_above(number.high, PLACES),
        confidence=CONFIDENCE,
        epsilon=epsilon_text(answered.receipt.spent.micro),
        epsilon_left=epsilon_text(ledger.uses.get(grant).left.micro),
        output=Digest.of(found.content),
        run=answered.run,
        organisation=MODEL_LAB.slug,
    )


def _refusal(scene: Scene, url: str, grant: GrantId, attempt: str, *, error: str) -> UseRefusedFor:
    from dataledger.node.client import NodeClient

    ledger = scene.consortium.ledger(MODEL_LAB)
    before = ledger.uses.get(grant).counted
    try:
        NodeClient(ledger, url).run(grant, _question("0.5"))
    except NodeRefused as refused:
        expect(refused.reason == error, f"{MODEL_LAB.slug} is refused with {error}")
        expect(ledger.uses.get(grant).counted == before, "a refused question costs nothing")
        return UseRefusedFor(MODEL_LAB.slug, attempt, refused.reason, str(refused))
    raise broken(f"the node refuses {MODEL_LAB.slug}, which {attempt}")


def _question(epsilon: str) -> bytes:
    query: dict[str, JsonValue] = {
        "confidence": CONFIDENCE,
        "cost": {"epsilon": epsilon},
        "format": "dataledger/query/1",
        "from": TABLE,
        "measures": [
            {
                "column": "value",
                "from": "0",
                "kind": "mean",
                "name": "no2",
                "step": "0.1",
                "to": "100",
            }
        ],
        "unit": {"row": True},
        "where": [{"column": "pollutant", "in": ["no2"]}],
    }
    return canonical_bytes(query)


class _Starting:
    """A node that is being started."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def url(self) -> str:
        """Wait until it listens, and return where."""
        patience = threading.Timer(READY_SECONDS, self._process.kill)
        patience.start()
        try:
            for line in self._process.stdout or ():
                said = json.loads(line)
                if said["event"] == "listening":
                    return str(said["url"])
        finally:
            patience.cancel()
        raise OwnerNodeError(
            "The owner's node did not start.", remedy="Run the demo again with --keep."
        )


@contextmanager
def _node(scene: Scene) -> Iterator[_Starting]:
    """Run the owner's node, a process of its own, until the block ends."""
    home = scene.consortium.home
    config = home.parent / "node" / "node.toml"
    config.parent.mkdir(mode=0o700)
    config.write_text(_configuration(scene, scene.data / LABELLED), "utf-8")
    arguments = ["--home", str(home), "--passphrase-file", str(home / PASSPHRASE_FILE), "--json"]
    process = subprocess.Popen(
        [sys.executable, "-m", "dataledger", "node", "serve", "--config", str(config), *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield _Starting(process)
        process.terminate()
        expect(process.wait(READY_SECONDS) == 0, "the owner's node ends in order")
    finally:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


def _configuration(scene: Scene, folder: Path) -> str:
    from dataledger.node.starter import starter

    return starter(
        account=OWNER.slug,
        listen="127.0.0.1:0",
        profile=scene.consortium.profile.name,
        datasets=[(scene.name(scene.dataset), str(folder))],
    )
