"""Bundles of a real chain: made from its node's proofs, and refused where they are of another."""

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from consortium import Consortium, evidence, manifest
from plain_node import plain_node
from sealing import address, clique_sealed, keys, london, qbft_sealed

from dataledger.chain.connection import Connection, connect
from dataledger.chain.http import exchange
from dataledger.chain.profile import Endpoint
from dataledger.chain.transport import Call, Json, Transport
from dataledger.contracts.types import Capability, Severity
from dataledger.errors import InvalidArgument, NodeError, NotFound, ProofInvalid, RequestRefused
from dataledger.evidence import (
    Bundle,
    Consensus,
    Pins,
    ValidatorSet,
    create_bundle,
    pins_of,
    verify_bundle,
)
from dataledger.evidence.node_headers import consensus_of, header_of
from dataledger.evidence.verifier import CheckName
from dataledger.evidence.verifier.header import FIELDS, Header
from dataledger.evidence.verifier.pins import to_hash
from dataledger.evidence.verifier.seals import block_hash
from dataledger.hashing import Hash32
from dataledger.ledger import Activity, Agent, DatasetId, Ledger, Slug, Tool
from dataledger.manifest.description import Description

HARDFORKS = ["istanbul", "london", "shanghai", "cancun", "prague", "osaka"]
TIMEOUT_SECONDS = 60
WITHOUT_TRANSACTIONS = [False]


@pytest.fixture(scope="module")
def owner(consortium: Consortium) -> Ledger:
    return consortium.join(Capability.CUSTODIAN)


@pytest.fixture(scope="module")
def dataset(owner: Ledger, consortium: Consortium) -> DatasetId:
    slug = consortium.new_slug()
    return owner.datasets.register(slug, manifest("one", "two")).event.dataset


def pins_now(ledger: Ledger, number: int | None = None) -> Pins:
    """Return the profile's pins, and the hash of a block as the node itself tells it."""
    connection = connect(ledger.profile)
    block = connection.head() if number is None else connection.block(number)
    assert block is not None
    return pins_of(ledger.profile, block_hash=to_hash(block.hash))


def mine(ledger: Ledger, count: int = 1) -> None:
    connect(ledger.profile).transport.request("anvil_mine", [hex(count)])


def fork(transport: Transport) -> None:
    """Put two other blocks into the place of the last two."""
    transport.request("anvil_rollback", [2])
    transport.request("evm_increaseTime", [100])
    transport.request("anvil_mine", ["0x2"])


def test_a_dataset_of_every_kind_of_event(consortium: Consortium) -> None:
    owner = consortium.join(Capability.CUSTODIAN)
    assert owner.signer is not None
    first, second = manifest("a"), manifest("a", "b")
    activity = Activity(
        type="collect",
        tool=Tool("sensor", "1"),
        agents=(Agent(Slug("owner"), owner.signer.address, "OPERATOR"),),
        started_at=datetime(2026, 1, 31, tzinfo=UTC),
        ended_at=datetime(2026, 1, 31, tzinfo=UTC),
    )
    dataset = owner.datasets.register(consortium.new_slug(), first).event.dataset
    owner.datasets.describe(dataset, Description(title="Roads"))
    owner.lifecycle.advance(dataset, "COLLECTED", activity)
    owner.datasets.add_version(dataset, second)
    root = consortium.root.lifecycle
    root.suspend(dataset, "a look")
    root.reinstate(dataset, "seen")
    root.recall(dataset, 1, Severity.CRITICAL, "wrong")
    root.suspend(dataset, "again")
    bundle = create_bundle(
        owner, dataset, versions=[2, 1], proofs=[owner.proofs.prove(dataset, "1.txt")]
    )
    report = verify_bundle(bundle.to_bytes(), pins_now(owner))
    facts = report.facts
    assert facts is not None, report.failed
    history, state = owner.datasets.history(dataset), owner.datasets.get(dataset)
    assert facts.head == history.head
    assert [line.name for line in facts.events] == [
        type(recorded.event).__name__ for recorded in history.events
    ]
    assert (facts.stage, facts.owner, facts.suspended_by) == (
        state.stage,
        state.owner,
        state.suspended_by,
    )
    assert [version.content_root for version in facts.versions] == [
        first.content_root,
        second.content_root,
    ]
    assert facts.versions[0].recall is not None
    assert facts.versions[0].recall.severity == Severity.CRITICAL
    assert len(facts.documents) == 4
    assert facts.missing == ()
    assert facts.shown_versions == (1, 2)


