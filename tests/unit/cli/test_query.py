"""`dataledger query`: what it asks nodes, and what it says of their answer."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from cli_runner import Run
from fake_ledger import FakeLedger
from fake_uses import RECEIPT, RUN
from queries import bounded, document, holding_of, write_csv

from dataledger.contracts.identifiers import GrantId
from dataledger.contracts.use_types import Cost
from dataledger.hashing import Digest, canonical_bytes
from dataledger.node.client import Answered
from dataledger.node.kinds import parse_any_work
from dataledger.node.queries import QueryWork, answer_of, noisy_parts, parse

GRANTS = tuple(f"0x{number}" for number in ("11" * 32, "22" * 32, "33" * 32))
MEDIAN = {
    "at": "0.5",
    "candidates": ["20", "40", "60"],
    "column": "age",
    "kind": "quantile",
    "name": "median",
}
AGES = {"column": "age", "edges": ["0", "50", "101"], "kind": "histogram", "name": "ages"}


@dataclass
class Nodes:
    """Nodes in this process, without a chain, which all hold the same people."""

    folder: Path
    asked: list[tuple[list[str], list[str], bytes, int | None]] = field(default_factory=list)

    def answered(self, grant: object, content: bytes) -> Answered:
        receipt = replace(RECEIPT, spent=Cost(500_000), output=Digest.of(content))
        where = GrantId.parse(str(grant)), RUN.run
        return Answered(*where, content, "application/json", receipt, "0x" + "44" * 32)

    def together(
        self, nodes: Sequence["FakeClient"], grants: Sequence[object], work: bytes
    ) -> list[Answered]:
        self.asked.append(([node.url for node in nodes], [str(g) for g in grants], work, None))
        query = parse(canonical_bytes(json.loads(work)["query"]))
        holding = holding_of(self.folder)
        own = [noisy_parts(query, holding) for _ in nodes]
        content = answer_of(query, [sum(numbers) for numbers in zip(*own, strict=True)], len(own))
        return [self.answered(grant, content) for grant in grants]


class FakeClient:
    """One of these nodes."""

    nodes: Nodes

    def __init__(self, _ledger: object, url: str, *, ca: Path | None = None) -> None:
        self.url, self.ca = url, ca

    def run(self, grant: str, work: bytes, *, version: int | None = None) -> Answered:
        self.nodes.asked.append(([self.url], [grant], work, version))
        found = parse_any_work(work)
        assert isinstance(found, QueryWork)
        content = found.compute(holding_of(self.nodes.folder)).content
        return self.nodes.answered(grant, content)


@pytest.fixture
def nodes(tmp_path: Path, ledger: FakeLedger, monkeypatch: pytest.MonkeyPatch) -> Nodes:
    folder = tmp_path / "data"
    folder.mkdir()
    people = [(f"p{n}", "Bern" if n % 3 else "Oslo", n % 100) for n in range(600)]
    write_csv(folder, people, "person", "city", "age")
    FakeClient.nodes = Nodes(folder)
    monkeypatch.setattr("dataledger.node.client.NodeClient", FakeClient)
    monkeypatch.setattr("dataledger.node.federated.ask_together", FakeClient.nodes.together)
    ledger.uses.resolve.side_effect = GrantId.parse
    return FakeClient.nodes


def file_of(folder: Path, *measures: dict[str, Any], **members: Any) -> str:
    """Return a file that somebody wrote by hand."""
    file = folder / "query.json"
    file.write_text(json.dumps(document(*measures, **members), indent=2))
    return str(file)


def pairs(count: int) -> list[str]:
    """Return options that name so many nodes."""
    return [
        word
        for number in range(count)
        for word in ("--node", f"https://n{number}", "--grant", GRANTS[number])
    ]


def test_without_a_node_it_says_what_would_be_spent_and_learnt(tmp_path: Path, run: Run) -> None:
    file = file_of(tmp_path, bounded("mean"), MEDIAN, AGES, cost={"epsilon": "0.3"})
    outcome = run("query", file)
    assert outcome.code == 0, outcome.err
    assert "ε 0.3" in outcome.out
    for words in ("a row", "of their sum", "of their number", "rows of the best candidate"):
        assert words in outcome.out
    told = run("query", file, "--json").document
    assert told["cost"] == {"delta_pico": 0, "micro": 300_000}
    assert [found["measure"] for found in told["margins"]] == [
        *("mean-age", "mean-age", "median", "ages")
    ]


def test_a_node_is_asked_and_its_numbers_stand_beside_their_intervals(
    nodes: Nodes, tmp_path: Path, run: Run
) -> None:
    members = {
        "group_by": {"column": "city", "keys": ["Bern", "Oslo"]},
        "cost": {"epsilon": "10"},
    }
    file = file_of(tmp_path, AGES, MEDIAN, bounded("sum"), **members)
    outcome = run("query", file, *pairs(1), "--version", "2")
    assert outcome.code == 0, outcome.err
    [(urls, grants, work, version)] = nodes.asked
    assert (urls, grants, version) == (["https://n0"], [GRANTS[0]], 2)
    assert work == canonical_bytes(json.loads(Path(file).read_text()))
    for words in ("Bern, 0 to 50", "Oslo", "rows off", "confidence of 95 %", "ε 0.5", "sum-age"):
        assert words in outcome.out


def test_one_query_has_one_digest_however_it_is_written(
    nodes: Nodes, tmp_path: Path, run: Run
) -> None:
    for epsilon in ("0.5", "0.500", "00.5"):
        file = file_of(tmp_path, AGES, cost={"epsilon": epsilon})
        assert run("query", file, *pairs(1)).code == 0
    assert len({work for _, _, work, _ in nodes.asked}) == 1


def test_three_nodes_answer_as_one(nodes: Nodes, tmp_path: Path, run: Run) -> None:
    outcome = run("query", file_of(tmp_path, AGES), *pairs(3), "--json")
    assert outcome.code == 0, outcome.err
    [(urls, grants, work, _)] = nodes.asked
    assert (urls, tuple(grants)) == (["https://n0", "https://n1", "https://n2"], GRANTS)
    assert json.loads(work)["parties"] == list(GRANTS)
    told = outcome.document
    assert told["answer"]["parties"] == 3
    assert [ran["grant"] for ran in told["runs"]] == list(GRANTS)
    assert abs(int(told["answer"]["measures"][0]["numbers"][0]["value"]) - 900) < 200


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--node", "https://n0"], "one --grant for each --node"),
        ([*pairs(2)], "part"),
        ([*pairs(3), "--version", "1"], "3 nodes cannot be asked"),
    ],
)
def test_what_cannot_be_asked_is_refused_before_anything_is(
    nodes: Nodes, tmp_path: Path, run: Run, more: list[str], words: str
) -> None:
    outcome = run("query", file_of(tmp_path, AGES), *more)
    assert outcome.code == 2
    assert words in outcome.err
    assert not nodes.asked


def test_an_unbounded_query_is_refused_with_what_it_lacks(tmp_path: Path, run: Run) -> None:
    lacking = {"column": "age", "kind": "sum", "name": "ages"}
    outcome = run("query", file_of(tmp_path, lacking), "--json")
    assert (outcome.code, outcome.error["code"]) == (2, "query-error")
    assert "does not declare from and to and step" in outcome.error["message"]


@pytest.mark.usefixtures("nodes")
def test_an_answer_to_something_else_is_not_shown(
    tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        FakeClient, "run", lambda self, grant, *_, **__: self.nodes.answered(grant, b'{"a":1}')
    )
    outcome = run("query", file_of(tmp_path, AGES), *pairs(1))
    assert outcome.code == 3
    assert "is no answer to the query" in outcome.err
