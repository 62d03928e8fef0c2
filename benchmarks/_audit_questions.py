"""The questions that are timed, and how each is answered without an index: by scanning the logs."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

from _audit_events import LICENCES, ORGANISATIONS, QUALITIES, REGIONS, SECTORS, WORDS, member_of
from dataledger.contracts.artifacts import ContractName
from dataledger.contracts.events import (
    Advanced,
    DatasetEvent,
    DatasetRegistered,
    DatasetReinstated,
    DatasetSuspended,
    VersionAdded,
    VersionRecalled,
    decode_event,
    topic_of,
)
from dataledger.contracts.identifiers import Stage
from dataledger.index.audit import DatasetFilter

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from dataledger.chain.answers import Log
    from dataledger.chain.connection import Connection
    from dataledger.contracts.identifiers import Address, DatasetId
    from dataledger.index import Index

PAGE = 50
SPAN_BLOCKS = 250
"""Of logs at a time: an answer has its limits, at a node and here."""
STAGED = (
    DatasetRegistered,
    VersionAdded,
    Advanced,
    DatasetSuspended,
    DatasetReinstated,
    VersionRecalled,
)


class World:
    """What questions can be about: drawn from all that the chain holds, the same each time."""

    def __init__(self, datasets: Sequence[DatasetId], blocks: range) -> None:
        self.datasets = datasets
        self._blocks = blocks
        self._random = random.Random(11)  # noqa: S311  the same questions each time

    def dataset(self) -> DatasetId:
        return self._random.choice(self.datasets)

    def old_dataset(self) -> DatasetId:
        """Return one that was there at any `block`."""
        return self.datasets[self._random.randrange(len(self.datasets) // 8)]

    def org(self) -> int:
        return self._random.randrange(2, ORGANISATIONS + 2)

    def key(self) -> Address:
        return member_of(self.org(), self._random.randrange(2))

    def block(self) -> int:
        return self._random.choice(self._blocks[len(self._blocks) // 2 :])

    def one_of(self, values: Sequence[str]) -> str:
        return self._random.choice(values)


class Scan:
    """Answers by `eth_getLogs` over the whole chain."""

    def __init__(self, connection: Connection, last_block: int) -> None:
        self._connection = connection
        self._pin = connection.profile.contract(ContractName.DATASET_LEDGER)
        self._last_block = last_block

    def logs(self, *topics: str | Sequence[str] | None, to_block: int | None = None) -> list[Log]:
        last = self._last_block if to_block is None else to_block
        logs: list[Log] = []
        for first in range(self._pin.deployed_at_block, last + 1, SPAN_BLOCKS):
            end = min(first + SPAN_BLOCKS - 1, last)
            logs += self._connection.get_logs(self._pin.address, first, end, topics=topics)
        return logs

    def events(self, *topics: str | None) -> list[object]:
        return [decode_event(log) for log in self.logs(*topics)[:PAGE]]

    def state(self, dataset: DatasetId, block: int) -> object:
        logs = self.logs(None, str(dataset), to_block=block)
        return [decode_event(log) for log in logs]

    def in_stage(self, stage: Stage) -> list[DatasetId]:
        """Return datasets in a stage: what each one's last event with a stage led to."""
        topics = [f"0x{topic_of(kind).hex()}" for kind in STAGED]
        stages: dict[DatasetId, Stage] = {}
        for log in self.logs(topics):
            event = decode_event(log)
            if isinstance(event, DatasetEvent):
                stages[event.dataset] = _stage_after(event)
        found = [dataset for dataset, at in stages.items() if at == stage]
        return found[-PAGE:]


def _stage_after(event: DatasetEvent) -> Stage:
    match event:
        case Advanced(to_stage=stage) | DatasetReinstated(to_stage=stage):
            return stage
        case VersionAdded(stage=stage) | VersionRecalled(stage=stage):
            return stage
        case DatasetSuspended():
            return Stage(30)
        case _:
            return Stage(1)


@dataclass(frozen=True, slots=True)
class Question:
    """One question, put to the index and, where the chain's logs know the answer, to them."""

    name: str
    ask: Callable[[Index, World], object]
    scan: Callable[[Scan, World], object] | None = None
    scans: int = 5
    """How often the scan is timed."""


def topic(value: str | int) -> str:
    """Return an argument of an event as a topic."""
    number = int(value, 16) if isinstance(value, str) else value
    return f"0x{number:064x}"


QUESTIONS = (
    Question(
        "timeline of a dataset",
        lambda index, world: index.audit.timeline(world.dataset()),
        lambda scan, world: scan.events(None, str(world.dataset())),
    ),
    Question(
        "activity of an organisation",
        lambda index, world: index.audit.activity(str(world.org())),
        lambda scan, world: scan.events(None, None, topic(world.org())),
    ),
    Question(
        "activity of a key",
        lambda index, world: index.audit.activity(world.key()),
        lambda scan, world: scan.events(None, None, None, topic(world.key())),
    ),
    Question(
        "roles in an organisation, then",
        lambda index, world: index.audit.roles(str(world.org()), at=f"block:{world.block()}"),
    ),
    Question(
        "state of a dataset, then",
        lambda index, world: index.audit.dataset_state(
            world.old_dataset(), at=f"block:{world.block()}"
        ),
        lambda scan, world: scan.state(world.old_dataset(), world.block()),
    ),
    Question(
        "datasets in a stage",
        lambda index, _world: index.audit.datasets(DatasetFilter(stage="LABELED")),
        lambda scan, _world: scan.in_stage(Stage(4)),
        scans=1,
    ),
    Question(
        "datasets by sector and licence",
        lambda index, world: index.audit.datasets(
            DatasetFilter(sector=world.one_of(SECTORS), licence=world.one_of(LICENCES))
        ),
    ),
    Question(
        "datasets by stage, region, quality",
        lambda index, world: index.audit.datasets(
            DatasetFilter(
                stage="PUBLISHED", region=world.one_of(REGIONS), quality=world.one_of(QUALITIES)
            )
        ),
    ),
    Question(
        "datasets of an owner, by update",
        lambda index, world: index.audit.datasets(
            DatasetFilter(owner=str(world.org())), order="updated"
        ),
    ),
    Question(
        "search by words",
        lambda index, world: index.audit.search(world.one_of(WORDS)),
    ),
    Question(
        "recalls",
        lambda index, _world: index.audit.recalls(),
        lambda scan, _world: scan.events(f"0x{topic_of(VersionRecalled).hex()}"),
    ),
    Question("summary", lambda index, _world: index.audit.summary()),
    Question("anomalies", lambda index, _world: index.audit.anomalies()),
    Question(
        "nearest ancestors of a version",
        lambda index, world: index.lineage.ancestors(world.dataset(), limit=PAGE),
    ),
)
