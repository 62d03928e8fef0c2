"""A chain that holds events made up by a test, and what the contracts would say of them.

It answers as a node does, can be reorganised, and keeps the plain state that the events describe:
a second account of what an index must say.
"""

from collections.abc import Callable, Sequence
from copy import copy, deepcopy
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

from scripted_node import ADDRESSES, GENESIS, ScriptedNode

from dataledger.chain.connection import Connection
from dataledger.chain.identifiers import BlockHash
from dataledger.chain.transport import Call as Request
from dataledger.chain.transport import Json
from dataledger.contracts import dataset_ledger, organisations
from dataledger.contracts.abi import encode, to_raw
from dataledger.contracts.events import (
    Advanced,
    CapabilitiesChanged,
    DatasetDescribed,
    DatasetEvent,
    DatasetRegistered,
    DatasetReinstated,
    DatasetSuspended,
    Event,
    KeyRotated,
    LogContent,
    MemberAdded,
    MemberEnded,
    MemberRenewed,
    OrganisationAdmitted,
    OrganisationReinstated,
    OrganisationSuspended,
    PolicyPublished,
    RootHandedOver,
    RootHandoverCancelled,
    RootHandoverProposed,
    StepApproved,
    VersionAdded,
    VersionRecalled,
)
from dataledger.contracts.head_rule import next_head
from dataledger.contracts.identifiers import (
    NO_HEAD,
    RECALLED,
    ROOT,
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
    keccak256,
)
from dataledger.contracts.types import (
    ALL_CAPABILITIES,
    Capability,
    MemberState,
    OrganisationState,
    Parent,
    Relation,
    Role,
    Severity,
    VersionRecord,
)
from dataledger.errors import RequestRefused
from dataledger.hashing import Digest, Hash32
from dataledger.ledger import PolicyDocument

FIRST_TIME_UNIX = 1_700_000_000
POLICY = PolicyDocument.default().policy


@dataclass
class DatasetModel:
    """A dataset as it stands."""

    owner: OrgId
    slug: Slug
    stage: Stage
    versions: list[VersionRecord]
    head: Head = NO_HEAD
    events: int = 0
    updated_at_unix: int = 0
    suspended_by: OrgId | None = None
    resumes_at: Stage | None = None
    recalls: dict[int, Severity] = field(default_factory=dict)
    description: Digest | None = None


@dataclass
class World:
    """Everything as it stands after a block."""

    datasets: dict[DatasetId, DatasetModel] = field(default_factory=dict)
    organisations: dict[OrgId, OrganisationState] = field(default_factory=dict)
    members: dict[Address, MemberState] = field(default_factory=dict)
    successor: Address | None = None
    generation: int = 0
    """How often the root authority was handed over."""
    policies: int = 0
    keys_made: int = 0


@dataclass(frozen=True)
class MinedBlock:
    """A block, and the world after it."""

    hash: BlockHash
    time_unix: int
    logs: tuple[dict[str, Any], ...]
    world: World


