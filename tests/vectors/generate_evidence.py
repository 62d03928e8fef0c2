"""Writes evidence/. Run it from anywhere: `python tests/vectors/generate_evidence.py`.

Every case comes from `recorded.json`, a bundle of a development chain, and from keys that are known
here; each run writes the same bytes. With `--record`, a development chain is started first, and
`recorded.json` and all that follows from it become those of a new chain.

`recorded-clique.json` is of a chain of three geth nodes (v1.13.15, period 1, epoch 30), of which
one was stopped: its blocks are sealed in turn and out of turn, and one is a checkpoint.
"""

import argparse
import hashlib
import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from made_up import made_up, words_of  # beside the tests, which is no package
from sealing import (
    address,
    as_clique,
    as_qbft,
    clique_sealed,
    following,
    hash_of,
    keys,
    with_fields,
    with_headers,
)

from dataledger.contracts.identifiers import keccak256
from dataledger.evidence.verifier import (
    Bundle,
    Consensus,
    Event,
    Pins,
    ValidatorSet,
    rlp,
    slots,
)
from dataledger.evidence.verifier.header import Header
from dataledger.evidence.verifier.slots import all_slots
from dataledger.hashing import Hash32

HERE = Path(__file__).parent / "evidence"
THREE, FOUR, OUTSIDER = keys(3), keys(4), keys(1, first=99)[0]


@dataclass(frozen=True)
class Case:
    """A bundle, the pins it is checked with, and the check that must fail, if any."""

    name: str
    data: bytes
    pins: Pins
    failed: str | None = None


def clique(*, quorum: int | None = None) -> ValidatorSet:
    return ValidatorSet(Consensus.CLIQUE, tuple(map(address, THREE)), quorum)


def qbft(*, quorum: int | None = None) -> ValidatorSet:
    return ValidatorSet(Consensus.QBFT, tuple(map(address, FOUR)), quorum)


