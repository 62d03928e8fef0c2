"""Projects under which data is used."""

from collections.abc import Sequence
from dataclasses import dataclass

from dataledger.cli.names import Names
from dataledger.cli.render.document import document_of
from dataledger.cli.render.screen import Cell, Hash, Screen, Styled
from dataledger.cli.render.words import time_text
from dataledger.contracts.use_types import MAX_PURPOSE, bitmap_of
from dataledger.hashing import JsonValue
from dataledger.ledger.project_document import ProjectDocument
from dataledger.ledger.purposes import Purpose, has_name, purpose
from dataledger.ledger.use_results import ProjectState, UseProject


@dataclass(frozen=True, slots=True)
class ProjectView:
    """One project, with its document if that is at hand."""

    project: UseProject
    document: ProjectDocument | None
    names: Names

    def to_json(self) -> dict[str, JsonValue]:
        """Return `project`, and its `document` or null."""
        words = self.document
        return {
            "project": document_of(self.project),
            "document": None if words is None else words.to_json(),
        }

    def draw(self, screen: Screen) -> None:
        """Draw its fields, and what it is for."""
        project, words = self.project, self.document
        until = project.valid_until_unix
        screen.line(Styled(words.title if words else str(project.id), "bold"))
        screen.fields(
            [
                ("project", str(project.id)),
                ("state", state_cell(project.state)),
                ("applicant", self.names.organisation(project.applicant)),
                ("described as", words.applicant if words else None),
                ("approved by", self.names.organisation(project.approved_by) or None),
                ("until", None if until is None else time_text(until)),
                ("ended because", project.end_reason),
                ("reference", words.reference if words else None),
                ("document", str(project.document)),
                ("proposed", time_text(project.proposed_at_unix)),
                ("as of block", f"{project.as_of_block:,}"),
            ]
        )
        screen.line("")
        draw_purposes(screen, self._purposes())
        if words is not None and words.bitmap != bitmap_of(project.purposes, highest=MAX_PURPOSE):
            screen.warning("The document names other purposes; those of the chain count.")
        if words is None:
            screen.hint("The document is not kept here: ask the applicant for it.")
        elif words.description:
            screen.whole(words.description)

    def _purposes(self) -> list[Purpose]:
        # The chain's, and what the table says of them: a document cannot give them another meaning.
        told = {each.code: each for each in self.document.purposes} if self.document else {}
        return [
            purpose(code) if has_name(code) else told.get(code, purpose(code))
            for code in self.project.purposes
        ]


@dataclass(frozen=True, slots=True)
class ProjectList:
    """Projects, each in a line."""

    projects: Sequence[UseProject]
    names: Names

    def to_json(self) -> dict[str, JsonValue]:
        """Return `projects`."""
        return {"projects": document_of(tuple(self.projects))}

    def draw(self, screen: Screen) -> None:
        """Draw a table."""
        screen.table(
            ["project", "applicant", "state", "until", "purposes"],
            (
                [
                    Hash(str(project.id)),
                    self.names.organisation(project.applicant),
                    state_cell(project.state),
                    "" if project.valid_until_unix is None else time_text(project.valid_until_unix),
                    ", ".join(purpose(code).name for code in project.purposes),
                ]
                for project in self.projects
            ),
            empty="There are no projects.",
        )


@dataclass(frozen=True, slots=True)
class PurposeList:
    """The vocabulary of purposes."""

    purposes: Sequence[Purpose]

    def to_json(self) -> dict[str, JsonValue]:
        """Return `purposes`."""
        return {"purposes": document_of(tuple(self.purposes))}

    def draw(self, screen: Screen) -> None:
        """Draw a table."""
        draw_purposes(screen, self.purposes)


def draw_purposes(screen: Screen, purposes: Sequence[Purpose]) -> None:
    """Draw purposes as a table."""
    screen.table(
        ["code", "purpose", "meaning"],
        ([each.code, Styled(each.name, "bold"), each.words] for each in purposes),
        empty="There is no purpose.",
    )


def state_cell(state: ProjectState) -> Cell:
    """Return a project's state as it is drawn."""
    good = state is ProjectState.APPROVED
    waiting = state is ProjectState.PROPOSED
    return Styled(state.name, "green" if good else "yellow" if waiting else "bold red")
