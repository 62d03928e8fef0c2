"""Histories, lineage, taint and proofs, against nodes that tell the truth and nodes that do not."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest
from consortium import Consortium, evidence, manifest, org_of

from dataledger.chain.connection import Connection
from dataledger.chain.transport import Call, HttpTransport, Json
from dataledger.errors import (
    CommitmentMismatch,
    HistoryBroken,
    ManifestMismatch,
    NodeError,
    NotFound,
    ProofFormatError,
    ProofInvalid,
    RequestRefused,
    WrongChain,
)
from dataledger.ledger import (
    Anchor,
    Capability,
    DatasetId,
    Ledger,
    Parent,
    Relation,
    Severity,
    VersionRef,
    verify_offline,
)
from dataledger.manifest import FileProof
from dataledger.manifest.description import Description

FILES = manifest("one", "two", "three", "four", "five")


class LyingTransport:
    """A node whose logs pass through `alter`."""

    def __init__(self, honest: HttpTransport, alter: Callable[[list[Any]], list[Any]]) -> None:
        self._honest = honest
        self._alter = alter

    def request(self, method: str, params: Sequence[Json] = ()) -> Json:
        answer = self._honest.request(method, params)
        return self._alter(list(answer)) if method == "eth_getLogs" else answer

    def batch(self, calls: Sequence[Call]) -> list[Json | RequestRefused]:
        return self._honest.batch(calls)


@pytest.fixture(scope="module")
def owner(consortium: Consortium) -> Ledger:
    return consortium.join(Capability.CUSTODIAN)


@pytest.fixture(scope="module")
def regulator(consortium: Consortium) -> Ledger:
    return consortium.join(Capability.REGULATOR)


@pytest.fixture(scope="module")
def dataset(consortium: Consortium, owner: Ledger, regulator: Ledger) -> DatasetId:
    id_ = owner.datasets.register(consortium.new_slug(), FILES).event.dataset
    owner.lifecycle.advance(id_, "COLLECTED", evidence("1"))
    owner.datasets.add_version(id_, manifest("more"))
    regulator.lifecycle.suspend(id_, "a look")
    regulator.lifecycle.reinstate(id_, "fine")
    return id_


@pytest.fixture
def lying(consortium: Consortium) -> Iterator[Callable[[Callable[[list[Any]], list[Any]]], Ledger]]:
    opened: list[Ledger] = []

    def make(alter: Callable[[list[Any]], list[Any]]) -> Ledger:
        profile = consortium.profile
        honest = HttpTransport(profile.endpoints, profile.identity)
        ledger = Ledger(Connection(profile, LyingTransport(honest, alter)), home=consortium.home)
        opened.append(ledger)
        return ledger

    yield make
    for ledger in opened:
        ledger.close()


# ----------------------------------------------------------------------------------------- history


def test_history_recomputes_the_head_of_every_dataset(owner: Ledger, dataset: DatasetId) -> None:
    assert len(owner.datasets.history(dataset).events) == 5
    for found in owner.datasets.list():
        assert owner.datasets.history(found.id).head == found.head


def _drop(at: int) -> Callable[[list[Any]], list[Any]]:
    return lambda logs: logs[:at] + logs[at + 1 :]


def _swap(at: int) -> Callable[[list[Any]], list[Any]]:
    return lambda logs: [*logs[:at], *logs[at : at + 2][::-1], *logs[at + 2 :]]


def _alter(at: int) -> Callable[[list[Any]], list[Any]]:
    def alter(logs: list[Any]) -> list[Any]:
        if at < len(logs):
            data = logs[at]["data"]
            logs[at] = {**logs[at], "data": data[:-1] + ("1" if data[-1] == "0" else "0")}
        return logs

    return alter


@pytest.mark.parametrize("at", range(5))
@pytest.mark.parametrize("lie", [_drop, _alter])
def test_a_dropped_or_altered_event_is_noticed(
    lying: Callable[[Callable[[list[Any]], list[Any]]], Ledger],
    dataset: DatasetId,
    lie: Callable[[int], Callable[[list[Any]], list[Any]]],
    at: int,
) -> None:
    with pytest.raises(HistoryBroken):
        lying(lie(at)).datasets.history(dataset)


@pytest.mark.parametrize("at", range(4))
def test_events_that_changed_places_are_noticed(
    lying: Callable[[Callable[[list[Any]], list[Any]]], Ledger], dataset: DatasetId, at: int
) -> None:
    with pytest.raises(HistoryBroken, match=f"event {at + 1} "):
        lying(_swap(at)).datasets.history(dataset)


def test_a_withheld_version_is_noticed(
    lying: Callable[[Callable[[list[Any]], list[Any]]], Ledger], dataset: DatasetId
) -> None:
    with pytest.raises(HistoryBroken, match="tell of 1 versions, and the contract of 2"):
        lying(lambda logs: logs[:1]).datasets.versions(dataset)


def test_an_altered_version_is_noticed(
    lying: Callable[[Callable[[list[Any]], list[Any]]], Ledger], dataset: DatasetId
) -> None:
    def other_root(logs: list[Any]) -> list[Any]:
        return [
            {**log, "data": log["data"].replace(FILES.content_root.hex, "ab" * 32)} for log in logs
        ]

    with pytest.raises(CommitmentMismatch, match="not what the contract commits to"):
        lying(other_root).datasets.versions(dataset)


def test_a_withheld_description_is_noticed(
    lying: Callable[[Callable[[list[Any]], list[Any]]], Ledger],
    consortium: Consortium,
    owner: Ledger,
) -> None:
    dataset = owner.datasets.register(consortium.new_slug(), FILES).event.dataset
    for title in ("old", "new"):
        owner.datasets.describe(dataset, Description(title=title))
    with pytest.raises(HistoryBroken):
        lying(lambda logs: logs[:-1]).datasets.description(dataset)


def test_a_log_that_was_not_asked_for_is_refused(
    lying: Callable[[Callable[[list[Any]], list[Any]]], Ledger], dataset: DatasetId
) -> None:
    def another_event(logs: list[Any]) -> list[Any]:
        return [{**log, "topics": ["0x" + "12" * 32, *log["topics"][1:]]} for log in logs]

    with pytest.raises(NodeError):
        lying(another_event).datasets.versions(dataset)


# ----------------------------------------------------------------------------------------- lineage


@pytest.fixture(scope="module")
def family(consortium: Consortium, owner: Ledger) -> dict[str, VersionRef]:
    """A diamond: base, then left and right, then both merged; and a sample of the merged one."""
    found: dict[str, VersionRef] = {}

    def add(name: str, *parents: tuple[str, Relation]) -> None:
        given = [Parent(found[p].dataset, found[p].version, relation) for p, relation in parents]
        done = owner.datasets.register(consortium.new_slug(name), manifest(name), parents=given)
        found[name] = VersionRef(done.event.dataset, 1)

    add("base")
    add("left", ("base", Relation.DERIVED))
    add("right", ("base", Relation.LABELED_FROM))
    add("merged", ("left", Relation.MERGED), ("right", Relation.MERGED))
    add("sample", ("merged", Relation.SAMPLED))
    add("unrelated")
    return found


def test_lineage_goes_up_and_down(owner: Ledger, family: dict[str, VersionRef]) -> None:
    up = owner.lineage.ancestors(family["sample"].dataset)
    assert up.versions == tuple(family[name] for name in ("merged", "left", "right", "base"))
    assert len(up.edges) == 5
    assert [edge.relation.name for edge in up.edges][:3] == ["SAMPLED", "MERGED", "MERGED"]
    down = owner.lineage.descendants(family["base"].dataset, 1)
    assert down.versions == tuple(family[name] for name in ("left", "right", "merged", "sample"))
    assert set(down.edges) == set(up.edges)
    assert owner.lineage.ancestors(family["base"].dataset).versions == ()
    assert owner.lineage.descendants(family["unrelated"].dataset).edges == ()


def test_a_later_version_may_come_from_an_earlier_one(
    consortium: Consortium, owner: Ledger
) -> None:
    dataset = owner.datasets.register(consortium.new_slug(), manifest("a")).event.dataset
    owner.datasets.add_version(dataset, manifest("b"), parents=[Parent(dataset, 1)])
    assert owner.lineage.ancestors(dataset).versions == (VersionRef(dataset, 1),)
    assert owner.lineage.descendants(dataset, 1).versions == (VersionRef(dataset, 2),)


def test_a_recall_taints_what_came_from_it(
    regulator: Ledger, owner: Ledger, family: dict[str, VersionRef]
) -> None:
    base, left, merged, sample = (family[n] for n in ("base", "left", "merged", "sample"))
    with pytest.raises(NotFound, match="is not recalled"):
        owner.lineage.taint(base.dataset, 1)
    assert owner.lineage.recalled_ancestors(sample.dataset) == ()

    regulator.lifecycle.recall(base.dataset, 1, Severity.SERIOUS, "no consent")
    taint = owner.lineage.taint(base.dataset, 1)
    assert taint.recall.by == org_of(regulator)
    assert taint.recall.severity is Severity.SERIOUS
    assert {tainted.version: tainted.path for tainted in taint.tainted} == {
        left: (base, left),
        family["right"]: (base, family["right"]),
        merged: (base, left, merged),
        sample: (base, left, merged, sample),
    }
    (why,) = owner.lineage.recalled_ancestors(sample.dataset)
    assert why.recalled == base
    assert why.tainted[0].path == (base, left, merged, sample)
    assert owner.lineage.recalled_ancestors(family["unrelated"].dataset) == ()


def test_a_made_up_parent_is_noticed(
    lying: Callable[[Callable[[list[Any]], list[Any]]], Ledger], family: dict[str, VersionRef]
) -> None:
    left, unrelated = (str(family[n].dataset)[2:] for n in ("left", "unrelated"))

    def other_parent(logs: list[Any]) -> list[Any]:
        return [{**log, "data": log["data"].replace(left, unrelated)} for log in logs]

    with pytest.raises(CommitmentMismatch):
        lying(other_parent).lineage.ancestors(family["sample"].dataset)


# ------------------------------------------------------------------------------------------ proofs


def test_a_proof_stands_offline_and_on_the_chain(
    consortium: Consortium, owner: Ledger, dataset: DatasetId
) -> None:
    for path in ("0.txt", "2.txt", "4.txt"):
        proof = FileProof.parse(owner.proofs.prove(dataset, path, version=1).to_bytes())
        assert verify_offline(proof).dataset == dataset
        assert consortium.open().proofs.verify(proof).number == 1
    given = owner.proofs.prove(dataset, "0.txt", version=1, manifest=FILES)
    assert given == owner.proofs.prove(dataset, "0.txt", version=1)


def test_what_cannot_be_proved(owner: Ledger, dataset: DatasetId) -> None:
    with pytest.raises(NotFound, match=r"no file '9\.txt'"):
        owner.proofs.prove(dataset, "9.txt", version=1)
    with pytest.raises(ManifestMismatch):
        owner.proofs.prove(dataset, "0.txt", version=1, manifest=manifest("one"))
    with pytest.raises(NotFound):
        owner.proofs.prove(dataset, "0.txt", version=7)


def _with_anchor(proof: FileProof, **changes: object) -> FileProof:
    anchor = replace(Anchor.of(proof.file), **changes)  # type: ignore[arg-type]  # any field
    return proof.anchored(anchor.to_json())


def test_false_proofs_are_refused(
    consortium: Consortium, owner: Ledger, dataset: DatasetId
) -> None:
    proof = owner.proofs.prove(dataset, "1.txt", version=1)
    record = Anchor.of(proof.file).record
    other = owner.datasets.register(consortium.new_slug(), manifest("x")).event.dataset
    verify = owner.proofs.verify
    with pytest.raises(ProofInvalid):
        verify(FileProof(replace(proof.file, leaf_index=2)))
    with pytest.raises(ProofInvalid, match="is about 5 files, and the version has 6"):
        verify(_with_anchor(proof, record=replace(record, file_count=6)))
    with pytest.raises(CommitmentMismatch):
        verify(_with_anchor(proof, record=replace(record, size_bytes=1)))
    with pytest.raises(CommitmentMismatch):
        verify(_with_anchor(proof, dataset=other))
    with pytest.raises(NotFound):
        verify(_with_anchor(proof, version=9))
    with pytest.raises(WrongChain, match="on chain 1 with"):
        verify(_with_anchor(proof, chain_id=1))
    with pytest.raises(WrongChain):
        verify(_with_anchor(proof, genesis_hash="0x" + "00" * 32))
    with pytest.raises(ProofFormatError, match="anchored"):
        verify(proof.anchored(None))
    with pytest.raises(ProofFormatError, match="anchored"):
        verify(proof.anchored({"chain_id": 1}))
