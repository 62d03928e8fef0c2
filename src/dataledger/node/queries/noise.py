"""Which noise each part of an answer gets, so that all of it costs no more than was declared.

All noise and all losses are OpenDP's: from the rows to the answer, each part is one chain of its
domains, metrics, and maps. What it takes on trust from here is the step from rows to a vector,
whose bound is in `bounds`, and held by tests. Vectors are of whole numbers, and so is their noise:
there are no floating-point numbers whose gaps could tell anything.

Parts are of the same rows, so their losses add up. Under a grouping, one part answers for all
groups: a vector's bound covers them already; a quantile is chosen in each group on its own. Groups
share no row, so k rows of one unit are k₁ + k₂ + … rows over the groups. A loss grows with the rows
linearly (ε) or with their square (rho), hence losses in all groups add up to no more than that of
k rows in a single one.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from dataledger.contracts.use_types import Composition
from dataledger.errors import QueryError
from dataledger.node.queries.bounds import Part, Role, parts_of
from dataledger.node.queries.document import Quantile, Query
from dataledger.node.queries.rows import Rows, exact_vector, places_among

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_SCALE = 2.0**48
"""In steps, or rows. Noise of this scale, and every sum, is far from where whole numbers end."""

_SLACK = 1 + 2.0**-48


@dataclass(frozen=True, slots=True)
class Noise:
    """The noise of one part."""

    part: Part
    scale: float
    loss: Fraction
    """Of ε or rho, by OpenDP's own account."""


@lru_cache(maxsize=64)
def plan(query: Query) -> tuple[Noise, ...]:
    """Return the noise of each part; all losses together are at most the query's cost.

    Every measure may lose the same, and so may the sum and the count that make a mean.

    Raises:
        QueryError: the cost is so small that the noise would leave the range of numbers.
    """
    return tuple(_noise(part, query) for part in parts_of(query))


def add_noise(noise: Noise, query: Query, rows: Rows) -> list[int]:
    """Return a part of the answer as it may leave the node."""
    if noise.part.role is Role.CHOICE:
        return _choose(noise, query, rows)

    def vector(counted: Rows) -> list[int]:
        found: list[int] = exact_vector(noise.part, query, counted).tolist()
        return found

    return [int(number) for number in _noisy_vector(noise.part, query, noise.scale, vector)(rows)]


def _noise(part: Part, query: Query) -> Noise:
    allowed = query.cost / (len(query.measures) * part.share)
    # The loss falls with the scale, or with its square: one loss tells which scale to take.
    ratio = float(_loss(part, query, 1.0) / allowed)
    scale = ratio if query.composition is Composition.BASIC else ratio**0.5
    if scale > MAX_SCALE:
        raise QueryError(
            f"The measure {part.measure.name!r} has too wide bounds for so small a cost.",
            remedy="Take larger steps, narrower bounds, fewer contributions, or spend more.",
        )
    scale *= _SLACK
    while (loss := _loss(part, query, scale)) > allowed:
        scale *= _SLACK
    return Noise(part, scale, loss)


def _loss(part: Part, query: Query, scale: float) -> Fraction:
    if isinstance(part.measure, Quantile):
        measurement = _choice(part.measure, query, scale)
    else:
        measurement = _noisy_vector(part, query, scale, lambda _rows: [])
    return Fraction(measurement.map(query.unit.contributions))


def _noisy_vector(
    part: Part, query: Query, scale: float, vector: Callable[[Rows], list[int]]
) -> Any:
    """Return the measurement from rows, by their symmetric distance, to the vector with noise."""
    dp = _opendp()
    numbers = dp.vector_domain(dp.atom_domain(T="i64"))
    if query.composition is Composition.BASIC:
        metric = dp.l1_distance(T="i64")
        noisy = dp.m.make_laplace(numbers, metric, scale)
    else:
        metric = dp.l2_distance(T="i64")
        noisy = dp.m.make_gaussian(numbers, metric, scale)
    exact = dp.t.make_user_transformation(
        dp.user_domain("rows of a table", lambda value: isinstance(value, Rows)),
        dp.symmetric_distance(),
        numbers,
        metric,
        vector,
        lambda rows: rows * part.row_change,
    )
    return exact >> noisy


def _choice(quantile: Quantile, query: Query, scale: float) -> Any:
    """Return the measurement from the places of numbers among the candidates to one of these."""
    dp = _opendp()
    return dp.m.make_private_quantile(
        dp.vector_domain(dp.atom_domain(T="i64")),
        dp.symmetric_distance(),
        dp.max_divergence()
        if query.composition is Composition.BASIC
        else dp.zero_concentrated_divergence(),
        candidates=[2 * index + 1 for index in range(len(quantile.candidates))],
        alpha=float(quantile.at),
        scale=scale,
    )


def _choose(noise: Noise, query: Query, rows: Rows) -> list[int]:
    import numpy as np

    quantile = noise.part.measure
    assert isinstance(quantile, Quantile)  # noqa: S101  # what the role says
    choose = _choice(quantile, query, noise.scale)
    values = rows.numbers(quantile.column)
    present = ~np.isnan(values)
    places = places_among(values[present], quantile.candidates)
    groups = rows.groups[present]
    order = np.argsort(groups, kind="stable")
    places = places[order]
    ends = np.searchsorted(groups[order], np.arange(1, len(query.groups)))
    return [int(choose(found)) // 2 for found in np.split(places, ends)]


def _opendp() -> Any:
    import opendp.prelude as dp

    # Honest, but curious: the step from rows to a vector is written here.
    dp.enable_features("contrib", "honest-but-curious")
    return dp
