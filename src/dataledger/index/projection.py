"""Events into rows: a fold that needs neither a database nor a chain.

A projection is given the rows that a range of logs concerns, takes the logs in their order, and
holds the rows to write. Each event of a dataset is checked against the dataset's hash chain.
"""

from dataclasses import dataclass, field

from dataledger.chain.answers import Log
from dataledger.contracts.artifacts import ContractName
from dataledger.contracts.events import DatasetEvent, Event, OrganisationEvent, PolicyPublished
from dataledger.contracts.head_rule import HEAD_BYTES, next_head
from dataledger.contracts.identifiers import (
    NO_HEAD,
    Address,
    DatasetId,
    Head,
    OrgId,
    PolicyId,
    Stage,
)
from dataledger.errors import HistoryBroken, NodeError
from dataledger.index.changes import Row
from dataledger.index.decoding import details, recorded_at
from dataledger.index.projection_datasets import DatasetFold
from dataledger.index.projection_organisations import OrganisationFold
from dataledger.index.schema import LOG_INDEX_BITS

REMEDY = "Read the logs again from another node, and trust neither until they agree."
_LOG_INDEX_LIMIT = 1 << LOG_INDEX_BITS


@dataclass
class Known:
    """The rows that the database has of what a range of logs concerns."""

    datasets: dict[DatasetId, Row] = field(default_factory=dict)
    """Every dataset that has an event in the range and is not registered there."""
    stage_history: dict[DatasetId, Row] = field(default_factory=dict)
    """The open row of each of them."""
    version_events: dict[tuple[DatasetId, int], int] = field(default_factory=dict)
    """The event that introduced each version that another one came from."""
    entries: dict[PolicyId, Stage] = field(default_factory=dict)
    """The stage at which datasets begin, by policy: of all policies."""
    organisations: dict[OrgId, Row] = field(default_factory=dict)
    """This and the next three: all of them, where an event of Organisations is in the range."""
    capabilities: dict[OrgId, Row] = field(default_factory=dict)
    suspensions: dict[OrgId, Row] = field(default_factory=dict)
    memberships: dict[Address, Row] = field(default_factory=dict)


class Projection:
    """The rows that a range of logs adds and changes."""

    def __init__(self, known: Known, contracts: dict[Address, ContractName]) -> None:
        """Start from what is known. `contracts` says which contract stands where."""
        self._contracts = contracts
        self.events: list[Row] = []
        self.datasets = DatasetFold(
            known.datasets, known.stage_history, known.version_events, known.entries
        )
        self.organisations = OrganisationFold(
            known.organisations, known.capabilities, known.suspensions, known.memberships
        )
        self.policies: list[Row] = []
        self.stages: list[Row] = []
        self._last = -1

    def apply(self, log: Log, event: Event) -> None:
        """Take the next log, and the event that it holds.

        Raises:
            HistoryBroken: it does not follow from the dataset's event before it.
            NodeError: it is not the next one, or not of the contract that writes such events.
        """
        key = event_key(log.block_number, log.log_index)
        if key <= self._last:
            raise _disorderly(
                f"log {log.log_index} of block {log.block_number} comes twice or late"
            )
        if self._contracts.get(log.address) != event.contract:
            raise _disorderly(f"{type(event).__name__} comes from {log.address}")
        self._last = key
        self.events.append(self._event_row(log, key, event))
        if isinstance(event, DatasetEvent):
            check_head(self.datasets.head(event.dataset), log, event)
            self.datasets.apply(event, key)
        elif isinstance(event, OrganisationEvent):
            self.organisations.apply(event, key)
        elif isinstance(event, PolicyPublished):
            self._policy(event, key)

    def _event_row(self, log: Log, key: int, event: Event) -> Row:
        row: Row = {
            "event": key,
            "contract": str(event.contract),
            "kind": type(event).__name__,
            "dataset": None,
            "org": None,
            "by": None,
            "subject_org": None,
            "subject_key": None,
            "head": None,
            "recorded_at_unix": recorded_at(event),
            "transaction_hash": log.transaction_hash,
            "topics": b"".join(log.topics),
            "data": log.data,
            "details": details(event),
        }
        if isinstance(event, DatasetEvent):
            row["dataset"], row["head"] = event.dataset, event.head
            row["org"], row["by"] = event.org, event.by
        elif isinstance(event, OrganisationEvent):
            row.update(self.organisations.parties(event))
        elif isinstance(event, PolicyPublished):
            row["org"], row["by"] = event.org, event.by
        return row

    def _policy(self, event: PolicyPublished, key: int) -> None:
        row = {
            "policy": event.policy,
            "org": event.org,
            "digest": event.digest,
            "name": event.content.name,
            "entry": event.content.entry,
            "content": details(event)["content"],
            "event": key,
            "recorded_at_unix": event.recorded_at_unix,
        }
        self.policies.append(row)
        self.datasets.entries[event.policy] = event.content.entry
        self.stages += [
            {"policy": event.policy, "stage": stage, "name": name}
            for stage, name in event.content.stages.items()
        ]


def event_key(block_number: int, log_index: int) -> int:
    """Return the key of the event at this place of the chain.

    Raises:
        NodeError: no block holds so many logs.
    """
    if not 0 <= log_index < _LOG_INDEX_LIMIT:
        raise _disorderly(f"block {block_number} has a log {log_index}")
    return block_number << LOG_INDEX_BITS | log_index


def check_head(previous: Head | None, log: Log, event: DatasetEvent) -> None:
    """Return only if the event follows from the dataset's one before it.

    `previous` is the head up to now; None where the dataset has no event.
    """
    if len(log.data) < HEAD_BYTES or next_head(previous or NO_HEAD, log) != event.head:
        raise HistoryBroken(
            f"The history of the dataset {event.dataset} is broken: its event "
            f"{type(event).__name__} in block {log.block_number} does not follow from the one "
            "before it. It was altered or moved, or one before it is missing.",
            remedy=REMEDY,
        )


def _disorderly(reason: str) -> NodeError:
    return NodeError(
        f"The node's logs are not what a chain holds: {reason}.",
        remedy="Ask another node.",
    )
