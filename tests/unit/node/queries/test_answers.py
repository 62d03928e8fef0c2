"""Answers: near the truth as often as they say, of a shape that tells nothing, and never exact."""

import json
import math
import random
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from chances import least_successes
from queries import bounded, document, found_in, holding_of, write_csv

from dataledger.contracts.use_types import Composition
from dataledger.errors import AnswerWithheld, NodeRefused, QueryError
from dataledger.hashing import Digest, canonical_bytes, parse_canonical
from dataledger.node.queries import answer_of, noisy_parts, parse_query
from dataledger.node.queries.answer import write
from dataledger.node.queries.bounds import Role
from dataledger.node.queries.noise import plan
from dataledger.node.queries.release import numbers_of
from dataledger.node.rules import NodeRules, PrivacyRules
from dataledger.node.work import Holding

NAMES = ("person", "city", "age")
COUNT = {"kind": "count", "name": "rows"}
AGES = {"column": "age", "edges": ["0", "30", "60", "101"], "kind": "histogram", "name": "ages"}
CITIES = {"categories": ["Bern", "Oslo"], "column": "city", "kind": "histogram", "name": "cities"}
MEDIAN = {
    "at": "0.5",
    "candidates": [str(number) for number in range(0, 101, 5)],
    "column": "age",
    "kind": "quantile",
    "name": "median",
}
ALL = (COUNT, bounded("sum"), bounded("mean"), AGES, CITIES, MEDIAN)
ADDABLE = ALL[:-1]
TRIALS = 60


def rows_of(seed: int, count: int) -> list[tuple[str, str, int]]:
    """Return rows of some people, each with several."""
    made = random.Random(seed)  # noqa: S311  # made up
    return [
        (f"p{made.randrange(count // 3 + 1)}", made.choice(["Bern", "Oslo"]), made.randrange(101))
        for _ in range(count)
    ]


def held(folder: Path, rows: Sequence[tuple[object, ...]]) -> Holding:
    """Return a holding with such a table."""
    folder.mkdir()
    write_csv(folder, rows, *NAMES)
    return holding_of(folder)


def columns_of(rows: list[tuple[str, str, int]]) -> pa.Table:
    """Return the rows as a table."""
    return pa.table(dict(zip(NAMES, map(list, zip(*rows, strict=True)), strict=True)))


def asked(*measures: dict[str, Any], **members: Any) -> bytes:
    """Return a query's document."""
    return canonical_bytes(document(*measures, **members))


def is_within(number: dict[str, str], truth: Fraction | int) -> bool:
    """Return whether the truth is in the number's interval."""
    return Fraction(number["low"]) <= Fraction(truth) <= Fraction(number["high"])


def holds(answer: bytes, rows: list[tuple[str, str, int]]) -> bool:
    """Return whether all that an answer says of these rows is true."""
    ages = np.array([age for _, _, age in rows])
    cities = [city for _, city, _ in rows]
    histogram = [((ages >= a) & (ages < b)).sum() for a, b in ((0, 30), (30, 60), (60, 101))]
    truths = [
        ("rows", [len(rows)]),
        ("sum-age", [ages.sum()]),
        ("mean-age", [Fraction(int(ages.sum()), len(rows))]),
        ("ages", histogram),
        ("cities", [cities.count("Bern"), cities.count("Oslo")]),
    ]
    return all(
        is_within(number, int(truth) if isinstance(truth, np.integer) else truth)
        for name, exact in truths
        for number, truth in zip(found_in(answer, name), exact, strict=True)
    ) and is_near_median(found_in(answer, "median")[0], ages)


def is_near_median(number: dict[str, str], ages: Any) -> bool:
    """Return whether no candidate is better than the chosen one by more rows than is said."""

    def error(candidate: float) -> float:
        return abs(float((ages < candidate).sum() - (ages > candidate).sum())) / 2

    best = min(error(float(candidate)) for candidate in MEDIAN["candidates"])
    return error(float(number["value"])) <= best + float(number["rows"])


