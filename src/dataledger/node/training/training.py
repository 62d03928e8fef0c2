"""Training on several owners' data, by gradients that each owner clips, adds up and blurs itself.

    round 0        each node adds noise to the number of its units; the sum is all that anybody sees
    each round     each node clips its units' gradients, adds them up, and adds noise to the sum;
                   from the sum over all nodes, every node takes the same step

The noise is whole at each node: what one owner's data may give away is bounded by its own noise,
whatever the others do or tell each other. All rounds cost; no round is thought to hide another.
"""

from fractions import Fraction

from dataledger.contracts.amounts import MICRO
from dataledger.contracts.use_types import Composition, Cost
from dataledger.errors import AnswerWithheld, DataLedgerError, QueryError
from dataledger.hashing import Digest
from dataledger.ledger.costs import cost_at_least
from dataledger.node.queries.work import check_table
from dataledger.node.training.document import TrainingDocument
from dataledger.node.training.features import read_examples
from dataledger.node.training.gradients import STEPS, clipped_sum
from dataledger.node.training.model_file import Model
from dataledger.node.training.models import WEIGHT_PARTS, network_of, stepped
from dataledger.node.training.noise import Noise, epsilon_micro
from dataledger.node.work import Answer, Holding, SecureSum

MODEL_TRAINING = 1
"""The purpose that a grant must name."""


class Training:
    """A training that several owners' nodes do together. Made from its document."""

    kind = "training"
    is_declared = True
    purposes = frozenset({MODEL_TRAINING})
    packages = ("dataledger", "mpyc", "numpy", "opendp", "pyarrow")
    isolation = "the node's own process"

    def __init__(self, document: TrainingDocument) -> None:
        self.document = document

    @property
    def code(self) -> Digest:
        """SHA-256 of the document."""
        return self.document.digest

    def cost(self, composition: Composition) -> Cost:
        """Return what each owner pays: rho; or (ε, δ), where the document names a δ.

        Raises:
            QueryError: the budget counts neither.
        """
        document = self.document
        spent = cost_at_least(sum(noise.cost for noise in self._noises()))
        if composition is Composition.ZCDP:
            return spent
        if composition is Composition.BASIC and document.delta_pico is not None:
            return Cost(epsilon_micro(spent.micro, document.delta_pico), document.delta_pico)
        needs = "names no delta" if composition is Composition.BASIC else "is not exact"
        raise QueryError(
            f"A training costs rho (zCDP). This budget counts something else, and the training "
            f"{needs}.",
            remedy="Ask the owner for a budget and a grant that count rho; or, where they count "
            "epsilon and delta, name a delta in the training's cost.",
        )

    def check(self, holding: Holding) -> None:
        """Return only if there is such a table with such columns, going by its header.

        Raises:
            QueryError: there is not.
            NodeRefused: the owner names another unit (`other-unit`), or it cannot be read
                (`unreadable`).
        """
        document = self.document
        unit = None if document.unit is None else document.unit.column
        check_table(holding, document.path, document.columns, unit=unit)

    def compute(self, holding: Holding) -> Answer:
        """Raise `QueryError`: nobody trains alone."""
        raise QueryError(
            f"The dataset {holding.dataset} is not trained on alone.",
            remedy="Join at each party's node, and start at each, as `dataledger train` does.",
        )

    def compute_together(self, holding: Holding, add: SecureSum, parties: int) -> Answer:
        """Train, and return the model, which is the same at every node.

        Raises:
            AnswerWithheld: others take part than the document says, the others left, or the data
                cannot be read or is not as the manifest says.
        """
        document = self.document
        if parties != len(document.parties):
            raise AnswerWithheld(
                f"{parties} parties take part, and the training names {len(document.parties)}.",
                remedy="Start the training at every party's node.",
            )
        for_count, *for_rounds = self._noises()
        network, clip = network_of(document), float(document.clip)
        try:
            examples = read_examples(holding, document)
        except DataLedgerError as error:
            # What the error says may be of the data, and the answer to the consumer is not.
            raise AnswerWithheld(
                "A party's table cannot be read, or is not as its manifest says.",
                remedy="Ask the owners to check their data; their logs say what is wrong.",
            ) from error
        units = max(1, add(for_count.add([examples.unit_count]))[0])
        # A step along the mean gradient, from steps of the clipping norm to parts of a weight.
        factor = document.rate * document.clip * Fraction(WEIGHT_PARTS, STEPS * units)
        weights = network.initial()
        for noise in for_rounds:
            own = clipped_sum(network, weights, examples, clip)
            weights = stepped(weights, add(noise.add(own)), factor)
        return Answer(Model(document, tuple(weights), units).to_bytes())

    def _noises(self) -> list[Noise]:
        """Return the noise of the count, and of each round: equal parts of the whole cost."""
        document = self.document
        share = Fraction(document.rho_micro, MICRO * (document.rounds + 1))
        return [Noise(1, share), *[Noise(STEPS, share)] * document.rounds]


def parse_training(document: bytes) -> Training:
    """Return the training that a document describes.

    Raises:
        QueryError: it is malformed, or not bounded.
    """
    return Training(TrainingDocument.parse(document))
