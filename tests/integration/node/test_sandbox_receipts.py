"""Algorithms at an owner's node in a process of its own: what is approved, and what is stopped."""

import json
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from algorithms import CSV, require_bubblewrap
from consortium import Consortium
from nodes import WITHOUT_LIMIT, RunningNode, Site
from uses import FAR_UNIX, RESEARCH, Parties

from dataledger.contracts.use_types import NO_COST, Composition, Outcome
from dataledger.errors import AnswerWithheld, NodeRefused
from dataledger.hashing import Digest, JsonValue
from dataledger.ledger import Environment, GrantId, ProjectId
from dataledger.node.client import Answered
from dataledger.node.sandbox import AlgorithmDocument, AlgorithmWork

RULES = f"""{WITHOUT_LIMIT}
[sandbox]
seconds = 3
memory_bytes = 268435456
"""
MEAN = """
    import csv, json
    values = [float(row["value"]) for row in csv.DictReader(open("/data/stations.csv"))]
    json.dump({"mean": sum(values) / len(values)}, open("/output/answer", "w"))
"""
STOPPED = {
    "network": "import socket; socket.create_connection(('127.0.0.1', 8545))",
    "escape": "open('/output/answer', 'w').write(open('/etc/passwd').read())",
    "fork bomb": "import os\nwhile True: os.fork()",
    "memory bomb": "x = [bytearray(2**20) for _ in range(2**20)]",
    "endless loop": "while True: pass",
    "copy": "open('/output/answer', 'w').write(open('/data/stations.csv').read())",
}


@dataclass
class Place:
    """A node that runs, and a consumer with a project."""

    site: Site
    node: RunningNode
    parties: Parties
    project: ProjectId

    def grant(self, code: Digest | None) -> GrantId:
        """Return a grant of exact use, which names an algorithm."""
        consumer, site = self.parties.consumer, self.site
        grant = site.request(consumer, self.project, purpose=RESEARCH, code=code)
        site.owner.uses.grant(
            grant,
            valid_until_unix=FAR_UNIX,
            stages=["COLLECTED"],
            limit=NO_COST,
            composition=Composition.NONE,
            code=code,
        )
        return grant

    def run(self, grant: GrantId, code: str, parameters: JsonValue = None) -> Answered:
        """Have an algorithm run."""
        document = AlgorithmDocument(_bytes(code), parameters).to_bytes()
        return self.node.client(self.parties.consumer).run(grant, document)


@pytest.fixture(scope="module")
def place(
    consortium: Consortium,
    parties: Parties,
    project: ProjectId,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Place]:
    require_bubblewrap()
    folder = tmp_path_factory.mktemp("algorithms")
    site = Site.build(consortium, folder / "site", {"stations.csv": CSV}, rules=RULES)
    with site.serving() as node:
        yield Place(site, node, parties, project)


def test_an_approved_algorithm_answers_and_the_chain_has_its_receipt(place: Place) -> None:
    code = Digest.of(_bytes(MEAN))
    grant = place.grant(code)
    answered = place.run(grant, MEAN)
    values = [int(line.rpartition(",")[2]) for line in CSV.splitlines()[1:]]
    assert json.loads(answered.content) == {"mean": sum(values) / len(values)}
    receipt = answered.receipt
    assert (receipt.code, receipt.outcome, receipt.spent) == (code, Outcome.RELEASED, NO_COST)
    assert receipt.output == Digest.of(answered.content)
    work = AlgorithmWork(AlgorithmDocument(_bytes(MEAN)))
    assert work.isolation.startswith("bubblewrap ")
    machine = Environment.current(work.packages, isolation=work.isolation)
    assert receipt.environment == machine.digest


@pytest.mark.parametrize("attack", STOPPED)
def test_what_is_stopped_leaves_a_receipt_of_its_failure(place: Place, attack: str) -> None:
    code = STOPPED[attack]
    grant = place.grant(Digest.of(_bytes(code)))
    with pytest.raises(AnswerWithheld):
        place.run(grant, code)
    [run] = place.parties.consumer.runs.list(grant=grant)
    assert run.receipt is not None
    assert run.receipt.code == Digest.of(_bytes(code))
    assert (run.receipt.outcome, run.receipt.output) == (Outcome.FAILED, None)


def test_other_code_than_was_approved_is_refused(place: Place) -> None:
    grant = place.grant(Digest.of(_bytes(MEAN + "# with an end")))
    with pytest.raises(NodeRefused):
        place.run(grant, MEAN)
    assert place.parties.consumer.runs.list(grant=grant) == ()


def test_no_grant_for_declared_queries_allows_code(place: Place) -> None:
    with pytest.raises(NodeRefused):
        place.run(place.grant(None), MEAN)


def test_parameters_are_refused_by_default(place: Place) -> None:
    grant = place.grant(Digest.of(_bytes(MEAN + "# with parameters")))
    with pytest.raises(NodeRefused) as caught:
        place.run(grant, MEAN + "# with parameters", {"row": 7})
    assert caught.value.reason == "parameters-not-allowed"


def _bytes(code: str) -> bytes:
    return textwrap.dedent(code).encode()
