"""A consortium's events in bulk: what the contracts would have written, without their having run.

Each event is encoded as the contract's ABI says, each dataset's events hash to its head, and the
same numbers give the same events. Whether a step was allowed is not looked at.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dataledger.contracts.artifacts import ContractName
from dataledger.contracts.events import (
    Advanced,
    DatasetDescribed,
    DatasetEvent,
    DatasetRegistered,
    DatasetReinstated,
    DatasetSuspended,
    LogContent,
    MemberAdded,
    OrganisationAdmitted,
    VersionAdded,
    VersionRecalled,
    topic_of,
)
from dataledger.contracts.head import next_head
from dataledger.contracts.identifiers import (
    NO_HEAD,
    RECALLED,
    SUSPENDED,
    WITHOUT_END,
    Address,
    DatasetId,
    Head,
    OrgId,
    PolicyId,
    Slug,
    Stage,
    address_of,
    dataset_id,
    keccak256,
)
from dataledger.contracts.types import Capability, Role
from dataledger.hashing import Hash32
from dataledger.manifest.description import Description

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dataledger.contracts.types import Policy

ORGANISATIONS = 400
PROVINCES = 20
AT_WORK_PERCENT = 2
"""So many of the datasets are under way at once; their events stand mixed."""
GENESIS_UNIX = 1_700_000_000
START_UNIX = GENESIS_UNIX + 86_400
BLOCK_EVENTS = 200
BLOCK_SECONDS = 600
POLICY = PolicyId(1)
SECTORS = ("health", "energy", "transport", "justice", "farming", "schools", "water", "trade")
REGIONS = ("north", "east", "south", "west", "centre")
LICENCES = ("CC-BY-4.0", "CC0-1.0", "ODbL-1.0", "LicenseRef-consortium")
QUALITIES = ("gold", "silver", "bronze")
WORDS = tuple(
    f"{kind} {thing}"
    for kind in ("road", "patient", "river", "harvest", "pupil", "court", "bus", "soil")
    for thing in ("sensor", "invoice", "meter", "image", "speech", "survey", "permit", "tariff")
)
PUBLISHED_PERCENT = 80
NEW_VERSION_PERCENT = 40
SUSPENDED_PERCENT = 2
RECALLED_PERCENT = 1
DERIVED_PERCENT = 60
REASON = "The collection broke its consent rules."


@dataclass(frozen=True, slots=True)
class Written:
    """One event, ready to be written at the address of that contract."""

    contract: ContractName
    log: LogContent
    recorded_at_unix: int
    """The time of its block."""


@dataclass
class Life:
    """One dataset, where it stands, and what is still to come of it, last first."""

    id: DatasetId
    slug: Slug
    owner: OrgId
    plan: list[str]
    head: Head = NO_HEAD
    stage: Stage = field(default_factory=lambda: Stage(0))
    resume: Stage = field(default_factory=lambda: Stage(0))
    version: int = 0


def word(number: int) -> bytes:
    """Return a number as the EVM has it."""
    return number.to_bytes(32)


def tail(value: str) -> bytes:
    """Return a string behind its length, padded to whole words."""
    data = value.encode()
    return word(len(data)) + data.ljust(-(-len(data) // 32) * 32, b"\0")


def member_of(org: int, number: int) -> Address:
    """Return the address of an organisation's member. Nobody has its key."""
    return address_of(keccak256(b"member %d of %d" % (number, org))[12:])


def digest_of(what: str, life: Life) -> bytes:
    """Return 32 bytes that stand for a document nobody has."""
    return keccak256(f"{what} {life.version} {life.stage} {life.id}".encode())


