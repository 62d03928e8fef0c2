"""An algorithm that is to be approved, and what a run of it gave."""

from dataclasses import dataclass
from pathlib import Path

from dataledger.cli.render.document import document_of
from dataledger.cli.render.screen import Screen, Styled
from dataledger.hashing import Digest, JsonValue
from dataledger.node.client import Answered
from dataledger.node.sandbox.document import AlgorithmDocument


@dataclass(frozen=True, slots=True)
class AlgorithmView:
    """What a request and its grant name."""

    document: AlgorithmDocument

    def to_json(self) -> dict[str, JsonValue]:
        """Return `code` and `size_bytes`."""
        return {"code": str(self.document.code), "size_bytes": len(self.document.algorithm)}

    def draw(self, screen: Screen) -> None:
        """Draw the digest alone, for other programs to take."""
        screen.line(str(self.document.code))


@dataclass(frozen=True, slots=True)
class RunView:
    """An answer that was written to a file, and the receipt of the run that gave it."""

    answered: Answered
    file: Path

    def to_json(self) -> dict[str, JsonValue]:
        """Return `answer`, and the run with its receipt."""
        answered = self.answered
        return {
            "answer": {
                "digest": str(Digest.of(answered.content)),
                "file": str(self.file),
                "size_bytes": len(answered.content),
            },
            "grant": str(answered.grant),
            "run": str(answered.run),
            "receipt": document_of(answered.receipt),
            "transaction_hash": answered.transaction_hash,
        }

    def draw(self, screen: Screen) -> None:
        """Draw where the answer is."""
        answered = self.answered
        screen.success("The answer is in", Styled(str(self.file), "bold"))
        screen.fields(
            [
                ("size", f"{len(answered.content):,} bytes"),
                ("digest", str(Digest.of(answered.content))),
                ("run", str(answered.run)),
                ("code", str(answered.receipt.code)),
            ]
        )
