"""Many consumers' programs that race for the last of a dataset's budget, through one node."""

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Barrier

from nodes import RunningNode, Site
from queries import document

from dataledger.contracts.use_types import Composition, Cost, Outcome
from dataledger.errors import NodeRefused
from dataledger.hashing import canonical_bytes
from dataledger.ledger import GrantId, Ledger
from dataledger.node.client import Answered
from dataledger.node.queries import parse_query

PEOPLE = "person,age\n" + "".join(f"p{number},{number % 90}\n" for number in range(200))
QUESTION = canonical_bytes(document(cost={"epsilon": "0.1"}))
"""How many rows there are."""
PRICE = parse_query(QUESTION).cost(Composition.BASIC)
ENOUGH = Cost(10**12, 10**12)


@dataclass(frozen=True)
class Race:
    """How a race ended."""

    answers: Sequence[Answered]
    refusals: Counter[str]
    """How often each reason was given."""


def budget_for(answers: int) -> Cost:
    """Return a budget that pays for so many answers, and has a rest that pays for none."""
    return Cost(PRICE.micro * answers + PRICE.micro // 2)


def race(node: RunningNode, grants: Sequence[tuple[Ledger, GrantId]], racers: int) -> Race:
    """Ask as often at once, each with a run of its own; the consumers take turns."""
    clients = [(node.client(consumer, timeout_seconds=900), grant) for consumer, grant in grants]
    start = Barrier(racers)
    refusals: Counter[str] = Counter()

    def ask(number: int) -> Answered | None:
        client, grant = clients[number % len(clients)]
        start.wait()
        try:
            return client.run(grant, QUESTION)
        except NodeRefused as refused:
            refusals[refused.reason] += 1
            return None

    with ThreadPoolExecutor(racers) as threads:
        found = list(threads.map(ask, range(racers)))
    return Race([answered for answered in found if answered is not None], refusals)


def check(race: Race, site: Site, *, racers: int, answers: int) -> None:
    """Assert that just as many were answered as the budget pays for, each with its receipt."""
    assert len(race.answers) == answers
    # Nobody's own limit is lower than the dataset's, and it is looked at first.
    assert set(race.refusals) <= {"ConsumerBudgetExceeded", "DatasetBudgetExceeded"}
    assert race.refusals.total() == racers - answers
    assert site.counted() == Cost(PRICE.micro * answers)
    runs = site.owner.runs.list(dataset=site.dataset)
    assert {run.run for run in runs} == {answered.run for answered in race.answers}
    for run in runs:
        assert run.receipt is not None
        assert (run.receipt.outcome, run.receipt.spent) == (Outcome.RELEASED, PRICE)