@pytest.mark.parametrize("cost", [{"epsilon": "2"}, {"rho": "0.3"}])
def test_all_intervals_hold_together_as_often_as_they_say(cost: dict[str, str]) -> None:
    rows = rows_of(1, 300)
    table = columns_of(rows)
    query = parse_query(asked(*ALL, cost=cost, confidence="0.8")).query
    noises = plan(query)
    kept = sum(
        holds(write(query, noises, numbers_of(query, noises, table), 1), rows)
        for _ in range(TRIALS)
    )
    assert kept >= least_successes(TRIALS, 0.8), f"{kept} of {TRIALS}"


def test_a_node_s_part_of_an_answer_is_what_the_answer_is_made_of(tmp_path: Path) -> None:
    holding = held(tmp_path / "data", rows_of(1, 300))
    query = parse_query(asked(*ADDABLE)).query
    parts = noisy_parts(query, holding)
    assert len(parts) == 1 + 1 + 2 + 3 + 2
    answer = answer_of(query, parts, 1)
    assert found_in(answer, "rows")[0]["value"] == str(parts[0])
    assert found_in(answer, "cities")[1]["value"] == str(parts[-1])
    with pytest.raises(QueryError, match="cannot be asked of several nodes"):
        noisy_parts(parse_query(asked(*ALL)).query, holding)


def test_noise_is_drawn_anew_for_every_answer(tmp_path: Path) -> None:
    holding = held(tmp_path / "data", rows_of(2, 50))
    work = parse_query(asked(*ALL))
    assert len({work.compute(holding).content for _ in range(10)}) == 10


@pytest.mark.parametrize("cost", [{"epsilon": "2"}, {"rho": "0.3"}])
def test_the_sum_of_several_nodes_parts_is_as_near_as_it_says(cost: dict[str, str]) -> None:
    parts = [rows_of(seed, 100) for seed in (1, 2, 3)]
    tables = [columns_of(rows) for rows in parts]
    query = parse_query(asked(bounded("mean"), AGES, cost=cost, confidence="0.8")).query
    ages = np.array([age for rows in parts for _, _, age in rows])
    exact = [((ages >= a) & (ages < b)).sum() for a, b in ((0, 30), (30, 60), (60, 101))]
    kept = 0
    for _ in range(TRIALS):
        own = [numbers_of(query, plan(query), table) for table in tables]
        totals = [sum(numbers) for numbers in zip(*own, strict=True)]
        answer = answer_of(query, totals, 3)
        kept += is_within(found_in(answer, "mean-age")[0], Fraction(int(ages.sum()), 300)) and all(
            is_within(number, int(truth))
            for number, truth in zip(found_in(answer, "ages"), exact, strict=True)
        )
    assert kept >= least_successes(TRIALS, 0.8), f"{kept} of {TRIALS}"
    assert parse_canonical(answer)["parties"] == 3  # type: ignore[index, call-overload]


def shape(value: Any) -> Any:
    """Return a JSON value without its numbers, but for those that the query declares."""
    if isinstance(value, dict):
        return {
            name: "…" if name in ("high", "low", "value") else shape(inner)
            for name, inner in value.items()
        }
    return [shape(inner) for inner in value] if isinstance(value, list) else value


def test_an_answer_has_the_same_shape_whatever_the_data(tmp_path: Path) -> None:
    hostile = [("", "Genf", "x"), ("p1", "Bern", "1e999"), ("p1", "Bern", "nan")] * 40
    tables: list[Sequence[tuple[object, ...]]] = [[], rows_of(3, 1), rows_of(4, 60), hostile]
    grouped = {"group_by": {"column": "city", "keys": ["Bern", "Oslo", "Nowhere"]}}
    limited = {"unit": {"column": "person", "contributions": 2}}
    filtered = {"where": [{"column": "age", "from": "18"}]}
    for members in ({}, grouped, limited, grouped | limited | filtered):
        work = parse_query(asked(*ALL, **members))
        shapes = set()
        for rows in tables:
            folder = tmp_path / f"{len(list(tmp_path.iterdir()))}"
            answer = work.compute(held(folder, rows)).content
            shapes.add(json.dumps(shape(json.loads(answer))))
        assert len(shapes) == 1


