"""A matching beside the data: what the node's rules allow, and that its answer is the truth."""

from dataclasses import replace
from pathlib import Path

import pytest
from matchings import COLUMN, CONSUMER, OPEN, OURS, SHARED, TABLE, THEIRS, holding_at

from dataledger.contracts.use_types import NO_COST, Composition
from dataledger.errors import AnswerWithheld, NodeRefused, OwnerNodeError, QueryError
from dataledger.hashing import Digest
from dataledger.ledger.environment import Environment
from dataledger.node.matching import (
    MatchingDocument,
    MatchingWork,
    Normalisation,
    Reveal,
    items,
    parse_matching,
)
from dataledger.node.matching.asking import Asking
from dataledger.node.matching.messages import REQUEST_TAG, write_points
from dataledger.node.matching.meter import Meter
from dataledger.node.rules import MatchingRules
from dataledger.node.work import Holding, Work


def asking(
    texts: list[str] = OURS,
    *,
    path: str = TABLE,
    column: str = COLUMN,
    reveal: Reveal = Reveal.SIZE,
    normalise: Normalisation = Normalisation.EXACT,
) -> Asking:
    return Asking(texts, path=path, column=column, reveal=reveal, normalise=normalise)


def work_of(asked: Asking) -> MatchingWork:
    """Return the work as the node makes it of what travels."""
    return parse_matching(asked.document.to_bytes())


@pytest.mark.parametrize("path", [TABLE, "people.jsonl"])
def test_the_size_is_that_of_the_true_intersection(tmp_path: Path, path: str) -> None:
    asked, holding = asking(path=path), holding_at(tmp_path)
    work = work_of(asked)
    work.check(holding)
    answer = work.compute(holding)
    found = asked.result(answer.content)
    assert (found.own, found.theirs, found.common) == (len(OURS), len(THEIRS), len(SHARED))
    assert found.texts is None
    assert answer.media_type == "application/vnd.dataledger.matching"


def test_ids_are_the_askers_own_texts_that_are_shared(tmp_path: Path) -> None:
    asked, holding = asking(reveal=Reveal.IDS), holding_at(tmp_path)
    found = asked.result(work_of(asked).compute(holding).content)
    assert found.texts == tuple(SHARED)
    assert found.common == len(SHARED)


def test_both_sides_make_texts_alike_by_the_rule_that_is_declared(tmp_path: Path) -> None:
    spelt = [f"  {text.upper()}" for text in OURS]
    holding = holding_at(tmp_path)
    exact, folded = asking(spelt), asking(spelt, normalise=Normalisation.NFC_CASEFOLD_TRIM)
    assert exact.result(work_of(exact).compute(holding).content).common == 0
    assert folded.result(work_of(folded).compute(holding).content).common == len(SHARED)


def test_an_answer_to_another_asking_is_nonsense_or_empty(tmp_path: Path) -> None:
    holding, one, other = holding_at(tmp_path), asking(), asking(OURS[:-1])
    content = work_of(one).compute(holding).content
    with pytest.raises(OwnerNodeError, match="answers for 250 items, and 249"):
        other.result(content)
    assert asking().result(content).common == 0


def test_it_is_work_that_the_engine_can_hold_to_a_grant() -> None:
    asked = asking()
    work: Work = work_of(asked)
    assert work.kind == "matching"
    assert work.is_declared
    assert work.purposes == frozenset((4, 5))
    assert work.code == asked.document.code != Digest.of(asked.document.to_bytes())
    assert Environment.current(work.packages, isolation=work.isolation).packages["openmined-psi"]


def test_it_costs_nothing_under_a_grant_for_exact_use_and_has_no_other() -> None:
    work = work_of(asking())
    assert work.cost(Composition.NONE) == NO_COST
    for composition in (Composition.BASIC, Composition.ZCDP):
        with pytest.raises(QueryError, match="exact"):
            work.cost(composition)


# ------------------------------------------------------------------------------ what is refused


def rules(**changes: object) -> MatchingRules:
    return replace(OPEN, **changes)  # type: ignore[arg-type]  # each is given its own type


