"""A ledger without a chain for tests of the command line: it answers what it is told to.

Its nouns refuse what the real ones do not have: methods, and arguments.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, cast
from unittest.mock import Mock, create_autospec

from dataledger.chain.answers import Log
from dataledger.chain.identifiers import BlockHash, TransactionHash
from dataledger.cli.session import Session
from dataledger.contracts.events import DatasetRegistered, Event
from dataledger.contracts.identifiers import (
    WITHOUT_END,
    Address,
    DatasetId,
    Head,
    OrgId,
    PolicyId,
    Slug,
    Stage,
)
from dataledger.contracts.types import Capability, Role, VersionRecord
from dataledger.hashing import Digest, Hash32
from dataledger.ledger import Ledger
from dataledger.ledger.budgets import Budgets
from dataledger.ledger.datasets import Datasets
from dataledger.ledger.documents import Documents
from dataledger.ledger.lifecycle import Lifecycle
from dataledger.ledger.lineage import Lineages
from dataledger.ledger.members import Members
from dataledger.ledger.organisations import Organisations
from dataledger.ledger.policies import Policies
from dataledger.ledger.policy_document import PolicyDocument
from dataledger.ledger.projects import Projects
from dataledger.ledger.proofs import Proofs
from dataledger.ledger.results import (
    Confirmed,
    Dataset,
    History,
    Lineage,
    Member,
    Organisation,
    PublishedPolicy,
    Recorded,
    Version,
    VersionRef,
)
from dataledger.ledger.runs import Runs
from dataledger.ledger.uses import Uses

KEY = Address("0x70997970C51812dc3A010C7d01b50e0d17dc79C8")
OTHER_KEY = Address("0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC")
TRANSACTION = TransactionHash("0x" + "ab" * 32)
ROADS = DatasetId(Hash32(bytes([1]) * 32))
HEAD = Head(Hash32(bytes([7]) * 32))
RECORDED_AT_UNIX = 1_700_000_000
RECORD = VersionRecord(
    content_root=Digest.of(b"root"),
    manifest_digest=Digest.of(b"manifest"),
    size_bytes=2**60,
    file_count=3,
)
ROOT_ORG = Organisation(
    id=OrgId(1),
    slug=Slug("authority"),
    name="Root authority",
    parent=None,
    depth=0,
    capabilities=Capability(0xFFFF),
    grantable=Capability(0xFFFF),
    effective=Capability(0xFFFF),
    suspended_by=None,
    profile_digest=None,
    admitted_at_unix=RECORDED_AT_UNIX,
)
ACME = Organisation(
    id=OrgId(2),
    slug=Slug("acme"),
    name="Acme \x1b[31m Ltd \u202e",
    parent=OrgId(1),
    depth=1,
    capabilities=Capability.CUSTODIAN,
    grantable=Capability(0),
    effective=Capability(0),
    suspended_by=OrgId(1),
    profile_digest=Digest.of(b"profile"),
    admitted_at_unix=RECORDED_AT_UNIX,
)
MEMBER = Member(KEY, OrgId(2), Role.OPERATOR, RECORDED_AT_UNIX, WITHOUT_END, is_active=False)
POLICY = PublishedPolicy(PolicyId(1), PolicyDocument.default().policy, OrgId(1), RECORDED_AT_UNIX)
DATASET = Dataset(
    id=ROADS,
    slug=Slug("roads"),
    owner=OrgId(2),
    owner_slug=Slug("acme"),
    policy=PolicyId(1),
    stage=Stage(2),
    stage_name="COLLECTED",
    version_count=1,
    duties=(None, OrgId(2), None),
    carried_over=(False, True, False),
    suspended_by=None,
    resume_stage=None,
    head=HEAD,
    registered_at_unix=RECORDED_AT_UNIX,
    updated_at_unix=RECORDED_AT_UNIX,
    as_of_block=9,
)
VERSION = Version(ROADS, 1, RECORD, None, RECORDED_AT_UNIX)
REGISTERED = DatasetRegistered(
    dataset=ROADS,
    org=OrgId(2),
    by=KEY,
    head=HEAD,
    policy=PolicyId(1),
    slug=Slug("roads"),
    record=RECORD,
    recorded_at_unix=RECORDED_AT_UNIX,
)
LOG = Log(
    address=OTHER_KEY,
    topics=(),
    data=b"",
    block_number=9,
    block_hash=BlockHash("0x" + "cd" * 32),
    transaction_hash=TRANSACTION,
    log_index=0,
)
HISTORY = History(ROADS, (Recorded(REGISTERED, LOG),), HEAD, 9)


def confirmed(event: Event, *, already_there: bool = False) -> Confirmed[Any]:
    """Return a write that recorded `event`."""
    return Confirmed(event, TRANSACTION, 9, 0 if already_there else 100_000, already_there)


def no_lineage(dataset: DatasetId = ROADS, number: int = 1) -> Lineage:
    """Return a lineage without an edge."""
    return Lineage(VersionRef(dataset, number), (), 9)


class FakeLedger:
    """Nouns that know one organisation, one dataset with one version, and the default policy."""

    @cached_property
    def organisations(self) -> Mock:
        """Stands for `ledger.organisations`."""
        noun: Mock = create_autospec(Organisations, instance=True)
        noun.get.return_value = ACME
        noun.list.return_value = (ROOT_ORG, ACME)
        return noun

    @cached_property
    def members(self) -> Mock:
        """Stands for `ledger.members`."""
        noun: Mock = create_autospec(Members, instance=True)
        noun.get.return_value = MEMBER
        noun.list.return_value = (MEMBER,)
        return noun

    @cached_property
    def policies(self) -> Mock:
        """Stands for `ledger.policies`."""
        noun: Mock = create_autospec(Policies, instance=True)
        noun.default.return_value = POLICY.id
        noun.get.return_value = POLICY
        noun.list.return_value = (POLICY,)
        return noun

    @cached_property
    def datasets(self) -> Mock:
        """Stands for `ledger.datasets`."""
        noun: Mock = create_autospec(Datasets, instance=True)
        noun.get.return_value = DATASET
        noun.list.return_value = (DATASET,)
        noun.version.return_value = VERSION
        noun.versions.return_value = (VERSION,)
        noun.history.return_value = HISTORY
        noun.description.return_value = None
        return noun

    @cached_property
    def lifecycle(self) -> Mock:
        """Stands for `ledger.lifecycle`."""
        noun: Mock = create_autospec(Lifecycle, instance=True)
        noun.next_steps.return_value = ()
        return noun

    @cached_property
    def lineage(self) -> Mock:
        """Stands for `ledger.lineage`."""
        noun: Mock = create_autospec(Lineages, instance=True)
        noun.ancestors.return_value = no_lineage()
        noun.descendants.return_value = no_lineage()
        noun.recalled_ancestors.return_value = ()
        return noun

    @cached_property
    def proofs(self) -> Mock:
        """Stands for `ledger.proofs`."""
        return cast("Mock", create_autospec(Proofs, instance=True))

    @cached_property
    def projects(self) -> Mock:
        """Stands for `ledger.projects`; `fake_uses` has what it may answer."""
        return cast("Mock", create_autospec(Projects, instance=True))

    @cached_property
    def uses(self) -> Mock:
        """Stands for `ledger.uses`."""
        return cast("Mock", create_autospec(Uses, instance=True))

    @cached_property
    def budgets(self) -> Mock:
        """Stands for `ledger.budgets`."""
        return cast("Mock", create_autospec(Budgets, instance=True))

    @cached_property
    def runs(self) -> Mock:
        """Stands for `ledger.runs`."""
        return cast("Mock", create_autospec(Runs, instance=True))

    @cached_property
    def documents(self) -> Mock:
        """Stands for `ledger.documents`."""
        return cast("Mock", create_autospec(Documents, instance=True))

    @cached_property
    def relay(self) -> Mock:
        """Stands for `ledger.relay`."""
        return cast("Mock", create_autospec(Ledger, instance=True).relay)


@dataclass
class FakeSession(Session):
    """A session that is connected to a fake ledger, and whose account needs no key file."""

    ledger: FakeLedger = field(default_factory=FakeLedger)
    doors: list[str] = field(default_factory=list)
    """Which of `reading` and `writing` were used."""

    @contextmanager
    def reading(self) -> Iterator[Ledger]:
        """Give the fake ledger."""
        self.doors.append("reading")
        yield cast("Ledger", self.ledger)

    @contextmanager
    def writing(self) -> Iterator[Ledger]:
        """Give the fake ledger."""
        self.doors.append("writing")
        yield cast("Ledger", self.ledger)

    def address(self, text: str | None = None) -> Address:
        """Return a fixed address."""
        del text
        return KEY
