"""An answer is read only as one to the query that was asked, of those who were asked."""

import json
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from queries import documents, query, tables

from dataledger.errors import OwnerNodeError
from dataledger.hashing import canonical_bytes
from dataledger.node.queries import parse
from dataledger.node.queries.answer import write
from dataledger.node.queries.asking import canonical_query, read_answer
from dataledger.node.queries.document import Quantile
from dataledger.node.queries.noise import plan
from dataledger.node.queries.release import numbers_of

AGES = {"column": "age", "edges": ["0", "50", "101"], "kind": "histogram", "name": "ages"}
MEDIAN = {"at": "0.5", "candidates": ["7"], "column": "age", "kind": "quantile", "name": "m"}
ASKED = query(AGES, MEDIAN, group_by={"column": "city", "keys": ["a", "b"]})
ANSWER: Any = json.loads(write(ASKED, plan(ASKED), [1, 2, 3, 4, 0, 0], 1))


@settings(max_examples=25)
@given(documents(), tables())
def test_every_answer_is_read_back(declared: dict[str, Any], table: pa.Table) -> None:
    asked = parse(canonical_bytes(declared))
    content = write(asked, plan(asked), numbers_of(asked, plan(asked), table), 1)
    found = read_answer(content, asked)
    assert [answer.measure for answer in found] == list(asked.measures)
    for answer in found:
        for number in answer.numbers:
            if isinstance(answer.measure, Quantile):
                assert number.value in answer.measure.candidates
                assert number.rows is not None
            else:
                assert number.low is not None
                assert number.high is not None
                assert number.low <= number.high


def test_numbers_know_their_group_and_their_bin() -> None:
    ages, median = read_answer(canonical_bytes(ANSWER), ASKED)
    places = [(number.group, number.label["from"]) for number in ages.numbers]
    assert places == [("a", "0"), ("a", "50"), ("b", "0"), ("b", "50")]
    assert [int(number.value) for number in ages.numbers] == [1, 2, 3, 4]
    assert [(number.group, number.low) for number in median.numbers] == [("a", None), ("b", None)]


def changed(change: Callable[[Any], object]) -> bytes:
    """Return the answer with a change."""
    answer = json.loads(json.dumps(ANSWER))
    change(answer)
    return canonical_bytes(answer)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        json.dumps(ANSWER, indent=1).encode(),
        changed(lambda a: a.update(parties=2)),
        changed(lambda a: a.update(format="dataledger/query-answer/2")),
        changed(lambda a: a.update(more=1)),
        changed(lambda a: a["query"].update(confidence="0.9")),
        changed(lambda a: a["measures"].pop()),
        changed(lambda a: a["measures"].reverse()),
        changed(lambda a: a["measures"][0]["numbers"].reverse()),
        changed(lambda a: a["measures"][0]["numbers"].pop()),
        changed(lambda a: a["measures"][0]["numbers"][0].update(value=1)),
        changed(lambda a: a["measures"][0]["numbers"][0].update(value="1e999999999")),
        changed(lambda a: a["measures"][0]["numbers"][0].update(value="1.2.3")),
        changed(lambda a: a["measures"][0]["numbers"][0].update(value="-")),
        changed(lambda a: a["measures"][0]["numbers"][0].pop("low")),
    ],
)
def test_what_is_no_answer_to_the_query_is_refused(content: bytes) -> None:
    with pytest.raises(OwnerNodeError, match="is no answer to the query") as caught:
        read_answer(content, ASKED)
    assert caught.value.remedy


def test_a_query_written_by_hand_is_sent_in_its_one_form() -> None:
    by_hand = json.dumps(ANSWER["query"], indent=4).replace('"7"', '"7.000"').encode()
    assert canonical_query(by_hand) == canonical_bytes(ANSWER["query"])
    assert parse(canonical_query(by_hand)).confidence == Fraction(19, 20)
