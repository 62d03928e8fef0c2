"""Who wants one record out of answers: asks with it and without it, again and again, and subtracts.

An attacker knows the whole table but for one record. Two games are played with many tables:
whether the record is there at all, and which of 101 incomes it has. The attacker may ask what it
likes, and may decide what to ask next by what it was told, until the budget is spent.
"""

import math
import random
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

import pyarrow as pa
from queries import bounded, document, found_in

from dataledger.contracts.amounts import MICRO
from dataledger.contracts.use_types import Composition
from dataledger.errors import CheckFailed
from dataledger.hashing import canonical_bytes
from dataledger.node.queries import Query, cost_of, parse
from dataledger.node.queries.answer import write
from dataledger.node.queries.noise import plan
from dataledger.node.queries.release import numbers_of
from dataledger.node.queries.rows import Rows, exact_vector

TARGET = "target"
OTHERS = tuple(f"p{number}" for number in range(30))
INCOMES = 101
"""From 0 to 100, each as likely."""

COUNT, SUM = {"kind": "count", "name": "rows"}, bounded("sum", "income") | {"name": "rows"}


class Spent(CheckFailed):
    """The budget has less left than a query costs."""


@cache
def question(kind: str, people: tuple[str, ...], micro: int) -> Query:
    """Return a query about these people, for so many millionths of ε."""
    return parse(
        canonical_bytes(
            document(
                COUNT if kind == "count" else SUM,
                where=[{"column": "person", "in": list(people)}],
                cost={"epsilon": f"{micro / MICRO:.6f}"},
            )
        )
    )


@dataclass
class Answers:
    """One table's answers, until its budget is spent; or exact ones, for comparison."""

    table: pa.Table
    left: int
    """In millionths of ε."""
    is_exact: bool = False

    def ask(self, kind: str, people: tuple[str, ...], micro: int) -> int:
        """Return the answer's number.

        Raises:
            Spent: there is not so much left.
        """
        query = question(kind, people, micro)
        cost = cost_of(query, Composition.BASIC).micro
        if cost > self.left:
            raise Spent("The budget is spent.", remedy="Stop asking.")
        self.left -= cost
        noises = plan(query)
        if self.is_exact:
            [exact] = exact_vector(noises[0].part, query, Rows(query, self.table))
            return int(exact)
        answer = write(query, noises, numbers_of(query, noises, self.table), 1)
        return int(found_in(answer, "rows")[0]["value"])


def difference(answers: Answers, kind: str, micro: int) -> int:
    """Ask with the target and without it, for half the price each, and subtract."""
    with_it = answers.ask(kind, (*OTHERS, TARGET), micro // 2)
    return with_it - answers.ask(kind, OTHERS, micro // 2)


def by_itself(answers: Answers) -> bool:
    """Guess by one question about the target alone, with all that may be spent."""
    return answers.ask("count", (TARGET,), answers.left) >= 1


def by_average(answers: Answers) -> bool:
    """Guess by the mean of repeated differences."""
    each = answers.left // 4
    return sum(difference(answers, "count", each) for _ in range(4)) / 4 > 0.5


def adaptively(answers: Answers) -> bool:
    """Guess by the odds after each answer, and pay more for the next where they are even."""
    price, log_odds = answers.left // 8, 0.0
    while answers.left:
        price = min(price, answers.left)
        seen = answers.ask("count", (TARGET,), price)
        log_odds += price / MICRO * (abs(seen) - abs(seen - 1))
        if abs(log_odds) < price / MICRO:
            price *= 2
    return log_odds > 0


def guess_income(answers: Answers) -> int:
    """Guess the target's income by the difference of two sums."""
    return min(max(difference(answers, "sum", answers.left), 0), INCOMES - 1)


STRATEGIES: dict[str, Callable[[Answers], bool]] = {
    "by itself": by_itself,
    "by average": by_average,
    "adaptively": adaptively,
}


def table_with(made: random.Random, *, target: bool, income: int = 50) -> pa.Table:
    """Return a table of all others, and of the target if it is there."""
    people = [*OTHERS, *([TARGET] if target else [])]
    incomes = [*(made.randrange(INCOMES) for _ in OTHERS), *([income] if target else [])]
    order = made.sample(range(len(people)), len(people))
    return pa.table(
        {
            "income": pa.array([incomes[at] for at in order], pa.int64()),
            "person": [people[at] for at in order],
        }
    )


def membership_rate(
    strategy: str, trials: int, *, epsilon: Fraction, is_exact: bool = False
) -> float:
    """Return how often a strategy finds out whether the target is there; it is half of the time."""
    right = 0
    for seed in range(trials):
        made = random.Random(seed)  # noqa: S311  # made up
        there = seed % 2 == 0
        answers = Answers(table_with(made, target=there), int(epsilon * MICRO), is_exact)
        right += STRATEGIES[strategy](answers) == there
    return right / trials


def income_rate(trials: int, *, epsilon: Fraction, is_exact: bool = False) -> float:
    """Return how often the target's income is guessed."""
    right = 0
    for seed in range(trials):
        made = random.Random(seed)  # noqa: S311  # made up
        income = made.randrange(INCOMES)
        table = table_with(made, target=True, income=income)
        right += guess_income(Answers(table, int(epsilon * MICRO), is_exact)) == income
    return right / trials


def membership_bound(epsilon: Fraction) -> float:
    """Return how often any attacker can be right, at most, whatever it asks for so much."""
    return 1 / (1 + math.exp(-epsilon))


def income_bound(epsilon: Fraction) -> float:
    """Return the same for incomes: one takes the place of another, which is two changes."""
    return math.exp(2 * epsilon) / INCOMES
