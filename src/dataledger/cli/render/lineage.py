"""Where versions came from, and what came from them; what a recall taints."""

from collections import deque
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass

from dataledger.cli.names import Names
from dataledger.cli.render.confirmation import Confirmation
from dataledger.cli.render.document import document_of
from dataledger.cli.render.screen import Branch, Cell, Screen, Styled
from dataledger.hashing import JsonValue
from dataledger.ledger.results import Lineage, LineageEdge, Taint, VersionRef


@dataclass(frozen=True, slots=True)
class LineageView:
    """One version's lineage in both directions, as far as it was asked for."""

    start: VersionRef
    ancestors: Lineage | None
    descendants: Lineage | None
    taints: Sequence[Taint]
    names: Names

    def to_json(self) -> dict[str, JsonValue]:
        """Return the edges `ancestors` and `descendants` (null where not asked for)."""
        up, down = self.ancestors, self.descendants
        return {
            "version": document_of(self.start),
            "ancestors": None if up is None else document_of(up.edges),
            "descendants": None if down is None else document_of(down.edges),
            "recalled_ancestors": [document_of(taint.recalled) for taint in self.taints],
        }

    def draw(self, screen: Screen) -> None:
        """Draw a tree for each direction."""
        for title, lineage in (
            ("came from", self.ancestors),
            ("led to", self.descendants),
        ):
            if lineage is None:
                continue
            if lineage.edges:
                upwards = lineage is self.ancestors
                screen.tree(
                    lineage_tree(
                        lineage.edges, self.start, title, self.names.version, upwards=upwards
                    )
                )
            else:
                screen.line(Styled(self.names.version(self.start), "bold"), title, "nothing else.")
        draw_taints(screen, self.taints, self.names)


@dataclass(frozen=True, slots=True)
class RecallView:
    """A recall, and all that it taints."""

    confirmation: Confirmation
    taint: Taint
    names: Names

    def to_json(self) -> dict[str, JsonValue]:
        """Return the confirmation, and the versions that are `tainted`, each with its path."""
        return self.confirmation.to_json() | {"tainted": document_of(self.taint.tainted)}

    def draw(self, screen: Screen) -> None:
        """Draw the confirmation, then what is tainted."""
        self.confirmation.draw(screen)
        screen.table(
            ["tainted", "by way of"],
            (
                [
                    Styled(self.names.version(tainted.version), "bold red"),
                    " → ".join(self.names.version(step) for step in tainted.path),
                ]
                for tainted in self.taint.tainted
            ),
            empty="  Nothing came from this version.",
        )


def draw_taints(screen: Screen, taints: Sequence[Taint], names: Names) -> None:
    """Warn of each recalled version that others came from."""
    for taint in taints:
        screen.warning(
            Styled("tainted:", "bold yellow"),
            f"{names.version(taint.recalled)}, from which this came, was recalled",
            f"({taint.recall.severity.name}).",
        )


def lineage_tree(
    edges: Sequence[LineageEdge],
    start: VersionRef,
    title: str,
    label: Callable[[VersionRef], str],
    *,
    upwards: bool,
    recalled: Container[VersionRef] = (),
) -> Branch:
    """Return the graph as a tree. A version with several ways to it is unfolded at the first."""
    following: dict[VersionRef, list[tuple[VersionRef, str]]] = {}
    for edge in edges:
        near, far = (edge.child, edge.parent) if upwards else (edge.parent, edge.child)
        following.setdefault(near, []).append((far, edge.relation.name))

    def cells(version: VersionRef, style: str) -> list[Cell]:
        if version in recalled:
            return [Styled(label(version), "bold red"), Styled("(recalled)", "red")]
        return [Styled(label(version), style)]

    root = Branch([*cells(start, "bold"), Styled(title, "dim")])
    unfolded = {start}
    waiting = deque([(root, start)])
    while waiting:
        branch, version = waiting.popleft()
        for far, relation in following.get(version, []):
            seen = far in unfolded and far in following
            note = "(as above)" if seen else ""
            child = Branch([*cells(far, ""), Styled(relation, "cyan"), Styled(note, "dim")])
            branch.children.append(child)
            if far not in unfolded:
                unfolded.add(far)
                waiting.append((child, far))
    return root
