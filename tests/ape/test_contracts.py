"""The contracts under Ape: a whole life by the default policy, and who may not take its steps."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

import ape
import pytest
from ape.api import AccountAPI, ReceiptAPI
from ape.contracts import ContractInstance
from ape.managers.accounts import TestAccountManager

from dataledger.contracts.types import Capability

WITHOUT_END = 2**40 - 1
NO_DIGEST = bytes(32)


class Stage(IntEnum):
    PLANNED = 1
    COLLECTED = 2
    CLEANED = 3
    LABELED = 4
    VALIDATED = 5
    AUDITED = 6
    PUBLISHED = 7
    SUSPENDED = 30
    RECALLED = 31


LIFE = (
    ("owner", Stage.COLLECTED),
    ("processor", Stage.CLEANED),
    ("labeler", Stage.LABELED),
    ("owner", Stage.VALIDATED),
    ("auditor", Stage.AUDITED),
    ("owner", Stage.PUBLISHED),
)
CAPABILITIES = {
    "owner": Capability.CUSTODIAN | Capability.AUDITOR,
    "processor": Capability.PROCESSOR | Capability.AUDITOR,
    "labeler": Capability.LABELER,
    "auditor": Capability.AUDITOR,
}


def digest(text: str) -> bytes:
    return text.encode().ljust(32, b"\0")


def record(name: str, *parents: tuple[bytes, int, int]) -> tuple[object, ...]:
    return (digest(f"root of {name}"), digest(f"manifest of {name}"), 10, 2, 0, 0, list(parents))


@dataclass
class World:
    """Four organisations, the default policy, and a dataset with one version."""

    organisations: ContractInstance
    ledger: ContractInstance
    root: AccountAPI
    keys: dict[str, AccountAPI]
    ids: dict[str, int]
    dataset: bytes

    def advance(self, actor: str, to: Stage, *, version: int = 1) -> ReceiptAPI:
        now = Stage(self.ledger.state(self.dataset).stage)
        step = (self.dataset, version, now, to, digest(f"evidence of {to.name}"))
        return self.ledger.advance(step, sender=self.keys[actor])

    def live_until(self, stage: Stage) -> None:
        for actor, to in LIFE:
            if to <= stage:
                self.advance(actor, to)


@pytest.fixture(scope="module")
def world(
    organisations: ContractInstance,
    ledger: ContractInstance,
    accounts: TestAccountManager,
    run: Callable[..., object],
) -> World:
    run("policy")
    keys = dict(zip(CAPABILITIES, accounts[1:], strict=False))
    ids = {}
    for name, capabilities in CAPABILITIES.items():
        admission = (
            *(digest(name), name.title(), int(capabilities), 0, keys[name], WITHOUT_END, NO_DIGEST),
        )
        organisations.admit(admission, sender=accounts[0])
        ids[name] = organisations.organisationBySlug(digest(name))
    registered = ledger.register(digest("roads"), 1, record("roads"), sender=keys["owner"])
    (event,) = registered.events
    return World(organisations, ledger, accounts[0], keys, ids, event.dataset)


def test_a_dataset_lives_from_plan_to_publication(world: World) -> None:
    for actor, to in LIFE:
        head = world.ledger.head(world.dataset)
        (event,) = world.advance(actor, to).events
        assert event.event_name == "Advanced"
        assert event.org == world.ids[actor]
        assert event.to == to == world.ledger.state(world.dataset).stage
        assert event.head == world.ledger.head(world.dataset) != head
    assert world.ledger.verifyVersion(world.dataset, 1, record("roads"))
    assert not world.ledger.verifyVersion(world.dataset, 1, record("rivers"))


@pytest.mark.parametrize(
    ("actor", "part"), [("owner", 0), ("processor", 1)], ids=["the owner", "who cleaned it"]
)
def test_who_had_a_part_cannot_audit(world: World, actor: str, part: int) -> None:
    world.live_until(Stage.VALIDATED)
    with ape.reverts(world.ledger.DutiesNotSeparate, org=world.ids[actor], part=part):
        world.advance(actor, Stage.AUDITED)


def test_a_stage_cannot_be_skipped(world: World) -> None:
    world.advance("owner", Stage.COLLECTED)
    with ape.reverts(world.ledger.NoSuchStep):
        world.advance("owner", Stage.PUBLISHED)


def test_a_step_needs_its_capability(world: World) -> None:
    world.advance("owner", Stage.COLLECTED)
    with ape.reverts(world.ledger.MissingCapability, org=world.ids["auditor"]):
        world.advance("auditor", Stage.CLEANED)


def test_a_step_needs_evidence(world: World) -> None:
    step = (world.dataset, 1, Stage.PLANNED, Stage.COLLECTED, NO_DIGEST)
    with ape.reverts(world.ledger.EvidenceMissing):
        world.ledger.advance(step, sender=world.keys["owner"])


def test_a_suspended_organisation_cannot_act(world: World) -> None:
    world.live_until(Stage.VALIDATED)
    world.organisations.suspend(world.ids["auditor"], "lapsed", sender=world.root)
    with ape.reverts(world.organisations.OrganisationIsSuspended):
        world.advance("auditor", Stage.AUDITED)
    world.organisations.reinstate(world.ids["auditor"], sender=world.root)
    world.advance("auditor", Stage.AUDITED)


def test_a_stranger_cannot_act(world: World, accounts: TestAccountManager) -> None:
    world.keys["stranger"] = accounts[9]
    with ape.reverts(world.organisations.NotMember, key=accounts[9].address):
        world.advance("stranger", Stage.COLLECTED)


def test_a_recall_taints_what_came_from_it(world: World) -> None:
    world.live_until(Stage.PUBLISHED)
    derived = record("model", (world.dataset, 1, 5))
    (event,) = world.ledger.register(digest("model"), 1, derived, sender=world.keys["owner"]).events
    path = [(world.dataset, 1, record("roads")), (event.dataset, 1, derived)]
    assert not world.ledger.verifyTaint(path)
    world.ledger.recall(world.dataset, 1, 2, "wrong", sender=world.root)
    assert world.ledger.verifyTaint(path)
    assert world.ledger.state(world.dataset).stage == Stage.RECALLED
    with ape.reverts(world.ledger.MissingCapability):
        world.ledger.recall(event.dataset, 1, 2, "mine", sender=world.keys["owner"])
