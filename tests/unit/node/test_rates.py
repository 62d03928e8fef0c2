"""How often somebody may ask: token buckets."""

import threading
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataledger.node.rates import Rates


@dataclass
class Clock:
    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_burst_is_taken_at_once_and_no_more() -> None:
    rates = Rates[str](60, 3, clock=Clock())
    assert [rates.take("a") for _ in range(3)] == [0, 0, 0]
    assert rates.take("a") == pytest.approx(1)


def test_buckets_are_refilled_with_time_up_to_a_burst() -> None:
    clock = Clock()
    rates = Rates[str](60, 2, clock=clock)
    assert rates.take("a") == rates.take("a") == 0
    clock.now += 1
    assert rates.take("a") == 0
    assert rates.take("a") > 0
    clock.now += 3600
    assert [rates.take("a") == 0 for _ in range(3)] == [True, True, False]


def test_nobody_draws_from_anothers_bucket() -> None:
    rates = Rates[str](60, 1, clock=Clock())
    assert rates.take("a") == 0
    assert rates.take("b") == 0
    assert rates.take("a") > 0


def test_a_clock_that_is_set_back_refills_nothing() -> None:
    clock = Clock()
    rates = Rates[str](60, 1, clock=clock)
    assert rates.take("a") == 0
    clock.now -= 3600
    assert rates.take("a") > 0


def test_what_is_refused_costs_nothing() -> None:
    clock = Clock()
    rates = Rates[str](60, 1, clock=clock)
    assert rates.take("a") == 0
    for _ in range(100):
        assert rates.take("a") > 0
    clock.now += 1
    assert rates.take("a") == 0


def test_full_buckets_are_dropped_and_others_kept() -> None:
    clock = Clock()
    rates = Rates[int](60, 1, clock=clock)
    for key in range(5000):
        assert rates.take(key) == 0
        clock.now += 1
    assert len(rates._buckets) < 5000
    assert rates.take(4999) == 0
    assert rates.take(4999) > 0


def test_threads_together_take_no_more_than_there_is() -> None:
    rates = Rates[str](1, 10, clock=Clock())
    taken: list[bool] = []

    def take() -> None:
        taken.extend(rates.take("a") == 0 for _ in range(10))

    threads = [threading.Thread(target=take) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert taken.count(True) == 10


@given(
    st.integers(1, 600), st.integers(1, 50), st.lists(st.floats(0, 120), min_size=1, max_size=200)
)
def test_never_more_is_taken_than_the_burst_and_the_time_allow(
    per_minute: int, burst: int, pauses: list[float]
) -> None:
    clock = Clock()
    rates = Rates[str](per_minute, burst, clock=clock)
    began, taken = clock.now, 0
    for pause in pauses:
        clock.now += pause
        taken += rates.take("a") == 0
        assert taken <= burst + (clock.now - began) * per_minute / 60 + 1e-6
