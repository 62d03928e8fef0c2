"""Whoever races for the last of a budget: the chain's count never passes it."""

from pathlib import Path

from consortium import Consortium
from nodes import Site
from races import ENOUGH, PEOPLE, budget_for, check, race
from uses import Parties

from dataledger.contracts.types import Capability

RACERS = 36
ANSWERS = 4


def test_as_many_are_answered_as_the_budget_pays_for(
    consortium: Consortium, parties: Parties, tmp_path: Path
) -> None:
    site = Site.build(
        consortium, tmp_path / "acme", {"people.csv": PEOPLE}, budget=budget_for(ANSWERS)
    )
    grants = []
    for consumer in (parties.consumer, consortium.join(Capability.CONSUMER)):
        project = site.project(consumer, parties.regulator)
        grants.append((consumer, site.grant(consumer, project, limit=ENOUGH)))
    with site.serving() as node:
        ended = race(node, grants, RACERS)
    check(ended, site, racers=RACERS, answers=ANSWERS)
