"""What is put to the contract, so that it confirms everything that a recall taints."""

import itertools
from collections.abc import Sequence
from typing import cast
from unittest.mock import create_autospec

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lineage_rows import Graph, Planter, chain, layered, ref_of, wide
from sqlalchemy import update

from dataledger.contracts.types import Ancestor, Relation
from dataledger.errors import CommitmentMismatch
from dataledger.index.lineage import Impact, LineageIndex
from dataledger.index.lineage.confirming import MAX_PATH
from dataledger.index.schema import lineage as edges
from dataledger.index.store import Store
from dataledger.ledger.lineage import Lineages
from dataledger.ledger.results import VersionRef

MOST_AT_ONCE = 3_000


class Contract:
    """Stands for `ledger.lineage`: confirms what records say, and remembers what it was asked."""

    def __init__(self, recalled: VersionRef) -> None:
        self.confirmed: set[VersionRef] = set()
        self.lineages = create_autospec(Lineages, instance=True)
        self.lineages.confirm_taint.side_effect = self._confirm_taint
        self.lineages.confirm_records.side_effect = self._confirm_records
        self._recalled = recalled

    def _confirm_taint(self, paths: Sequence[Sequence[Ancestor]]) -> None:
        assert sum(map(len, paths)) <= MOST_AT_ONCE
        for path in paths:
            assert VersionRef(path[0].dataset, path[0].version) == self._recalled
            assert len(path) <= MAX_PATH
            for before, after in itertools.pairwise(path):
                parents = {(parent.dataset, parent.version) for parent in after.record.parents}
                assert (before.dataset, before.version) in parents
            self.confirmed |= {VersionRef(step.dataset, step.version) for step in path[1:]}

    def _confirm_records(self, versions: Sequence[Ancestor]) -> None:
        assert len(versions) <= MOST_AT_ONCE
        self.confirmed |= {VersionRef(found.dataset, found.version) for found in versions}


def asked(store: Store, impact: Impact) -> tuple[Contract, tuple[int, int]]:
    """Have an impact confirmed, and return who was asked, and how often."""
    contract = Contract(impact.recalled)
    found = LineageIndex(store).confirm(impact, cast("Lineages", contract.lineages))
    return contract, (found.paths, found.versions)


@pytest.mark.parametrize(
    ("graph", "counts"),
    [
        (wide(1_100), (1_099, 0)),
        (chain(MAX_PATH), (1, 0)),
        (chain(MAX_PATH + 1), (0, MAX_PATH)),
        (chain(2_100), (0, 2_099)),
    ],
)
def test_paths_are_sent_whole_and_very_long_ones_version_by_version(
    store: Store, plant: Planter, graph: Graph, counts: tuple[int, int]
) -> None:
    base = plant(graph, recalled=[0])
    impact = LineageIndex(store).impact(ref_of(base).dataset)
    contract, sent = asked(store, impact)
    assert contract.confirmed == set(impact.tainted)
    assert sent == counts


@settings(max_examples=15, deadline=None)
@given(size=st.integers(1, 150), width=st.integers(1, 5), is_recalled=st.booleans())
def test_every_tainted_version_is_confirmed(
    store: Store, plant: Planter, size: int, width: int, *, is_recalled: bool
) -> None:
    graph = layered(size, width=width, parents=width)
    base = plant(graph, recalled=[0] if is_recalled else [])
    impact = LineageIndex(store).impact(ref_of(base).dataset)
    assert (impact.recall is not None) == is_recalled
    contract, (paths, _) = asked(store, impact)
    assert len(impact) == size - 1
    assert contract.confirmed == set(impact.tainted)
    # Of a version that is not recalled, the contract confirms no path.
    assert is_recalled or paths == 0


def test_a_path_that_the_records_do_not_name_is_refused(store: Store, plant: Planter) -> None:
    base = plant(chain(MAX_PATH + 5), recalled=[0])
    with store.write() as connection:
        connection.execute(
            update(edges)
            .where(edges.c.child_dataset == ref_of(base + 9).dataset)
            .values(parent_dataset=ref_of(base + 3).dataset)
        )
    impact = LineageIndex(store).impact(ref_of(base).dataset)
    with pytest.raises(CommitmentMismatch, match="does not name version 1 of the dataset") as error:
        asked(store, impact)
    assert "index rebuild" in error.value.remedy


def test_what_the_contract_does_not_confirm_is_an_error(store: Store, plant: Planter) -> None:
    base = plant({0: [], 1: [(0, Relation.MERGED)]}, recalled=[0])
    contract = Contract(ref_of(base))
    contract.lineages.confirm_taint.side_effect = CommitmentMismatch("no", remedy="none")
    impact = LineageIndex(store).impact(ref_of(base).dataset)
    with pytest.raises(CommitmentMismatch):
        LineageIndex(store).confirm(impact, cast("Lineages", contract.lineages))
