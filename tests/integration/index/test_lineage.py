"""Lineage in the index, held against what the ledger reads from the same chain's logs."""

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from command_line import CommandLine, Ended
from consortium import Consortium, manifest
from sqlalchemy import update

from dataledger.contracts.types import Capability, Parent, Relation, Severity
from dataledger.errors import CommitmentMismatch
from dataledger.index import schema
from dataledger.index.index import Index
from dataledger.index.store import sqlite_url
from dataledger.ledger import Ledger
from dataledger.ledger.results import VersionRef

VERSIONS = 14
RECALLED = 2


@dataclass(frozen=True)
class Family:
    """Datasets that came from each other, one of whose versions is recalled."""

    home: Path
    url: str
    ledger: Ledger
    index: Index
    versions: tuple[VersionRef, ...]
    names: tuple[str, ...]
    recalled: VersionRef


@pytest.fixture(scope="module")
def family(consortium: Consortium, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Family]:
    owner = consortium.join(Capability.CUSTODIAN)
    regulator = consortium.join(Capability.REGULATOR)
    chance = random.Random(4)  # noqa: S311 - no secret
    versions: list[VersionRef] = []
    names: list[str] = []
    for number in range(VERSIONS):
        parents = [
            Parent(ref.dataset, ref.version, chance.choice(list(Relation)))
            for ref in chance.sample(versions, min(number, chance.randint(0, 3)))
        ]
        if number == RECALLED + 1:
            parents = [Parent(versions[RECALLED].dataset, versions[RECALLED].version)]
        content = manifest(f"{number}")
        if number % 5 == 4:  # the next version of the dataset before
            dataset, name = versions[-1].dataset, names[-1].partition("@")[0]
            owner.datasets.add_version(dataset, content, parents=parents)
            versions.append(VersionRef(dataset, 2))
        else:
            slug = consortium.new_slug()
            event = owner.datasets.register(slug, content, parents=parents).event
            versions.append(VersionRef(event.dataset, 1))
            found = owner.datasets.get(event.dataset)
            name = f"{found.owner_slug}/{found.slug}"
        names.append(f"{name}@{versions[-1].version}")
    recalled = versions[RECALLED]
    regulator.lifecycle.recall(recalled.dataset, recalled.version, Severity.SERIOUS, "unlawful")
    url = sqlite_url(tmp_path_factory.mktemp("index") / "index.sqlite3")
    with Index.open(owner, url) as index:
        index.sync()
        yield Family(consortium.home, url, owner, index, tuple(versions), tuple(names), recalled)


def test_the_index_walks_as_the_ledger_does(family: Family) -> None:
    for ref in family.versions:
        for found, told in (
            (
                family.index.lineage.ancestors(ref.dataset, ref.version),
                family.ledger.lineage.ancestors(ref.dataset, ref.version),
            ),
            (
                family.index.lineage.descendants(ref.dataset, ref.version),
                family.ledger.lineage.descendants(ref.dataset, ref.version),
            ),
        ):
            assert found.start == told.start
            assert Counter(found.edges) == Counter(told.edges)
            assert set(found.versions) == set(told.versions)
            assert (found.left_out, len(found)) == ("", len(told.versions))
    names = family.index.lineage.names(family.versions)
    assert tuple(names.values()) == family.names


def test_a_recall_taints_the_same_versions_by_paths_that_the_contract_confirms(
    family: Family,
) -> None:
    ref = family.recalled
    told = family.ledger.lineage.taint(ref.dataset, ref.version)
    impact = family.index.lineage.impact(ref.dataset, ref.version)
    assert impact.recall == told.recall
    assert {tainted.version: len(tainted.path) for tainted in told.tainted} == {
        version: len(impact.path(number)) for number, version in enumerate(impact.tainted)
    }
    assert impact.tainted
    confirmation = family.index.lineage.confirm(impact, family.ledger.lineage)
    assert 0 < confirmation.paths <= len(impact)
    assert confirmation.versions == 0
    for other in family.versions:
        graph = family.index.lineage.ancestors(other.dataset, other.version)
        recalls = family.ledger.lineage.recalled_ancestors(other.dataset, other.version)
        assert {found.version for found in graph.recalled} - {other} == {
            taint.recalled for taint in recalls
        }


