"""The end of the auditor's chapter: evidence that anyone can check, and an export of what it says.

The evidence is verified by `dataledger.evidence.verifier` alone, which knows neither a chain client
nor a database: it gets a file, and the hash of a block.
"""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from dataledger.contracts.events import LogContent, VersionRecalled, decode_event
from dataledger.contracts.types import Severity
from dataledger.demo.consortium import AUDITOR, Consortium
from dataledger.demo.events import Event, EvidenceRefused, EvidenceVerified, VersionExported
from dataledger.demo.scene import Scene, broken, expect
from dataledger.evidence import create_bundle, pins_of
from dataledger.evidence.export import Format, Status, export, gather
from dataledger.evidence.verifier import Bundle, CheckName, Outcome, Pins, verify_bundle
from dataledger.evidence.verifier import Event as BundledEvent
from dataledger.evidence.verifier.pins import to_hash

BUNDLE_FILE = "evidence/harbour-air.evidence.json"
EXPORT_FILE = "evidence/harbour-air.croissant.json"
"""Both beside the directory of the data."""
VERSION = 3
_SEVERITY_BYTE = 3 * 32 - 1
"""In a recall's data: the last byte of the third word, after the head and the version."""


def hand_over(scene: Scene) -> Iterator[Event]:
    """Make a bundle, verify it apart from everything, have forgeries refused; export at last."""
    base = scene.data.parent
    file = base / BUNDLE_FILE
    file.parent.mkdir()
    bundle = create_bundle(scene.consortium.ledger(AUDITOR), scene.dataset, versions=[VERSION])
    file.write_bytes(bundle.to_bytes())
    pins = _pins(scene.consortium, bundle)
    yield _verify(scene, file, pins)
    altered = _softened(file)
    yield _refuse("One byte altered, SERIOUS to ADVISORY", altered, pins, CheckName.HISTORY)
    unanchored = replace(pins, block_hash=None)
    yield _refuse(
        "Nothing to recognise its block by", file.read_bytes(), unanchored, CheckName.ANCHOR
    )
    yield _export(scene, base / EXPORT_FILE)


def _pins(consortium: Consortium, bundle: Bundle) -> Pins:
    """Return what whoever verifies has from elsewhere: the profile, and a block's hash by a node.

    Asking the bundle for that hash would be to ask it about itself.
    """
    number = bundle.header.number
    block = consortium.connection.block(number)
    if block is None:
        raise broken(f"the node has block {number}")
    return pins_of(consortium.profile, block_hash=to_hash(block.hash))


def _verify(scene: Scene, file: Path, pins: Pins) -> EvidenceVerified:
    report = verify_bundle(file, pins)
    facts = report.facts
    if facts is None:
        raise broken("the evidence holds")
    dataset = scene.consortium.ledger(AUDITOR).datasets.get(scene.dataset)
    expect(facts.head == dataset.head, "the evidence shows the head that the contract holds")
    expect(not facts.missing, "the evidence has every document that events name")
    recall = facts.versions[VERSION - 1].recall
    expect(
        recall is not None and recall.severity == Severity.SERIOUS, "the evidence shows the recall"
    )
    return EvidenceVerified(
        file=BUNDLE_FILE,
        size_bytes=report.size_bytes,
        block_number=facts.block_number,
        block_hash=f"0x{facts.block_hash.hex()}",
        head=dataset.head,
        checks=tuple(c.name.value for c in report.checks if c.outcome is Outcome.PASSED),
        event_count=len(facts.events),
        document_count=len(facts.documents),
    )


def _refuse(attempt: str, data: bytes, pins: Pins, check: CheckName) -> EvidenceRefused:
    """Have the verifier refuse a bundle by this check, and by nothing else."""
    report = verify_bundle(data, pins)
    failed = report.failed
    if failed is None or failed.name is not check or report.facts is not None:
        raise broken(f"evidence is refused by the check {check} ({attempt})")
    return EvidenceRefused(attempt, failed.name.value, failed.says)


def _softened(file: Path) -> bytes:
    """Return the bundle in `file` with one byte changed, so that the recall looks harmless."""
    whole = file.read_bytes()
    bundle = Bundle.parse(whole)
    events = tuple(_soften(event) for event in bundle.events)
    altered = replace(bundle, events=events).to_bytes()
    changed = sum(one != other for one, other in zip(whole, altered, strict=True))
    expect(changed == 1, "one byte of the evidence is altered, and no other")
    return altered


def _soften(event: BundledEvent) -> BundledEvent:
    if not isinstance(decode_event(LogContent(event.topics, event.data)), VersionRecalled):
        return event
    data = bytearray(event.data)
    data[_SEVERITY_BYTE] = Severity.ADVISORY
    said = decode_event(LogContent(event.topics, bytes(data)))
    expect(
        isinstance(said, VersionRecalled) and said.severity is Severity.ADVISORY,
        "the altered event tells of a recall that is only advisory",
    )
    return replace(event, data=bytes(data))


def _export(scene: Scene, file: Path) -> VersionExported:
    """Write the version in Croissant, and hold what it says against what is known elsewhere."""
    made = export(
        gather(scene.consortium.ledger(AUDITOR), scene.dataset, VERSION), Format.CROISSANT
    )
    file.write_text(made.text, "ascii")
    document = json.loads(file.read_bytes())
    named = {part.get("name"): part.get("sha256") for part in document["distribution"]}
    files = {entry.path: entry.digest.hex for entry in scene.manifests[VERSION].entries}
    expect(files.items() <= named.items(), "the export names every file with its digest")
    counts = Counter(note.fact.status for note in made.notes.notes)
    expect(min(counts[status] for status in Status) > 0, "something is proven, asserted, missing")
    return VersionExported(
        dataset=scene.name(scene.dataset),
        version=VERSION,
        format=made.format,
        file=EXPORT_FILE,
        title=str(document["name"]),
        proven=counts[Status.PROVEN],
        asserted=counts[Status.ASSERTED],
        missing=counts[Status.MISSING],
    )
