"""Lineage from the index as it is shown: on the terminal, and as JSON."""

import json

import pytest
from lineage_rows import Planter, chain, name_of, ref_of, wide

from dataledger.cli.commands.audit_lineage import FORMAT, MOST, RELATION
from dataledger.cli.render import lineage_index
from dataledger.cli.render.document import json_text
from dataledger.cli.render.lineage_index import DrawingView, GraphView, ImpactView
from dataledger.cli.render.screen import Screen
from dataledger.contracts.types import Relation
from dataledger.index.lineage import MAX_VERSIONS, Confirmation, LineageIndex
from dataledger.index.lineage.drawing import DrawingFormat
from dataledger.index.store import Store


def impact_view(store: Store, base: int, confirmation: Confirmation | None) -> ImpactView:
    """Return the view of what the recall of version `base` taints."""
    index = LineageIndex(store)
    impact = index.impact(ref_of(base).dataset)
    return ImpactView(impact, confirmation, index.names([impact.recalled, *impact.tainted]))


def test_the_options_have_the_names_that_the_rooms_below_know() -> None:
    assert RELATION.name.split("|") == [relation.name for relation in Relation]
    assert set(FORMAT.name.split("|")) == {"tree", "json", *(f.value for f in DrawingFormat)}
    assert MOST == MAX_VERSIONS


def test_a_tree_shows_recalls_and_what_is_missing(
    store: Store, plant: Planter, capsys: pytest.CaptureFixture[str]
) -> None:
    base = plant(wide(5), recalled=[0])
    index = LineageIndex(store)
    down = index.descendants(name_of(base), limit=2)
    up = index.ancestors(name_of(base + 3))
    GraphView([down], index.names([down.start, *down.versions])).draw(Screen())
    drawn = capsys.readouterr().out
    assert f"{name_of(base)} (recalled) led to\n├── {name_of(base + 1)} DERIVED\n" in drawn
    assert "! Cut at 2 versions: there are more, further away.\n" in drawn
    GraphView([up], index.names([up.start, *up.versions])).draw(Screen())
    drawn = capsys.readouterr().out
    assert f"! tainted: {name_of(base)}, from which this came, was recalled (SERIOUS).\n" in drawn
    assert "As of block" in drawn


def test_an_impact_names_both_ends_of_a_long_path(
    store: Store, plant: Planter, capsys: pytest.CaptureFixture[str]
) -> None:
    base = plant(chain(40), recalled=[0])
    impact_view(store, base, Confirmation(1, 0)).draw(Screen())
    drawn = capsys.readouterr().out
    assert f"{name_of(base)} was recalled (SERIOUS)" in drawn
    last = " → ".join(name_of(base + number) for number in range(34, 40))
    assert f"{name_of(base)} → … (33 more) … → {last}\n" in "".join(
        f"{line.rstrip()}\n" for line in drawn.splitlines()
    )
    assert "✓ The contract confirms each path: 1 as a whole, 0 versions one by one.\n" in drawn


def test_an_impact_that_nobody_confirmed_says_so(
    store: Store, plant: Planter, capsys: pytest.CaptureFixture[str]
) -> None:
    base = plant(chain(3))
    impact_view(store, base, None).draw(Screen())
    drawn = capsys.readouterr().out
    assert "is not recalled. Its recall would taint:" in drawn
    assert "→ The contract was not asked to confirm the paths.\n" in drawn
    impact_view(store, base + 2, None).draw(Screen())
    assert "Nothing came from this version." in capsys.readouterr().out


def test_json_gives_each_path_until_they_add_up_and_always_the_way_back(
    store: Store, plant: Planter, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = plant(chain(6), recalled=[0])
    monkeypatch.setattr(lineage_index, "STEPS_IN_ALL", 2 + 3 + 4)
    answer = json.loads(json_text(impact_view(store, base, None).to_json()))
    assert [item["distance"] for item in answer["tainted"]] == [1, 2, 3, 4, 5]
    assert [item["path"] and len(item["path"]) for item in answer["tainted"]] == [
        2,
        3,
        4,
        None,
        None,
    ]
    assert [item["via"]["dataset"] for item in answer["tainted"]] == [
        str(ref_of(base + number).dataset) for number in range(5)
    ]
    assert answer["confirmed"] is None
    assert answer["recall"]["severity"] == "SERIOUS"


def test_a_drawing_is_printed_harmless(capsys: pytest.CaptureFixture[str]) -> None:
    DrawingView("dot", "digraph {\n\x1b[31m\u202e}\n", ["Cut."], None).draw(Screen())
    assert capsys.readouterr().out == "digraph {\n\\x1b[31m\\u202e}\n"
