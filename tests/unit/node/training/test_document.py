"""Documents of training: what is read, and what is refused because nothing bounds it."""

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from training import PARTIES, categories, document, number

from dataledger.contracts.identifiers import GrantId
from dataledger.errors import QueryError
from dataledger.hashing import Digest, canonical_bytes
from dataledger.node.training import TrainingDocument, parse_training
from dataledger.node.training.document import MAX_PARAMETERS, NumberColumn, UnitColumn
from dataledger.node.training.models import network_of

GRANTS = tuple(GrantId.parse(party) for party in PARTIES)


def read(**changed: Any) -> TrainingDocument:
    return TrainingDocument.parse(canonical_bytes(document(**changed)))


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in document().items() if key != name}


def test_a_document_says_what_is_trained_on_what_and_at_what_cost() -> None:
    content = canonical_bytes(document(unit={"column": "person", "contributions": 5}))
    training = TrainingDocument.parse(content)
    assert training.parties == GRANTS
    assert training.unit == UnitColumn("person", 5)
    assert training.columns == ("a", "b", "answer", "person")
    assert training.features[0] == NumberColumn("a", Fraction(-1), Fraction(1))
    assert (training.rounds, training.rho_micro, training.delta_pico) == (10, 1_000_000, None)
    assert training.digest == Digest.of(content) == parse_training(content).code
    assert canonical_bytes(training.to_json()) == content


def test_documents_are_equal_if_their_bytes_are() -> None:
    assert read() == read()
    assert hash(read()) == hash(read())
    assert read() != read(rounds=11)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"format": "dataledger/training/2"}, "its format"),
        ({"surprise": 1}, "unknown member"),
        ({"parties": list(PARTIES[:2])}, "2 parties"),
        ({"parties": [PARTIES[0]] * 3}, "twice"),
        ({"parties": ["0x12"] * 3}, "no grant"),
        ({"from": "../people.csv"}, "path"),
        ({"from": "/etc/passwd"}, "path"),
        ({"unit": "row"}, "object belongs"),
        ({"unit": {"row": False}}, "can only be true"),
        ({"unit": {"column": "person"}}, "contributions"),
        ({"unit": {"column": "person", "contributions": 0}}, "contributions of a unit is 0"),
        ({"unit": {"column": "a", "contributions": 1}}, "'a' stands in it twice"),
        ({"features": []}, "number of features is 0"),
        ({"features": [number("a")] * 2}, "twice"),
        ({"features": [number("answer")]}, "twice"),
        ({"features": [{"column": "a"}]}, "from"),
        ({"features": [{"column": "a", "from": "0", "to": 1}]}, "to is 1"),
        ({"features": [number("a", "0", "0")]}, "nothing between"),
        ({"features": [number("a", "1", "0")]}, "nothing between"),
        ({"features": [number("a", "9" * 15, "9" * 15 + ".000000000001")]}, "nothing between"),
        ({"features": [number("a", "0", "1e9")]}, "no decimal"),
        ({"features": [number("a", "0", "Infinity")]}, "no decimal"),
        ({"features": [number("a", "0", "NaN")]}, "no decimal"),
        ({"features": [number("a", "0", "1" * 30)]}, "no decimal"),
        ({"features": [categories("a")]}, "number of categories is 0"),
        ({"features": [categories("a", "x", "x")]}, "twice"),
        ({"features": [categories("a", "x" * 300)]}, "300|characters"),
        ({"features": [number("n" * 300)]}, "characters"),
        ({"target": categories("answer", "yes")}, "two categories"),
        ({"target": categories("answer", "1", "2", "3")}, "softmax"),
        ({"target": number("y")}, "needs a target with categories"),
        ({"model": {"kind": "linear"}}, "needs a target with bounds"),
        ({"model": {"kind": "transformer"}}, "no kind of model"),
        ({"model": {"kind": "logistic", "hidden": 3}}, "unknown member"),
        ({"model": {"kind": "mlp", "hidden": 3}}, "seed"),
        ({"model": {"kind": "mlp", "hidden": 0, "seed": 1}}, "hidden is 0"),
        ({"model": {"kind": "mlp", "hidden": 65, "seed": 1}}, "hidden is 65"),
        ({"rounds": 0}, "rounds is 0"),
        ({"rounds": 501}, "rounds is 501"),
        ({"rounds": "10"}, "belongs"),
        ({"rate": "0"}, "above 0"),
        ({"rate": "-1"}, "above 0"),
        ({"rate": "1000.1"}, "at most 1000"),
        ({"clip": "0"}, "above 0"),
        ({"clip": 1}, "no decimal"),
        ({"clip": "1001"}, "at most 1000"),
        ({"cost": {}}, "rho"),
        ({"cost": {"epsilon": "1"}}, "rho"),
        ({"cost": {"rho": "0"}}, "cost"),
        ({"cost": {"rho": "-1"}}, "no amount"),
        ({"cost": {"rho": "101"}}, "cost"),
        ({"cost": {"rho": "0.0000001"}}, "finer"),
        ({"cost": {"rho": "1", "delta": "0"}}, "δ"),
        ({"cost": {"rho": "1", "delta": "0.5"}}, "δ"),
    ],
)
def test_what_is_not_bounded_is_refused_with_its_reason(
    changed: dict[str, Any], reason: str
) -> None:
    with pytest.raises(QueryError, match=reason) as refused:
        read(**changed)
    assert refused.value.remedy