def test_groups_and_bins_stand_in_the_order_of_the_query(tmp_path: Path) -> None:
    holding = held(tmp_path / "data", [("a", "Oslo", 40)] * 3000)
    work = parse_query(asked(AGES, MEDIAN, group_by={"column": "city", "keys": ["Bern", "Oslo"]}))
    answer = work.compute(holding).content
    found = found_in(answer, "ages")
    assert [(n["group"], n["from"], n["to"]) for n in found] == [
        (group, *edges)
        for group in ("Bern", "Oslo")
        for edges in (("0", "30"), ("30", "60"), ("60", "101"))
    ]
    most = max(found, key=lambda number: int(number["value"]))
    assert (most["group"], most["from"]) == ("Oslo", "30")
    assert found_in(answer, "median")[1]["value"] == "40"


def test_an_answer_says_what_was_asked_and_spent_and_with_which_noise(tmp_path: Path) -> None:
    declared = asked(COUNT, bounded("mean"), cost={"epsilon": "0.3"})
    work = parse_query(declared)
    answer: Any = parse_canonical(work.compute(held(tmp_path / "data", [])).content)
    assert answer["query"] == parse_canonical(declared)
    assert answer["spent"] == {"epsilon": "0.3"}
    assert (answer["parties"], answer["confidence"]) == (1, "0.95")
    [count], by_sum = answer["measures"][0]["noise"], answer["measures"][1]["noise"][0]
    # Half of 0.3 for the count; a quarter for the sum of what is up to 50 from the middle.
    assert float(count["scale"]) == pytest.approx(1 / 0.15)
    assert float(by_sum["scale"]) == pytest.approx(50 / 0.075)
    assert (by_sum["unit_change"], by_sum["of"]) == ("50", "sum")
    assert work.code == Digest.of(declared)


def test_a_mean_stays_within_its_bounds_even_of_nothing(tmp_path: Path) -> None:
    holding = held(tmp_path / "data", [])
    work = parse_query(
        asked(bounded("mean", **{"from": "20", "to": "40"}), cost={"epsilon": "0.1"})
    )
    for _ in range(20):
        [mean] = found_in(work.compute(holding).content, "mean-age")
        assert (
            20 <= Fraction(mean["low"]) <= Fraction(mean["value"]) <= Fraction(mean["high"]) <= 40
        )