class EventChain(ScriptedNode):
    """A chain whose blocks hold what `mine` is told, or what `mine_at_random` makes up."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        self._pending: list[tuple[Event, LogContent]] = []
        self._fork = 0
        genesis = MinedBlock(BlockHash(GENESIS), FIRST_TIME_UNIX, (), deepcopy(self.world))
        self.blocks = [genesis]
        self.max_logs: int | None = None
        """Logs in one answer; a query for more is refused, in the words of `too_many`."""
        self.too_many = "query returned more than 10000 results"
        self.states_kept: int | None = None
        """How many blocks back the contracts' state is known; None: for ever."""
        self.syncing: Json = False
        """What `eth_syncing` answers."""
        self.runs_code = True
        """Whether `eth_call` runs code that is not on the chain."""
        self.tamper: Callable[[list[dict[str, Any]]], list[dict[str, Any]]] = lambda logs: logs
        self._begin()

    def copy(self) -> "EventChain":
        """Return a chain of its own with the same blocks."""
        other = copy(self)
        other.blocks, other.requests, other._pending = list(self.blocks), [], []
        other.world, other.results = deepcopy(self.world), dict(self.results)
        return other

    # --------------------------------------------------------------------------------------- making

    @property
    def time(self) -> int:
        """The time of the block that is being made."""
        return self.blocks[-1].time_unix + 12

    def _begin(self) -> None:
        """Write the first block: the root authority, and the default policy."""
        key = self.new_key()
        self.emit(
            OrganisationAdmitted(
                ROOT,
                None,
                address_of(b"\xdd" * 20),
                Slug("root"),
                "The root \x1b[31mauthority\x00",
                ALL_CAPABILITIES,
                ALL_CAPABILITIES,
                None,
                self.time,
            )
        )
        self.emit(
            MemberAdded(
                ROOT, key, address_of(b"\xdd" * 20), Role.ADMIN, self.time, WITHOUT_END, self.time
            )
        )
        self.emit(PolicyPublished(PolicyId(1), ROOT, key, POLICY.digest, POLICY, self.time))
        self.mine()

    def new_key(self) -> Address:
        """Return a key of which nobody has heard."""
        self.world.keys_made += 1
        return address_of(keccak256(f"{self._fork} {self.world.keys_made}".encode())[:20])

    def emit(self, event: Event) -> None:
        """Let an event stand in the next block; the head of a dataset's event is put in."""
        if isinstance(event, DatasetEvent):
            before = self.world.datasets.get(event.dataset)
            log = event.to_log()
            head = next_head(NO_HEAD if before is None else before.head, log)
            event = replace(event, head=head)
        content = event.to_log()
        apply(self.world, event)
        self._pending.append((event, content))

    def mine(self) -> int:
        """Put the events that were emitted into a block, and return its number."""
        number = len(self.blocks)
        parent = self.blocks[-1].hash
        hash_ = BlockHash(f"0x{keccak256(f'{parent} {self._fork} {number}'.encode()).hex()}")
        logs = tuple(
            {
                "address": ADDRESSES[event.contract],
                "topics": [f"0x{topic.hex()}" for topic in content.topics],
                "data": f"0x{content.data.hex()}",
                "blockNumber": hex(number),
                "blockHash": hash_,
                "transactionHash": f"0x{keccak256(f'{hash_} {index}'.encode()).hex()}",
                "logIndex": hex(index),
            }
            for index, (event, content) in enumerate(self._pending)
        )
        self.blocks.append(MinedBlock(hash_, self.time, logs, deepcopy(self.world)))
        self._pending = []
        return number

    def reorganise(self, depth: int) -> None:
        """Take the newest blocks away; what is mined from now on differs. The first block stays."""
        self._fork += 1
        self.blocks = self.blocks[: max(2, len(self.blocks) - depth)]
        self.world = deepcopy(self.blocks[-1].world)
        self._pending = []

    def mine_at_random(self, random: Random, blocks: int = 1, *, most_events: int = 4) -> None:
        """Mine blocks of events that the contracts could have let happen."""
        for _ in range(blocks):
            for _ in range(random.randint(0, most_events)):
                random.choice(_HAPPENINGS)(self, random)
            self.mine()

    # --------------------------------------------------------------------------------- as Transport

    def connection(self, *, confirmations: int = 1) -> Connection:
        """See `ScriptedNode`."""
        return super().connection(confirmations=confirmations)

    def batch(self, calls: Sequence[Request]) -> list[Json | RequestRefused]:
        """See `Transport.batch`."""
        return [self._answer(method, params) for method, params in calls]

    def _answer(self, method: str, params: Sequence[Json]) -> Json | RequestRefused:
        self.requests.append((method, params))
        self.before_answering(method)
        match method:
            case "eth_getBlockByNumber":
                return self._block(params[0])
            case "eth_getLogs":
                return self._logs(params[0])
            case "eth_call":
                return self._call(params[0], params[1])
            case "eth_syncing":
                return self.syncing
        raise AssertionError(method)

    def _block(self, tag: str) -> Json:
        number = len(self.blocks) - 1 if tag == "latest" else int(tag, 16)
        if number >= len(self.blocks):
            return None
        block = self.blocks[number]
        return {
            "number": hex(number),
            "hash": block.hash,
            "timestamp": hex(block.time_unix),
            "gasLimit": "0x1c9c380",
        }

    def _logs(self, query: dict[str, Any]) -> Json | RequestRefused:
        first, last = int(query["fromBlock"], 16), int(query["toBlock"], 16)
        addresses = query["address"] if isinstance(query["address"], list) else [query["address"]]
        found = [
            log
            for block in self.blocks[first : last + 1]
            for log in block.logs
            if log["address"] in addresses
        ]
        if self.max_logs is not None and len(found) > self.max_logs:
            return refusal(self.too_many, code=-32005)
        return self.tamper(found)

    def _call(self, message: dict[str, str], tag: str) -> Json | RequestRefused:
        number = len(self.blocks) - 1 if tag == "latest" else int(tag, 16)
        if number >= len(self.blocks):
            return refusal("header not found", code=-32000)
        if self.states_kept is not None and number < len(self.blocks) - self.states_kept:
            return refusal("missing trie node", code=-32000)
        data = message["data"]
        if "to" not in message:
            return self._run(data, number) if self.runs_code else refusal("no", code=-32601)
        if data in self.results:
            return self.results[data]
        return self._view(self.blocks[number].world, data)

    def _run(self, code: str, number: int) -> str:
        # The heads' loader has 88 bytes of code, and then the ids.
        ids = bytes.fromhex(code[2:])[88:]
        heads = (
            self._head(self.blocks[number].world, DatasetId(Hash32(ids[at : at + 32])))
            for at in range(0, len(ids), 32)
        )
        return f"0x00{b''.join(heads).hex()}"

    @staticmethod
    def _head(world: World, dataset: DatasetId) -> Head:
        found = world.datasets.get(dataset)
        return NO_HEAD if found is None else found.head

    def _view(self, world: World, data: str) -> Json | RequestRefused:
        argument = bytes.fromhex(data[10:])
        views: list[tuple[Any, Any]] = [
            (organisations.organisation_count(), len(world.organisations)),
            (dataset_ledger.policy_count(), world.policies),
        ]
        if argument:
            dataset = DatasetId(Hash32(argument))
            views.append((dataset_ledger.head(dataset), self._head(world, dataset)))
            org = OrgId(int.from_bytes(argument))
            if org in world.organisations:
                views.append((organisations.organisation(org), world.organisations[org]))
            key = address_of(argument[12:])
            if key in world.members:
                views.append((organisations.member(key), world.members[key]))
        for call, value in views:
            if f"0x{call.data.hex()}" == data:
                outputs = [output.type for output in call.item.outputs]
                raw = to_raw(call.kind, value)
                values = [raw] if len(outputs) == 1 else raw
                return f"0x{encode(outputs, values).hex()}"
        raise AssertionError(f"nobody should ask {data}")


