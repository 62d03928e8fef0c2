"""The fuzz harnesses hold on what they begin with, so that they keep up with the package.

`make fuzz` needs a fuzzer and takes minutes; this needs neither.
"""

from itertools import islice
from random import Random

import fuzzing
import pytest

MUTATED = 40
"""How many mutated inputs are tried for each harness."""


@pytest.mark.parametrize("name", fuzzing.names())
def test_harness(name: str) -> None:
    harness = fuzzing.load(name)
    seeds = list(harness.seeds())
    assert len(set(seeds)) > 1
    mutate = getattr(harness, "mutate", lambda data, _: data[:-1])
    for seed in islice(seeds, 30):
        harness.check(seed)
    random = Random(name)  # noqa: S311
    for _ in range(MUTATED):
        harness.check(mutate(random.choice(seeds), random))
