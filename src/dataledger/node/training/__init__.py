"""Small models, trained on several owners' data that stays where it is, with differential privacy.

document    what is to be trained, bounded in every respect
features    rows as numbers within declared bounds
models      weights and gradients;  gradients  clipped, in whole numbers;  noise  OpenDP's
training    the rounds, at each node
model_file  the model, for whoever asked
asking      asks the nodes, and registers the model
"""

from dataledger.node.training.asking import (
    MODEL_PATH,
    Trained,
    parents_of,
    receipts_of,
    register_model,
    require_registrar,
    train,
)
from dataledger.node.training.document import TrainingDocument
from dataledger.node.training.model_file import Evaluation, Model
from dataledger.node.training.training import Training, parse_training

__all__ = [
    "MODEL_PATH",
    "Evaluation",
    "Model",
    "Trained",
    "Training",
    "TrainingDocument",
    "parents_of",
    "parse_training",
    "receipts_of",
    "register_model",
    "require_registrar",
    "train",
]
