"""What an answer says, made of noisy numbers alone: nothing here has seen the data.

All its intervals hold together with the query's confidence: what may go wrong is divided equally
among the measures, and within a measure among its numbers. An interval is of the number that the
query declares: of rows within their limits, values within their bounds, rounded to their steps.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from dataledger.contracts.amounts import epsilon_text
from dataledger.contracts.use_types import Composition
from dataledger.hashing import JsonValue, canonical_bytes
from dataledger.ledger.costs import cost_at_least
from dataledger.node.queries.accuracy import choice_margin, gaussian_margin, laplace_margin
from dataledger.node.queries.bounds import Role, change_of
from dataledger.node.queries.document import (
    Categories,
    Histogram,
    Mean,
    Measure,
    Quantile,
    Query,
    Sum,
)
from dataledger.node.queries.noise import Noise
from dataledger.node.queries.numbers import decimal_above, decimal_below, decimal_text
from dataledger.node.queries.write import cost_name, to_json

ANSWER_FORMAT = "dataledger/query-answer/1"

_DISTRIBUTIONS = {
    (Role.CHOICE, Composition.BASIC): "exponential",
    (Role.CHOICE, Composition.ZCDP): "gumbel",
    (Role.COUNT, Composition.BASIC): "discrete-laplace",
    (Role.COUNT, Composition.ZCDP): "discrete-gaussian",
    (Role.SUM, Composition.BASIC): "discrete-laplace",
    (Role.SUM, Composition.ZCDP): "discrete-gaussian",
}


@dataclass(frozen=True, slots=True)
class Margin:
    """How far a part's numbers may be from the exact ones."""

    noise: Noise
    margin: int
    """In its own whole numbers: rows, or steps; of a choice, rows by which it may be worse."""


def margins(query: Query, noises: Sequence[Noise], parties: int = 1) -> tuple[Margin, ...]:
    """Return the margins of all parts, where each of `parties` adds such noise of its own."""
    return tuple(Margin(noise, _margin(query, noise, noises, parties)) for noise in noises)


def write(query: Query, noises: Sequence[Noise], totals: Sequence[int], parties: int) -> bytes:
    """Return the answer: canonical JSON, whose shape depends on the query alone."""
    found = margins(query, noises, parties)
    spent = cost_at_least(sum((noise.loss for noise in noises), Fraction(0)))
    taken = iter(totals)
    by_part = [
        [next(taken) for _ in range(noise.part.size * len(query.groups))] for noise in noises
    ]
    answers: list[JsonValue] = []
    at = 0
    for measure in query.measures:
        count = sum(noise.part.measure == measure for noise in noises)
        own = range(at, at + count)
        at += count
        answers.append(
            {
                "kind": measure.kind,
                "name": measure.name,
                "noise": [_noise(query, found[number]) for number in own],
                "numbers": list(
                    _numbers(query, measure, [found[n] for n in own], [by_part[n] for n in own])
                ),
            }
        )
    return canonical_bytes(
        {
            "confidence": decimal_text(query.confidence),
            "format": ANSWER_FORMAT,
            "measures": answers,
            "parties": parties,
            "query": to_json(query),
            "spent": {cost_name(query): epsilon_text(spent.micro)},
        }
    )


def _margin(query: Query, noise: Noise, noises: Sequence[Noise], parties: int) -> int:
    measure = noise.part.measure
    size = sum(other.part.size for other in noises if other.part.measure == measure)
    miss = (1 - query.confidence) / (len(query.measures) * size * len(query.groups))
    if isinstance(measure, Quantile):
        return choice_margin(noise.scale, len(measure.candidates), miss)
    if query.composition is Composition.BASIC:
        return laplace_margin(noise.scale, parties, miss)
    return gaussian_margin(noise.scale, parties, miss)


def _noise(query: Query, found: Margin) -> JsonValue:
    part = found.noise.part
    return {
        "distribution": _DISTRIBUTIONS[part.role, query.composition],
        "margin": str(found.margin),
        "of": part.role.value,
        "scale": repr(found.noise.scale),
        "unit_change": str(change_of(part, query)),
    }


def _numbers(
    query: Query, measure: Measure, found: Sequence[Margin], parts: Sequence[Sequence[int]]
) -> Iterator[JsonValue]:
    """Yield the measure's numbers: of each group, each of its bins."""
    for index, key in enumerate(query.groups):
        group: dict[str, JsonValue] = {} if key is None else {"group": key}
        if isinstance(measure, Quantile):
            chosen = measure.candidates[parts[0][index]]
            yield {**group, "rows": str(found[0].margin), "value": decimal_text(chosen)}
        elif isinstance(measure, Sum):
            total, margin, step = parts[0][index], found[0].margin, measure.bounds.step
            interval = (total - margin) * step, total * step, (total + margin) * step
            yield {**group, **_interval(*interval)}
        elif isinstance(measure, Mean):
            yield {**group, **_mean(measure, found, parts[0][index], parts[1][index])}
        else:
            labels = labels_of(measure)
            for place, label in enumerate(labels):
                total, margin = parts[0][index * len(labels) + place], found[0].margin
                low, high = max(0, total - margin), max(0, total + margin)
                yield {**group, **label, "high": str(high), "low": str(low), "value": str(total)}


def labels_of(measure: Measure) -> list[dict[str, str]]:
    """Return what says which number is which, of each group; one that says nothing for most."""
    if isinstance(measure, Categories):
        return [{"category": category} for category in measure.categories]
    if isinstance(measure, Histogram):
        edges = [decimal_text(edge) for edge in measure.edges]
        return [{"from": edge, "to": next_edge} for edge, next_edge in pairwise(edges)]
    return [{}]


def _mean(measure: Mean, found: Sequence[Margin], total: int, count: int) -> dict[str, JsonValue]:
    """Return the quotient, and how far it can be where sum and count are within their margins."""
    bounds = measure.bounds

    def mean(steps: int, rows: int) -> Fraction:
        exact = bounds.middle + Fraction(steps, max(1, rows))
        return min(max(exact, Fraction(bounds.begin)), Fraction(bounds.end)) * bounds.step

    by_sum, by_count = found[0].margin, found[1].margin
    ends = [
        mean(steps, rows)
        for steps in (total - by_sum, total + by_sum)
        for rows in (count - by_count, count + by_count)
    ]
    return _interval(min(ends), mean(total, count), max(ends))


def _interval(low: Fraction, value: Fraction, high: Fraction) -> dict[str, JsonValue]:
    return {
        "high": decimal_above(high),
        "low": decimal_below(low),
        "value": decimal_text(value),
    }
