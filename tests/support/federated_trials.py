"""Seeded questions to three owners, and whether the true answer lies where the answer says."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from queries import document, found_in

PARTIES = 3
TOP = 200
CONFIDENCE = "0.95"
COSTS = ("2", "4")
BINS = 5


@dataclass(frozen=True, slots=True)
class Trial:
    """One question, the owners' data for it, and what is true. Equal seeds make equal trials."""

    number: int
    ages: tuple[tuple[int, ...], ...]
    edges: tuple[int, ...]
    cost: str

    @classmethod
    def of(cls, seed: int, number: int) -> "Trial":
        """Return a trial: how many rows, which values, edges and cost, all come from the seed."""
        rng = random.Random(f"{seed} {number}")  # noqa: S311 - data of a test
        middle, spread = rng.uniform(20, 180), rng.uniform(5, 80)
        ages = tuple(
            tuple(
                min(max(round(rng.gauss(middle, spread)), 0), TOP)
                for _ in range(rng.randrange(200, 2000))
            )
            for _ in range(PARTIES)
        )
        inner = sorted(rng.sample(range(1, TOP), BINS - 1))
        # The last bin ends above the greatest value, which so counts in it.
        return cls(number, ages, (0, *inner, TOP + 1), rng.choice(COSTS))

    @property
    def path(self) -> str:
        """The file that each owner has for it."""
        return f"trial-{self.number:04}.csv"

    def files(self, owner: int) -> dict[str, str]:
        """Return an owner's file, by its name."""
        return {self.path: "\n".join(["age", *map(str, self.ages[owner])]) + "\n"}

    def query(self, confidence: str = CONFIDENCE) -> dict[str, Any]:
        """Return the question: a mean and a histogram, with intervals that hold together."""
        mean = {"column": "age", "from": "0", "kind": "mean", "name": "mean", "step": "1"}
        bins = {"column": "age", "edges": [str(edge) for edge in self.edges], "kind": "histogram"}
        return document(
            {**mean, "to": str(TOP)},
            {**bins, "name": "bins"},
            from_=self.path,
            cost={"epsilon": self.cost},
            confidence=confidence,
        )

    def outcome(self, answer: bytes) -> "Outcome":
        """Return whether the answer's intervals hold what is true."""
        everybody = [age for own in self.ages for age in own]
        [mean] = found_in(answer, "mean")
        truth = Fraction(sum(everybody), len(everybody))
        counts = [
            sum(low <= age < high for age in everybody)
            for low, high in zip(self.edges, self.edges[1:], strict=False)
        ]
        bins = found_in(answer, "bins")
        assert len(bins) == len(counts)
        return Outcome(
            mean=Fraction(mean["low"]) <= truth <= Fraction(mean["high"]),
            histogram=all(
                int(found["low"]) <= count <= int(found["high"])
                for found, count in zip(bins, counts, strict=True)
            ),
            mean_error=abs(float(Fraction(mean["value"]) - truth)),
            count_error=max(
                abs(int(found["value"]) - count) for found, count in zip(bins, counts, strict=True)
            ),
        )


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a trial."""

    mean: bool
    """Whether the true mean lies within its interval."""
    histogram: bool
    """Whether all true counts do."""
    mean_error: float
    count_error: int
    """Of the worst bin."""


def summary(outcomes: Sequence[Outcome]) -> dict[str, int]:
    """Return how many answers were true: of means, of histograms, and of both at once."""
    return {
        "mean": sum(outcome.mean for outcome in outcomes),
        "histogram": sum(outcome.histogram for outcome in outcomes),
        "together": sum(outcome.mean and outcome.histogram for outcome in outcomes),
    }
