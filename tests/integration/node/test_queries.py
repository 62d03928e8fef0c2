"""Declared queries at an owner's node in a process of its own: asked, answered, and paid."""

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from consortium import Consortium, org_of
from nodes import ACCOUNT, PASSPHRASE, RunningNode, Site
from queries import bounded, document
from uses import Parties

from dataledger.chain.accounts import Accounts
from dataledger.chain.signer import Signer
from dataledger.contracts.types import Role
from dataledger.contracts.use_types import Composition, Cost, Outcome
from dataledger.errors import DataLedgerError, NodeRefused, QueryError, Refused
from dataledger.hashing import Digest, canonical_bytes
from dataledger.ledger import GrantId
from dataledger.node.client import NodeClient
from dataledger.node.queries.asking import ask, canonical_query

ROWS = 500
AGES = [(7 * number) % 90 for number in range(ROWS)]
CSV = "person,age\n" + "".join(f"p{n // 2},{age}\n" for n, age in enumerate(AGES))
MEASURES = (
    {"kind": "count", "name": "rows"},
    bounded("mean"),
    {"column": "age", "edges": ["0", "45", "101"], "kind": "histogram", "name": "ages"},
    {
        "at": "0.5",
        "candidates": [str(age) for age in range(0, 91, 15)],
        "column": "age",
        "kind": "quantile",
        "name": "median",
    },
)
MEMBERS: dict[str, Any] = {
    "confidence": "0.999999",
    "unit": {"column": "person", "contributions": 2},
}


@dataclass
class Consumer:
    """A consumer's own home, with its key, and the grant that it has."""

    site: Site
    node: RunningNode
    parties: Parties
    home: Path
    grant: GrantId

    def command(self, *words: object) -> "subprocess.CompletedProcess[str]":
        """Run `dataledger query` with these words, as the consumer."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith("DATALEDGER_")}
        more = {
            "DATALEDGER_ACCOUNT": ACCOUNT,
            "DATALEDGER_HOME": str(self.home),
            "DATALEDGER_PASSPHRASE_FILE": str(self.home / "passphrase"),
            "DATALEDGER_PROFILE": self.site.consortium.profile.name,
        }
        return subprocess.run(
            [sys.executable, "-m", "dataledger", "query", *map(str, words)],
            env=kept | more,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def client(self) -> NodeClient:
        """Return a client of this process."""
        return self.node.client(self.parties.consumer)


@pytest.fixture(scope="module")
def consumer(
    consortium: Consortium, parties: Parties, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Consumer]:
    folder, key = tmp_path_factory.mktemp("queries"), secrets.token_bytes(32)
    home = folder / "home"
    Accounts(home).import_key(ACCOUNT, key.hex(), PASSPHRASE, light=True)
    (home / "passphrase").write_text(PASSPHRASE)
    consortium.profile.save(home)
    buyer = parties.consumer
    buyer.members.add(org_of(buyer), Signer(key).address, Role.OPERATOR)
    site = Site.build(consortium, folder / "acme", {"people.csv": CSV}, budget=Cost(3_000_000))
    project = site.project(buyer, parties.regulator)
    grant = site.grant(buyer, project, limit=Cost(2_500_000))
    with site.serving() as node:
        yield Consumer(site, node, parties, home, grant)


def truths(answer: dict[str, Any]) -> None:
    """Fail unless all that is answered is true."""
    found = {measure["name"]: measure["numbers"] for measure in answer["measures"]}
    young = sum(age < 45 for age in AGES)
    exact = [
        (found["rows"][0], Fraction(ROWS)),
        (found["mean-age"][0], Fraction(sum(AGES), ROWS)),
        (found["ages"][0], Fraction(young)),
        (found["ages"][1], Fraction(ROWS - young)),
    ]
    for number, truth in exact:
        assert Fraction(number["low"]) <= truth <= Fraction(number["high"])
    assert found["median"][0]["value"] in MEASURES[-1]["candidates"]


def test_a_question_is_asked_by_command_answered_near_the_truth_and_paid(
    consumer: Consumer, tmp_path: Path
) -> None:
    file = tmp_path / "query.json"
    file.write_text(json.dumps(document(*MEASURES, **MEMBERS, cost={"epsilon": "2"}), indent=2))
    before = consumer.site.counted()
    outcome = consumer.command(
        file, "--node", consumer.node.url, "--grant", consumer.grant, "--json"
    )
    assert outcome.returncode == 0, outcome.stderr
    told = json.loads(outcome.stdout)
    truths(told["answer"])
    assert consumer.site.counted() == before + Cost(2_000_000)
    [run] = told["runs"]
    kept = consumer.parties.consumer.runs.get(consumer.grant, run["run"])
    assert kept.receipt is not None
    assert (kept.receipt.outcome, kept.receipt.spent) == (Outcome.RELEASED, Cost(2_000_000))
    assert kept.receipt.code == Digest.of(canonical_query(file.read_bytes()))
    assert kept.receipt.output == Digest.of(canonical_bytes(told["answer"]))


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ({"cost": {"epsilon": "2.6"}}, r"GrantLimitExceeded.*the run can cost 2\.6 and"),
        ({"cost": {"rho": "0.01"}}, "cost is rho, and this budget counts epsilon"),
        ({"from_": "others.csv", "cost": {"epsilon": "0.1"}}, "no file 'others.csv'"),
    ],
)
def test_what_cannot_be_paid_or_found_is_refused_and_costs_nothing(
    consumer: Consumer, members: dict[str, Any], words: str
) -> None:
    asked = canonical_bytes(document(**members))
    before = consumer.site.counted()
    with pytest.raises((NodeRefused, QueryError, Refused), match=words):
        ask(consumer.parties.consumer, [consumer.client()], [consumer.grant], asked)
    assert consumer.site.counted() == before


def test_a_query_without_bounds_is_refused_by_the_node_too(consumer: Consumer) -> None:
    lacking = {"column": "age", "kind": "sum", "name": "ages"}
    unbounded = canonical_bytes(document(lacking))
    before = consumer.site.counted()
    with pytest.raises(DataLedgerError, match="does not declare from and to and step"):
        consumer.client().run(consumer.grant, unbounded, code=Digest.of(unbounded))
    assert consumer.site.counted() == before


def test_under_a_budget_that_counts_rho_the_noise_is_gaussian(
    consortium: Consortium, parties: Parties, tmp_path: Path
) -> None:
    site = Site.build(
        consortium,
        tmp_path / "acme",
        {"people.csv": CSV},
        budget=Cost(5_000_000),
        composition=Composition.ZCDP,
    )
    request = site.request(parties.consumer, site.project(parties.consumer, parties.regulator))
    site.owner.uses.grant(
        request,
        valid_until_unix=2**31,
        stages=["COLLECTED"],
        limit=Cost(5_000_000),
        composition=Composition.ZCDP,
    )
    asked = canonical_bytes(document(*MEASURES, **MEMBERS, cost={"rho": "1.5"}))
    with site.serving() as node:
        answered = ask(parties.consumer, [node.client(parties.consumer)], [request], asked)
    told = json.loads(answered.content)
    truths(told)
    assert told["measures"][0]["noise"][0]["distribution"] == "discrete-gaussian"
    assert site.counted() == Cost(1_500_000)