def refusal(message: str, *, code: int) -> RequestRefused:
    """Return what a node says when it refuses."""
    return RequestRefused(
        message, remedy="None.", rpc_code=code, rpc_message=message, rpc_data=None
    )


# ------------------------------------------------------------------------------- what events mean


def apply(world: World, event: Event) -> None:
    """Change a world as the contracts would."""
    match event:
        case DatasetEvent():
            _apply_to_dataset(world, event)
        case PolicyPublished():
            world.policies += 1
        case RootHandoverProposed():
            world.successor = event.successor
        case RootHandoverCancelled():
            world.successor = None
        case (
            OrganisationAdmitted()
            | CapabilitiesChanged()
            | OrganisationSuspended()
            | OrganisationReinstated()
        ):
            _apply_to_organisation(world, event)
        case _:
            _apply_to_member(world, event)


def _apply_to_organisation(
    world: World,
    event: OrganisationAdmitted
    | CapabilitiesChanged
    | OrganisationSuspended
    | OrganisationReinstated,
) -> None:
    match event:
        case OrganisationAdmitted():
            depth = 0 if event.parent is None else world.organisations[event.parent].depth + 1
            held = (event.capabilities, event.grantable)
            world.organisations[event.org] = OrganisationState(
                event.parent, depth, *held, None, event.recorded_at_unix
            )
        case CapabilitiesChanged():
            held = (event.capabilities, event.grantable)
            _change_org(world, event.org, capabilities=held[0], grantable=held[1])
        case OrganisationSuspended():
            _change_org(world, event.org, suspended_by=event.by_org)
        case OrganisationReinstated():
            _change_org(world, event.org, suspended_by=None)


