"""A made-up consortium's history, of any size, put into an index without a chain.

The events are what the contracts would write: they go through the projection, which checks each
dataset's hash chain. The same arguments give the same rows.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256

from empty_index import make_tables
from sqlalchemy import Connection, insert, update

from dataledger.chain.answers import Log
from dataledger.chain.identifiers import BlockHash, TransactionHash
from dataledger.contracts.artifacts import ContractName
from dataledger.contracts.events import (
    Advanced,
    DatasetDescribed,
    DatasetEvent,
    DatasetRegistered,
    DatasetSuspended,
    Event,
    KeyRotated,
    LogContent,
    MemberAdded,
    OrganisationAdmitted,
    PolicyPublished,
    VersionAdded,
    VersionRecalled,
    topic_of,
)
from dataledger.contracts.head_rule import next_head
from dataledger.contracts.identifiers import (
    NO_HEAD,
    WITHOUT_END,
    Address,
    DatasetId,
    Head,
    OrgId,
    PolicyId,
    Slug,
    address_of,
    dataset_id,
)
from dataledger.contracts.types import (
    ALL_CAPABILITIES,
    NO_CAPABILITY,
    Capability,
    Parent,
    Role,
    Severity,
    VersionRecord,
)
from dataledger.hashing import Digest, Hash32
from dataledger.index import schema
from dataledger.index.projection import Projection
from dataledger.index.rows import known_of, save
from dataledger.index.store import Store
from dataledger.ledger.policy_document import PolicyDocument

CHAIN_ID = 31337
LEDGER = address_of(bytes([0xDA]) * 20)
ORGANISATIONS = address_of(bytes([0x06]) * 20)
CONTRACTS = {LEDGER: ContractName.DATASET_LEDGER, ORGANISATIONS: ContractName.ORGANISATIONS}
START_UNIX = 1_700_000_000
DAY = 86_400
MOST_EVENTS_IN_A_BLOCK = 100
EVENTS_IN_A_BATCH = 20_000

POLICY = PolicyId(1)
STAGES = {name: stage for stage, name in PolicyDocument.default().policy.stages.items()}
PATH = ("PLANNED", "COLLECTED", "CLEANED", "LABELED", "VALIDATED", "AUDITED", "PUBLISHED")
SECTORS = ("transport", "health", "energy", "farming", "education", "finance", "water", "housing")
REGIONS = ("north", "south", "east", "west", "centre")
QUALITIES = ("gold", "silver", "bronze")
LICENCES = ("CC-BY-4.0", "CC0-1.0", "ODbL-1.0")
NOUNS = ("roads", "faces", "rivers", "fields", "schools", "patients", "meters", "trees", "signs")


def key_of(org: int, number: int = 0) -> Address:
    """Return a key of an organisation."""
    return address_of(sha256(f"key {org} {number}".encode()).digest()[:20])


def id_of(owner: int, slug: str) -> DatasetId:
    """Return the id of a dataset."""
    return dataset_id(CHAIN_ID, LEDGER, OrgId(owner), Slug(slug))


@dataclass
class Writer:
    """Puts events into an index, in the order in which they are given."""

    store: Store
    block: int = 1
    time: int = START_UNIX
    waiting: list[tuple[Log, Event]] = field(default_factory=list)
    heads: dict[DatasetId, Head] = field(default_factory=dict)
    _log_index: int = 0
    _blocks: list[dict[str, object]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Make the tables, and the row of the chain."""
        make_tables(self.store)
        with self.store.write() as connection:
            connection.execute(
                insert(schema.chain).values(
                    id=1,
                    chain_id=CHAIN_ID,
                    genesis_hash="0x" + "00" * 32,
                    dataset_ledger=LEDGER,
                    organisations=ORGANISATIONS,
                    first_block=1,
                )
            )

    def at(self, unix: int) -> None:
        """Begin the next block, with this time."""
        assert unix >= self.time
        if self._log_index:
            self.block += 1
        self.time, self._log_index = unix, 0

    def write(self, event: Event) -> int:
        """Take an event of the block, with the head it leads to left open; return its key."""
        if isinstance(event, DatasetEvent):
            previous = self.heads.get(event.dataset, NO_HEAD)
            content = log_of(event)
            head = next_head(previous, content)
            self.heads[event.dataset] = head
            object.__setattr__(event, "head", head)
            content = LogContent(content.topics, head + content.data[32:])
        else:
            content = event.to_log()
        log = Log(
            address=LEDGER if event.contract is ContractName.DATASET_LEDGER else ORGANISATIONS,
            topics=content.topics,
            data=content.data,
            block_number=self.block,
            block_hash=BlockHash(_hash("block", self.block)),
            transaction_hash=TransactionHash(_hash("transaction", self.block, self._log_index)),
            log_index=self._log_index,
        )
        self.waiting.append((log, event))
        key = self.block << schema.LOG_INDEX_BITS | self._log_index
        self._log_index += 1
        if len(self.waiting) >= EVENTS_IN_A_BATCH:
            self.flush()
        return key

    def flush(self) -> None:
        """Write what waits, and move the cursor to the newest block."""
        with self.store.write() as connection:
            self._save(connection)
        self.waiting.clear()

    def _save(self, connection: Connection) -> None:
        projection = Projection(known_of(connection, (e for _, e in self.waiting)), CONTRACTS)
        for log, event in self.waiting:
            projection.apply(log, event)
        save(connection, projection)
        counts: dict[int, int] = {}
        times: dict[int, int] = {}
        for log, event in self.waiting:
            counts[log.block_number] = counts.get(log.block_number, 0) + 1
            times[log.block_number] = event.recorded_at_unix  # type: ignore[attr-defined]
        for number, count in counts.items():
            known = connection.execute(
                update(schema.blocks)
                .where(schema.blocks.c.number == number)
                .values(event_count=schema.blocks.c.event_count + count)
            )
            if not known.rowcount:
                row = {"hash": _hash("block", number), "timestamp_unix": times[number]}
                connection.execute(
                    insert(schema.blocks).values(number=number, event_count=count, **row)
                )
        connection.execute(
            update(schema.chain).values(
                block_number=self.block,
                block_hash=_hash("block", self.block),
                block_timestamp_unix=self.time,
                synced_at_unix=self.time,
                event_count=schema.chain.c.event_count + len(self.waiting),
            )
        )