@pytest.mark.parametrize(
    ("asked", "allowed", "reason"),
    [
        (asking(column="number"), OPEN, "column-not-offered"),
        (asking(), MatchingRules(), "column-not-offered"),
        (asking(reveal=Reveal.IDS), rules(reveal_ids=False), "ids-not-revealed"),
        (asking(OURS[:99]), OPEN, "too-few-items"),
        (asking(), rules(items_per_day=249), "metered"),
        (asking(), rules(runs_per_day=0), "metered"),
    ],
    ids=str,
)
def test_what_a_rule_is_against_is_refused_with_its_reason(
    tmp_path: Path, asked: Asking, allowed: MatchingRules, reason: str
) -> None:
    with pytest.raises(NodeRefused) as refused:
        work_of(asked).check(holding_at(tmp_path, allowed))
    assert refused.value.reason == reason


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (asking(path="animals.csv"), "animals.csv"),
        (asking(path="notes.txt"), "is no table"),
        (asking(column="phone"), "no column 'phone'"),
    ],
)
def test_what_is_not_there_is_refused_before_the_data_is_read(
    tmp_path: Path, asked: Asking, words: str
) -> None:
    with pytest.raises(QueryError, match=words):
        work_of(asked).check(holding_at(tmp_path, rules(columns=(COLUMN, "phone"))))


def test_a_node_without_state_refuses_for_it_cannot_count(tmp_path: Path) -> None:
    holding = replace(holding_at(tmp_path), state=None)
    work = work_of(asking())
    with pytest.raises(NodeRefused, match="keeps no state") as refused:
        work.check(holding)
    assert refused.value.reason == "no-meter"
    with pytest.raises(AnswerWithheld, match="keeps no state"):
        work.compute(holding)


def test_small_sets_of_the_owner_are_not_compared(tmp_path: Path) -> None:
    holding = holding_at(tmp_path, rules(least_items=301))
    with pytest.raises(AnswerWithheld, match="too few different items"):
        work_of(asking([*OURS, *map(str, range(100))])).compute(holding)


def test_larger_sets_of_the_owner_than_can_be_answered_about_are_not_compared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = work_of(asking())
    monkeypatch.setattr(items, "MAX_ITEMS", 299)
    with pytest.raises(AnswerWithheld, match="more than 299"):
        work.compute(holding_at(tmp_path))


# ------------------------------------------------------------------------------ what is counted


def room(holding: Holding, items: int) -> bool:
    """Whether the meter has room for so many items."""
    assert holding.state is not None
    try:
        Meter(holding.state).check(CONSUMER, holding.dataset, items, holding.rules.matching)
    except NodeRefused:
        return False
    return True


def test_a_run_is_counted_where_it_is_computed_and_not_where_it_is_checked(tmp_path: Path) -> None:
    holding, work = holding_at(tmp_path, rules(items_per_day=500)), work_of(asking())
    work.check(holding)
    work.check(holding)
    assert room(holding, 500)
    work.compute(holding)
    assert room(holding, 250)
    assert not room(holding, 251)


def test_a_run_that_fails_in_whatever_way_stays_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    holding, work = holding_at(tmp_path, rules(runs_per_day=1)), work_of(asking())

    def die(_: object, __: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("dataledger.node.matching.protocol.OwnerSide.respond", die)
    with pytest.raises(KeyboardInterrupt):
        work.compute(holding)
    assert not room(holding, 1)
    with pytest.raises(AnswerWithheld, match="1 runs in 24 hours"):
        work.compute(holding)


def test_a_run_that_lost_its_place_meanwhile_is_not_computed(tmp_path: Path) -> None:
    holding, work = holding_at(tmp_path, rules(runs_per_day=1)), work_of(asking())
    work.check(holding)
    work_of(asking()).compute(holding)
    with pytest.raises(AnswerWithheld, match="1 runs in 24 hours"):
        work.compute(holding)


def test_a_request_of_no_points_ends_before_the_data_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    points = [b"\x02" + b"\xff" * 31 + bytes([number]) for number in range(150)]
    request = write_points(points, REQUEST_TAG)
    document = MatchingDocument(TABLE, COLUMN, Reveal.SIZE, 150, request)
    work = parse_matching(document.to_bytes())
    holding = holding_at(tmp_path)
    work.check(holding)
    monkeypatch.delattr("dataledger.node.matching.work.read_table")
    with pytest.raises(AnswerWithheld, match="no point of the curve"):
        work.compute(holding)


def test_the_transcript_shows_no_item(tmp_path: Path) -> None:
    asked, holding = asking(reveal=Reveal.IDS), holding_at(tmp_path)
    document = asked.document.to_bytes()
    content = work_of(asked).compute(holding).content
    transcript = document + asked.document.request + content
    for text in {*OURS, *THEIRS}:
        item = items.item_of(text, Normalisation.EXACT)
        assert item is not None
        for trace in (text.encode(), item.encode(), bytes.fromhex(item)):
            assert trace not in transcript
