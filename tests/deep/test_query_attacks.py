"""Differencing attacks against a node's answers, many times over, and the rate beside the bound.

$DATALEDGER_ATTACKS is how often each is tried; by default, 2,000 times.
"""

import os
from fractions import Fraction

import pytest
from attacks import (
    STRATEGIES,
    income_bound,
    income_rate,
    membership_bound,
    membership_rate,
)
from chances import most_successes

TRIALS = int(os.environ.get("DATALEDGER_ATTACKS", "2000"))


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("epsilon", [Fraction(1, 10), Fraction(1), Fraction(3)])
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_no_strategy_finds_a_record_more_often_than_the_bound(
    strategy: str, epsilon: Fraction, capsys: pytest.CaptureFixture[str]
) -> None:
    rate, bound = membership_rate(strategy, TRIALS, epsilon=epsilon), membership_bound(epsilon)
    with capsys.disabled():
        words = f"ε {float(epsilon):g}, {strategy}: right in {rate:.1%} of {TRIALS}"
        print(f"\n{words}; at most {bound:.1%}; of exact answers, in all")  # noqa: T201
    assert rate * TRIALS <= most_successes(TRIALS, bound)


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("epsilon", [Fraction(1, 10), Fraction(1)])
def test_nobody_guesses_what_a_record_holds_more_often_than_the_bound(
    epsilon: Fraction, capsys: pytest.CaptureFixture[str]
) -> None:
    rate, bound = income_rate(TRIALS, epsilon=epsilon), income_bound(epsilon)
    with capsys.disabled():
        words = f"ε {float(epsilon):g}, income: right in {rate:.1%} of {TRIALS}"
        print(f"\n{words}; at most {bound:.1%}; of exact answers, in all")  # noqa: T201
    assert rate * TRIALS <= most_successes(TRIALS, bound)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_of_exact_answers_every_strategy_finds_it_always(strategy: str) -> None:
    assert membership_rate(strategy, 200, epsilon=Fraction(1), is_exact=True) == 1
    assert income_rate(200, epsilon=Fraction(1), is_exact=True) == 1
