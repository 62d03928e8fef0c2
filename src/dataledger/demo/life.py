"""The first chapters: a consortium is founded, and a dataset goes from plan to publication."""

from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from dataledger.contracts.identifiers import ROOT
from dataledger.contracts.types import NO_CAPABILITY, Capability, Parent, Relation
from dataledger.demo.consortium import (
    AUDITOR,
    AUTHORITY,
    LABELER,
    MEMBERS,
    OWNER,
    PROCESSOR,
    Organisation,
)
from dataledger.demo.events import (
    Administered,
    Chapter,
    ContractDeployed,
    Event,
    OrganisationJoined,
    PolicyPublished,
    StageReached,
)
from dataledger.demo.scene import Scene, add_version, advance, attempt, expect, written
from dataledger.demo.steps import audit as auditing
from dataledger.demo.steps import clean as cleaning
from dataledger.demo.steps import label as labelling
from dataledger.demo.steps import validate as validating
from dataledger.demo.work import Work, content, done
from dataledger.ledger.policy_document import PolicyDocument
from dataledger.manifest import files as fingerprinting
from dataledger.manifest import fingerprint

SLUG = "harbour-air"
RAW, CLEANED, LABELLED = "raw", "cleaned", "labelled"
"""The directories of the dataset's states, which are its versions 1, 2 and 3."""


def found(scene: Scene) -> Iterator[Event]:
    """Admit the organisations, each with its own key, and publish the default policy."""
    yield Chapter(
        "A consortium",
        "The root authority deploys the contracts, admits five organisations, each with its own "
        "key, and publishes the rules that every dataset will follow.",
    )
    connection = scene.consortium.connection
    for contract, pin in scene.consortium.profile.contracts.items():
        yield ContractDeployed(contract, pin.address, len(connection.code(pin.address)))
    authority = scene.consortium.ledger(AUTHORITY)
    root = authority.organisations.get(ROOT)
    key = scene.consortium.signer(AUTHORITY).address
    yield OrganisationJoined(root.id, root.slug, root.name, root.capabilities, key, None)
    for member in MEMBERS:
        admitted = authority.organisations.admit(
            member.slug,
            member.name,
            admin=scene.consortium.signer(member).address,
            capabilities=member.capabilities,
        )
        event = admitted.event
        yield OrganisationJoined(
            id=event.org,
            slug=event.slug,
            name=event.name,
            capabilities=event.capabilities,
            key=scene.consortium.signer(member).address,
            written=written(admitted),
        )
    published = authority.policies.publish(PolicyDocument.default())
    policy = published.event.content
    yield PolicyPublished(
        published.event.policy, policy.name, policy.stage_names, written(published)
    )


def collect(scene: Scene) -> Iterator[Event]:
    """Plan the dataset, fingerprint the raw data where it lies, and record it as version 1."""
    yield Chapter(
        "Plan and collect",
        "The City Data Office plans a dataset on the air over the harbour. Then the raw data "
        "arrives, and is fingerprinted where it lies: only its root goes to the chain.",
    )
    ledger = scene.consortium.ledger(OWNER)
    planned = ledger.datasets.register(SLUG)
    scene.main = planned.event.dataset
    yield StageReached(
        dataset=scene.name(scene.dataset),
        from_stage=None,
        to_stage=ledger.datasets.get(scene.dataset).stage_name,
        organisation=OWNER.slug,
        version=None,
        evidence=None,
        written=written(planned),
    )
    work, raw = Work(), scene.data / RAW
    _lay_out(files("dataledger.demo") / "input", raw)
    manifest = fingerprint(raw)
    yield add_version(scene, 1, manifest)
    activity = work.record(
        "collect",
        fingerprinting,
        OWNER,
        scene.consortium.signer(OWNER),
        outputs=[content(manifest, scene.dataset, 1)],
    )
    yield done(activity, OWNER, {"files": manifest.file_count, "bytes": manifest.size_bytes})
    yield advance(scene, OWNER, scene.dataset, "COLLECTED", activity)


def clean(scene: Scene) -> Iterator[Event]:
    """Refuse a shortcut; then clean a copy of the data, and record it as version 2."""
    yield Chapter(
        "Clean",
        "First the City Data Office tries to publish the raw data at once. The policy has no such "
        "step. Then Clearwater cleans a copy, and vouches for it with a record of what it did.",
    )
    what = "skip four stages and publish raw data"
    yield attempt(scene, OWNER, "PUBLISHED", what, error="NoSuchStep")
    work = Work()
    counts = cleaning.clean(scene.data / RAW, scene.data / CLEANED)
    manifest = fingerprint(scene.data / CLEANED)
    yield add_version(scene, 2, manifest, [Parent(scene.dataset, 1, Relation.DERIVED)])
    activity = work.record(
        "clean",
        cleaning,
        PROCESSOR,
        scene.consortium.signer(PROCESSOR),
        inputs=[content(scene.manifests[1], scene.dataset, 1)],
        outputs=[content(manifest, scene.dataset, 2)],
        parameters=cleaning.PARAMETERS,
    )
    yield done(activity, PROCESSOR, counts)
    yield advance(scene, PROCESSOR, scene.dataset, "CLEANED", activity)


