"""`dataledger audit lineage` and `impact`: where versions came from, and what a recall taints."""

from pathlib import Path

import click

from dataledger.cli.auditing import Asking, asks, at_option
from dataledger.cli.command import command, pass_session
from dataledger.cli.parameters import COUNT, READABLE_PATH, LowerNameType, NameType
from dataledger.cli.session import Session

FORMAT = LowerNameType("format", "tree", "svg", "mermaid", "dot", "json")
RELATION = NameType(
    "relation", "DERIVED", "MERGED", "SAMPLED", "SYNTHESISED", "LABELED_FROM", "TRAINED_ON"
)
DRAWN = 1_000
MOST = 100_000


@command(
    "lineage",
    examples=[
        "dataledger audit lineage acme/roads",
        "dataledger audit lineage acme/roads@2 --up --relation TRAINED_ON --depth 3",
        "dataledger audit lineage acme/roads --down --format svg --output roads.svg",
    ],
)
@click.argument("name", metavar="DATASET[@VERSION]")
@click.option("--up", "direction", flag_value="up", help="Only what it came from.")
@click.option("--down", "direction", flag_value="down", help="Only what came from it.")
@click.option("--depth", type=COUNT, metavar="N", help="Follow so many edges.  [default: all]")
@click.option(
    "--relation",
    "relations",
    multiple=True,
    type=RELATION,
    metavar="NAME",
    help="Follow edges of this type; repeatable.  [default: all]",
)
@at_option
@click.option(
    "--limit",
    type=COUNT,
    metavar="N",
    default=DRAWN,
    show_default=True,
    help=f"Show so many versions in each direction, up to {MOST}.",
)
@click.option(
    "--format",
    "format_",
    type=FORMAT,
    metavar="NAME",
    default="tree",
    show_default=True,
    help="tree, svg, mermaid, dot or json.",
)
@click.option("-o", "--output", type=READABLE_PATH, help="Write the drawing to this file.")
@click.option("--force", is_flag=True, help="Replace a file that is there.")
@asks
@pass_session
def lineage(
    session: Session,
    *,
    name: str,
    direction: str | None,
    depth: int | None,
    relations: tuple[str, ...],
    at: str | None,
    limit: int,
    format_: str,
    output: Path | None,
    force: bool,
    asking: Asking,
) -> None:
    """Draw what a version came from, and what came of it."""
    from dataledger.cli.output import refuse_output_over, write_output
    from dataledger.cli.render.lineage_index import DrawingView, GraphView
    from dataledger.contracts.types import Relation
    from dataledger.index.lineage import LineageIndex
    from dataledger.index.lineage.drawing import DrawingFormat, draw

    if output is not None:
        if format_ == "tree":
            raise click.UsageError("A tree is for the terminal: add --format to --output.")
        refuse_output_over(output, replace=force)
    wanted = [Relation[relation] for relation in relations] or None
    with asking.store(session) as store:
        index = LineageIndex(store)
        asked = [index.ancestors] if direction != "down" else []
        asked += [index.descendants] if direction != "up" else []
        graphs = [ask(name, relations=wanted, depth=depth, at=at, limit=limit) for ask in asked]
        met = [ref for graph in graphs for ref in (graph.start, *graph.versions)]
        names = index.names(dict.fromkeys(met))
    view = GraphView(graphs, names)
    if format_ == "tree":
        session.show(view)
        return
    left_out = [graph.left_out for graph in graphs if graph.left_out]
    if format_ == "json":
        from dataledger.cli.render.document import json_text

        text = json_text(view.to_json()) + "\n"
    else:
        recalled = [found.version for graph in graphs for found in graph.recalled]
        drawing = draw(DrawingFormat(format_), graphs, names.__getitem__, recalled=recalled)
        text = drawing.text
        left_out += [drawing.left_out] if drawing.left_out else []
    if output is not None:
        write_output(output, text.encode(), replace=force)
    if format_ == "json" and output is None:
        session.as_json = True
        session.show(view)
    else:
        session.show(DrawingView(format_, text, left_out, output))


@command(
    "impact",
    examples=[
        "dataledger audit impact acme/roads@2",
        "dataledger audit impact acme/roads@2 --json",
    ],
)
@click.argument("name", metavar="DATASET[@VERSION]")
@at_option
@click.option(
    "--limit",
    type=COUNT,
    metavar="N",
    default=MOST,
    show_default=True,
    help="Show so many versions, the nearest.",
)
@click.option(
    "--confirm/--no-confirm",
    default=True,
    show_default=True,
    help="Whether the contract is asked to confirm each path.",
)
@asks
@pass_session
def impact(
    session: Session,
    *,
    name: str,
    at: str | None,
    limit: int,
    confirm: bool,
    asking: Asking,
) -> None:
    """List what the recall of a version taints, and by which path.

    Of a version that is not recalled: what its recall would taint.
    """
    from dataledger.cli.render.lineage_index import ImpactView
    from dataledger.index.lineage import LineageIndex

    with asking.store(session) as store:
        index = LineageIndex(store)
        found = index.impact(name, at=at, limit=limit)
        names = index.names([found.recalled, *found.tainted])
        confirmation = None
        if confirm and found.tainted:
            with session.waiting().paused(), session.reading() as ledger:
                confirmation = index.confirm(found, ledger.lineage)
    session.show(ImpactView(found, confirmation, names))
