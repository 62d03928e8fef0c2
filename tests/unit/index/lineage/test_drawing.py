"""Pictures of lineage: what is in them, and that no label can be more than a label."""

import itertools
import re
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lineage_rows import ref_of

from dataledger.contracts.types import Relation
from dataledger.index.lineage.drawing import DrawingFormat, draw
from dataledger.index.lineage.drawing.layout import MAX_BENDS, Links, lay_out
from dataledger.index.lineage.drawing.picture import LABEL_CHARACTERS
from dataledger.ledger.results import Lineage, LineageEdge, VersionRef

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = [
    '"]; click n0 "javascript:alert(1)"\n',
    "</text><script>alert(1)</script>",
    "<b onmouseover=alert(1)>&amp;&#60;",
    '" onload="alert(1)',
    "]]><!-- ",
    '\\"; n0 -> evil; \\N \\G',
    "#quot;] --> evil",
    "`end` subgraph",
    "\x1b[31mred\x1b]0;title\x07",
    "\u202eright to left\u2066",
    "null \x00 and lone \ud800 and \ufffe",
    "two\r\nlines\u2028three\u2029",
    "A" * 100_000,
    "",
]
links = st.lists(st.tuples(st.integers(0, 14), st.integers(0, 14)), max_size=40)


def lineage(*pairs: tuple[int, int], relation: Relation = Relation.DERIVED) -> Lineage:
    """Return the lineage of version 0, downwards."""
    edges = tuple(LineageEdge(ref_of(a), ref_of(b), relation) for a, b in pairs)
    return Lineage(ref_of(0), edges, 9)


FAMILY = lineage((0, 1), (0, 2), (1, 3), (2, 3), (0, 3))


def name(ref: VersionRef) -> str:
    """Return a readable name of one of the first versions."""
    return next(f"acme/d{number}@1" for number in range(100) if ref_of(number) == ref)


def texts(svg: str) -> list[str]:
    """Return what is written in an SVG."""
    root = ET.fromstring(svg)  # noqa: S314 - it is our own
    return [element.text or "" for element in root.iter(f"{SVG}text")]


def test_every_format_has_each_version_and_each_edge() -> None:
    svg = draw(DrawingFormat.SVG, [FAMILY], name).text
    labels = texts(svg)
    assert [label for label in labels if label.startswith("acme/")] == [
        f"acme/d{number}@1" for number in range(4)
    ]
    assert labels.count("DERIVED") == 5
    mermaid = draw(DrawingFormat.MERMAID, [FAMILY], name).text
    assert mermaid.startswith("flowchart LR\n")
    assert '  n3["acme/d3@1"]\n' in mermaid
    assert mermaid.count("-->") == 5
    dot = draw(DrawingFormat.DOT, [FAMILY], name).text
    assert dot.startswith("digraph lineage {\n")
    assert '  n0 -> n3 [label="DERIVED"];\n' in dot
    assert dot.count(" -> ") == 5


def test_what_is_recalled_and_what_came_from_it_stands_out() -> None:
    mermaid = draw(DrawingFormat.MERMAID, [FAMILY], name, recalled=[ref_of(1)]).text
    assert '"]:::start\n' in mermaid
    assert 'n1["acme/d1@1"]:::recalled' in mermaid
    assert 'n2["acme/d2@1"]\n' in mermaid
    assert 'n3["acme/d3@1"]:::tainted' in mermaid
    svg = draw(DrawingFormat.SVG, [FAMILY], name, recalled=[ref_of(1)]).text
    assert "<title>acme/d1@1 (recalled)</title>" in svg
    assert "<title>acme/d3@1 (tainted)</title>" in svg


def test_both_directions_make_one_picture() -> None:
    up = Lineage(ref_of(0), (LineageEdge(ref_of(9), ref_of(0), Relation.MERGED),), 9)
    dot = draw(DrawingFormat.DOT, [up, FAMILY], name).text
    assert 'n1 [label="acme/d9@1"]' in dot
    assert '  n1 -> n0 [label="MERGED"];\n' in dot
    assert dot.count(" -> ") == 6


def test_a_version_alone_can_be_drawn() -> None:
    for format_ in DrawingFormat:
        assert "acme/d0@1" in draw(format_, [lineage()], name).text