def label(scene: Scene) -> Iterator[Event]:
    """Label the clean data, and record it as version 3."""
    yield Chapter(
        "Label",
        "Labelworks labels each reading by limit values, each report by keywords, and each image "
        "by the brightness of its pixels.",
    )
    work = Work()
    counts = labelling.label(scene.data / CLEANED, scene.data / LABELLED)
    manifest = fingerprint(scene.data / LABELLED)
    yield add_version(scene, 3, manifest, [Parent(scene.dataset, 2, Relation.LABELED_FROM)])
    activity = work.record(
        "label",
        labelling,
        LABELER,
        scene.consortium.signer(LABELER),
        inputs=[content(scene.manifests[2], scene.dataset, 2)],
        outputs=[content(manifest, scene.dataset, 3)],
        parameters=labelling.PARAMETERS,
    )
    yield done(activity, LABELER, counts)
    yield advance(scene, LABELER, scene.dataset, "LABELED", activity)


def publish(scene: Scene) -> Iterator[Event]:
    """Validate; have every wrong auditor refused, and the right one audit; publish."""
    yield Chapter(
        "Validate, audit, publish",
        "The owner validates. Then it matters who audits: not the owner, even where it holds the "
        "capability; not Clearwater, which cleaned the data; and no one who is suspended.",
    )
    work, version = Work(), content(scene.manifests[3], scene.dataset, 3)
    counts = validating.validate(scene.data / LABELLED)
    activity = work.record(
        "validate",
        validating,
        OWNER,
        scene.consortium.signer(OWNER),
        inputs=[version],
        parameters=validating.PARAMETERS,
    )
    yield done(activity, OWNER, counts)
    yield advance(scene, OWNER, scene.dataset, "VALIDATED", activity)
    yield from _wrong_auditors(scene)

    work = Work()
    raw, cleaned, labelled = (scene.data / name for name in (RAW, CLEANED, LABELLED))
    for number, state in enumerate((raw, cleaned, labelled), start=1):
        lying_there = fingerprint(state)
        scene.consortium.ledger(AUDITOR).datasets.verify(scene.dataset, lying_there, number=number)
    counts = auditing.audit(raw, cleaned, labelled, scene.data / "audited")
    activity = work.record(
        "audit",
        auditing,
        AUDITOR,
        scene.consortium.signer(AUDITOR),
        inputs=[content(m, scene.dataset, number) for number, m in scene.manifests.items()],
        parameters=auditing.PARAMETERS,
    )
    yield done(activity, AUDITOR, counts)
    yield advance(scene, AUDITOR, scene.dataset, "AUDITED", activity)

    work, published = Work(), fingerprint(scene.data / LABELLED)
    scene.consortium.ledger(OWNER).datasets.verify(scene.dataset, published)
    activity = work.record(
        "publish", fingerprinting, OWNER, scene.consortium.signer(OWNER), inputs=[version]
    )
    yield done(activity, OWNER, {"files": published.file_count, "bytes": published.size_bytes})
    yield advance(scene, OWNER, scene.dataset, "PUBLISHED", activity)


def _wrong_auditors(scene: Scene) -> Iterator[Event]:
    authority = scene.consortium.ledger(AUTHORITY)
    yield attempt(scene, OWNER, "AUDITED", "audit its own data", error="MissingCapability")
    both = OWNER.capabilities | Capability.AUDITOR
    yield _set_capabilities(scene, OWNER, both, f"The authority grants {OWNER.slug} AUDITOR")
    what = "audit its own data, now as an AUDITOR"
    yield attempt(scene, OWNER, "AUDITED", what, error="DutiesNotSeparate")
    yield _set_capabilities(
        scene, OWNER, OWNER.capabilities, f"The authority takes AUDITOR from {OWNER.slug} again"
    )
    expect(
        Capability.AUDITOR in authority.organisations.get(PROCESSOR.slug).effective,
        f"{PROCESSOR.slug} holds the capability AUDITOR",
    )
    what = "audit the data that it cleaned itself"
    yield attempt(scene, PROCESSOR, "AUDITED", what, error="DutiesNotSeparate")
    suspended = authority.organisations.suspend(AUDITOR.slug, "its accreditation has lapsed")
    yield Administered(f"The authority suspends {AUDITOR.slug}", written(suspended))
    what = "audit while it is suspended"
    yield attempt(scene, AUDITOR, "AUDITED", what, error="OrganisationIsSuspended")
    reinstated = authority.organisations.reinstate(AUDITOR.slug)
    yield Administered(f"The authority reinstates {AUDITOR.slug}", written(reinstated))


def _set_capabilities(
    scene: Scene, organisation: Organisation, capabilities: Capability, what: str
) -> Administered:
    changed = scene.consortium.ledger(AUTHORITY).organisations.set_capabilities(
        organisation.slug, capabilities=capabilities, grantable=NO_CAPABILITY
    )
    return Administered(what, written(changed))


def _lay_out(source: Traversable, target: Path) -> None:
    """Copy a packaged directory's files."""
    target.mkdir(parents=True)
    for item in source.iterdir():
        if item.is_dir():
            _lay_out(item, target / item.name)
        else:
            (target / item.name).write_bytes(item.read_bytes())
