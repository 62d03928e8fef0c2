"""A differencing attack recovers a record from exact answers, and fails against a node's.

It fails as often as differential privacy says, whatever it asks: rates beside bounds are printed.
"""

from fractions import Fraction

import pytest
from attacks import (
    OTHERS,
    STRATEGIES,
    TARGET,
    Answers,
    Spent,
    income_bound,
    income_rate,
    membership_bound,
    membership_rate,
    table_with,
)
from chances import most_successes

TRIALS = 60


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_exact_answers_tell_everything(strategy: str) -> None:
    assert membership_rate(strategy, 20, epsilon=Fraction(1), is_exact=True) == 1
    assert income_rate(20, epsilon=Fraction(1), is_exact=True) == 1


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_whether_a_record_is_there_stays_as_uncertain_as_the_bound_says(strategy: str) -> None:
    epsilon = Fraction(1, 2)
    rate, bound = membership_rate(strategy, TRIALS, epsilon=epsilon), membership_bound(epsilon)
    print(f"{strategy}: right in {rate:.3f} of {TRIALS}, bound {bound:.3f}")  # noqa: T201
    assert rate * TRIALS <= most_successes(TRIALS, bound)


def test_what_a_record_holds_stays_as_uncertain_as_the_bound_says() -> None:
    epsilon = Fraction(1, 2)
    rate, bound = income_rate(TRIALS, epsilon=epsilon), income_bound(epsilon)
    print(f"income: right in {rate:.3f} of {TRIALS}, bound {bound:.3f}")  # noqa: T201
    assert rate * TRIALS <= most_successes(TRIALS, bound)


def test_nothing_is_answered_beyond_the_budget() -> None:
    import random

    answers = Answers(table_with(random.Random(1), target=True), 300_000)  # noqa: S311
    for _ in range(3):
        answers.ask("count", (TARGET,), 100_000)
    with pytest.raises(Spent):
        answers.ask("count", OTHERS, 1)
