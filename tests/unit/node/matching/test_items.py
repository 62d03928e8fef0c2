"""Texts become items by a declared rule, and each different item counts once."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataledger.errors import QueryError
from dataledger.node.matching import items
from dataledger.node.matching.items import Normalisation, item_of, items_of

EXACT = Normalisation.EXACT
FOLDED = Normalisation.NFC_CASEFOLD_TRIM


def test_an_item_is_the_hash_of_the_text_under_a_prefix_of_its_own() -> None:
    expected = hashlib.sha256(b"dataledger/matching-item/1\0" + "Ärger".encode()).hexdigest()
    assert item_of("Ärger", EXACT) == expected
    assert item_of("Ärger", EXACT) != hashlib.sha256("Ärger".encode()).hexdigest()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Anna@Example.org", "anna@example.org"),
        ("  anna ", "anna"),
        ("Straße", "STRASSE"),
        ("a\u0308rger", "Ärger"),
        ("\u00a0x\n", "x"),
    ],
)
def test_texts_that_read_alike_are_one_item_only_where_that_is_declared(
    one: str, other: str
) -> None:
    assert item_of(one, FOLDED) == item_of(other, FOLDED)
    assert item_of(one, EXACT) != item_of(other, EXACT)


@given(st.text())
def test_making_texts_alike_twice_changes_nothing(text: str) -> None:
    assert item_of(f" {text.upper()}", FOLDED) == item_of(text.upper(), FOLDED)


def test_what_is_absent_or_empty_is_no_item() -> None:
    assert list(items_of([None, "", "a"], EXACT).values()) == ["a"]
    assert list(items_of([None, "", " \t", "a"], FOLDED).values()) == ["a"]


def test_an_item_counts_once_and_stands_for_the_first_of_its_texts() -> None:
    assert sorted(items_of(["b", "A", "a", "b"], FOLDED).values()) == ["A", "b"]


@given(st.lists(st.text(max_size=3)))
def test_the_order_of_items_does_not_depend_on_that_of_the_texts(texts: list[str]) -> None:
    forward, backward = items_of(texts, EXACT), items_of(texts[::-1], EXACT)
    assert list(forward.items()) == list(backward.items())
    assert list(forward) == sorted(forward)


def test_too_many_items_are_refused_before_all_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(items, "MAX_ITEMS", 3)
    numbers = (str(number) for number in range(10))
    with pytest.raises(QueryError, match="more than 3 different items"):
        items_of(numbers, EXACT)
    assert next(numbers) == "4"
