"""Requests for the use of data, and grants."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dataledger.cli.names import Names
from dataledger.cli.render.document import document_of
from dataledger.cli.render.screen import Cell, Hash, Screen, Styled
from dataledger.cli.render.words import time_text
from dataledger.contracts.identifiers import Stage
from dataledger.contracts.use_types import GrantState, Terms, numbers_in
from dataledger.errors import Refused
from dataledger.hashing import JsonValue
from dataledger.ledger.costs import cost_text
from dataledger.ledger.purposes import purpose
from dataledger.ledger.use_policy import UsePolicy
from dataledger.ledger.use_results import UseGrant

_STYLES = {
    GrantState.REQUESTED: "yellow",
    GrantState.GRANTED: "green",
    GrantState.REFUSED: "bold red",
    GrantState.REVOKED: "bold red",
}


@dataclass(frozen=True, slots=True)
class GrantView:
    """One request or grant; `why_not` says why it cannot be used now."""

    grant: UseGrant
    why_not: Refused | None
    policy: UsePolicy | None
    """What was granted, else what was asked for, if it is at hand."""
    stages: Mapping[Stage, str]
    names: Names

    def to_json(self) -> dict[str, JsonValue]:
        """Return `grant`, whether it is `usable`, `why_not`, and the `policy` or null."""
        why = self.why_not
        return {
            "grant": document_of(self.grant),
            "usable": why is None,
            "why_not": None
            if why is None
            else {
                "error_name": why.error_name,
                "message": str(why),
                "remedy": why.remedy,
                "arguments": document_of(why.arguments),
            },
            "policy": None if self.policy is None else dict(self.policy.document),
        }

    def draw(self, screen: Screen) -> None:
        """Draw its fields, and whether it can be used."""
        grant, request = self.grant, self.grant.request
        screen.line(Styled(str(grant.id), "bold"))
        screen.fields(
            [
                ("state", state_cell(grant)),
                ("dataset", self.names.dataset(request.dataset)),
                ("version", request.version or "every one"),
                ("applicant", self.names.organisation(grant.applicant)),
                ("project", str(request.project)),
                ("purpose", purpose(request.purpose).name),
                ("asked terms", str(request.terms)),
                ("asked code", "declared queries" if request.code is None else str(request.code)),
                ("requested", time_text(grant.requested_at_unix)),
                ("because", grant.reason),
                *self._terms(grant.terms),
                ("as of block", f"{grant.as_of_block:,}"),
            ]
        )
        screen.line("")
        if self.why_not is None:
            screen.success("It can be used now, as far as its limit and the budget go.")
        else:
            screen.warning("It cannot be used now:", str(self.why_not))
            screen.hint(self.why_not.remedy)

    def _terms(self, terms: Terms | None) -> list[tuple[str, Cell | None]]:
        if terms is None:
            return []
        grant, quorum = self.grant, terms.quorum
        stages = (self.stages.get(Stage(n), f"stage {n}") for n in numbers_in(terms.stages))
        signers = ", ".join(quorum.executors)
        return [
            ("until", time_text(terms.valid_until_unix)),
            ("in stages", ", ".join(stages)),
            ("granted terms", str(terms.terms)),
            ("code", "declared queries" if terms.code is None else str(terms.code)),
            ("limit", cost_text(terms.limit, terms.composition)),
            ("counted", cost_text(grant.counted, terms.composition)),
            ("left", cost_text(grant.left, terms.composition)),
            (
                "receipts by",
                f"{quorum.threshold} of {signers}" if quorum.executors else "the owner's word",
            ),
            ("level", grant.level),
            ("co-signed by", self.names.organisation(grant.cosigned_by) or None),
        ]


@dataclass(frozen=True, slots=True)
class GrantList:
    """Requests and grants, each in a line."""

    grants: Sequence[UseGrant]
    names: Names

    def to_json(self) -> dict[str, JsonValue]:
        """Return `grants`."""
        return {"grants": document_of(tuple(self.grants))}

    def draw(self, screen: Screen) -> None:
        """Draw a table."""
        screen.table(
            ["grant", "state", "dataset", "version", "applicant", "purpose", "until", "left"],
            (self._row(grant) for grant in self.grants),
            empty="There are no requests and no grants.",
        )

    def _row(self, grant: UseGrant) -> list[Cell]:
        request, terms = grant.request, grant.terms
        return [
            Hash(str(grant.id)),
            state_cell(grant),
            self.names.dataset(request.dataset),
            request.version or "every one",
            self.names.organisation(grant.applicant),
            purpose(request.purpose).name,
            "" if terms is None else time_text(terms.valid_until_unix),
            "" if terms is None else cost_text(grant.left, terms.composition),
        ]


def state_cell(grant: UseGrant) -> Cell:
    """Return a grant's state as it is drawn."""
    if grant.state is GrantState.GRANTED and grant.is_expired:
        return Styled("EXPIRED", "bold red")
    return Styled(grant.state.name, _STYLES.get(grant.state, ""))
