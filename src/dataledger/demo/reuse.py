"""The last chapters: others build on the published data, and a recall reaches what they built."""

from collections.abc import Iterator

from dataledger.contracts.types import Parent, Relation, Severity
from dataledger.demo.consortium import AUTHORITY, MODEL_LAB
from dataledger.demo.events import Chapter, Event, TaintedVersion, VersionRecalled
from dataledger.demo.life import LABELLED
from dataledger.demo.scene import Scene, advance, expect, version_recorded, written
from dataledger.demo.steps import sample as sampling
from dataledger.demo.steps import train as training
from dataledger.demo.work import Work, content, done
from dataledger.manifest import fingerprint

SAMPLE, MODEL = "air-sample", "air-model"
"""The slugs of what is built, and their directories."""
REASON = "the dockside station measured twice the true concentrations"


def build(scene: Scene) -> Iterator[Event]:
    """Sample the published version, train a model on the sample, and record both."""
    yield Chapter(
        "Others build on it",
        "The Harbour Model Lab checks the published data against the chain, takes a sample, and "
        "trains a model on it. Both are datasets of its own, which name what they came from.",
    )
    ledger = scene.consortium.ledger(MODEL_LAB)
    source, directory = scene.dataset, LABELLED
    for kind, program, make, slug, relation in (
        ("sample", sampling, sampling.sample, SAMPLE, Relation.SAMPLED),
        ("train", training, training.train, MODEL, Relation.TRAINED_ON),
    ):
        used = fingerprint(scene.data / directory)
        version = ledger.datasets.verify(source, used).number
        work = Work()
        counts = make(scene.data / directory, scene.data / slug)
        made = fingerprint(scene.data / slug)
        registered = ledger.datasets.register(
            slug, made, parents=[Parent(source, version, relation)]
        )
        dataset = registered.event.dataset
        yield version_recorded(scene, registered)
        activity = work.record(
            kind,
            program,
            MODEL_LAB,
            scene.consortium.signer(MODEL_LAB),
            inputs=[content(used, source, version)],
            outputs=[content(made, dataset, 1)],
            parameters=program.PARAMETERS,
        )
        yield done(activity, MODEL_LAB, counts)
        yield advance(scene, MODEL_LAB, dataset, "COLLECTED", activity)
        source, directory = dataset, slug


def recall(scene: Scene) -> Iterator[Event]:
    """Recall the published version; find what came from it, with the paths to it."""
    yield Chapter(
        "A recall reaches them all",
        "A station turns out to be broken. The regulator recalls the published version, and with "
        "it, whatever came from it, however far away.",
    )
    ledger = scene.consortium.ledger(AUTHORITY)
    number = ledger.datasets.get(scene.dataset).version_count
    recalled = ledger.lifecycle.recall(scene.dataset, number, Severity.SERIOUS, REASON)
    event = recalled.event
    taint = ledger.lineage.taint(scene.dataset, number)
    tainted = tuple(
        TaintedVersion(
            dataset=scene.name(item.version.dataset),
            version=item.version.version,
            path=tuple((scene.name(ref.dataset), ref.version) for ref in item.path),
        )
        for item in taint.tainted
    )
    built = {f"{MODEL_LAB.slug}/{slug}" for slug in (SAMPLE, MODEL)}
    expect({item.dataset for item in tainted} == built, "the recall taints all that was built")
    dataset = ledger.datasets.get(scene.dataset)
    yield VersionRecalled(
        dataset=scene.name(scene.dataset),
        dataset_id=scene.dataset,
        version=event.version,
        severity=event.severity,
        reason=event.reason,
        stage=dataset.stage_name,
        organisation=ledger.organisations.get(event.org).slug,
        tainted=tainted,
        written=written(recalled),
    )