class History:
    """All events of so many datasets, some ten for each, in the order in which they happened."""

    def __init__(self, *, chain_id: int, ledger: Address, root: Address, policy: Policy) -> None:
        self.begun: list[DatasetId] = []
        """Each dataset that has an event."""
        self.descriptions: list[Description] = []
        """Those that events name; whoever has kept them may clear them."""
        self._chain_id, self._ledger, self._root = chain_id, ledger, root
        self._after_version = policy.after_version.steps
        forward = [edge for edge in policy.edges if edge.from_stage < edge.to_stage]
        self._steps = {edge.from_stage: edge.to_stage for edge in reversed(forward)}
        self._entry = policy.entry
        self._random = random.Random(7)  # noqa: S311  the same history each time, and no secret
        self._now = START_UNIX
        self._members = {
            org: tuple(member_of(org, number) for number in range(2))
            for org in range(2, ORGANISATIONS + 2)
        }
        self._parents: list[tuple[DatasetId, int]] = []

    def organisations(self) -> Iterator[Written]:
        """Give the admission of all organisations, with two members each."""
        for org, (admin, operator) in self._members.items():
            parent = 1 if org < PROVINCES + 2 else 2 + org % PROVINCES
            admitted = OrganisationAdmitted(
                org=OrgId(org),
                parent=OrgId(parent),
                by=self._root,
                slug=Slug(f"org-{org:03}"),
                name=f"Organisation {org}",
                capabilities=Capability(0x7F),
                grantable=Capability(0x7F),
                profile_digest=None,
                recorded_at_unix=self._now,
            )
            added = (
                MemberAdded(OrgId(org), key, self._root, role, self._now, WITHOUT_END, self._now)
                for key, role in ((admin, Role.ADMIN), (operator, Role.OPERATOR))
            )
            for event in (admitted, *added):
                yield Written(ContractName.ORGANISATIONS, event.to_log(), self._now)

    def datasets(self, count: int) -> Iterator[Written]:
        """Give the events of `count` more datasets."""
        last = len(self.begun) + count
        at_work = max(1, count * AT_WORK_PERCENT // 100)
        under_way: list[Life] = []
        in_block = BLOCK_EVENTS
        while len(self.begun) < last or under_way:
            while len(self.begun) < last and len(under_way) < at_work:
                life = self._begin(len(self.begun))
                under_way.append(life)
                self.begun.append(life.id)
            at = self._random.randrange(len(under_way))
            life = under_way[at]
            if in_block == BLOCK_EVENTS:
                self._now += BLOCK_SECONDS
                in_block = 0
            in_block += 1
            yield Written(ContractName.DATASET_LEDGER, self._next(life), self._now)
            if not life.plan:
                under_way[at] = under_way[-1]
                under_way.pop()

    def _begin(self, number: int) -> Life:
        pick = self._random
        owner = OrgId(pick.randrange(2, ORGANISATIONS + 2))
        slug = Slug(f"{SECTORS[number % len(SECTORS)]}-{number:06}")
        published = self._happens(PUBLISHED_PERCENT)
        plan = ["register", "describe", *["advance"] * (6 if published else pick.randrange(1, 5))]
        while published and self._happens(NEW_VERSION_PERCENT):
            plan += ["version", *["advance"] * 5]
        if self._happens(SUSPENDED_PERCENT):
            plan += ["suspend", "reinstate"]
        if self._happens(RECALLED_PERCENT):
            plan += ["recall"]
        plan.reverse()
        return Life(dataset_id(self._chain_id, self._ledger, owner, slug), slug, owner, plan)

    def _next(self, life: Life) -> LogContent:
        kind, org, data = getattr(self, f"_{life.plan.pop()}")(life)
        member = self._members[org][self._random.randrange(2)]
        topics = (
            topic_of(kind),
            life.id.value,
            Hash32(word(org)),
            Hash32(bytes.fromhex(member[2:]).rjust(32, b"\0")),
        )
        life.head = next_head(life.head, LogContent(topics, bytes(32) + data))
        return LogContent(topics, life.head + data)

    # Each returns the event's class, who did it, and its data behind the head.

    def _register(self, life: Life) -> tuple[type[DatasetEvent], OrgId, bytes]:
        life.version, life.stage = 1, self._entry
        data = word(POLICY) + life.slug.encode().ljust(32, b"\0") + word(160) + word(self._now)
        return DatasetRegistered, life.owner, data + self._record(life)

    def _version(self, life: Life) -> tuple[type[DatasetEvent], OrgId, bytes]:
        life.version += 1
        life.stage = self._after_version.get(life.stage, self._entry)
        data = word(life.version) + word(life.stage) + word(160) + word(self._now)
        return VersionAdded, life.owner, data + self._record(life)

    def _record(self, life: Life) -> bytes:
        pick = self._random
        parents = [(life.id, life.version - 1)] if life.version > 1 else []
        if self._parents and self._happens(DERIVED_PERCENT):
            # Mostly from what came shortly before, as in a pipeline.
            near = self._parents[-500:]
            parents += [pick.choice(near) for _ in range(pick.randrange(1, 3))]
            parents = list(dict.fromkeys(parents))
        self._parents.append((life.id, life.version))
        numbers = (pick.randrange(10**9), pick.randrange(1, 10**4), pick.randrange(10**6), 1)
        return b"".join(
            (
                digest_of("content", life),
                digest_of("manifest", life),
                *(word(number) for number in numbers),
                word(7 * 32),
                word(len(parents)),
                *(p.value + word(number) + word(pick.randrange(6)) for p, number in parents),
            )
        )

    def _describe(self, life: Life) -> tuple[type[DatasetEvent], OrgId, bytes]:
        pick = self._random
        about = ", ".join(pick.sample(WORDS, 2))
        sector, number = life.slug.split("-")
        description = Description(
            title=f"{about.capitalize()} {number}",
            description=f"What {about} tells of {sector}, series {int(number) % 997}.",
            keywords=tuple(pick.sample(WORDS, 2)),
            licence=pick.choice(LICENCES),
            sector=sector,
            region=pick.choice(REGIONS),
            quality=pick.choice(QUALITIES),
        )
        self.descriptions.append(description)
        return DatasetDescribed, life.owner, description.digest.value + word(self._now)

    def _advance(self, life: Life) -> tuple[type[DatasetEvent], OrgId, bytes]:
        before = life.stage
        life.stage = self._steps.get(before, before)
        return self._step(Advanced, life, before, life.stage)

    def _step(
        self, kind: type[DatasetEvent], life: Life, before: Stage, after: Stage
    ) -> tuple[type[DatasetEvent], OrgId, bytes]:
        org = OrgId(2 + self._random.randrange(ORGANISATIONS))
        numbers = word(life.version) + word(before) + word(after)
        return kind, org, numbers + digest_of("activity", life) + word(self._now)

    def _suspend(self, life: Life) -> tuple[type[DatasetEvent], OrgId, bytes]:
        life.resume, life.stage = life.stage, SUSPENDED
        data = word(life.resume) + word(128) + word(self._now) + tail(REASON)
        return DatasetSuspended, self._regulator(), data

    def _reinstate(self, life: Life) -> tuple[type[DatasetEvent], OrgId, bytes]:
        life.stage = life.resume
        data = word(life.stage) + word(128) + word(self._now) + tail(REASON)
        return DatasetReinstated, self._regulator(), data

    def _recall(self, life: Life) -> tuple[type[DatasetEvent], OrgId, bytes]:
        life.stage = RECALLED
        numbers = word(life.version) + word(self._random.randrange(3)) + word(life.stage)
        data = numbers + word(192) + word(self._now) + tail(REASON)
        return VersionRecalled, self._regulator(), data

    def _happens(self, percent: int) -> bool:
        return self._random.randrange(100) < percent

    def _regulator(self) -> OrgId:
        return OrgId(2 + self._random.randrange(PROVINCES))
