"""The consumer's side: several nodes are asked for a model, which can become a dataset."""

from collections.abc import Sequence
from dataclasses import dataclass

from dataledger.contracts.events import DatasetRegistered
from dataledger.contracts.types import Capability, Parent, Relation
from dataledger.errors import CommitmentMismatch, InvalidArgument, KeystoreError, NotFound
from dataledger.ledger import Ledger
from dataledger.ledger.results import Confirmed
from dataledger.ledger.use_results import UseRun
from dataledger.manifest import FileEntry, Manifest
from dataledger.node.client import Answered
from dataledger.node.federated.asking import SharingNode, ask_together
from dataledger.node.training.document import TrainingDocument
from dataledger.node.training.model_file import Model

MODEL_PATH = "model.json"
"""Of the model's file, in the dataset that it becomes."""


@dataclass(frozen=True, slots=True)
class Trained:
    """A model, and the answers of the nodes that trained it, with their receipts."""

    model: Model
    answers: tuple[Answered, ...]
    """In the order of the training's parties."""


def train(
    nodes: Sequence[SharingNode],
    training: TrainingDocument,
    *,
    versions: Sequence[int | None] | None = None,
) -> Trained:
    """Have the owners' nodes train a model together.

    Args:
        nodes: One for each party, in their order.
        training: What is to be trained.
        versions: What each node is to read; by default the version granted, or the current one.

    Raises:
        UseDocumentError: what the nodes answer is no model.
        CommitmentMismatch: it is the model of another training.
        DataLedgerError: as `ask_together` raises.
    """
    answers = ask_together(nodes, training.parties, training.content, versions=versions)
    model = Model.parse(answers[0].content)
    if model.training != training:
        raise CommitmentMismatch(
            f"The model comes from the training {model.training.digest}, and {training.digest} "
            "was asked for.",
            remedy="Use nothing of it, and ask the owners how this came.",
        )
    return Trained(model, tuple(answers))


def receipts_of(ledger: Ledger, model: Model) -> tuple[UseRun, ...]:
    """Return the settled runs that a model came from: one of each party, in their order.

    Anybody whose grant allows it can write a receipt that names any output: only those count that
    are of the training's own grants and name the training as their code.

    Raises:
        NotFound: a party has no such receipt.
        CommitmentMismatch: the chain node's logs are not what the contract keeps.
    """
    runs = {
        run.grant: run
        for run in ledger.runs.of_output(model.digest)
        if run.receipt is not None and run.receipt.code == model.training.digest
    }
    for party in model.training.parties:
        if party not in runs:
            raise NotFound(
                f"The grant {party} has no receipt for the model {model.digest}.",
                remedy="Use the model's file exactly as the nodes answered it, on the chain that "
                "has its receipts.",
            )
    return tuple(runs[party] for party in model.training.parties)


def parents_of(ledger: Ledger, model: Model) -> tuple[Parent, ...]:
    """Return the versions that a model was trained on, as its receipts name them.

    Raises as `receipts_of` does.
    """
    inputs = [
        read for run in receipts_of(ledger, model) if run.receipt for read in run.receipt.inputs
    ]
    parents = [Parent(read.dataset, read.version, Relation.TRAINED_ON) for read in inputs]
    return tuple(dict.fromkeys(parents))


def require_registrar(ledger: Ledger) -> None:
    """Return only if the ledger's signer could register a model, before one is trained.

    Raises:
        InvalidArgument: its organisation is no CUSTODIAN now.
        KeystoreError: the ledger has no signer.
        NotFound: the signer acts for no organisation.
    """
    if ledger.signer is None:
        raise KeystoreError(
            "A registration is signed, and the ledger has no signer.",
            remedy="Connect with a key of an organisation that is a CUSTODIAN.",
        )
    org = ledger.organisations.get(ledger.members.get(ledger.signer.address).org)
    if not org.effective & Capability.CUSTODIAN:
        raise InvalidArgument(
            f"The organisation {org.slug} is no CUSTODIAN, and cannot register the model.",
            remedy="Ask who admitted it for this capability; or train without registering: a "
            "custodian can register the model's file later.",
        )


def register_model(ledger: Ledger, model: Model, slug: str) -> Confirmed[DatasetRegistered]:
    """Register a model as a dataset of the signer's organisation, which must be a CUSTODIAN.

    Its one version is the model's file, with an edge `TRAINED_ON` to each version that the receipts
    name: a recall of one of them taints the model. Registered already, it is already there.

    Raises:
        NotFound: a party has no receipt for the model.
        InvalidSlug: the slug breaks the rule.
        Refused: the contract refuses; of somebody who is no CUSTODIAN, too.
    """
    content = model.to_bytes()
    manifest = Manifest([FileEntry(MODEL_PATH, len(content), model.digest)])
    return ledger.datasets.register(slug, manifest, parents=parents_of(ledger, model))
