"""Privacy losses: read exactly or refused, computed ones rounded up, and written as decimals."""

import math
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataledger.contracts.amounts import MICRO, PICO, delta_text, epsilon_text
from dataledger.contracts.use_types import Budget, Composition, Cost
from dataledger.errors import InvalidArgument
from dataledger.ledger.costs import (
    cost_at_least,
    cost_text,
    left_of,
    left_of_budget,
    parse_cost,
    parse_delta,
    parse_epsilon,
)

COUNTS = st.integers(0, 2**64 - 1)


@pytest.mark.parametrize(
    ("text", "micro"),
    [
        ("0", 0),
        ("0.5", 500_000),
        ("1", 1_000_000),
        ("00.10", 100_000),
        ("1e-6", 1),
        ("2E3", 2_000_000_000),
        ("0.000001", 1),
        ("0.5000000000", 500_000),
        ("18446744073709.551615", 2**64 - 1),
    ],
)
def test_decimals_are_read_exactly(text: str, micro: int) -> None:
    assert parse_epsilon(text) == micro


@pytest.mark.parametrize(
    "text",
    [
        *("", "-0.5", "+1", "nan", "NaN", "inf", "1,5", "0x10", "1_000", " 1", "1 ", ".5", "1."),
        *("1e999", "1e", "٣", "0.5\n", "1" * 41, "one\x1b[31m"),
    ],
)
def test_what_is_no_decimal_is_refused(text: str) -> None:
    with pytest.raises(InvalidArgument, match="is no amount of") as caught:
        parse_epsilon(text)
    assert "\x1b" not in str(caught.value)


def test_what_is_too_fine_or_too_large_is_refused() -> None:
    with pytest.raises(InvalidArgument, match=r"'0\.0000001' is finer than") as caught:
        parse_epsilon("0.0000001")
    assert "0.000001" in caught.value.remedy
    with pytest.raises(InvalidArgument, match="finer than δ"):
        parse_delta("1e-13")
    for text in ("18446744073709.551616", "1e14", "9e99"):
        with pytest.raises(InvalidArgument, match="more than the chain can count"):
            parse_epsilon(text)


def test_delta_is_a_probability() -> None:
    assert parse_delta("1") == PICO
    assert parse_delta("1e-9") == 1_000
    with pytest.raises(InvalidArgument, match="is no δ: that is a probability"):
        parse_delta("1.000000000001")
    assert parse_cost("0.5", "1e-9") == Cost(500_000, 1_000)
    assert parse_cost("0.5") == Cost(500_000, 0)


@given(COUNTS)
def test_what_is_written_is_read_back(count: int) -> None:
    assert parse_epsilon(epsilon_text(count)) == count


@given(st.integers(0, PICO))
def test_delta_that_is_written_is_read_back(count: int) -> None:
    assert parse_delta(delta_text(count)) == count


@given(
    st.one_of(
        st.floats(0, 1e12, allow_nan=False),
        st.fractions(0, 10**9),
        st.decimals(0, 10**9, allow_nan=False),
    ),
)
def test_computed_losses_are_rounded_up_by_less_than_one_part(
    value: float | Fraction | Decimal,
) -> None:
    micro = cost_at_least(value).micro
    assert 0 <= Fraction(micro, MICRO) - Fraction(value) < Fraction(1, MICRO)


def test_rounding_up_takes_a_float_for_what_it_is() -> None:
    # The float 0.1 is more than a tenth, and the sum of three even more so.
    assert cost_at_least(0.1) == Cost(100_001)
    assert cost_at_least(Decimal("0.1"), Decimal("1e-13")) == Cost(100_000, 1)
    assert cost_at_least(0, 5e-324) == Cost(0, 1)
    assert cost_at_least(3) == Cost(3_000_000)


@pytest.mark.parametrize(
    "value", [-1, -0.1, math.nan, math.inf, -math.inf, Decimal("NaN"), Decimal("Infinity"), True]
)
def test_no_loss_is_negative_infinite_or_no_number(value: float | Decimal) -> None:
    with pytest.raises(InvalidArgument, match="A privacy loss cannot be"):
        cost_at_least(value)


def test_a_computed_loss_beyond_the_chains_count_is_refused() -> None:
    with pytest.raises(InvalidArgument, match="more than the chain can count"):
        cost_at_least(1e300)


def test_losses_in_words() -> None:
    assert [delta_text(pico) for pico in (0, 1, 1_000, 1_500, 120_000_000, PICO)] == [
        *("0", "1e-12", "1e-9", "1.5e-9", "0.00012", "1"),
    ]
    assert cost_text(Cost(500_000, 1_000)) == "ε 0.5, δ 1e-9"
    assert cost_text(Cost(500_000)) == "ε 0.5"
    assert cost_text(Cost(1), Composition.ZCDP) == "rho 0.000001"
    assert cost_text(Cost(), Composition.NONE) == "exact"


def test_nothing_is_left_of_less_than_nothing() -> None:
    assert left_of(Cost(3, 1), Cost(5, 0)) == Cost(0, 1)
    budget = Budget(Composition.BASIC, Cost(5, 5), Cost(1, 1), Cost(2, 3))
    assert left_of_budget(budget) == Cost(3, 2)
