"""Training by three owners: it learns, all end with the same bytes, and only noise leaves them."""

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from training import (
    PARTIES,
    TABLE,
    Threads,
    categories,
    document,
    holding,
    number,
    train_in_threads,
    trained,
)

from dataledger.contracts.use_types import Composition, Cost
from dataledger.errors import AnswerWithheld, NodeRefused, QueryError
from dataledger.hashing import Digest, canonical_bytes
from dataledger.node.rules import PrivacyRules
from dataledger.node.training import Model, Training, parse_training
from dataledger.node.training.gradients import STEPS
from dataledger.node.work import Holding

Table = dict[str, list[Any]]


def people(seed: int, count: int) -> Table:
    """Return a table in which `answer` and `y` follow from `a` and `b`, and `colour` from both."""
    rng = np.random.default_rng(seed)
    a, b = rng.uniform(-1, 1, count), rng.uniform(-1, 1, count)
    return {
        "a": a.tolist(),
        "b": b.tolist(),
        "answer": np.where(a - 0.5 * b > 0, "yes", "no").tolist(),
        "y": (0.5 * a - 0.25 * b + 0.1).tolist(),
        "colour": np.select([a > 0.3, b > 0], ["red", "green"], "blue").tolist(),
        "inside": np.where(np.abs(a) < 0.5, "yes", "no").tolist(),
        "person": [f"person {n // 2}" for n in range(count)],
    }


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> list[Holding]:
    folder = tmp_path_factory.mktemp("owners")
    return [holding(folder / str(n), people(n, 400), dataset=n + 1) for n in range(3)]


UNSEEN = people(99, 1_000)


def accuracy(model: Model) -> float:
    found = model.evaluate(UNSEEN).accuracy
    assert found is not None
    return found


def test_two_classes_are_told_apart_with_moderate_privacy_and_not_with_almost_none_to_spend(
    three: list[Holding],
) -> None:
    asked = document(cost={"rho": "0.1"}, rounds=20)
    model = trained(asked, three)
    assert accuracy(model) > 0.9
    assert abs(model.units - 1_200) < 200
    blurred = [
        accuracy(trained(document(cost={"rho": "0.000001"}, rounds=20), three)) for _ in range(6)
    ]
    assert min(blurred) < 0.85


def test_a_linear_model_finds_the_coefficients_and_not_with_almost_nothing_to_spend(
    three: list[Holding],
) -> None:
    asked = document(
        cost={"rho": "1"}, rounds=30, rate="1.5", target=number("y"), model={"kind": "linear"}
    )
    model = trained(asked, three)
    a, b, constant = (weight / 10**9 for weight in model.weights)
    assert (a, b, constant) == pytest.approx((0.5, -0.25, 0.1), abs=0.08)
    error = model.evaluate(UNSEEN).root_mean_square_error
    assert error is not None
    assert error < 0.1
    blurred = trained({**asked, "cost": {"rho": "0.000001"}}, three).evaluate(UNSEEN)
    assert (blurred.root_mean_square_error or 0) > 0.3


def test_three_classes_and_what_no_line_divides_are_learned_too(three: list[Holding]) -> None:
    softmax = document(
        rounds=40,
        rate="4",
        model={"kind": "softmax"},
        target=categories("colour", "red", "green", "blue"),
    )
    assert accuracy(trained(softmax, three)) > 0.85
    bent = document(
        cost={"rho": "4"},
        rounds=60,
        rate="4",
        model={"kind": "mlp", "hidden": 8, "seed": 3},
        target=categories("inside", "no", "yes"),
    )
    assert accuracy(trained(bent, three)) > 0.9
    number_of = {**bent, "rate": "0.5", "target": number("y")}
    error = trained(number_of, three).evaluate(UNSEEN).root_mean_square_error
    assert error is not None
    assert error < 0.15


def test_all_parties_end_with_the_same_bytes_which_are_a_model(three: list[Holding]) -> None:
    asked = document(rounds=3, unit={"column": "person", "contributions": 1})
    answers, _ = train_in_threads(asked, three)
    contents = {answer.content for answer in answers}
    assert len(contents) == 1
    model = Model.parse(contents.pop())
    assert model.training.digest == Digest.of(canonical_bytes(asked))
    assert abs(model.units - 600) < 60


def test_what_leaves_a_party_is_noisy_and_of_a_form_that_the_document_alone_gives(
    tmp_path: Path, three: list[Holding]
) -> None:
    asked = document(rounds=3, cost={"rho": "0.5"})
    empty = holding(tmp_path, {name: [] for name in UNSEEN}, dataset=1)
    shapes = []
    for first in (three[0], empty):
        _, threads = train_in_threads(asked, [first, *three[1:]])
        shapes.append([[len(part) for part in parts] for parts in threads.vectors])
        # An owner without data, too, gives nothing but noise.
        assert all(any(part) for parts in threads.vectors[1:] for part in parts)
    assert shapes[0] == shapes[1] == [[1] * 3, *[[3] * 3] * 3]