def test_by_default_a_bundle_shows_the_current_version_and_what_is_at_hand(
    owner: Ledger, consortium: Consortium
) -> None:
    dataset = owner.datasets.register(consortium.new_slug(), manifest("a")).event.dataset
    owner.lifecycle.advance(dataset, "COLLECTED", evidence("kept elsewhere"))
    owner.datasets.add_version(dataset, manifest("b"))
    facts = verify_bundle(create_bundle(owner, dataset).to_bytes(), pins_now(owner)).facts
    assert facts is not None
    assert facts.shown_versions == (2,)
    assert [(d.kind, d.version) for d in facts.documents] == [("manifest", 2)]
    assert [(d.kind, d.digest) for d in facts.missing] == [("activity", evidence("kept elsewhere"))]
    without = create_bundle(owner, dataset, with_documents=False)
    assert without.documents == ()
    assert verify_bundle(without.to_bytes(), pins_now(owner)).passed


def test_a_dataset_without_a_version_has_a_history_all_the_same(
    owner: Ledger, consortium: Consortium
) -> None:
    dataset = owner.datasets.register(consortium.new_slug()).event.dataset
    facts = verify_bundle(create_bundle(owner, dataset).to_bytes(), pins_now(owner)).facts
    assert facts is not None
    assert (facts.version_count, facts.shown_versions, len(facts.events)) == (0, (), 1)


def test_what_is_not_there_has_no_bundle(owner: Ledger, dataset: DatasetId) -> None:
    with pytest.raises(NotFound, match="There is no dataset"):
        create_bundle(owner, DatasetId(Hash32(bytes(32))))
    with pytest.raises(NotFound, match="has 1 versions, and no version 2"):
        create_bundle(owner, dataset, versions=[2])
    with pytest.raises(InvalidArgument, match="cannot be included"):
        create_bundle(owner, dataset, descendants=1024)
    mine(owner)
    registered = owner.datasets.register("too-young").event.dataset
    with pytest.raises(NotFound, match="by block"):
        create_bundle(owner, registered, descendants=1)


def test_a_proof_of_another_dataset_makes_no_bundle(
    owner: Ledger, dataset: DatasetId, consortium: Consortium
) -> None:
    other = owner.datasets.register(consortium.new_slug(), manifest("other")).event.dataset
    proof = owner.proofs.prove(other, "0.txt")
    with pytest.raises(ProofInvalid, match="is no version of the dataset"):
        create_bundle(owner, dataset, proofs=[proof])


def test_blocks_that_follow_can_be_included(owner: Ledger, dataset: DatasetId) -> None:
    mine(owner, 3)
    bundle = create_bundle(owner, dataset, descendants=3)
    assert len(bundle.headers) == 4
    newest = pins_now(owner)
    assert verify_bundle(bundle.to_bytes(), newest).passed
    assert verify_bundle(bundle.to_bytes(), pins_now(owner, bundle.header.number)).passed
    assert not verify_bundle(bundle.to_bytes(), pins_now(owner, bundle.header.number - 1)).passed


def test_a_bundle_of_a_fork_is_refused(owner: Ledger, dataset: DatasetId) -> None:
    mine(owner, 2)
    before, pins = create_bundle(owner, dataset), pins_now(owner)
    fork(connect(owner.profile).transport)
    after = create_bundle(owner, dataset)
    assert after.header.number == before.header.number
    assert verify_bundle(before.to_bytes(), pins).passed
    report = verify_bundle(after.to_bytes(), pins)
    assert report.failed is not None
    assert report.failed.name is CheckName.ANCHOR
    assert "of another block, or of a fork" in report.failed.says


def test_a_bundle_of_a_foreign_chain_is_refused(owner: Ledger, tmp_path: Path) -> None:
    with Consortium(tmp_path / "elsewhere") as elsewhere:
        stranger = elsewhere.join(Capability.CUSTODIAN)
        foreign = stranger.datasets.register("foreign", manifest("x")).event.dataset
        bundle, pins = create_bundle(stranger, foreign), pins_now(stranger)
    assert verify_bundle(bundle.to_bytes(), pins).passed
    here = pins_now(owner)
    report = verify_bundle(bundle.to_bytes(), here)
    assert report.failed is not None
    assert report.failed.name is CheckName.CONTRACT
    # Not even with the contract's address written into it.
    taken = replace(bundle, contract=here.contract)
    report = verify_bundle(taken.to_bytes(), replace(here, block_hash=bundle.block_hash))
    assert report.failed is not None
    assert report.failed.name is CheckName.ACCOUNT


def test_what_a_bundle_proves_does_not_change_when_the_chain_goes_on(
    owner: Ledger, consortium: Consortium
) -> None:
    dataset = owner.datasets.register(consortium.new_slug(), manifest("a")).event.dataset
    bundle, pins = create_bundle(owner, dataset), pins_now(owner)
    owner.datasets.add_version(dataset, manifest("b"))
    assert verify_bundle(bundle.to_bytes(), pins).passed
    later = create_bundle(owner, dataset)
    for mixed in (replace(bundle, events=later.events), replace(later, events=bundle.events)):
        number = mixed.header.number
        report = verify_bundle(mixed.to_bytes(), pins_now(owner, number))
        assert report.failed is not None
        assert report.failed.name is CheckName.HISTORY


