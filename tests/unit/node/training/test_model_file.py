"""A model's file: what it says, what is refused, and what it answers."""

import json
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from training import categories, document, number

from dataledger.errors import DependencyMissing, InvalidArgument, UseDocumentError
from dataledger.hashing import Digest, canonical_bytes
from dataledger.node.training import Model, TrainingDocument
from dataledger.node.training.models import MAX_WEIGHT
from dataledger.node.training.noise import epsilon_micro

LINEAR = document(
    features=[number("a", "0", "10"), categories("by", "car", "bicycle")],
    target=number("y", "0", "100"),
    model={"kind": "linear"},
)


def model(weights: list[int], asked: dict[str, Any] | None = None, *, units: int = 12) -> Model:
    training = TrainingDocument.parse(canonical_bytes(asked or document()))
    return Model(training, tuple(weights), units)


def test_the_file_says_what_was_trained_what_it_cost_and_the_weights_as_decimals() -> None:
    asked = document(cost={"rho": "0.5", "delta": "1e-6"})
    file = model([250_000_000, -1_500_000_000, 1], asked)
    assert json.loads(file.to_bytes()) == {
        "format": "dataledger/model/1",
        "privacy": {"delta": "1e-6", "epsilon": "5.756522", "rho": "0.5"},
        "training": asked,
        "units": 12,
        "weights": [[["0.25", "-1.5", "0.000000001"]]],
    }
    assert Model.parse(file.to_bytes()) == file
    assert file.digest == Digest.of(file.to_bytes())


@given(st.lists(st.integers(-MAX_WEIGHT, MAX_WEIGHT), min_size=17, max_size=17))
def test_every_model_is_read_as_it_was_written(weights: list[int]) -> None:
    asked = document(
        model={"kind": "mlp", "hidden": 3, "seed": 1}, target=categories("z", "no", "yes")
    )
    file = model(weights, asked)
    assert Model.parse(file.to_bytes()) == file


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"format": "dataledger/model/2"}, "its format"),
        ({"extra": 1}, "unknown member"),
        ({"units": 0}, "0 units"),
        ({"units": "12"}, "belongs"),
        ({"weights": []}, "0 weights"),
        ({"weights": [["0.25", "-1.5", "0"]]}, "list"),
        ({"weights": [[["0.25"], ["-1.5"], ["0"]]]}, "not written as"),
        ({"weights": [[["0.250", "-1.5", "0"]]]}, "not written as"),
        ({"weights": [[["0.25", "-1.5", "-0"]]]}, "not written as"),
        ({"weights": [[["0.0000000001", "0", "0"]]]}, "no weight"),
        ({"weights": [[["NaN", "0", "0"]]]}, "no weight"),
        ({"weights": [[["1000001", "0", "0"]]]}, "too large"),
        ({"weights": [[[1, 0, 0]]]}, "string"),
        ({"privacy": {"delta": "1e-6", "epsilon": "0.1", "rho": "1"}}, "not written as"),
        ({"privacy": {}}, "not written as"),
        ({"training": {}}, "lacks"),
        ({"training": document(rounds=0)}, "rounds"),
    ],
)
def test_a_file_that_says_something_else_is_refused(changed: dict[str, Any], reason: str) -> None:
    file = json.loads(model([0, 0, 0]).to_bytes())
    with pytest.raises(UseDocumentError, match=reason):
        Model.parse(canonical_bytes({**file, **changed}))


@pytest.mark.parametrize("data", [b"", b"{}", b"\xff", b" {}", b"[" * 100_000])
def test_bytes_that_are_no_model_are_refused(data: bytes) -> None:
    with pytest.raises(UseDocumentError):
        Model.parse(data)


def test_without_a_delta_of_its_own_a_model_says_epsilon_for_a_millionth() -> None:
    file = json.loads(model([0, 0, 0]).to_bytes())
    # 1 + 2 · sqrt(ln(10^6)) = 8.4338441…
    assert file["privacy"] == {"delta": "1e-6", "epsilon": "8.433845", "rho": "1"}
    assert epsilon_micro(1, 10**9) == 5_258
    assert epsilon_micro(100 * 10**6, 1) > 100 * 10**6


def test_numbers_are_predicted_in_the_targets_own_unit() -> None:
    # 0.5 · scaled(a) + 0.1 for a car - 0.2 for a bicycle + 0.1
    file = model([500_000_000, 100_000_000, -200_000_000, 100_000_000], LINEAR)
    rows: dict[str, list[object]] = {
        "a": [10, "10", 5, None, 99, "none"],
        "by": ["car", "bicycle", "boat", None, "car", "car"],
        "unused": [1, 2, 3, 4, 5, 6],
    }
    assert file.predict(rows) == pytest.approx((85, 70, 55, 55, 85, 60))
    evaluation = file.evaluate({**rows, "y": [85, 70, 55, "", None, 70]})
    assert (evaluation.examples, evaluation.accuracy) == (4, None)
    assert evaluation.root_mean_square_error == pytest.approx(5)


def test_categories_are_predicted_with_their_probabilities() -> None:
    file = model([2_000_000_000, 0, -1_000_000_000])
    rows = {"a": [1, 0, -1], "b": [0, 0, 0]}
    assert file.predict(rows) == ("yes", "no", "no")
    first = file.probabilities(rows)[0]
    assert first["yes"] == pytest.approx(0.731058578630005)
    assert sum(first.values()) == pytest.approx(1)
    evaluation = file.evaluate({**rows, "answer": ["yes", "yes", "perhaps"]})
    assert (evaluation.examples, evaluation.accuracy) == (2, 0.5)


def test_what_cannot_be_asked_of_a_model_is_refused() -> None:
    logistic, linear = model([0, 0, 0]), model([0, 0, 0, 0], LINEAR)
    with pytest.raises(InvalidArgument, match="The columns have 1, 2 rows"):
        logistic.predict({"a": [1], "b": [1, 2]})
    with pytest.raises(InvalidArgument, match="The columns have no rows"):
        logistic.predict({})
    with pytest.raises(InvalidArgument, match="No row has a target"):
        logistic.evaluate({"a": [1], "answer": ["never heard of"]})
    with pytest.raises(InvalidArgument, match="no probabilities"):
        linear.probabilities({"a": [1]})


def test_without_numpy_a_model_is_read_and_says_what_its_answers_need(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "numpy", None)
    file = Model.parse(model([0, 0, 0]).to_bytes())
    with pytest.raises(DependencyMissing, match="numpy"):
        file.predict({"a": [1]})


def test_a_model_with_other_weights_than_its_training_makes_is_none() -> None:
    with pytest.raises(UseDocumentError, match="2 weights"):
        model([1, 2])
