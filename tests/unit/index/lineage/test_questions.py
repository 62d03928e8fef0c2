"""Questions about lineage: what can be asked, and what cannot."""

import pytest
from lineage_rows import Planter, chain, name_of, ref_of, wide

from dataledger.contracts.types import Relation
from dataledger.errors import IndexUnusable, InvalidArgument, NotFound
from dataledger.index.lineage import MAX_VERSIONS, LineageIndex
from dataledger.index.store import Store, sqlite_url


@pytest.fixture(scope="module")
def base(plant: Planter) -> int:
    return plant(
        {
            0: [],
            1: [(0, Relation.DERIVED)],
            2: [(0, Relation.TRAINED_ON), (1, Relation.MERGED)],
            3: [(2, Relation.DERIVED)],
        },
        recalled=[1],
    )


def test_a_version_is_named_by_dataset_by_both_or_by_id(store: Store, base: int) -> None:
    lineage = LineageIndex(store)
    name = name_of(base)
    for found in (
        lineage.descendants(name),
        lineage.descendants(name.removesuffix("@1")),
        lineage.descendants(name.removesuffix("@1"), 1),
        lineage.descendants(ref_of(base).dataset),
        lineage.descendants(f"{ref_of(base).dataset}@1"),
    ):
        assert found.start == ref_of(base)
        assert len(found) == 3
    names = lineage.names([ref_of(base + 3), ref_of(base)])
    assert names == {ref_of(base + 3): name_of(base + 3), ref_of(base): name}


def test_only_edges_of_the_types_asked_for_are_followed(store: Store, base: int) -> None:
    lineage = LineageIndex(store)
    derived = lineage.descendants(name_of(base), relations=[Relation.DERIVED])
    assert derived.versions == (ref_of(base + 1),)
    merged = lineage.ancestors(name_of(base + 3), relations={Relation.DERIVED, Relation.MERGED})
    assert merged.versions == (ref_of(base + 2), ref_of(base + 1), ref_of(base))
    assert len(lineage.ancestors(name_of(base + 3), relations=[])) == 0


def test_recalled_versions_are_told_of_in_both_directions(store: Store, base: int) -> None:
    lineage = LineageIndex(store)
    for graph in (lineage.ancestors(name_of(base + 3)), lineage.descendants(name_of(base))):
        (recalled,) = graph.recalled
        assert recalled.version == ref_of(base + 1)
    impact = lineage.impact(name_of(base + 1))
    assert impact.recall == recalled.recall
    assert impact.tainted == (ref_of(base + 2), ref_of(base + 3))
    assert impact.path(1) == tuple(ref_of(base + number) for number in (1, 2, 3))
    would = lineage.impact(name_of(base))
    assert (would.recall, len(would)) == (None, 3)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"depth": 0}, "0 is no depth"),
        ({"depth": True}, "True is no depth"),
        ({"limit": 0}, "0 versions cannot be visited"),
        ({"limit": MAX_VERSIONS + 1}, "100001 versions cannot be visited"),
        ({"version": 0}, "0 is not a version number"),
        ({"version": 2**70}, "is not a version number"),
        ({"at": "soon"}, "'soon' is not a time"),
        ({"at": "block:99999999"}, "and not block 99999999"),
    ],
)
def test_what_is_out_of_range_is_refused(
    store: Store, base: int, arguments: dict[str, object], message: str
) -> None:
    with pytest.raises(InvalidArgument, match=message):
        LineageIndex(store).ancestors(name_of(base), **arguments)  # type: ignore[arg-type]


@pytest.mark.parametrize("version", [2, 2**32 - 1])
def test_a_version_that_is_not_there_is_not_found(store: Store, base: int, version: int) -> None:
    with pytest.raises(NotFound, match="does not know version"):
        LineageIndex(store).ancestors(name_of(base).removesuffix("@1"), version)


def test_a_version_that_came_later_is_not_found(store: Store, plant: Planter) -> None:
    base = plant(wide(2))
    with pytest.raises(NotFound, match=rf"any version of the dataset acme/d{base} at that time"):
        LineageIndex(store).descendants(name_of(base).removesuffix("@1"), at="block:1")


def test_an_empty_index_says_how_to_fill_it(tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("empty") / "index.sqlite3"
    path.touch(0o600)
    with Store(sqlite_url(path)) as store, pytest.raises(IndexUnusable) as error:
        LineageIndex(store).ancestors("acme/roads")
    assert "index sync" in error.value.remedy


def test_a_deep_path_is_a_path_of_objects_only_when_asked_for(store: Store, plant: Planter) -> None:
    base = plant(chain(1_000))
    impact = LineageIndex(store).impact(name_of(base))
    assert len(impact.path(998)) == 1_000
    assert impact.path(998, last=2) == (ref_of(base + 998), ref_of(base + 999))
    with pytest.raises(IndexError):
        impact.path(999)
