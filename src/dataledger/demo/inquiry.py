"""The auditor's chapter: what an index of the chain's events answers, held against the contract."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from dataledger.contracts.events import Advanced
from dataledger.contracts.events import VersionRecalled as Recalled
from dataledger.demo.consortium import AUDITOR, OWNER
from dataledger.demo.events import (
    Chapter,
    DatasetDescribed,
    Event,
    ImpactFound,
    IndexHeld,
    SearchAnswered,
    TaintedVersion,
    TimelineEntry,
    TimelineTold,
    VersionRecalled,
)
from dataledger.demo.life import LABELLED
from dataledger.demo.scene import Scene, expect, written
from dataledger.demo.steps import describe as describing
from dataledger.ledger.results import VersionRef

if TYPE_CHECKING:
    from dataledger.index import Index

WORD = "photographs"
"""Of the description alone: it stands neither in the slug nor among the keywords."""
TOLD_KINDS = (Advanced.__name__, Recalled.__name__)


def inquire(scene: Scene, recalled: VersionRecalled) -> Iterator[Event]:
    """Describe the dataset; then index the chain, and ask what came of it."""
    yield Chapter(
        "The auditor asks",
        "North Audit indexes the chain and holds the index against the contracts. It asks what "
        "happened, and takes away evidence that needs neither the index nor a node.",
    )
    yield _describe(scene)
    # A database takes its time to load: nobody should wait for it before the story begins.
    from dataledger.index import Index

    with Index.open(scene.consortium.ledger(AUDITOR)) as index:
        yield _hold(scene, index)
        yield _timeline(scene, index, recalled)
        yield _impact(scene, index, recalled)
        yield _search(scene, index)


def _describe(scene: Scene) -> DatasetDescribed:
    """Have the owner say what the dataset is, and the chain record who said so."""
    ledger = scene.consortium.ledger(OWNER)
    description = describing.describe(scene.data / LABELLED)
    described = ledger.datasets.describe(scene.dataset, description)
    event = described.event
    expect(event.description == description.digest, "the chain has the description's digest")
    return DatasetDescribed(
        dataset=scene.name(event.dataset),
        title=description.title,
        description=event.description,
        organisation=scene.slug(event.org),
        written=written(described),
    )


def _hold(scene: Scene, index: "Index") -> IndexHeld:
    """Bring the index to the newest block, and compare all of it with its logs and the contracts.

    Both raise `HistoryBroken` where anything differs.
    """
    synced = index.sync()
    found = index.check()
    expect(found.events == synced.events, "every event that was read was also compared")
    there = scene.consortium.ledger(AUDITOR).datasets.list()
    expect(found.datasets == len(there), "the index has every dataset of the contract")
    return IndexHeld(
        events=found.events,
        datasets=found.datasets,
        organisations=found.organisations,
        block_number=found.block_number,
    )


def _timeline(scene: Scene, index: "Index", recalled: VersionRecalled) -> TimelineTold:
    whole = index.audit.timeline(scene.dataset)
    history = scene.consortium.ledger(AUDITOR).datasets.history(scene.dataset)
    expect(
        [entry.event for entry in whole.items] == [item.event for item in history.events],
        "the index tells the history that leads to the contract's head",
    )
    asked = f"{recalled.dataset}@{recalled.version}"
    page = index.audit.timeline(asked, kinds=TOLD_KINDS)
    expect(page.items[-1].kind == Recalled.__name__, "what happened to the version ends in recall")
    return TimelineTold(
        dataset=recalled.dataset,
        version=recalled.version,
        event_count=len(whole.items),
        entries=tuple(
            TimelineEntry(
                organisation=entry.org_slug or "",
                kind=entry.kind,
                text=entry.text,
                recorded_at_unix=entry.recorded_at_unix,
                block_number=entry.block_number,
                transaction_hash=entry.transaction_hash,
            )
            for entry in page.items
        ),
    )


def _impact(scene: Scene, index: "Index", recalled: VersionRecalled) -> ImpactFound:
    """Find what the recall taints. The contract confirms each path, or `confirm` raises."""
    impact = index.lineage.impact(scene.dataset, recalled.version)
    confirmed = index.lineage.confirm(impact, scene.consortium.ledger(AUDITOR).lineage)
    expect(impact.recall is not None, "the index knows of the recall")
    paths = [impact.path(number) for number in range(len(impact))]
    tainted = tuple(
        TaintedVersion(*_named(scene, path[-1]), tuple(_named(scene, ref) for ref in path))
        for path in paths
    )
    expect(tainted == recalled.tainted, "the index finds what a walk over the chain found")
    return ImpactFound(
        dataset=recalled.dataset,
        version=recalled.version,
        tainted=tainted,
        confirmed_paths=confirmed.paths,
    )


def _named(scene: Scene, ref: VersionRef) -> tuple[str, int]:
    return scene.name(ref.dataset), ref.version


def _search(scene: Scene, index: "Index") -> SearchAnswered:
    found = index.audit.search(WORD).items
    main = scene.name(scene.dataset)
    expect([item.name for item in found] == [main], f"{WORD!r} finds {main} alone")
    return SearchAnswered(WORD, found[0].name, found[0].title or "", found[0].stage_name)