# ---------------------------------------------------------------------------------- single events


def admitted(
    org: int, slug: str, *, parent: int | None = 1, at: int, name: str = ""
) -> OrganisationAdmitted:
    """Return the admission of an organisation that may do everything."""
    return OrganisationAdmitted(
        org=OrgId(org),
        parent=None if parent is None else OrgId(parent),
        by=key_of(parent or 0),
        slug=Slug(slug),
        name=name or slug.title(),
        capabilities=ALL_CAPABILITIES if org == 1 else Capability(0x7F),
        grantable=ALL_CAPABILITIES if org == 1 else NO_CAPABILITY,
        profile_digest=None,
        recorded_at_unix=at,
    )


def member_added(org: int, number: int = 0, *, at: int, until: int = WITHOUT_END) -> MemberAdded:
    """Return the binding of `key_of(org, number)`."""
    role = Role.OPERATOR if number else Role.ADMIN
    key = key_of(org, number)
    return MemberAdded(OrgId(org), key, key_of(1), role, at, until, at)


def rotated(org: int, old: int, new: int, *, at: int) -> KeyRotated:
    """Return the rotation of one key of an organisation to another."""
    return KeyRotated(OrgId(org), key_of(org, old), key_of(org, new), at)


def policy_published(*, at: int) -> PolicyPublished:
    """Return the publication of the default policy, as number 1."""
    policy = PolicyDocument.default().policy
    return PolicyPublished(POLICY, OrgId(1), key_of(1), policy.digest, policy, at)


