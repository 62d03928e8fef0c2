"""The whole story, on a devnet of its own, which is gone when it ends."""

import shutil
import tempfile
import time
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import TypeVar

from dataledger.chain.devnet import Devnet
from dataledger.demo import checks, inquiry, life, reuse, use
from dataledger.demo.audited import Audited
from dataledger.demo.consortium import AUTHORITY, Consortium
from dataledger.demo.events import (
    Chapter,
    ClaimVerified,
    DatasetDescribed,
    Event,
    EvidenceRefused,
    EvidenceVerified,
    ImpactFound,
    IndexHeld,
    OrganisationJoined,
    QueryAnswered,
    SearchAnswered,
    StageReached,
    StepRefused,
    TamperDetected,
    TimelineTold,
    UseAgreed,
    UseRefusedFor,
    VersionExported,
    VersionRecalled,
    VersionRecorded,
)
from dataledger.demo.result import DatasetTold, DemoResult
from dataledger.demo.scene import Scene, expect
from dataledger.demo.used import Used

STAGES = ("COLLECTED", "CLEANED", "LABELED", "VALIDATED", "AUDITED", "PUBLISHED")
E = TypeVar("E")


def run(
    *, keep: bool = False, announce: Callable[[str], None] = lambda _line: None
) -> Generator[Event | DemoResult, None, None]:
    """Yield what happens, as it happens, and the whole result at last.

    Everything lies in a new temporary directory, the devnet's home among it. When the iterator is
    exhausted, closed, or fails, both are gone; with `keep`, they stay, the devnet runs on, and the
    result says where. Whoever does not exhaust the iterator must close it.

    Args:
        keep: Leave the home directory and its devnet behind.
        announce: Is told, in one line, what is about to take long.

    Raises:
        CheckFailed: Something was not as the story tells it.
        DevnetError: The devnet cannot be installed or started.
    """
    base = Path(tempfile.mkdtemp(prefix="dataledger-demo-"))
    home = base / "home"
    try:
        yield from _tell(base, home, kept_at=home if keep else None, announce=announce)
    finally:
        if not keep:
            try:
                Devnet(home).down()
            finally:
                shutil.rmtree(base)


def _tell(
    base: Path, home: Path, *, kept_at: Path | None, announce: Callable[[str], None]
) -> Iterator[Event | DemoResult]:
    events: list[Event] = []
    seconds: dict[str, float] = {}
    title, began = "Set up", time.perf_counter()
    consortium = Consortium.found(home, announce)
    try:
        scene = Scene(consortium, base / "data")
        for event in _chapters(scene, events):
            if isinstance(event, Chapter):
                now = time.perf_counter()
                seconds[title] = now - began
                title, began = event.title, now
            events.append(event)
            yield event
        seconds[title] = time.perf_counter() - began
        yield _result(scene, events, seconds, kept_at)
    finally:
        consortium.close()


def _chapters(scene: Scene, told: list[Event]) -> Iterator[Event]:
    yield from life.found(scene)
    yield from life.collect(scene)
    yield from life.clean(scene)
    yield from life.label(scene)
    yield from life.publish(scene)
    yield from checks.verify(scene, _of_kind(told, StageReached))
    yield from checks.tamper(scene)
    yield from use.ask(scene)
    yield from reuse.build(scene)
    yield from reuse.recall(scene)
    yield use.ended(scene)
    yield from inquiry.inquire(scene, _one_of_kind(told, VersionRecalled))
    # Standards take their time to load: nobody should wait for them before the story begins.
    from dataledger.demo import evidence

    yield from evidence.hand_over(scene)


def _result(
    scene: Scene, events: list[Event], seconds: dict[str, float], kept_at: Path | None
) -> DemoResult:
    main = scene.name(scene.dataset)
    stages = tuple(stage for stage in _of_kind(events, StageReached) if stage.dataset == main)
    reached = tuple(stage.to_stage for stage in stages if stage.from_stage is not None)
    expect(reached == STAGES, "the dataset went through every stage, in order")
    return DemoResult(
        organisations=tuple(_of_kind(events, OrganisationJoined)),
        datasets=_datasets(scene, _of_kind(events, VersionRecorded)),
        stages=stages,
        refused=tuple(_of_kind(events, StepRefused)),
        verified=tuple(_of_kind(events, ClaimVerified)),
        tampering=_one_of_kind(events, TamperDetected),
        recalled=_one_of_kind(events, VersionRecalled),
        used=Used(
            agreed=_one_of_kind(events, UseAgreed),
            answered=_one_of_kind(events, QueryAnswered),
            refused=tuple(_of_kind(events, UseRefusedFor)),
        ),
        audited=Audited(
            described=_one_of_kind(events, DatasetDescribed),
            index=_one_of_kind(events, IndexHeld),
            timeline=_one_of_kind(events, TimelineTold),
            impact=_one_of_kind(events, ImpactFound),
            search=_one_of_kind(events, SearchAnswered),
            evidence=_one_of_kind(events, EvidenceVerified),
            refused=tuple(_of_kind(events, EvidenceRefused)),
            exported=_one_of_kind(events, VersionExported),
        ),
        chapter_seconds=seconds,
        kept_at=kept_at,
    )


def _datasets(scene: Scene, versions: list[VersionRecorded]) -> tuple[DatasetTold, ...]:
    """Return every dataset of the chain as it stands now, its history checked once more."""
    ledger = scene.consortium.ledger(AUTHORITY)
    told = []
    for dataset in ledger.datasets.list():
        name = f"{dataset.owner_slug}/{dataset.slug}"
        history = ledger.datasets.history(dataset.id)
        told.append(
            DatasetTold(
                name=name,
                id=dataset.id,
                stage=dataset.stage_name,
                head=history.head,
                event_count=len(history.events),
                versions=tuple(version for version in versions if version.dataset == name),
            )
        )
    return tuple(told)


def _of_kind(events: list[Event], kind: type[E]) -> list[E]:
    return [event for event in events if isinstance(event, kind)]


def _one_of_kind(events: list[Event], kind: type[E]) -> E:
    """Return the only event of its kind. Only to be asked for once it has happened."""
    (found,) = _of_kind(events, kind)
    return found
