"""A thousand who race for the last of a budget at once, and a node that is killed at each step.

$DATALEDGER_RACERS is how many race; by default, 1,000.
"""

import os
import resource
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from consortium import Consortium
from nodes import Site
from races import ENOUGH, PEOPLE, budget_for, check, race

from dataledger.contracts.types import Capability

RACERS = int(os.environ.get("DATALEDGER_RACERS", "1000"))
ANSWERS = 40
CONSUMERS = 3
FILES = 20_000


@pytest.fixture
def many_files() -> Iterator[None]:
    """Each racer has a connection, and so has the node."""
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    enough = min(FILES, limits[1]) if limits[1] != resource.RLIM_INFINITY else FILES
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(enough, limits[0]), limits[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, limits)


@pytest.mark.timeout(1800)
@pytest.mark.usefixtures("many_files")
def test_the_count_on_the_chain_never_passes_the_budget(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Consortium(tmp_path / "home") as consortium:
        regulator = consortium.join(Capability.REGULATOR)
        site = Site.build(
            consortium, tmp_path / "acme", {"people.csv": PEOPLE}, budget=budget_for(ANSWERS)
        )
        grants = []
        for _ in range(CONSUMERS):
            consumer = consortium.join(Capability.CONSUMER)
            project = site.project(consumer, regulator)
            grants.append((consumer, site.grant(consumer, project, limit=ENOUGH)))
        with site.serving() as node:
            began = time.monotonic()
            ended = race(node, grants, RACERS)
            seconds = time.monotonic() - began
        said = f"{RACERS} racers, {len(ended.answers)} answers, {ended.refusals}, {seconds:.1f} s"
        with capsys.disabled():
            sys.stdout.write(f"\n{said}\n")
        check(ended, site, racers=RACERS, answers=ANSWERS)