@pytest.mark.parametrize("hardfork", HARDFORKS)
def test_headers_of_every_hardfork_lead_to_their_hash(hardfork: str, tmp_path: Path) -> None:
    with plain_node(tmp_path / "log", "--hardfork", hardfork) as url:

        def ask(method: str, *params: Json) -> Json:
            request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)}
            return exchange(Endpoint(url), request, timeout_seconds=10)["result"]

        ask("anvil_mine", "0x2")
        # The genesis block that anvil makes up for old hardforks is none of theirs.
        for number in (1, 2):
            block = ask("eth_getBlockByNumber", hex(number), *WITHOUT_TRANSACTIONS)
            header = header_of(block)
            assert consensus_of(header, to_hash(block["hash"])) is Consensus.NONE
            assert header.number == number


# -------------------------------------------------------------------------------- a node that errs


@dataclass
class Altered:
    """A transport that alters what a node answers."""

    inner: Any
    change: Callable[[str, Json], Json]

    def request(self, method: str, params: Sequence[Json] = ()) -> Json:
        return self.change(method, self.inner.request(method, params))

    def batch(self, calls: Sequence[Call]) -> list[Json | RequestRefused]:
        results = self.inner.batch(calls)
        return [self.change(call[0], result) for call, result in zip(calls, results, strict=True)]


def through(
    monkeypatch: pytest.MonkeyPatch, ledger: Ledger, change: Callable[[str, Json], Json]
) -> None:
    """Let bundles be made through a node whose answers are altered."""
    found = connect(ledger.profile)
    altered = Connection(found.profile, Altered(found.transport, change))
    monkeypatch.setattr("dataledger.evidence.create.connect", lambda _profile: altered)


def as_answer(header: Header, digest: Hash32) -> Json:
    """Return a header as JSON-RPC gives it."""
    fields = zip(FIELDS, header.fields, strict=False)
    answer = {
        field.name: hex(int.from_bytes(value)) if field.size is None else f"0x{value.hex()}"
        for field, value in fields
    }
    return answer | {"hash": f"0x{digest.hex()}"}


