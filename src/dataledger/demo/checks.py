"""The chapters in which an outsider checks every claim, and a flipped bit is found."""

from collections.abc import Iterator
from dataclasses import replace

from dataledger.contracts.events import LogContent
from dataledger.contracts.head import verify_history
from dataledger.demo.consortium import OWNER
from dataledger.demo.events import Chapter, ClaimVerified, Event, StageReached, TamperDetected
from dataledger.demo.life import LABELLED
from dataledger.demo.scene import Scene, broken, expect
from dataledger.errors import HistoryBroken, ManifestMismatch, ProofInvalid
from dataledger.ledger import Ledger
from dataledger.manifest import FileProof, compare, fingerprint


def verify(scene: Scene, stages: list[StageReached]) -> Iterator[Event]:
    """Check data, evidence, one file and the history, with no key and no help from the owner."""
    yield Chapter(
        "Anyone can check",
        "An outsider has the profile, the data and the records, and no key. Everything else comes "
        "from the chain.",
    )
    with scene.consortium.outsider(scene.data.parent / "outsider") as ledger:
        manifest = fingerprint(scene.data / LABELLED)
        version = ledger.datasets.verify(scene.dataset, manifest)
        yield ClaimVerified(
            "The data is what was published",
            f"re-fingerprinted where it lies, {manifest.file_count} files have the content root "
            f"of version {version.number}, and the contract confirms the record",
        )
        yield _evidence(scene, stages)
        yield _one_file(scene, ledger)
        yield _history(ledger, scene)


def _evidence(scene: Scene, stages: list[StageReached]) -> ClaimVerified:
    documents = scene.consortium.ledger(OWNER).documents
    tools = []
    for stage in stages:
        if stage.evidence is not None:
            activity = documents.activity(stage.evidence)
            expect(activity.evidence == stage.evidence, f"the record of {stage.to_stage} is whole")
            expect(activity.agents[0].organisation == stage.organisation, "its agent took the step")
            tools.append(activity.type)
    return ClaimVerified(
        "Each step rests on a record of what was done",
        f"{len(tools)} activity records ({', '.join(tools)}) have the digests on the chain, and "
        "name the organisations that took the steps",
    )


def _one_file(scene: Scene, ledger: Ledger) -> ClaimVerified:
    manifest = scene.manifests[3]
    entry = manifest.entries[manifest.file_count // 2]
    data = ledger.proofs.prove(scene.dataset, entry.path, manifest=manifest).to_bytes()
    proof = FileProof.parse(data)
    proof.verify(ledger.datasets.version(scene.dataset).record.content_root)
    version = ledger.proofs.verify(proof)
    place = proof.file
    forged = FileProof(replace(place, leaf_index=(place.leaf_index + 1) % place.tree_size))
    try:
        forged.verify()
    except ProofInvalid:
        pass
    else:
        raise broken("a proof with another position is refused")
    return ClaimVerified(
        "One file can be proved without the others",
        f"{entry.path} belongs to version {version.number} by {len(place.path)} hashes "
        f"({len(data)} bytes), checked offline and by the contract",
    )


def _history(ledger: Ledger, scene: Scene) -> ClaimVerified:
    history = ledger.datasets.history(scene.dataset)
    head = ledger.datasets.get(scene.dataset).head
    expect(history.head == head, "the history leads to the head that the contract holds")
    logs = [LogContent(item.log.topics, item.log.data) for item in history.events]
    for missing in range(len(logs)):
        try:
            verify_history(logs[:missing] + logs[missing + 1 :], head)
        except HistoryBroken:
            continue
        raise broken(f"a history without its event {missing + 1} is refused")
    return ClaimVerified(
        "The history is complete",
        f"{len(logs)} events, rebuilt from logs alone, lead to the head 0x{head.hex()[:16]}… that "
        "the contract holds; without any one of them, they do not",
    )


def tamper(scene: Scene) -> Iterator[Event]:
    """Turn over one bit of the published data; find it; put it right."""
    yield Chapter("One flipped bit", "Someone changes one bit in one file of the published data.")
    published = scene.manifests[3]
    entry = max(published.entries, key=lambda item: item.size_bytes)
    path, offset = scene.data / LABELLED / entry.path, entry.size_bytes // 2
    original = path.read_bytes()
    path.write_bytes(original[:offset] + bytes([original[offset] ^ 1]) + original[offset + 1 :])
    ledger = scene.consortium.ledger(OWNER)
    try:
        changed = fingerprint(scene.data / LABELLED)
        try:
            ledger.datasets.verify(scene.dataset, changed)
        except ManifestMismatch as mismatch:
            found = [change.path for change in compare(published, changed).changed]
            expect(found == [entry.path], f"{entry.path} alone is found to have changed")
            expect(entry.path in str(mismatch), "the message names the file")
            yield TamperDetected(found[0], offset, str(mismatch))
        else:
            raise broken("the flipped bit is noticed")
    finally:
        path.write_bytes(original)
    ledger.datasets.verify(scene.dataset, fingerprint(scene.data / LABELLED))