def _apply_to_member(world: World, event: Event) -> None:
    match event:
        case MemberAdded():
            world.members[event.key] = MemberState(
                event.org,
                event.role,
                event.valid_from_unix,
                event.valid_until_unix,
                world.generation if event.org == ROOT else 0,
            )
        case MemberRenewed():
            _change_key(world, event.key, valid_until_unix=event.valid_until_unix)
        case MemberEnded():
            _change_key(world, event.key, valid_until_unix=event.recorded_at_unix)
        case KeyRotated():
            old = world.members[event.old_key]
            now = event.recorded_at_unix
            world.members[event.new_key] = replace(old, valid_from_unix=now)
            _change_key(world, event.old_key, valid_until_unix=now)
        case RootHandedOver():
            world.successor, world.generation = None, event.generation
            world.members[event.successor] = MemberState(
                ROOT, Role.ADMIN, event.recorded_at_unix, WITHOUT_END, event.generation
            )


def _change_org(world: World, org: OrgId, **values: Any) -> None:
    world.organisations[org] = replace(world.organisations[org], **values)


def _change_key(world: World, key: Address, **values: Any) -> None:
    world.members[key] = replace(world.members[key], **values)


def _apply_to_dataset(world: World, event: DatasetEvent) -> None:
    if isinstance(event, DatasetRegistered):
        records = [] if event.record is None else [event.record]
        model = DatasetModel(event.org, event.slug, POLICY.entry, records)
        model.updated_at_unix = event.recorded_at_unix
        world.datasets[event.dataset] = model
    model = world.datasets[event.dataset]
    model.head = event.head
    model.events += 1
    match event:
        case VersionAdded():
            model.versions.append(event.record)
            _move(model, event.stage, event.recorded_at_unix)
        case Advanced():
            _move(model, event.to_stage, event.recorded_at_unix)
        case DatasetSuspended():
            model.suspended_by, model.resumes_at = event.org, model.stage
            _move(model, SUSPENDED, event.recorded_at_unix)
        case DatasetReinstated():
            model.suspended_by = None
            _move(model, event.to_stage, event.recorded_at_unix)
        case VersionRecalled():
            model.recalls[event.version] = event.severity
            if event.version == len(model.versions):
                if model.stage == SUSPENDED:
                    model.resumes_at = RECALLED
                _move(model, event.stage, event.recorded_at_unix)
        case DatasetDescribed():
            model.description = event.description


def _move(model: DatasetModel, stage: Stage, time_unix: int) -> None:
    model.stage, model.updated_at_unix = stage, time_unix


# --------------------------------------------------------------------------------- what can happen


def random_record(chain: EventChain, random: Random) -> VersionRecord:
    """Return a record, whose parents are versions that are there."""
    known = [
        (dataset, number)
        for dataset, model in chain.world.datasets.items()
        for number in range(1, len(model.versions) + 1)
    ]
    count = random.choice((0, 0, 1, 2)) if known else 0
    parents = tuple(
        Parent(*random.choice(known), random.choice(list(Relation))) for _ in range(count)
    )
    root = Digest.of(random.randbytes(8))
    size = random.choice((0, 7, 2**63, 2**64 - 1))
    return VersionRecord(root, Digest.of(root.value), size, 3, 2**63 + 1, 1, parents)


def _key_of(chain: EventChain, random: Random) -> tuple[OrgId, Address]:
    key, state = random.choice(list(chain.world.members.items()))
    assert state.org is not None
    return state.org, key


def _registers(chain: EventChain, random: Random) -> None:
    org, by = _key_of(chain, random)
    slug = Slug(f"d{len(chain.world.datasets)}-{random.randrange(10**6)}")
    dataset = DatasetId(keccak256(f"{org}/{slug}".encode()))
    record = random_record(chain, random) if random.random() < 0.8 else None
    chain.emit(
        DatasetRegistered(
            dataset, org, by, NO_HEAD, PolicyId(1), slug, record, recorded_at_unix=chain.time
        )
    )