@pytest.mark.parametrize(("total", "count"), [(9000, 400), (-9000, 400), (0, 400), (50, -3)])
def test_a_mean_s_interval_has_the_mean_of_every_sum_and_count_within_their_margins(
    total: int, count: int
) -> None:
    query = parse_query(asked(bounded("mean"))).query
    answer: Any = parse_canonical(write(query, plan(query), [total, count], 1))
    by_sum, by_count = (int(noise["margin"]) for noise in answer["measures"][0]["noise"])
    means = [
        min(Fraction(100), max(Fraction(0), 50 + Fraction(steps, rows)))
        for steps in range(total - by_sum, total + by_sum + 1, by_sum // 7)
        for rows in range(max(1, count - by_count), max(1, count + by_count) + 1)
    ]
    [mean] = found_in(canonical_bytes(answer), "mean-age")
    assert Fraction(mean["low"]) <= min(means)
    assert Fraction(mean["high"]) >= max(means)


def test_steps_and_decimals_are_exact_in_the_answer(tmp_path: Path) -> None:
    holding = held(tmp_path / "data", [("a", "Bern", 5)])
    money = bounded("sum", **{"from": "0", "step": "0.01", "to": "99.99"})
    [total] = found_in(parse_query(asked(money)).compute(holding).content, "sum-age")
    for name in ("low", "value", "high"):
        assert (Fraction(total[name]) * 100).denominator == 1
        assert "e" not in total[name]


def test_missing_columns_and_files_are_refused_without_looking_at_rows(tmp_path: Path) -> None:
    holding = held(tmp_path / "data", [])
    parse_query(asked(*ALL)).check(holding)
    with pytest.raises(QueryError, match="has no column 'income'"):
        parse_query(asked(bounded("sum", "income"))).check(holding)
    with pytest.raises(QueryError, match=r"has no file 'other\.csv'"):
        parse_query(asked(from_="other.csv")).check(holding)


def test_whom_the_data_is_about_is_for_the_owner_to_say(tmp_path: Path) -> None:
    holding = held(tmp_path / "data", [])
    rules = NodeRules(privacy=PrivacyRules(("person", "household")))
    ruled = replace(holding, rules=rules)
    by_person, by_city = (
        parse_query(asked(unit={"column": column, "contributions": 2}))
        for column in ("person", "city")
    )
    by_person.check(ruled)
    for work, words in ((parse_query(asked()), "not a row here"), (by_city, "not 'city' here")):
        work.check(holding)
        with pytest.raises(NodeRefused, match=words) as caught:
            work.check(ruled)
        assert caught.value.reason == "other-unit"
        assert "'person', 'household'" in caught.value.remedy


def test_data_that_is_not_as_recorded_gives_no_answer_and_no_words_of_it(tmp_path: Path) -> None:
    holding = held(tmp_path / "data", [("ann", "Bern", 40)])
    (tmp_path / "data" / "people.csv").write_text("person,city,age\nann,Bern,41\n")
    with pytest.raises(AnswerWithheld, match="could not be read as the version was recorded"):
        parse_query(asked()).compute(holding)
    (tmp_path / "data" / "people.csv").unlink()
    with pytest.raises(AnswerWithheld) as withheld:
        parse_query(asked()).compute(holding)
    assert "ann" not in str(withheld.value)
    with pytest.raises(NodeRefused, match="cannot be read now") as refused:
        parse_query(asked()).check(holding)
    assert refused.value.reason == "unreadable"
    assert str(tmp_path) not in str(refused.value)


def test_losses_by_opendp_s_account_add_up_to_no_more_than_was_declared() -> None:
    for cost in ({"epsilon": "0.7"}, {"rho": "0.07"}, {"epsilon": "0.000003"}, {"rho": "99.9"}):
        for unit in ({"row": True}, {"column": "person", "contributions": 7}):
            query = parse_query(asked(*ALL, cost=cost, unit=unit)).query
            losses = [noise.loss for noise in plan(query)]
            assert query.cost * (1 - Fraction(1, 10**9)) < sum(losses) <= query.cost
            assert len(losses) == len(ALL) + 1
    assert query.composition is Composition.ZCDP


@pytest.mark.parametrize("contributions", [1, 7, 10_000])
@pytest.mark.parametrize("cost", [{"epsilon": "0.7"}, {"rho": "0.07"}])
def test_noise_is_as_wide_as_what_a_unit_can_change_demands(
    cost: dict[str, str], contributions: int
) -> None:
    # By the textbook, beside OpenDP's own account.
    unit = {"column": "person", "contributions": contributions}
    query = parse_query(asked(*ALL, cost=cost, unit=unit)).query
    for noise in plan(query):
        loss = float(query.cost) / len(ALL) / noise.part.share
        is_choice = noise.part.role is Role.CHOICE
        # A row moves a median's scores by half a row; exponential noise must hide that both ways.
        change = contributions * (0.5 if is_choice else noise.part.row_change)
        if query.composition is Composition.ZCDP:
            scale = change / math.sqrt(2 * loss)
        else:
            scale = (2 if is_choice else 1) * change / loss
        assert noise.scale == pytest.approx(scale, rel=1e-9)
