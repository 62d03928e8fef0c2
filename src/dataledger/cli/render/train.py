"""A trained model, with the receipts of its owners."""

from dataclasses import dataclass
from pathlib import Path

from dataledger.cli.render.confirmation import Confirmation
from dataledger.cli.render.document import document_of
from dataledger.cli.render.screen import Hash, Screen
from dataledger.contracts.amounts import delta_text, epsilon_text
from dataledger.contracts.events import DatasetRegistered
from dataledger.hashing import JsonValue
from dataledger.ledger.results import Confirmed
from dataledger.node.training import Trained


@dataclass(frozen=True, slots=True)
class TrainedView:
    """What was trained, where its file is, and perhaps the dataset that it became."""

    trained: Trained
    file: Path
    registered: Confirmed[DatasetRegistered] | None = None

    def to_json(self) -> dict[str, JsonValue]:
        """Return the model's `digest`, `file` and so on, its `runs`, and `registered` or null."""
        model = self.trained.model
        return {
            "digest": str(model.digest),
            "file": str(self.file),
            "code": str(model.training.digest),
            "units": model.units,
            "rounds": model.training.rounds,
            "weights": len(model.weights),
            "rho": epsilon_text(model.training.rho_micro),
            "epsilon": epsilon_text(model.epsilon_micro),
            "delta": delta_text(model.delta_pico),
            "runs": [
                {
                    "grant": str(answer.grant),
                    "run": str(answer.run),
                    "receipt": document_of(answer.receipt),
                    "transaction_hash": answer.transaction_hash,
                }
                for answer in self.trained.answers
            ],
            "registered": None
            if self.registered is None
            else Confirmation(self.registered, "").to_json(),
        }

    def draw(self, screen: Screen) -> None:
        """Draw its fields, the runs, and the dataset."""
        model = self.trained.model
        parties = len(self.trained.answers)
        screen.success(f"Trained a {model.training.model.kind} model with {parties} owners.")
        rho = epsilon_text(model.training.rho_micro)
        epsilon, delta = epsilon_text(model.epsilon_micro), delta_text(model.delta_pico)
        screen.fields(
            [
                ("model", str(model.digest)),
                ("file", str(self.file)),
                ("training", str(model.training.digest)),
                ("trained on", f"about {model.units:,} units, in {model.training.rounds} rounds"),
                ("weights", f"{len(model.weights):,}"),
                ("cost each owner", f"rho {rho}: ε {epsilon} at δ {delta}"),
            ]
        )
        screen.line("")
        screen.table(
            ["run", "grant", "receipt in transaction"],
            (
                [Hash(str(a.run)), Hash(str(a.grant)), Hash(a.transaction_hash)]
                for a in self.trained.answers
            ),
            empty="There are no runs.",
        )
        screen.line("")
        if self.registered is None:
            screen.hint(f"dataledger receipts --output {model.digest} tells what it came from.")
            return
        event = self.registered.event
        parents = 0 if event.record is None else len(event.record.parents)
        Confirmation(
            self.registered,
            "Registered the model as a dataset.",
            [("id", str(event.dataset)), ("trained on", f"{parents} versions")],
        ).draw(screen)
