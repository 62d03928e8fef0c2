import json
from pathlib import Path
from typing import Any

import pytest
import queries
from queries import bounded, found_in, holding_of, write_csv
from sharing import at_once
from training import Threads

from dataledger.contracts.use_types import Composition, Cost
from dataledger.errors import AnswerWithheld, QueryError
from dataledger.hashing import Digest, canonical_bytes
from dataledger.node.federated import federated_query, parse_federated_query, parties_of
from dataledger.node.federated.document import FederatedQuery

GRANTS = [f"0x{number:064x}" for number in (1, 2, 3)]
HISTOGRAM = {"column": "age", "edges": ["0", "20", "40", "60"], "kind": "histogram", "name": "ages"}
SURE = {"epsilon": "50"}


def document(*measures: dict[str, Any], **members: Any) -> dict[str, Any]:
    return {
        "format": "dataledger/federated-query/1",
        "parties": GRANTS,
        "query": queries.document(*measures, **members),
    }


def work(*measures: dict[str, Any], **members: Any) -> FederatedQuery:
    return parse_federated_query(canonical_bytes(document(*measures, **members)))


def test_its_code_is_the_digest_of_what_is_asked_and_of_whom() -> None:
    asked = canonical_bytes(document())
    found = parse_federated_query(asked)
    assert found.code == Digest.of(asked)
    assert [str(grant) for grant in found.parties] == GRANTS
    assert found.is_declared
    assert {"mpyc", "opendp"} <= set(found.packages)


def test_each_owner_s_budget_pays_for_a_whole_query() -> None:
    found = work()
    assert found.cost(Composition.BASIC) == found.query.cost(Composition.BASIC) == Cost(1_000_000)
    with pytest.raises(QueryError):
        found.cost(Composition.ZCDP)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"format": "dataledger/query/1"}, "is not dataledger/federated-query/1"),
        ({"parties": GRANTS[:2]}, "2 parties"),
        ({"parties": [GRANTS[0]] * 3}, "stands twice"),
        ({"query": {}}, "lacks the member"),
        ({"query": {**queries.document(), "measures": []}}, "measures"),
        ({"more": 1}, "unknown member"),
    ],
)
def test_anything_else_is_refused(changed: dict[str, Any], words: str) -> None:
    with pytest.raises(QueryError, match=words):
        parse_federated_query(canonical_bytes({**document(), **changed}))


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", json.dumps(document()).encode(), b"\xff"])
def test_what_is_not_canonical_is_refused(content: bytes) -> None:
    with pytest.raises(QueryError):
        parse_federated_query(content)


def test_a_quantile_does_not_add_up() -> None:
    quantile = {
        "at": "0.5",
        "candidates": ["1", "2"],
        "column": "age",
        "kind": "quantile",
        "name": "q",
    }
    with pytest.raises(QueryError, match="several nodes"):
        work(quantile)


def test_a_plain_query_becomes_one_of_several_owners() -> None:
    content = federated_query(
        parties_of(canonical_bytes(document())), canonical_bytes(queries.document())
    )
    assert content == canonical_bytes(document())
    with pytest.raises(QueryError):
        federated_query([], canonical_bytes(queries.document()))
    with pytest.raises(QueryError):
        federated_query(parties_of(canonical_bytes(document())), b"{ }")


def test_no_node_answers_alone(tmp_path: Path) -> None:
    write_csv(tmp_path, [[1]], "age")
    with pytest.raises(AnswerWithheld, match="does not answer alone"):
        work().compute(holding_of(tmp_path))


def test_all_get_the_same_answer_about_all_their_rows(tmp_path: Path) -> None:
    tables = [[10] * 5, [30] * 70, [30] * 10 + [50] * 15]
    holdings = []
    for number, ages in enumerate(tables):
        folder = tmp_path / str(number)
        folder.mkdir()
        write_csv(folder, [[age] for age in ages], "age")
        holdings.append(holding_of(folder))
    asked = work(HISTOGRAM, bounded("mean"), cost=SURE)
    threads = Threads(3)
    answers = at_once(
        *(
            lambda at=at: asked.compute_together(holdings[at], threads.of(at), 3).content
            for at in range(3)
        )
    )
    assert len(set(answers)) == 1
    # At such a cost there is hardly any noise.
    counts = [float(number["value"]) for number in found_in(answers[0], "ages")]
    assert counts == pytest.approx([5, 80, 15], abs=3)
    [mean] = found_in(answers[0], "mean-age")
    assert float(mean["value"]) == pytest.approx(32, abs=1)


def test_each_node_s_part_is_noisy_before_it_is_added(tmp_path: Path) -> None:
    write_csv(tmp_path, [[30]] * 10, "age")
    asked, held = work(cost={"epsilon": "0.1"}), holding_of(tmp_path)
    given: list[list[int]] = []

    def add(vector: Any) -> list[int]:
        given.append(list(vector))
        return list(vector)

    for _ in range(40):
        asked.compute_together(held, add, 3)
    assert len({tuple(vector) for vector in given}) > 10