def test_noise_is_as_wide_as_its_cost_says(tmp_path: Path) -> None:
    none = [holding(tmp_path / str(n), {"a": [], "b": [], "answer": []}) for n in range(3)]
    _, threads = train_in_threads(document(rounds=400, cost={"rho": "20.05"}), none)
    sums = np.array([part for parts in threads.vectors[1:] for part in parts], dtype=np.float64)
    # rho = length² / (2 · deviation²), of 401 equal parts
    assert sums.std() == pytest.approx(STEPS / (2 * 0.05) ** 0.5, rel=0.08)
    assert abs(sums.mean()) < 0.3 * STEPS


def test_broken_values_change_no_more_than_a_row_may_and_end_nothing(tmp_path: Path) -> None:
    table = people(5, 40)
    for place, value in enumerate(["NaN", "inf", "-1e308", "", "DROP TABLE", "9" * 400, "-0.0"]):
        table["a"][place] = value
    table["answer"][20:24] = ["", "YES", "maybe", "\u202e"]
    owners = [holding(tmp_path / str(n), table) for n in range(3)]
    model = trained(document(rounds=5), owners)
    assert all(abs(weight) < 10**12 for weight in model.weights)
    assert abs(model.units - 3 * 36) < 60


def test_the_cost_is_what_the_document_declares_and_is_never_less_than_opendp_counts() -> None:
    for rounds in (1, 7, 100, 500):
        work = parse_training(canonical_bytes(document(rounds=rounds, cost={"rho": "0.3"})))
        assert work.cost(Composition.ZCDP) == Cost(300_000)


def test_under_epsilon_and_delta_it_costs_what_rho_means_for_the_delta_it_names() -> None:
    asked = document(cost={"rho": "0.5", "delta": "1e-6"})
    # 0.5 + 2 · sqrt(0.5 · ln(10^6)) = 5.7565217…
    work = parse_training(canonical_bytes(asked))
    assert work.cost(Composition.BASIC) == Cost(5_756_522, 1_000_000)
    assert work.cost(Composition.ZCDP) == Cost(500_000)


@pytest.mark.parametrize("composition", [Composition.BASIC, Composition.NONE])
def test_a_budget_that_counts_no_rho_is_refused(composition: Composition) -> None:
    with pytest.raises(QueryError, match=r"costs rho \(zCDP\)") as refused:
        parse_training(canonical_bytes(document())).cost(composition)
    assert "budget" in refused.value.remedy


def test_a_table_or_column_that_is_not_there_is_refused_before_anything_is_spent(
    three: list[Holding],
) -> None:
    parse_training(canonical_bytes(document())).check(three[0])
    for changed in ({"from": "others.csv"}, {"features": [number("height")]}):
        with pytest.raises(QueryError, match=r"others|height"):
            parse_training(canonical_bytes(document(**changed))).check(three[0])


def test_the_unit_must_be_one_that_the_owner_names(three: list[Holding]) -> None:
    rules = replace(three[0].rules, privacy=PrivacyRules(units=("person",)))
    strict = replace(three[0], rules=rules)
    person = document(unit={"column": "person", "contributions": 2})
    parse_training(canonical_bytes(person)).check(strict)
    for unit in ({"row": True}, {"column": "colour", "contributions": 1}):
        with pytest.raises(NodeRefused) as refused:
            parse_training(canonical_bytes(document(unit=unit))).check(strict)
        assert refused.value.reason == "other-unit"


def test_data_that_differs_from_its_manifest_is_not_trained_on_and_not_told_about(
    tmp_path: Path, three: list[Holding]
) -> None:
    table = people(1, 10)
    changed = holding(tmp_path, table)
    (tmp_path / TABLE).write_text("a,b,answer\nsecret,1,yes\n")
    with pytest.raises(AnswerWithheld) as withheld:
        train_in_threads(document(rounds=1), [changed, *three[1:]])
    assert "secret" not in str(withheld.value)
    assert TABLE not in str(withheld.value)


def test_nobody_trains_alone_or_with_others_than_named(three: list[Holding]) -> None:
    work = parse_training(canonical_bytes(document()))
    with pytest.raises(QueryError, match="not trained on alone"):
        work.compute(three[0])
    with pytest.raises(AnswerWithheld, match="2 parties take part, and the training names 3"):
        work.compute_together(three[0], Threads(2).of(0), 2)


def test_what_the_engine_asks_of_every_kind_of_work() -> None:
    work = parse_training(canonical_bytes(document()))
    assert isinstance(work, Training)
    assert (work.kind, work.is_declared, work.purposes) == ("training", True, frozenset({1}))
    assert set(work.packages) >= {"opendp", "mpyc", "numpy"}
    assert len(PARTIES) == len(work.document.parties)


def test_reading_a_document_loads_nothing_that_only_computing_needs() -> None:
    code = (
        "import sys\n"
        "from dataledger.node.training import parse_training\n"
        f"parse_training({canonical_bytes(document())!r})\n"
        "print([name for name in ('numpy', 'opendp', 'pyarrow', 'mpyc') if name in sys.modules])"
    )
    finished = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    )
    assert re.fullmatch(r"\[\]\s*", finished.stdout)
