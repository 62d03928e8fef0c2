"""Trainings and models: what is accepted is written again, and one row stays within its bound."""

from collections.abc import Iterator
from random import Random

import pyarrow as pa
from fuzzing import accepted, mutate_json
from training import categories, document, number

from dataledger.contracts.use_types import Composition
from dataledger.hashing import canonical_bytes
from dataledger.node.training import Model, TrainingDocument, parse_training
from dataledger.node.training.features import TableColumns, examples_of
from dataledger.node.training.gradients import STEPS, clipped_sum
from dataledger.node.training.models import network_of


def check(data: bytes) -> None:
    training = accepted(TrainingDocument.parse, data)
    if training is not None:
        assert training.content == data
        assert 0 < parse_training(data).cost(Composition.ZCDP).micro <= training.rho_micro
        network = network_of(training)
        row = pa.table({name: ["1e308"] for name in training.columns})
        rows = examples_of(TableColumns(row), training)
        steps = clipped_sum(network, network.initial(), rows, float(training.clip))
        assert sum(step * step for step in steps) <= STEPS**2 * rows.unit_count
    model = accepted(Model.parse, data)
    if model is not None:
        assert model.to_bytes() == data
        assert len(model.predict({model.training.features[0].column: [None, "1", 1e308]})) == 3


def seeds() -> Iterator[bytes]:
    numbers = {"target": number("y", "0", "10"), "unit": {"column": "person", "contributions": 2}}
    for asked in (
        document(),
        document(model={"kind": "softmax"}, features=[categories("c", "x", "y"), number("a")]),
        document(model={"kind": "linear"}, **numbers),
        document(model={"kind": "mlp", "hidden": 2, "seed": 1}, **numbers),
    ):
        content = canonical_bytes(asked)
        yield content
        network = network_of(TrainingDocument.parse(content))
        weights = [number * 333_333_333 for number in range(network.weight_count)]
        yield Model(TrainingDocument.parse(content), tuple(weights), 7).to_bytes()


def mutate(data: bytes, random: Random) -> bytes:
    return mutate_json(data, random)