@pytest.mark.parametrize("name", sorted(document()))
def test_nothing_that_bounds_a_training_can_be_left_out(name: str) -> None:
    with pytest.raises(QueryError, match=name):
        TrainingDocument.parse(canonical_bytes(without(name)))


def test_a_model_of_too_many_weights_is_refused() -> None:
    features = [categories(f"c{n}", *map(str, range(64))) for n in range(2)]
    wide: dict[str, Any] = {"features": features, "model": {"kind": "mlp", "hidden": 16, "seed": 1}}
    assert network_of(read(**wide)).weight_count <= MAX_PARAMETERS
    wide["model"]["hidden"] = 64
    with pytest.raises(QueryError, match="number of weights"):
        read(**wide)


def test_what_is_not_canonical_is_refused_by_a_node_and_read_from_a_hand() -> None:
    by_hand = json.dumps(document(), indent=1).encode()
    with pytest.raises(QueryError, match="canonical"):
        parse_training(by_hand)
    assert TrainingDocument.read(by_hand).content == canonical_bytes(document())


def test_a_document_without_parties_gets_those_that_are_asked() -> None:
    open_ = canonical_bytes(without("parties"))
    assert TrainingDocument.read(open_, GRANTS) == read()
    assert TrainingDocument.read(canonical_bytes(document()), GRANTS) == read()
    with pytest.raises(QueryError, match="not the grants, in their order"):
        TrainingDocument.read(canonical_bytes(document()), GRANTS[::-1])


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-9, 2**52) | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    ),
    st.sampled_from(sorted(document())),
)
def test_whatever_stands_in_a_member_is_read_or_refused(value: Any, name: str) -> None:
    try:
        training = read(**{name: value})
    except QueryError as refused:
        assert refused.remedy  # noqa: PT017 - either way is right
    else:
        assert canonical_bytes(training.to_json()) == training.content


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b"null", b"\xff", b"[" * 100_000])
def test_bytes_that_are_no_document_are_refused(data: bytes) -> None:
    for reader in (TrainingDocument.parse, TrainingDocument.read):
        with pytest.raises(QueryError):
            reader(data)


def test_the_example_is_a_training_as_it_stands() -> None:
    example = Path(__file__).parents[4] / "examples" / "training.json"
    training = TrainingDocument.read(example.read_bytes(), GRANTS)
    assert (training.input_count, training.rho_micro) == (9, 500_000)