def record_of(seed: str, *parents: Parent) -> VersionRecord:
    """Return some version's record."""
    return VersionRecord(
        Digest.of(f"root {seed}".encode()),
        Digest.of(f"manifest {seed}".encode()),
        len(seed) << 20,
        len(seed),
        parents=parents,
    )


def log_of(event: DatasetEvent) -> LogContent:
    """Return `event.to_log()`: faster, for what occurs by the million."""
    if not isinstance(event, Advanced | DatasetDescribed):
        return event.to_log()
    topics = (
        topic_of(type(event)),
        event.dataset.value,
        Hash32(event.org.to_bytes(32)),
        Hash32(bytes.fromhex(event.by[2:]).rjust(32, b"\0")),
    )
    if isinstance(event, DatasetDescribed):
        rest = event.description.value + event.recorded_at_unix.to_bytes(32)
    else:
        numbers = (event.version, event.from_stage, event.to_stage)
        words = b"".join(number.to_bytes(32) for number in numbers)
        rest = words + event.evidence.value + event.recorded_at_unix.to_bytes(32)
    return LogContent(topics, event.head + rest)


# -------------------------------------------------------------------------------- whole histories


@dataclass(frozen=True)
class Filled:
    """What `fill` put into an index."""

    owners: tuple[int, ...]
    names: tuple[str, ...]
    """`OWNER/SLUG` of each dataset."""
    events: int


