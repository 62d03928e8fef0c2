"""Weights that are the same at every node: how they begin, and how they change."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataledger.node.training.models import MAX_WEIGHT, Head, Network, stepped

GOLDEN = [
    *(1118941642, 987519082, -946629136, 4826588, -1059579250, 551364882),
    *(774882670, 1001222168, 1018060733),
]
"""What seed 7 gives: nodes of different releases must agree on it."""


def test_a_model_of_one_layer_begins_with_zeros() -> None:
    assert Network(((3, 4),), Head.CHANCES).initial() == [0] * 12


def test_a_model_of_two_layers_begins_with_what_its_seed_says_and_on_every_machine() -> None:
    network = Network(((2, 3), (1, 3)), Head.NUMBER, seed=7)
    assert network.initial() == GOLDEN
    assert all(abs(weight) <= 2 * 577_350_270 for weight in network.initial())
    other = Network(((2, 3), (1, 3)), Head.NUMBER, seed=8)
    assert other.initial() != network.initial()


@pytest.mark.parametrize(
    ("number", "factor", "change"),
    [
        (10, Fraction(1, 3), 3),
        (5, Fraction(1, 2), 3),
        (-5, Fraction(1, 2), -2),
        (-10, Fraction(1, 3), -3),
        (2**40, Fraction(10**9, 2**20 * 1_200), 873_813_333_333),
    ],
)
def test_a_step_is_rounded_to_the_nearest_whole_part_and_halves_upwards(
    number: int, factor: Fraction, change: int
) -> None:
    assert stepped([100], [number], factor) == [100 - change]


@given(
    st.lists(st.tuples(st.integers(-MAX_WEIGHT, MAX_WEIGHT), st.integers(-(2**62), 2**62))),
    st.fractions(Fraction(1, 10**30), 10**30),
)
def test_no_step_leads_beyond_the_greatest_weight(
    given_: list[tuple[int, int]], factor: Fraction
) -> None:
    weights, sums = [weight for weight, _ in given_], [number for _, number in given_]
    for weight, number, changed in zip(weights, sums, stepped(weights, sums, factor), strict=True):
        assert abs(changed) <= MAX_WEIGHT
        if abs(changed) < MAX_WEIGHT:
            assert abs(weight - changed - number * factor) <= Fraction(1, 2)