def _works_on_dataset(chain: EventChain, random: Random) -> None:
    if not chain.world.datasets:
        _registers(chain, random)
        return
    dataset = random.choice(list(chain.world.datasets))
    model = chain.world.datasets[dataset]
    org, by = _key_of(chain, random)
    where = (dataset, org, by, NO_HEAD)
    at, version = model.stage, len(model.versions)
    evidence = Digest.of(random.randbytes(4))
    stage = Stage(random.randint(1, len(POLICY.stage_names)))
    hostile = "\x1b[2J\u202e'; DROP TABLE events; --\x00\udcff\U0010ffff"
    choices: list[Event] = [
        StepApproved(*where, version, at, stage, evidence, chain.time),
        DatasetDescribed(*where, evidence, chain.time),
    ]
    if at == SUSPENDED:
        resumed = model.resumes_at or stage
        choices.append(DatasetReinstated(*where, resumed, hostile, chain.time))
    else:
        choices += [
            Advanced(*where, version, at, stage, evidence, chain.time),
            VersionAdded(
                *where,
                version + 1,
                stage,
                random_record(chain, random),
                recorded_at_unix=chain.time,
            ),
            DatasetSuspended(*where, at, hostile, chain.time),
        ]
    unrecalled = [n for n in range(1, version + 1) if n not in model.recalls]
    if unrecalled:
        number = random.choice(unrecalled)
        current = at if number < version or at == SUSPENDED else RECALLED
        severity = random.choice(list(Severity))
        choices.append(VersionRecalled(*where, number, severity, current, hostile, chain.time))
    chain.emit(random.choice(choices))


def _admits(chain: EventChain, random: Random) -> None:
    parent, by = _key_of(chain, random)
    org = OrgId(len(chain.world.organisations) + 1)
    key, held = chain.new_key(), Capability(random.randrange(128))
    chain.emit(
        OrganisationAdmitted(
            org,
            parent,
            by,
            Slug(f"org-{org}"),
            f"Organisation {org} \u202e\udc80",
            held,
            held,
            Digest.of(b"profile"),
            chain.time,
        )
    )
    chain.emit(MemberAdded(org, key, by, Role.ADMIN, chain.time, WITHOUT_END, chain.time))


def _changes_organisation(chain: EventChain, random: Random) -> None:
    org, state = random.choice(list(chain.world.organisations.items()))
    by_org, by = _key_of(chain, random)
    held = Capability(random.randrange(128))
    choices: list[Event] = [
        CapabilitiesChanged(org, by_org, by, held, held, chain.time),
        # Where there is a suspension already, it is taken over.
        OrganisationSuspended(org, by_org, by, "late \x00\n", chain.time),
    ]
    if state.suspended_by is not None:
        choices.append(OrganisationReinstated(org, by_org, by, chain.time))
    chain.emit(random.choice(choices))


def _changes_members(chain: EventChain, random: Random) -> None:
    _, by = _key_of(chain, random)
    org = random.choice(list(chain.world.organisations))
    lasting = [
        key
        for key, state in chain.world.members.items()
        if state.valid_until_unix > chain.time
        and (state.org != ROOT or state.generation == chain.world.generation)
    ]
    until = chain.time + 1000 + random.randrange(1000)
    choices: list[Event] = [
        MemberAdded(org, chain.new_key(), by, Role.OPERATOR, 0, until, chain.time)
    ]
    if lasting:
        key = random.choice(lasting)
        of = chain.world.members[key].org
        assert of is not None
        choices += [
            MemberRenewed(of, key, by, until + 5000, chain.time),
            MemberEnded(of, key, by, chain.time),
            KeyRotated(of, key, chain.new_key(), chain.time),
        ]
    chain.emit(random.choice(choices))


def _hands_over(chain: EventChain, random: Random) -> None:
    if random.random() < 0.7:
        return
    _, by = _key_of(chain, random)
    generation = chain.world.generation + 1
    successor = chain.new_key()
    chain.emit(RootHandoverProposed(successor, by, chain.time))
    if random.random() < 0.5:
        chain.emit(RootHandoverCancelled(successor, by, chain.time))
        return
    chain.emit(RootHandedOver(successor, generation, chain.time))


_HAPPENINGS: tuple[Callable[[EventChain, Random], None], ...] = (
    *(_registers,) * 3,
    *(_works_on_dataset,) * 10,
    _admits,
    _changes_organisation,
    _changes_members,
    _hands_over,
)