@pytest.mark.parametrize("format_", DrawingFormat)
def test_a_large_graph_is_drawn_in_part_and_the_picture_says_so(format_: DrawingFormat) -> None:
    count = 12_000
    drawing = draw(format_, [lineage(*((0, number) for number in range(1, count)))], str)
    assert re.fullmatch(
        r"Not drawn: [\d,]+ versions further away and [\d,]+ edges\.", drawing.left_out
    )
    assert drawing.left_out in (
        texts(drawing.text) if format_ is DrawingFormat.SVG else drawing.text
    )
    assert len(drawing.text) < 2_000_000


@pytest.mark.parametrize("label", HOSTILE)
def test_a_hostile_label_is_only_text(label: str) -> None:
    _check_harmless(label)


@settings(max_examples=60, deadline=None)
@given(label=st.text(max_size=60))
def test_any_label_is_only_text(label: str) -> None:
    _check_harmless(label)


def _check_harmless(label: str) -> None:
    plain = {format_: draw(format_, [FAMILY], lambda _: "x").text for format_ in DrawingFormat}
    drawn = {format_: draw(format_, [FAMILY], lambda _: label).text for format_ in DrawingFormat}
    for text in drawn.values():
        text.encode()
        assert all(line.isprintable() for line in text.split("\n"))
        assert len(text) < 50_000
    tags = [
        [element.tag for element in ET.fromstring(text).iter()]  # noqa: S314
        for text in (plain[DrawingFormat.SVG], drawn[DrawingFormat.SVG])
    ]
    assert tags[0] == tags[1]
    svg = ET.fromstring(drawn[DrawingFormat.SVG])  # noqa: S314
    attributes = {key for element in svg.iter() for key in element.attrib}
    assert not {key for key in attributes if key.startswith("on") or "href" in key}
    mermaid = drawn[DrawingFormat.MERMAID].splitlines()
    assert len(mermaid) == len(plain[DrawingFormat.MERMAID].splitlines())
    for line in mermaid[1:5]:
        assert re.fullmatch(r'  n\d\["([^"`<>&\[\]\\]|#\d+;)*"\](:::start)?', line)
    dot = drawn[DrawingFormat.DOT].splitlines()
    assert len(dot) == len(plain[DrawingFormat.DOT].splitlines())
    for line in dot[4:8]:
        assert re.fullmatch(r'  n\d \[label="([^"\\]|\\["\\])*"(, penwidth=3)?\];', line)


def test_what_a_label_says_can_still_be_read() -> None:
    label = 'Acme "roads" <2027> & Söhne 道路 \\'
    svg = draw(DrawingFormat.SVG, [lineage()], lambda _: label).text
    assert label in texts(svg)
    assert "A" * LABEL_CHARACTERS + "…" in texts(
        draw(DrawingFormat.SVG, [lineage()], lambda _: "A" * 100).text
    )
    assert "\\u202e" in texts(draw(DrawingFormat.SVG, [lineage()], lambda _: "\u202e").text)


# ----------------------------------------------------------------------------------------- layout


@settings(max_examples=100, deadline=None)
@given(links=links)
def test_a_layout_parts_boxes_and_leads_from_left_to_right(links: Links) -> None:
    layout = lay_out(15, links)
    assert layout == lay_out(15, links)
    columns: dict[int, list[float]] = {}
    for layer, place in zip(layout.layers, layout.places, strict=True):
        columns.setdefault(layer, []).append(place)
    for places in columns.values():
        ordered = sorted(places)
        assert all(b - a > 0.999 for a, b in itertools.pairwise(ordered))
        assert ordered[0] >= 0
    if all(a < b for a, b in links):
        assert all(layout.layers[a] < layout.layers[b] for a, b in links)


def test_an_arrow_across_layers_goes_around_what_stands_between() -> None:
    layout = lay_out(3, [(0, 1), (1, 2), (0, 2)])
    assert layout.layers == (0, 1, 2)
    ((layer, place),) = layout.bends[2]
    assert layer == 1
    assert abs(place - layout.places[1]) > 0.999


def test_very_many_long_arrows_are_drawn_straight() -> None:
    count = 400
    across = [(0, number) for number in range(1, count)]
    chain = [(number - 1, number) for number in range(1, count)]
    assert sum(b - a - 1 for a, b in across) > MAX_BENDS
    layout = lay_out(count, [*chain, *across])
    assert not any(layout.bends)
    assert layout.layers == tuple(range(count))