def test_a_bundle_of_a_clique_chain_has_the_seals_of_blocks_that_follow(
    owner: Ledger, dataset: DatasetId, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine(owner, 2)
    newest = connect(owner.profile).head().number
    signers, blocks = keys(3), dict[int, Header]()

    def sealed(method: str, answer: Json) -> Json:
        if method != "eth_getBlockByNumber":
            return answer
        plain = header_of(answer)
        if plain.number not in blocks:
            signer = signers[plain.number % 3]
            values = {"difficulty": b"\x02"}
            if plain.number - 1 in blocks:
                values["parentHash"] = blocks[plain.number - 1].keccak()
            blocks[plain.number] = clique_sealed(london(plain, **values), signer)
        header = blocks[plain.number]
        return as_answer(header, header.keccak())

    # What came before the block in question is of no matter, but must be known first.
    sealed("eth_getBlockByNumber", as_answer(*raw_block(owner, newest - 2)))
    sealed("eth_getBlockByNumber", as_answer(*raw_block(owner, newest - 1)))
    through(monkeypatch, owner, sealed)
    validators = ValidatorSet(Consensus.CLIQUE, tuple(map(address, signers)))
    pins = pins_of(owner.profile, validators=validators)
    alone = create_bundle(owner, dataset, descendants=0)
    assert alone.consensus is Consensus.CLIQUE
    report = verify_bundle(alone.to_bytes(), pins)
    assert report.failed is not None
    assert "1 of 3 validators sealed" in report.failed.says
    followed = create_bundle(owner, dataset, descendants=2)
    report = verify_bundle(followed.to_bytes(), pins)
    assert report.facts is not None, report.failed
    assert set(report.facts.sealed_by) == set(validators.addresses)
    # By default, as many blocks follow as the profile asks for confirmations.
    monkeypatch.setattr(owner, "profile", replace(owner.profile, confirmations=2))
    assert len(create_bundle(owner, dataset).headers) == 2


def test_a_bundle_of_a_qbft_chain_has_its_validators_seals(
    owner: Ledger, dataset: DatasetId, monkeypatch: pytest.MonkeyPatch
) -> None:
    signers = keys(4)

    def sealed(method: str, answer: Json) -> Json:
        if method != "eth_getBlockByNumber":
            return answer
        header = qbft_sealed(london(header_of(answer)), signers, signers[1:], number=1)
        return as_answer(header, block_hash(header, Consensus.QBFT))

    through(monkeypatch, owner, sealed)
    bundle = create_bundle(owner, dataset)
    assert bundle.consensus is Consensus.QBFT
    validators = ValidatorSet(Consensus.QBFT, tuple(map(address, signers)))
    report = verify_bundle(bundle.to_bytes(), pins_of(owner.profile, validators=validators))
    assert report.facts is not None, report.failed
    assert set(report.facts.sealed_by) == set(map(address, signers[1:]))


def raw_block(ledger: Ledger, number: int) -> tuple[Header, Hash32]:
    asked = [hex(number), *WITHOUT_TRANSACTIONS]
    answer = connect(ledger.profile).transport.request("eth_getBlockByNumber", asked)
    return header_of(answer), to_hash(answer["hash"])


def test_a_node_that_does_not_prove_its_answers_is_found_out(
    owner: Ledger, dataset: DatasetId, monkeypatch: pytest.MonkeyPatch
) -> None:
    def without_a_node(method: str, answer: Json) -> Json:
        if method == "eth_getProof":
            answer["storageProof"][0]["proof"] = []
            answer["accountProof"] = answer["accountProof"][:-1]
        return answer

    through(monkeypatch, owner, without_a_node)
    with pytest.raises(ProofInvalid, match=r"No bundle can be made: The trie node .* is missing"):
        create_bundle(owner, dataset)


def test_a_node_that_hides_an_event_is_found_out(
    owner: Ledger, consortium: Consortium, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = owner.datasets.register(consortium.new_slug(), manifest("a")).event.dataset
    owner.lifecycle.advance(dataset, "COLLECTED", evidence("step"))
    through(monkeypatch, owner, lambda m, a: a[:-1] if m == "eth_getLogs" else a)
    with pytest.raises(ProofInvalid, match="No bundle can be made: The history is broken"):
        create_bundle(owner, dataset)


@pytest.mark.parametrize(
    ("method", "answer"),
    [
        ("eth_getProof", None),
        ("eth_getProof", {"accountProof": 1, "storageProof": []}),
        ("eth_getProof", {"accountProof": ["0x0"], "storageProof": []}),
        ("eth_getBlockByNumber", {"number": "0x1"}),
    ],
)
def test_a_node_that_answers_nonsense_is_an_error(
    owner: Ledger,
    dataset: DatasetId,
    monkeypatch: pytest.MonkeyPatch,
    method: str,
    answer: Json,
) -> None:
    through(monkeypatch, owner, lambda asked, right: answer if asked == method else right)
    with pytest.raises(NodeError):
        create_bundle(owner, dataset)


def test_a_reorganisation_under_the_reading_is_read_again(
    owner: Ledger, dataset: DatasetId, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine(owner, 2)
    transport = connect(owner.profile).transport
    left = [1]

    def reorganise(method: str, answer: Json) -> Json:
        if method == "eth_getProof" and left:
            left.pop()
            fork(transport)
            # As if the proof were of the fork that is gone.
            answer["accountProof"] = answer["accountProof"][:-1]
        return answer

    through(monkeypatch, owner, reorganise)
    # The block in question stays; only the two that follow it are replaced.
    bundle = create_bundle(owner, dataset, descendants=2)
    assert not left
    assert verify_bundle(bundle.to_bytes(), pins_now(owner)).passed


# ----------------------------------------------------------------------------------- without a net


def test_a_bundle_is_verified_in_a_process_without_a_network(
    owner: Ledger, dataset: DatasetId, tmp_path: Path
) -> None:
    path, pins = tmp_path / "bundle.json", tmp_path / "pins.json"
    path.write_bytes(create_bundle(owner, dataset).to_bytes())
    pins.write_bytes(pins_now(owner).to_bytes())
    command = [
        *(sys.executable, "-m", "dataledger", "evidence", "verify", str(path)),
        *("--pins", str(pins), "--json"),
    ]
    if _has_namespaces():
        command = ["unshare", "--user", "--net", *command]
    ended = subprocess.run(
        command, check=False, capture_output=True, text=True, timeout=TIMEOUT_SECONDS
    )
    assert ended.returncode == 0, ended.stderr
    document = json.loads(ended.stdout)
    assert document["verified"] is True
    assert document["shows"]["dataset"] == str(dataset)
    assert document["size_bytes"] == path.stat().st_size
    assert document["seconds"] < 10


def _has_namespaces() -> bool:
    """Tell whether this machine lets a user have a network of their own, without devices."""
    try:
        command = ["unshare", "--user", "--net", "true"]
        return subprocess.run(command, check=False, capture_output=True).returncode == 0
    except OSError:
        return False


def test_a_bundle_reads_back_as_it_was_made(owner: Ledger, dataset: DatasetId) -> None:
    bundle = create_bundle(owner, dataset)
    assert Bundle.parse(bundle.to_bytes()) == bundle
    assert bundle.chain_id == owner.profile.chain_id
