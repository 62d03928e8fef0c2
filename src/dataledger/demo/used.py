"""What the consumer's chapter showed, as a part of the result."""

from dataclasses import dataclass

from dataledger.demo.audited import written_json
from dataledger.demo.events import QueryAnswered, UseAgreed, UseRefusedFor
from dataledger.hashing import JsonValue


@dataclass(frozen=True, slots=True)
class Used:
    """What was agreed, what was answered, and what was refused."""

    agreed: UseAgreed
    answered: QueryAnswered
    refused: tuple[UseRefusedFor, ...]

    def to_json(self) -> dict[str, JsonValue]:
        """Return the members that the result gains by it."""
        agreed, answered = self.agreed, self.answered
        return {
            "use": {
                "grant": str(agreed.grant),
                "project": agreed.project,
                "purpose": agreed.purpose,
                "dataset": agreed.dataset,
                "organisation": agreed.organisation,
                "epsilon": agreed.epsilon,
                **written_json(agreed.written),
                "answer": {
                    "question": answered.question,
                    "value": answered.value,
                    "low": answered.low,
                    "high": answered.high,
                    "confidence": answered.confidence,
                    "epsilon": answered.epsilon,
                    "epsilon_left": answered.epsilon_left,
                    "output": str(answered.output),
                    "run": str(answered.run),
                },
                "refused": [
                    {"attempt": item.attempt, "error": item.error, "message": item.message}
                    for item in self.refused
                ],
            }
        }
