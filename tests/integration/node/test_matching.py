"""Matching with an owner's node in a process of its own: grants, receipts, and the meter."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from consortium import Consortium
from matchings import COLUMN, OURS, SHARED, TABLE, THEIRS, write_table
from nodes import WITHOUT_LIMIT, RunningNode, Site
from uses import FAR_UNIX, LIMIT, Parties

from dataledger.contracts.types import Capability
from dataledger.contracts.use_types import NO_COST, Composition, Outcome
from dataledger.errors import AnswerWithheld, NodeRefused, QueryError
from dataledger.hashing import Digest
from dataledger.ledger import GrantId, Ledger, ProjectDocument, ProjectId, purpose
from dataledger.node.matching import Normalisation, Reveal
from dataledger.node.matching.asking import Asking, ask
from dataledger.node.matching.document import MatchingDocument
from dataledger.node.matching.messages import REQUEST_TAG, write_points

RESEARCH, DECONTAMINATION, MATCHING = 0, 4, 5
RULES = f"""{WITHOUT_LIMIT}
[matching]
columns = ["{COLUMN}"]
least_items = 100
runs_per_day = 2
reveal_ids = true
"""


def asking(texts: list[str] = OURS, *, reveal: Reveal = Reveal.SIZE) -> Asking:
    return Asking(texts, path=TABLE, column=COLUMN, reveal=reveal)


@dataclass
class Place:
    """A node that runs, and those who can let somebody ask it."""

    site: Site
    node: RunningNode
    parties: Parties

    def consumer(self, also: Capability = Capability.CONSUMER) -> tuple[Ledger, ProjectId]:
        """Return an organisation of which the meter knows nothing, with a project."""
        consortium, regulator = self.parties.consortium, self.parties.regulator
        consumer = consortium.join(Capability.CONSUMER | also)
        purposes = tuple(purpose(code) for code in (RESEARCH, DECONTAMINATION, MATCHING))
        document = ProjectDocument(consortium.new_slug("project"), "North University", purposes)
        project = consumer.projects.propose(document).event.project
        regulator.projects.approve(project, valid_until_unix=FAR_UNIX)
        return consumer, project

    def grant(
        self,
        consumer: Ledger,
        project: ProjectId,
        *,
        code: int = MATCHING,
        exact: bool = True,
        pinned: Digest | None = None,
    ) -> GrantId:
        """Return a grant, of exact use by default."""
        grant = self.site.request(consumer, project, purpose=code, code=pinned)
        self.site.owner.uses.grant(
            grant,
            valid_until_unix=FAR_UNIX,
            stages=["COLLECTED"],
            limit=NO_COST if exact else LIMIT,
            composition=Composition.NONE if exact else Composition.BASIC,
            code=pinned,
        )
        return grant


@pytest.fixture(scope="module")
def place(
    consortium: Consortium, parties: Parties, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("matching")
    table = write_table(folder / "theirs.csv", THEIRS).read_bytes()
    site = Site.build(consortium, folder / "site", {TABLE: table}, rules=RULES)
    place = Place(site, site.start(), parties)
    yield place
    assert place.node.stop() == 0
    close(place.node)


def close(node: RunningNode) -> None:
    assert node.process.stdout is not None
    node.process.stdout.close()


def test_two_owners_learn_what_they_share_and_the_chain_that_they_did(place: Place) -> None:
    other_owner, project = place.consumer(Capability.CUSTODIAN)
    grant, client = place.grant(other_owner, project), place.node.client(other_owner)

    size = asking()
    found, answered = ask(client, grant, size)
    assert (found.own, found.theirs, found.common) == (len(OURS), len(THEIRS), len(SHARED))
    assert found.texts is None
    receipt = answered.receipt
    assert (receipt.outcome, receipt.spent) == (Outcome.RELEASED, NO_COST)
    assert receipt.code == size.document.code
    assert receipt.output == Digest.of(answered.content)

    found, answered = ask(client, grant, asking(reveal=Reveal.IDS))
    assert found.texts == tuple(SHARED)
    settled = [run.receipt for run in other_owner.runs.list(grant=grant)]
    assert answered.receipt in settled
    assert receipt in settled


def test_a_grant_can_pin_all_of_a_matching_but_the_blinded_items(place: Place) -> None:
    consumer, project = place.consumer()
    pinned = asking().document.code
    grant = place.grant(consumer, project, code=DECONTAMINATION, pinned=pinned)
    client = place.node.client(consumer)
    found, _ = ask(client, grant, asking(THEIRS[:150] + OURS[:100]))
    assert found.common == 150
    other = Asking(OURS, path=TABLE, column=COLUMN, normalise=Normalisation.NFC_CASEFOLD_TRIM)
    with pytest.raises(NodeRefused):
        ask(client, grant, other)


def test_only_grants_of_exact_use_for_such_a_purpose_allow_it(place: Place) -> None:
    consumer, project = place.consumer()
    client = place.node.client(consumer)
    with pytest.raises(QueryError, match="exact"):
        ask(client, place.grant(consumer, project, exact=False), asking())
    with pytest.raises(NodeRefused) as refused:
        ask(client, place.grant(consumer, project, code=RESEARCH), asking())
    assert refused.value.reason == "wrong-purpose"
    with pytest.raises(NodeRefused) as refused:
        ask(client, place.grant(consumer, project, code=DECONTAMINATION), asking(OURS[:99]))
    assert refused.value.reason == "too-few-items"


def test_what_was_computed_stays_counted_even_if_the_node_dies(place: Place) -> None:
    consumer, project = place.consumer()
    grant, client = place.grant(consumer, project), place.node.client(consumer)
    ask(client, grant, asking())
    beyond_the_field = [b"\x02" + b"\xff" * 31 + bytes([number]) for number in range(150)]
    request = write_points(beyond_the_field, REQUEST_TAG)
    with pytest.raises(AnswerWithheld, match="no point of the curve"):
        client.run(grant, MatchingDocument(TABLE, COLUMN, Reveal.SIZE, 150, request).to_bytes())
    with pytest.raises(NodeRefused, match="2 runs in 24 hours") as refused:
        ask(client, grant, asking())
    assert refused.value.reason == "metered"
    place.node.kill()
    close(place.node)
    place.node = place.site.start()
    with pytest.raises(NodeRefused) as refused:
        ask(place.node.client(consumer), grant, asking())
    assert refused.value.reason == "metered"