def fill(store: Store, datasets: int, *, owners: int = 20, seed: int = 1) -> Filled:
    """Put `datasets` datasets with about ten events each into an empty index.

    One in fifty has a version recalled, one in a hundred is frozen, three in four are described,
    one in five came from another. One step in two hundred takes fifty times as long as others.
    """
    chance = random.Random(seed)  # noqa: S311 - no secret
    writer = Writer(store)
    _found(writer, owners)
    orgs = tuple(range(2, owners + 2))
    made = [_Made(n, chance.choice(orgs), chance) for n in range(datasets)]
    steps = sorted((at, made_.number, n) for made_ in made for n, at in enumerate(made_.times))
    size = min(1 + datasets // 1000, MOST_EVENTS_IN_A_BLOCK)
    for start in range(0, len(steps), size):
        part = steps[start : start + size]
        writer.at(part[-1][0])
        for _, number, step in part:
            writer.write(made[number].event(step, writer.time, made))
    writer.flush()
    describe(store, (text for m in made for text in m.descriptions()))
    names = tuple(f"org-{m.owner}/{m.slug}" for m in made)
    return Filled(orgs, names, len(steps))


def describe(store: Store, documents: Iterator[tuple[Digest, dict[str, str]]]) -> None:
    """Put descriptions at hand, as the sync does for those beside the profile."""
    rows = [
        {
            "digest": digest,
            "kind": "dataledger/description/1",
            "content": words,
            "keywords": words.get("keywords", "").split(),
            "search_text": " ".join(words.values()),
            **{name: words.get(name) for name in _COLUMNS},
        }
        for digest, words in documents
    ]
    if rows:
        with store.write() as connection:
            connection.execute(insert(schema.documents), rows)


_COLUMNS = ("title", "description", "licence", "sector", "region", "quality")


def _found(writer: Writer, owners: int) -> None:
    at = writer.time
    writer.write(admitted(1, "root", parent=None, at=at))
    writer.write(member_added(1, at=at))
    writer.write(policy_published(at=at))
    for org in range(2, owners + 2):
        writer.at(at)
        writer.write(admitted(org, f"org-{org}", at=at))
        writer.write(member_added(org, 0, at=at))
        writer.write(member_added(org, 1, at=at))


class _Made:
    """One dataset's life, drawn by lot."""

    def __init__(self, number: int, owner: int, chance: random.Random) -> None:
        noun = NOUNS[number % len(NOUNS)]
        self.number, self.owner, self.slug = number, owner, f"{noun}-{number}"
        self.dataset = id_of(owner, self.slug)
        self.chance = chance
        self.version, self.stage = 0, "PLANNED"
        self.parent = chance.randrange(number) if number and chance.random() < 0.2 else None
        self.is_described = chance.random() < 0.75
        kinds = ["register"]
        if self.is_described:
            kinds.append("describe")
        for _ in range(1 + int(chance.random() < 0.4)):
            kinds += ["version", *["step"] * chance.randint(1, len(PATH) - 1)]
        if chance.random() < 0.02:
            kinds.append("recall")
        elif chance.random() < 0.01:
            kinds.append("suspend")
        self.kinds = kinds
        at = START_UNIX + chance.randrange(1, 365 * DAY)
        self.times = [at]
        for kind in kinds[1:]:
            usual = DAY if kind == "step" else DAY // 8
            slow = 50 if kind == "step" and chance.random() < 0.005 else 1
            at += 1 + int(usual * slow * chance.lognormvariate(0, 0.4))
            self.times.append(at)

    def event(self, step: int, at: int, made: list["_Made"]) -> Event:
        """Return the event of a step, which is the next one."""
        common = (self.dataset, OrgId(self.owner), key_of(self.owner, step % 2), NO_HEAD)
        regulator = (self.dataset, OrgId(2), key_of(2), NO_HEAD)
        seed = f"{self.number} {step}"
        event: Event = DatasetDescribed(*common, Digest.of(f"again {seed}".encode()), at)
        match self.kinds[step]:
            case "register":
                event = DatasetRegistered(*common, POLICY, Slug(self.slug), None, at)
            case "describe":
                event = DatasetDescribed(*common, Digest.of(self.about), at)
            case "version" if self.stage in {"PLANNED", "PUBLISHED"}:
                self.version += 1
                self.stage = "COLLECTED" if self.stage == "PUBLISHED" else "PLANNED"
                parents = self._parents(made) if self.version == 1 else ()
                record = record_of(seed, *parents)
                event = VersionAdded(*common, self.version, STAGES[self.stage], record, at)
            case "step" if self.stage != "PUBLISHED":
                before, self.stage = self.stage, PATH[PATH.index(self.stage) + 1]
                pair = (STAGES[before], STAGES[self.stage])
                event = Advanced(*common, self.version, *pair, Digest.of(seed.encode()), at)
            case "recall":
                stage = STAGES["RECALLED"]
                event = VersionRecalled(
                    *regulator, self.version, Severity.SERIOUS, stage, "unlawful", at
                )
            case "suspend":
                event = DatasetSuspended(*regulator, STAGES[self.stage], "under inquiry", at)
        return event

    @property
    def about(self) -> bytes:
        """What stands for the description's document."""
        return f"about {self.number}".encode()

    def _parents(self, made: list["_Made"]) -> tuple[Parent, ...]:
        parent = None if self.parent is None else made[self.parent]
        return (Parent(parent.dataset, parent.version),) if parent and parent.version else ()

    def descriptions(self) -> Iterator[tuple[Digest, dict[str, str]]]:
        """Return the document of the description, if there is one."""
        if not self.is_described:
            return
        lot = random.Random(self.number)  # noqa: S311 - no secret
        noun, sector, region = self.slug.partition("-")[0], lot.choice(SECTORS), lot.choice(REGIONS)
        yield (
            Digest.of(self.about),
            {
                "title": f"{noun.title()} of the {region}, series {self.number % 997}",
                "description": f"Records of {noun} kept for {sector} in the {region}.",
                "keywords": f"{noun} {sector} open",
                "licence": lot.choice(LICENCES),
                "sector": sector,
                "region": region,
                "quality": lot.choice(QUALITIES),
            },
        )


def _hash(*parts: object) -> str:
    return "0x" + sha256(repr(parts).encode()).hexdigest()