class Cases:
    """All cases, from the bundle that was recorded and its pins."""

    def __init__(self, bundle: Bundle, pins: Pins) -> None:
        self.bundle = bundle
        self.pins = pins
        self.unanchored = replace(pins, block_hash=None)

    def all(self) -> list[Case]:
        return [
            *(*self.valid(), *self.spelling(), *self.pinned(), *self.sealed()),
            *(*self.content(), *self.made_up(), *self.on_geth()),
        ]

    def case(
        self, name: str, bundle: Bundle, failed: str | None = None, *, pins: Pins | None = None
    ) -> Case:
        return Case(name, bundle.to_bytes(), self.pins if pins is None else pins, failed)

    def pinned_by(self, bundle: Bundle, index: int = 0) -> Pins:
        return replace(self.pins, block_hash=hash_of(bundle, index))

    def valid(self) -> Iterator[Case]:
        bundle = self.bundle
        on_clique = as_clique(bundle, THREE, THREE[:2])
        on_qbft = as_qbft(bundle, FOUR, FOUR[:3], number=2)
        of_contract = as_qbft(bundle, [], FOUR[:3])
        sealed = replace(self.unanchored, validators=clique())
        final = replace(self.unanchored, validators=qbft())
        alone = replace(self.unanchored, validators=clique(quorum=1))
        yield self.case("a-pinned-block-hash", bundle)
        yield self.case("a-pinned-block-that-follows", on_clique, pins=self.pinned_by(on_clique, 1))
        yield self.case("clique-sealed-by-a-majority", on_clique, pins=sealed)
        yield self.case(
            "clique-one-seal-is-enough-when-pinned", as_clique(bundle, THREE, THREE[:1]), pins=alone
        )
        yield self.case(
            "clique-hash-and-seals",
            on_clique,
            pins=replace(self.pinned_by(on_clique), validators=clique()),
        )
        yield self.case("qbft-sealed-by-two-thirds", on_qbft, pins=final)
        yield self.case("qbft-pinned-block-hash", on_qbft, pins=self.pinned_by(on_qbft))
        yield self.case("qbft-validators-named-by-a-contract", of_contract, pins=final)
        yield self.case("without-documents", replace(bundle, documents=()))
        yield self.case("without-proofs", replace(bundle, proofs=()))

    def spelling(self) -> Iterator[Case]:
        data, bundle = self.bundle.to_bytes(), self.bundle
        document = json.loads(data)

        def spelled(name: str, data: bytes) -> Case:
            return Case(name, data, self.pins, "format")

        def changed(name: str, **members: Any) -> Case:
            return spelled(name, _json({**document, **members}))

        yield spelled("empty", b"")
        yield spelled("truncated", data[: len(data) // 2])
        yield spelled("with-a-final-newline", data + b"\n")
        yield spelled("with-a-space", data.replace(b":", b": ", 1))
        yield spelled("with-a-byte-order-mark", b"\xef\xbb\xbf" + data)
        yield spelled("not-utf8", data.replace(b"dataledger/evidence", b"dataledger/\xffvidence"))
        yield spelled("a-key-twice", data.replace(b'"chain_id":', b'"chain_id":1,"chain_id":', 1))
        yield spelled("nested-without-end", b"[" * 100_000)
        yield spelled("nested-within", data.replace(b'"events":[', b'"events":[' + b"[" * 5_000))
        yield spelled("a-list", b"[]")
        yield changed("of-a-later-format", format="dataledger/evidence/2")
        yield changed("with-another-member", genesis_hash="0x" + "00" * 32)
        yield spelled(
            "without-a-member", _json({k: v for k, v in document.items() if k != "proofs"})
        )
        yield changed("chain-id-as-text", chain_id=str(bundle.chain_id))
        yield changed("consensus-unknown", consensus="ethash")
        yield changed("contract-in-lowercase", contract=bundle.contract.lower())
        yield changed("nodes-unsorted", nodes=document["nodes"][::-1])
        yield changed("a-node-twice", nodes=[document["nodes"][0], *document["nodes"]])
        yield changed("hexadecimal-in-capitals", headers=[document["headers"][0].upper()])
        yield changed("half-a-byte", headers=[document["headers"][0][:-1]])
        yield changed("without-a-header", headers=[])
        yield changed("without-events", events=[])
        yield changed("version-zero", versions=[0])
        yield changed("versions-unsorted", versions=[2, 1])

    def pinned(self) -> Iterator[Case]:
        bundle, pins = self.bundle, self.pins
        other = Hash32(bytes(31) + b"\x01")
        forked = with_headers(
            bundle, bundle.consensus, [with_fields(bundle.header, extraData=b"fork")]
        )
        yield self.case("unanchored", bundle, "anchor", pins=self.unanchored)
        yield self.case("of-another-block", bundle, "anchor", pins=replace(pins, block_hash=other))
        yield self.case("of-a-fork", forked, "anchor")
        yield self.case("of-another-chain", bundle, "chain", pins=replace(pins, chain_id=1))
        yield self.case(
            "of-another-contract",
            bundle,
            "contract",
            pins=replace(pins, contract=address(OUTSIDER)),
        )
        yield self.case("of-other-code", bundle, "account", pins=replace(pins, code_hash=other))

    def sealed(self) -> Iterator[Case]:
        bundle = self.bundle
        on_clique = as_clique(bundle, THREE, THREE[:2])
        first, second = map(Header.parse, on_clique.headers)
        sealed = replace(self.unanchored, validators=clique())
        final = replace(self.unanchored, validators=qbft())

        def on(name: str, *headers: Header) -> Case:
            found = with_headers(bundle, Consensus.CLIQUE, headers)
            return self.case(name, found, "seals", pins=sealed)

        yield self.case(
            "clique-blocks-that-do-not-follow",
            with_headers(bundle, Consensus.CLIQUE, [first, with_fields(second, number=b"\x01")]),
            "headers",
            pins=sealed,
        )
        yield on("clique-no-majority", first)
        yield on("clique-sealed-by-an-outsider", first, clique_sealed(second, OUTSIDER))
        again = as_clique(bundle, THREE, [THREE[0], THREE[0]])
        yield on("clique-the-same-signer-again", *map(Header.parse, again.headers))
        lying = with_fields(
            first, difficulty=b"\x01" if first.integer_of("difficulty") == 2 else b"\x02"
        )
        top = following(clique_sealed(lying, THREE[0]), clique_sealed(lying, THREE[0]).keccak())
        yield on("clique-difficulty-out-of-turn", clique_sealed(lying, THREE[0]), top)
        listing = clique_sealed(first, THREE[0], listed=[*THREE[:2], OUTSIDER])
        yield on("clique-other-signers-listed", listing)
        yield self.case("clique-validators-of-another-consensus", on_clique, "seals", pins=final)
        yield self.case(
            "clique-called-none", replace(on_clique, consensus=Consensus.NONE), "seals", pins=sealed
        )
        for name, found in {
            "qbft-too-few-seals": as_qbft(bundle, FOUR, FOUR[:2]),
            "qbft-a-seal-twice": as_qbft(bundle, FOUR, [*FOUR[:2], FOUR[0]]),
            "qbft-sealed-by-an-outsider": as_qbft(bundle, FOUR, [*FOUR[:3], OUTSIDER]),
            "qbft-other-validators-listed": as_qbft(bundle, [*FOUR[:3], OUTSIDER], FOUR[:3]),
            "qbft-seals-of-another-round": as_qbft(bundle, FOUR, FOUR[:3], number=1, seal_number=0),
        }.items():
            yield self.case(name, found, "seals", pins=final)
        none = as_qbft(bundle, FOUR, [])
        yield self.case("qbft-pinned-hash-without-seals", none, "seals", pins=self.pinned_by(none))

    def content(self) -> Iterator[Case]:
        bundle = self.bundle
        yield self.case(
            "a-header-in-two-parts", _first(bundle, "headers", lambda h: h + b"\0"), "headers"
        )
        yield self.case("no-trie-nodes", replace(bundle, nodes=()), "account")
        wanted = len(all_slots(bundle.dataset, bundle.versions))
        assert wanted == 7
        for index in range(len(bundle.nodes)):
            fewer = (*bundle.nodes[:index], *bundle.nodes[index + 1 :])
            found = replace(bundle, nodes=fewer)
            yield self.case(f"without-trie-node-{index}", found, _missing_in(bundle, index))
        extra = tuple(sorted([*bundle.nodes, b"\xc2\x80\x80"]))
        yield self.case("a-trie-node-too-many", replace(bundle, nodes=extra), "storage")
        yield self.case("about-a-version-that-is-not", replace(bundle, versions=(1, 3)), "storage")
        yield self.case(
            "about-another-dataset",
            replace(bundle, dataset=type(bundle.dataset)(Hash32(bytes(32)))),
            "storage",
        )
        events = bundle.events
        altered = Event(events[1].topics, events[1].data[:-1] + b"\x01")
        for name, found_events in {
            "without-the-first-event": events[1:],
            "without-the-last-event": events[:-1],
            "without-an-event-between": (events[0], *events[2:]),
            "events-swapped": (events[0], events[2], events[1], *events[3:]),
            "an-event-twice": (*events, events[-1]),
            "an-event-altered": (events[0], altered, *events[2:]),
        }.items():
            yield self.case(name, replace(bundle, events=found_events), "history")
        elsewhere = replace(bundle, chain_id=1)
        yield self.case(
            "taken-to-another-chain", elsewhere, "history", pins=replace(self.pins, chain_id=1)
        )
        unnamed = tuple(sorted([*bundle.documents, "{}"], key=str.encode))
        yield self.case(
            "a-document-that-no-event-names", replace(bundle, documents=unnamed), "documents"
        )
        yield self.case(
            "a-document-altered", _first(bundle, "documents", lambda d: d[:-1] + " }"), "documents"
        )
        proof = json.loads(bundle.proofs[0])
        proof["file"]["anchor"] = {}
        yield self.case(
            "a-proof-with-an-anchor", replace(bundle, proofs=(_json(proof).decode(),)), "proofs"
        )
        yield self.case("a-proof-that-is-none", replace(bundle, proofs=("{}",)), "proofs")
        proof = json.loads(bundle.proofs[0])
        proof["file"]["entry"]["path"] = "another.txt"
        yield self.case(
            "a-proof-altered", replace(bundle, proofs=(_json(proof).decode(),)), "proofs"
        )

    def made_up(self) -> Iterator[Case]:
        """What no chain with this contract could hold; the pins are of the made-up block."""
        bundle = self.bundle

        def on(name: str, failed: str | None, **state: Any) -> Case:
            wanted = replace(bundle, documents=state.pop("documents", bundle.documents))
            found = made_up(wanted, self.pins.code_hash, **state)
            return self.case(name, found, failed, pins=self.pinned_by(found))

        state, dataset = slots.state_slot(bundle.dataset), bundle.dataset
        packed = int.from_bytes(words_of(bundle)[state])
        events = bundle.events
        yield on("made-up-and-the-same", None)
        yield on("made-up-of-another-stage", "state", words={state: _word(packed ^ 1 << 32)})
        yield on("made-up-of-another-owner", "state", words={state: _word(packed ^ 4)})
        yield on("made-up-of-more-versions", "state", words={state: _word(packed + (1 << 40))})
        yield on("made-up-of-another-policy", "state", words={state: _word(packed + (1 << 72))})
        suspended = {slots.suspended_by_slot(dataset): _word(1)}
        yield on("made-up-and-suspended", "state", words=suspended)
        recalled = slots.recall_slot(dataset, 1)
        yield on("made-up-without-the-recall", "state", words={recalled: b""})
        other = {slots.recall_slot(dataset, 2): _word(1)}
        yield on("made-up-with-another-recall", "state", words=other)
        kept = {slots.commitment_slot(dataset, 2): _word(1)}
        yield on("made-up-with-another-commitment", "state", words=kept)
        yield on("made-up-with-a-zero-in-storage", "storage", words={recalled: b"\x80"})
        yield on("made-up-with-a-word-too-long", "storage", words={recalled: b"\xa1" + b"\1" * 33})
        yield on("made-up-without-the-contract", "account", account=[])
        yield on("made-up-with-half-an-account", "account", account=[b"\1", b"", b"\1" * 32])
        yield on("made-up-with-no-storage-root", "account", account=[b"\1", b"", [], b"\1" * 32])
        yield on("made-up-registered-twice", "history", events=(events[0], *events))
        yield on("made-up-registered-last", "history", events=(*events[1:], events[0]))
        first = events[0]
        capital = first.data[:64] + b"Roads".ljust(32, b"\0") + first.data[96:]
        nameless = (Event(first.topics, capital), *events[1:])
        yield on("made-up-under-no-slug", "history", events=nameless)
        strange = Event((Hash32(b"\1" * 32), *first.topics[1:]), bytes(32))
        yield on("made-up-with-an-unknown-event", None, events=(*events, strange))
        manifests = [text for text in bundle.documents if "dataledger/manifest/1" in text]
        earlier = next(text for text in manifests if _digest(text) in first.data)
        for name, text in {"that-is-none": "{}", "of-another-version": earlier}.items():
            # The fourth event adds version 2.
            data = events[3].data[:192] + _digest(text) + events[3].data[224:]
            yield on(
                f"made-up-manifest-{name}",
                "documents",
                events=(*events[:3], Event(events[3].topics, data), *events[4:]),
                words={slots.commitment_slot(dataset, 2): rlp.encode(keccak256(data[160:]))},
                documents=(text,),
            )

    def on_geth(self) -> Iterator[Case]:
        bundle, pins = recorded("recorded-clique")
        assert pins.validators is not None
        alone = replace(bundle, headers=bundle.headers[:1])
        known = (*pins.validators.addresses[:2], address(OUTSIDER))
        others = replace(pins, validators=ValidatorSet(Consensus.CLIQUE, known))
        yield self.case("geth-sealed-by-a-majority", bundle, pins=pins)
        yield self.case("geth-one-block", alone, "seals", pins=pins)
        yield self.case("geth-other-validators", bundle, "seals", pins=others)


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def _word(number: int) -> bytes:
    return rlp.encode(rlp.integer(number))


def _missing_in(bundle: Bundle, index: int) -> str:
    """Return the check that needs a trie node, which is the first whose proof it is part of."""
    from dataledger.errors import ProofInvalid
    from dataledger.evidence.verifier.trie import NodePool

    pool = NodePool([*bundle.nodes[:index], *bundle.nodes[index + 1 :]])
    try:
        pool.lookup(bundle.header.hash_of("stateRoot"), bytes.fromhex(bundle.contract[2:]))
    except ProofInvalid:
        return "account"
    return "storage"


def _first(bundle: Bundle, name: str, change: Callable[[Any], Any]) -> Bundle:
    first, *rest = getattr(bundle, name)
    changed: dict[str, Any] = {name: (change(first), *rest)}
    if name == "documents":
        changed[name] = tuple(sorted(changed[name], key=str.encode))
    return replace(bundle, **changed)


def _json(document: Any) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


# ----------------------------------------------------------------------------------------- writing


def recorded(name: str = "recorded") -> tuple[Bundle, Pins]:
    bundle = Bundle.parse((HERE / f"{name}.json").read_bytes())
    return bundle, Pins.parse((HERE / f"{name}.pins.json").read_bytes())


def files() -> dict[str, bytes]:
    """Return all files but the recorded ones, by their names."""
    cases = Cases(*recorded()).all()
    listing = {
        "cases": [
            {
                "name": case.name,
                "bundle": f"bundles/{case.name}.json",
                "pins": case.pins.to_json(),
                "verdict": "valid" if case.failed is None else "invalid",
                **({} if case.failed is None else {"failed": case.failed}),
            }
            for case in cases
        ]
    }
    written = {f"bundles/{case.name}.json": case.data for case in cases}
    assert len(written) == len(cases)
    return {**written, "cases.json": json.dumps(listing, indent=1).encode() + b"\n"}


def record() -> None:
    """Let a dataset go through a little life on a new development chain, and record its bundle."""
    from consortium import Consortium

    from dataledger.contracts.types import Capability, Severity
    from dataledger.evidence import create_bundle, pins_of
    from dataledger.ledger import Activity, Agent, Slug, Tool
    from dataledger.manifest import fingerprint
    from dataledger.manifest.description import Description

    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        data.mkdir()
        (data / "readings.csv").write_text("day,value\n1,2\n")
        (data / "notes.txt").write_text("first\n")
        first = fingerprint(data)
        (data / "notes.txt").write_text("second\n")
        second = fingerprint(data)
        with Consortium(Path(folder) / "home") as consortium:
            owner = consortium.join(Capability.CUSTODIAN)
            assert owner.signer is not None
            activity = Activity(
                type="collect",
                tool=Tool("sensor", "1"),
                agents=(Agent(Slug("org-1"), owner.signer.address, "OPERATOR"),),
                started_at=datetime(2026, 1, 31, 12, tzinfo=UTC),
                ended_at=datetime(2026, 1, 31, 13, tzinfo=UTC),
            )
            dataset = owner.datasets.register("roads", first).event.dataset
            owner.datasets.describe(dataset, Description(title="Roads \u4e16", licence="CC-BY-4.0"))
            owner.lifecycle.advance(dataset, "COLLECTED", activity)
            owner.datasets.add_version(dataset, second)
            consortium.root.lifecycle.recall(dataset, 1, Severity.SERIOUS, "wrong units")
            proof = owner.proofs.prove(dataset, "notes.txt")
            bundle = create_bundle(owner, dataset, versions=(1, 2), proofs=[proof])
            pins = pins_of(owner.profile, block_hash=bundle.block_hash)
    HERE.mkdir(exist_ok=True)
    (HERE / "recorded.json").write_bytes(bundle.to_bytes())
    (HERE / "recorded.pins.json").write_bytes(pins.to_bytes())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--record", action="store_true", help="start from a new chain")
    if parser.parse_args().record:
        record()
    (HERE / "bundles").mkdir(exist_ok=True)
    written = files()
    for path in (HERE / "bundles").iterdir():
        if f"bundles/{path.name}" not in written:
            path.unlink()
    for name, data in written.items():
        (HERE / name).write_bytes(data)


if __name__ == "__main__":
    main()
