"""An attack on training, by those who know everything but one thing: whether a person took part.

Two of three owners collude with the consumer: they take their own parts from every sum, and so see
what the third added, noise and all. They know all its other rows, and the person's. What they do is
the best that can be done (the likelihood ratio), and zCDP says how often that is right: with
probability Φ(sqrt(rho / 2)), and no more.
"""

import sys
from math import sqrt
from pathlib import Path
from statistics import NormalDist
from typing import Any

import pytest
from training import document, holding, train_in_threads

from dataledger.hashing import canonical_bytes
from dataledger.node.training import TrainingDocument
from dataledger.node.training.features import Examples, read_examples
from dataledger.node.training.gradients import STEPS, clipped_sum
from dataledger.node.training.models import WEIGHT_PARTS, network_of, stepped
from dataledger.node.training.training import Training
from dataledger.node.work import Holding

TRIALS = 200
"""With the person, and as many without."""
OTHERS: dict[str, list[Any]] = {
    "a": [0.1 * n - 1 for n in range(20)],
    "b": [0.5 - 0.05 * n for n in range(20)],
    "answer": ["yes" if n > 9 else "no" for n in range(20)],
}
PERSON: dict[str, list[Any]] = {"a": [1.0], "b": [1.0], "answer": ["no"]}


def asked(rho: str) -> dict[str, Any]:
    # So short a length that the person's gradient always has all of it.
    return document(cost={"rho": rho}, rounds=5, clip="0.01", rate="2")


def evidence(training: TrainingDocument, seen: list[list[list[int]]], rows: Examples) -> float:
    """Return the logarithm of how much likelier what was seen is with the person than without."""
    network = network_of(training)
    alone = Examples(
        rows.features, tuple(v[-1:] for v in rows.values), rows.targets[-1:], rows.starts[:1]
    )
    others = Examples(
        rows.features, tuple(v[:-1] for v in rows.values), rows.targets[:-1], rows.starts[:-1]
    )
    variance = [1 / (2 * float(noise.cost)) for noise in Training(training)._noises()]
    found = (seen[0][0][0] - others.unit_count - 0.5) / variance[0]
    units = max(1, sum(part[0] for part in seen[0]))
    factor = training.rate * training.clip * WEIGHT_PARTS / (STEPS * units)
    weights, clip = network.initial(), float(training.clip)
    for parts, width in zip(seen[1:], variance[1:], strict=True):
        expected = clipped_sum(network, weights, others, clip)
        person = clipped_sum(network, weights, alone, clip)
        for got, without, its in zip(parts[0], expected, person, strict=True):
            found += (got - without - its / 2) * its / (STEPS**2 * width)
        weights = stepped(weights, [sum(column) for column in zip(*parts, strict=True)], factor)
    return found


@pytest.mark.parametrize("rho", ["0.05", "0.5", "8"])
def test_the_best_attack_on_a_person_is_right_as_often_as_the_cost_says_and_no_more(
    rho: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    both = {name: [*OTHERS[name], *PERSON[name]] for name in OTHERS}
    present, absent = holding(tmp_path / "in", both), holding(tmp_path / "out", OTHERS)
    colluding = [holding(tmp_path / str(n), OTHERS, dataset=n + 2) for n in range(2)]
    training = TrainingDocument.parse(canonical_bytes(asked(rho)))
    rows = read_examples(present, training)

    def says_present(owner: Holding) -> bool:
        _, threads = train_in_threads(asked(rho), [owner, *colluding])
        return evidence(training, threads.vectors, rows) > 0

    right = sum(says_present(present) for _ in range(TRIALS))
    right += sum(not says_present(absent) for _ in range(TRIALS))
    measured, bound = right / (2 * TRIALS), NormalDist().cdf(sqrt(float(rho) / 2))
    with capsys.disabled():
        sys.stdout.write(
            f"\nmembership under rho {rho}: the best attack was right in {measured:.1%} of "
            f"{2 * TRIALS} trials, and can be in {bound:.1%}\n"
        )
    error = sqrt(bound * (1 - bound) / (2 * TRIALS))
    assert measured < bound + 4 * error
    # And it is a real attack: no weaker one than the cost allows.
    assert measured > bound - 4 * error - 0.01