def test_a_version_that_is_not_recalled_is_confirmed_by_its_commitments(family: Family) -> None:
    first = family.versions[0]
    impact = family.index.lineage.impact(first.dataset, first.version)
    assert impact.recall is None
    confirmation = family.index.lineage.confirm(impact, family.ledger.lineage)
    assert (confirmation.paths, confirmation.versions) == (0, len(impact))


@pytest.mark.parametrize("column", ["size_bytes", "record_count"])
def test_the_contract_confirms_nothing_that_was_altered_in_the_index(
    family: Family, column: str
) -> None:
    ref = family.recalled
    lineage, store = family.index.lineage, family.index.store
    impact = lineage.impact(ref.dataset, ref.version)
    altered = impact.tainted[-1]
    row = (schema.versions.c.dataset == altered.dataset) & (
        schema.versions.c.version == altered.version
    )
    table = schema.versions
    with store.write() as connection:
        connection.execute(update(table).where(row).values({column: table.c[column] + 1}))
    try:
        with pytest.raises(CommitmentMismatch, match="does not confirm a path of lineage"):
            lineage.confirm(impact, family.ledger.lineage)
    finally:
        with store.write() as connection:
            connection.execute(update(table).where(row).values({column: table.c[column] - 1}))
    lineage.confirm(impact, family.ledger.lineage)


def test_the_commands_draw_and_list_the_same(family: Family, tmp_path: Path) -> None:
    command = CommandLine(family.home)

    def run(*arguments: object) -> Ended:
        return command(*arguments, "--index", family.url)

    def ok(*arguments: object) -> dict[str, Any]:
        return command.ok(*arguments, "--index", family.url)

    name = family.names[RECALLED]
    impact = family.index.lineage.impact(name)
    listed = ok("audit", "impact", name)
    assert [item["name"] for item in listed["tainted"]] == [
        family.index.lineage.names([ref])[ref] for ref in impact.tainted
    ]
    assert listed["confirmed"]["paths"] > 0
    shortest = {len(item["path"]) for item in listed["tainted"] if item["distance"] == 1}
    assert shortest == {2}
    table = run("audit", "impact", name)
    assert "The contract confirms each path" in table.out
    assert f"{name} → " in table.out

    last = family.names[-1]
    graph = ok("audit", "lineage", last, "--up")
    told = command.ok("dataset", "lineage", last.partition("@")[0], "--up")
    assert sorted(map(str, graph["ancestors"])) == sorted(map(str, told["ancestors"]))
    assert run("audit", "lineage", last, "--up", "--format", "json").document == graph
    tree = run("audit", "lineage", name, "--down", "--depth", "1")
    assert f"{name} (recalled) led to" in tree.out
    assert "As of block" in tree.out
    first = run("audit", "lineage", name, "--relation", "derived", "--limit", "1", "--down")
    assert first.code == 0

    picture = tmp_path / "lineage.svg"
    assert run("audit", "lineage", name, "--format", "svg", "--output", picture).code == 0
    assert ET.fromstring(picture.read_text()).tag.endswith("svg")  # noqa: S314 - it is our own
    again = run("audit", "lineage", name, "--format", "svg", "--output", picture, "--json")
    assert again.error["code"] == "output-exists"
    assert run("audit", "lineage", name, "--format", "mermaid").out.startswith("flowchart LR")
    assert run("audit", "lineage", name, "--format", "dot").out.startswith("digraph")
    refused = run("audit", "lineage", name, "--output", picture)
    assert refused.code == 2
    assert "add --format" in refused.err
    early = run("audit", "lineage", name, "--at", "block:1", "--json")
    assert early.error["code"] == "not-found"
