"""More of what a party can do to others, and more of them, than `test_federated_sums` tries."""

from collections.abc import Callable

import pytest
from sharing import Liar, Parties, at_once, frame, lied_to, say


@pytest.mark.parametrize(
    ("lie", "words"),
    [
        (say(frame(1, b"!") * 2), "says something twice"),
        (lambda liar: liar.answer(lambda payload: payload * 2), "sends 96 bytes for 48"),
        (lambda liar: liar.answer(lambda _: b""), "sends 0 bytes for 48"),
        (lambda liar: liar.close(), "left"),
    ],
    ids=["twice", "long", "empty", "gone"],
)
def test_a_party_that_breaks_the_protocol_ends_it(lie: Callable[[Liar], None], words: str) -> None:
    told = lied_to(lie)
    assert any(f"party 0 {words}" in word for word in told)
    assert all(told)


def test_a_party_that_says_nothing_ends_it_in_time() -> None:
    told = lied_to(lambda _: None, seconds=10)
    assert all("longer than 10 s" in word for word in told)


@pytest.mark.parametrize("count", [4, 7])
def test_many_parties_add_many_numbers(count: int) -> None:
    with Parties(count) as parties:
        sums = at_once(
            *(lambda at=at: parties.add(at, [at] * 10_000, [-at] * 100) for at in range(count))
        )
    total = count * (count - 1) // 2
    assert sums == [[[total] * 10_000, [-total] * 100]] * count
