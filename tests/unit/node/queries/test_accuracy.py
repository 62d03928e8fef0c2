"""Margins: held by the noise as often as they say, for one node and for the sum of several."""

import math
from fractions import Fraction

import numpy as np
import pytest
from numpy.typing import NDArray

from dataledger.node.queries.accuracy import choice_margin, gaussian_margin, laplace_margin
from dataledger.node.queries.noise import MAX_SCALE

MISSES = (Fraction(1, 2), Fraction(1, 20), Fraction(1, 10**9))
DIGITS = 1e-12
"""The errors of adding up floating-point numbers, in the tests."""


def laplace(scale: float) -> NDArray[np.float64]:
    """Return the distribution of the noise, over whole numbers around 0."""
    reach = math.ceil(scale * 40) + 10
    q = math.exp(-1 / scale)
    distribution: NDArray[np.float64] = (
        (1 - q) / (1 + q) * q ** np.abs(np.arange(-reach, reach + 1))
    )
    return distribution


def gaussian(scale: float) -> NDArray[np.float64]:
    """Return the distribution of the noise, over whole numbers around 0."""
    reach = math.ceil(scale * 12) + 10
    weights = np.exp(-((np.arange(-reach, reach + 1) / scale) ** 2) / 2)
    distribution: NDArray[np.float64] = weights / weights.sum()
    return distribution


def beyond(distribution: NDArray[np.float64], parties: int, margin: int) -> float:
    """Return how often the sum of so many such noises is further from 0 than the margin."""
    total = distribution
    for _ in range(parties - 1):
        total = np.convolve(total, distribution)
    middle = len(total) // 2
    return float(total[: max(0, middle - margin)].sum() + total[middle + margin + 1 :].sum())


@pytest.mark.parametrize("parties", [1, 3, 8])
@pytest.mark.parametrize("scale", [0.3, 2.5, 40.0])
@pytest.mark.parametrize("miss", MISSES)
def test_a_laplace_margin_is_the_least_that_is_kept(
    scale: float, parties: int, miss: Fraction
) -> None:
    margin = laplace_margin(scale, parties, miss)
    assert beyond(laplace(scale), parties, margin) <= float(miss) + DIGITS
    if margin:
        assert beyond(laplace(scale), parties, margin - 1) > float(miss) - DIGITS


@pytest.mark.parametrize("parties", [1, 3, 8])
@pytest.mark.parametrize("scale", [0.3, 0.5, 1.0, 40.0])
@pytest.mark.parametrize("miss", MISSES)
def test_a_gaussian_margin_is_kept_and_at_most_a_step_and_a_half_too_wide(
    scale: float, parties: int, miss: Fraction
) -> None:
    margin = gaussian_margin(scale, parties, miss)
    assert beyond(gaussian(scale), parties, margin) <= float(miss) + DIGITS
    if scale >= 1 and margin >= 2 and miss > Fraction(1, 10**6):
        assert beyond(gaussian(scale), parties, margin - 2) > float(miss) - DIGITS


@pytest.mark.parametrize("parties", [1, 3, 16])
def test_margins_of_the_largest_noise_are_found_too(parties: int) -> None:
    for margin in (laplace_margin, gaussian_margin):
        wide = margin(MAX_SCALE, parties, Fraction(1, 10**12))
        assert MAX_SCALE < wide < 100 * MAX_SCALE
    normal = 1.959964 * MAX_SCALE * math.sqrt(parties)
    assert gaussian_margin(MAX_SCALE, parties, Fraction(1, 20)) == pytest.approx(normal, rel=1e-6)


def test_margins_of_one_node_are_those_of_opendp() -> None:
    import opendp.prelude as dp

    dp.enable_features("contrib")
    for scale in (1.0, 12.5, 1000.0):
        for miss in (0.05, 1e-6):
            # OpenDP's accuracy is the least number that the noise is not equal to or beyond.
            least = dp.discrete_laplacian_scale_to_accuracy(scale, miss)
            assert laplace_margin(scale, 1, Fraction(miss)) == pytest.approx(least - 1, abs=1.01)
            least = dp.discrete_gaussian_scale_to_accuracy(scale, miss)
            assert gaussian_margin(scale, 1, Fraction(miss)) == pytest.approx(least - 1, abs=1.01)


def test_a_choice_is_rarely_worse_than_its_margin() -> None:
    assert choice_margin(1.0, 1, Fraction(1, 20)) == math.ceil(math.log(20))
    assert choice_margin(10.0, 100, Fraction(1, 100)) == math.ceil(10 * math.log(10_000))


def test_sums_of_several_nodes_have_wider_margins_by_about_the_root_of_their_number() -> None:
    one, many = (gaussian_margin(100.0, parties, Fraction(1, 20)) for parties in (1, 16))
    assert many == pytest.approx(4 * one, rel=0.02)
