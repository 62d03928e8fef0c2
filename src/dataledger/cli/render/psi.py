"""What a matching told."""

from dataclasses import dataclass

from dataledger.cli.render.document import document_of
from dataledger.cli.render.screen import Screen, Styled
from dataledger.hashing import JsonValue
from dataledger.node.client import Answered
from dataledger.node.matching.asking import Matched


@dataclass(frozen=True, slots=True)
class MatchingView:
    """What is shared, and the receipt of the run that told it."""

    matched: Matched
    answered: Answered

    def to_json(self) -> dict[str, JsonValue]:
        """Return `matching`, and the run with its receipt."""
        answered = self.answered
        return {
            "matching": document_of(self.matched),
            "grant": str(answered.grant),
            "run": str(answered.run),
            "receipt": document_of(answered.receipt),
            "transaction_hash": answered.transaction_hash,
        }

    def draw(self, screen: Screen) -> None:
        """Draw the numbers, and a line for each value that is shared."""
        matched = self.matched
        share = f"{100 * matched.common / matched.own:.1f} %"
        screen.success(
            Styled(f"{matched.common:,}", "bold"), f"of your {matched.own:,} values are shared."
        )
        screen.fields(
            [
                ("of yours", share),
                ("theirs", f"{matched.theirs:,}"),
                ("run", str(self.answered.run)),
                ("code", str(self.answered.receipt.code)),
            ]
        )
        for text in matched.texts or ():
            screen.line(text)
