"""The verification of a bundle against pins: pure, without a network, and without any state."""

import time
from pathlib import Path

from dataledger.contracts.head_rule import verify_history
from dataledger.contracts.identifiers import Address, Head, OrgId, dataset_id
from dataledger.errors import DataLedgerError, SourceNotFound, SourceUnreadable, shown
from dataledger.evidence.verifier import rlp, slots
from dataledger.evidence.verifier.bundle import MAX_BUNDLE_BYTES, Bundle
from dataledger.evidence.verifier.content import check_documents, check_proofs
from dataledger.evidence.verifier.header import Header
from dataledger.evidence.verifier.history import History, read_history
from dataledger.evidence.verifier.pins import Consensus, Pins, ValidatorSet, default_quorum
from dataledger.evidence.verifier.refusal import refused
from dataledger.evidence.verifier.report import (
    Check,
    CheckName,
    Facts,
    IncludedDocument,
    IncludedProof,
    Outcome,
    Report,
)
from dataledger.evidence.verifier.seals import block_hash, check_seals, own_validators
from dataledger.evidence.verifier.trie import NodePool
from dataledger.hashing import Hash32, to_hash32

_NEEDED = {
    CheckName.FORMAT,
    CheckName.HEADERS,
    CheckName.ANCHOR,
    CheckName.SEALS,
    CheckName.ACCOUNT,
    CheckName.STORAGE,
    CheckName.HISTORY,
}
"""Once one of them fails, nothing that follows is checked: it could not be, or anybody could have
made it up, and as large as a file may be."""

_ACCOUNT_ITEMS = 4


def verify_bundle(source: bytes | Path, pins: Pins) -> Report:
    """Check a bundle, in memory or in a file, against what is known of its chain.

    Whatever is wrong with the bundle is in the report: nothing is raised for it.

    Raises:
        SourceNotFound, SourceUnreadable: the file is not there, or cannot be read.
    """
    data = source if isinstance(source, bytes) else _read(source)
    return _Verification(data, pins).report()


class _Verification:
    """One verification: each method is one check, and returns what it shows.

    A method that returns nothing was not needed. Each stands on those before it.
    """

    bundle: Bundle
    headers: list[Header]
    hashes: list[Hash32]
    pool: NodePool
    storage_root: Hash32
    words: dict[Hash32, Hash32]
    history: History
    state: slots.State

    def __init__(self, data: bytes, pins: Pins) -> None:
        self.data = data
        self.pins = pins
        self.sealed_by: tuple[Address, ...] = ()
        self.documents: tuple[IncludedDocument, ...] = ()
        self.missing: tuple[IncludedDocument, ...] = ()
        self.proofs: tuple[IncludedProof, ...] = ()

    def report(self) -> Report:
        began = time.perf_counter()
        steps = {
            CheckName.FORMAT: self.check_format,
            CheckName.CHAIN: self.check_chain,
            CheckName.CONTRACT: self.check_contract,
            CheckName.HEADERS: self.check_headers,
            CheckName.ANCHOR: self.check_anchor,
            CheckName.SEALS: self.check_seals,
            CheckName.ACCOUNT: self.check_account,
            CheckName.STORAGE: self.check_storage,
            CheckName.HISTORY: self.check_history,
            CheckName.STATE: self.check_state,
            CheckName.DOCUMENTS: self.check_documents,
            CheckName.PROOFS: self.check_proofs,
        }
        checks: list[Check] = []
        stopped_by: CheckName | None = None
        for name, step in steps.items():
            if stopped_by is not None:
                says = f"It stands on the check {stopped_by}, which failed."
                checks.append(Check(name, Outcome.NOT_REACHED, says))
                continue
            try:
                outcome, says = step()
            except DataLedgerError as error:
                outcome, says = Outcome.FAILED, str(error)
                stopped_by = name if name in _NEEDED else None
            checks.append(Check(name, outcome, says))
        has_passed = all(check.outcome is not Outcome.FAILED for check in checks)
        return Report(
            checks=tuple(checks),
            facts=self.facts() if has_passed else None,
            leaves_open=self.leaves_open() if has_passed else (),
            size_bytes=len(self.data),
            seconds=time.perf_counter() - began,
        )

    # ----------------------------------------------------------------------------- what it is about

    def check_format(self) -> tuple[Outcome, str]:
        self.bundle = Bundle.parse(self.data)
        return Outcome.PASSED, "The file is a bundle of a known format, and spelled as it must be."

    def check_chain(self) -> tuple[Outcome, str]:
        if self.bundle.chain_id != self.pins.chain_id:
            raise refused(
                f"The bundle is about chain {self.bundle.chain_id}, and chain "
                f"{self.pins.chain_id} is pinned."
            )
        return Outcome.PASSED, f"It is about the pinned chain, {self.pins.chain_id}."

    def check_contract(self) -> tuple[Outcome, str]:
        if self.bundle.contract != self.pins.contract:
            raise refused(
                f"The bundle is about the contract {self.bundle.contract}, and "
                f"{self.pins.contract} is pinned."
            )
        return Outcome.PASSED, f"It is about the pinned contract, {self.pins.contract}."

    # ------------------------------------------------------------------------------------ its block

    def check_headers(self) -> tuple[Outcome, str]:
        self.headers = [Header.parse(data) for data in self.bundle.headers]
        self.hashes = [block_hash(header, self.bundle.consensus) for header in self.headers]
        for before, header, digest in zip(
            self.headers, self.headers[1:], self.hashes, strict=False
        ):
            if header.hash_of("parentHash") != digest or header.number != before.number + 1:
                raise refused(f"Block {header.number} does not follow block {before.number}.")
        first, following = self.headers[0].number, len(self.headers) - 1
        says = f"The bundle is about the state after block {first}"
        stand = f", on which {following} more stand" if following else ""
        return Outcome.PASSED, f"{says}{stand}."

    def check_anchor(self) -> tuple[Outcome, str]:
        pinned = self.pins.block_hash
        if pinned is None and self.pins.validators is None:
            raise refused(
                "The block is unanchored: neither a block hash nor validators are pinned, so that "
                "anybody could have made up this block, and everything in it."
            )
        if pinned is None:
            return Outcome.NOT_NEEDED, "No block hash is pinned: the seals decide."
        if pinned not in self.hashes:
            raise refused(
                f"Block {self.headers[0].number} has the hash 0x{self.hashes[0].hex()}, and "
                f"0x{pinned.hex()} is pinned: the bundle is of another block, or of a fork."
            )
        number = self.headers[self.hashes.index(pinned)].number
        return (
            Outcome.PASSED,
            f"Block {number} has the pinned hash, and fixes all blocks before it.",
        )

    def check_seals(self) -> tuple[Outcome, str]:
        validators = self.pins.validators
        if validators is None and self.bundle.consensus is Consensus.QBFT:
            # Nothing is shown by that, but the seals in the bundle are then the right ones.
            validators = own_validators(self.headers[0])
        if validators is None:
            return Outcome.NOT_NEEDED, "No validators are pinned."
        if validators.consensus is not self.bundle.consensus:
            raise refused(
                f"The bundle's headers are of the consensus {self.bundle.consensus}, and "
                f"validators of {validators.consensus} are pinned."
            )
        self.sealed_by = check_seals(self.headers, validators)
        return Outcome.PASSED, self._seals_text(validators)

    def _seals_text(self, validators: ValidatorSet) -> str:
        count = len(validators.addresses)
        share = f"{len(self.sealed_by)} of {count}"
        if self.pins.validators is None:
            return f"{share} validators that the block itself lists have sealed it."
        if validators.consensus is Consensus.QBFT:
            if len(self.sealed_by) >= default_quorum(validators.consensus, count):
                return f"{share} pinned validators sealed the block: it is final."
            return (
                f"{share} pinned validators sealed the block: fewer than two thirds, who could "
                "have sealed another one in its place."
            )
        if len(self.sealed_by) >= default_quorum(validators.consensus, count):
            return f"{share} pinned validators, a majority, sealed the block or one on top of it."
        return (
            f"{share} pinned validators sealed the block or one on top of it: no majority, which "
            "could have gone on from another block."
        )

    # ------------------------------------------------------------------------------------ its state

    def check_account(self) -> tuple[Outcome, str]:
        self.pool = NodePool(self.bundle.nodes)
        root = self.headers[0].hash_of("stateRoot")
        found = self.pool.lookup(root, bytes.fromhex(self.bundle.contract[2:]))
        if found is None:
            raise refused(f"There is no account {self.bundle.contract} in the block's state.")
        account = rlp.decode(found)
        if not isinstance(account, list) or len(account) != _ACCOUNT_ITEMS:
            raise refused("The account is none of Ethereum.")
        *_, storage_root, code_hash = account
        if not isinstance(storage_root, bytes) or not isinstance(code_hash, bytes):
            raise refused("The account is none of Ethereum.")
        self.storage_root = to_hash32(storage_root)
        if code_hash != self.pins.code_hash:
            raise refused(
                f"The contract has the code hash 0x{code_hash.hex()}, and "
                f"0x{self.pins.code_hash.hex()} is pinned."
            )
        return Outcome.PASSED, "The block's state has the contract, with the pinned code."

    def check_storage(self) -> tuple[Outcome, str]:
        places = slots.all_slots(self.bundle.dataset, self.bundle.versions)
        self.words = {at: slots.word(self.pool.lookup(self.storage_root, at)) for at in places}
        self.pool.check_all_used()
        self.state = slots.to_state(self.words[slots.state_slot(self.bundle.dataset)])
        return Outcome.PASSED, (
            "The contract's storage has the dataset's head, its state, and the commitment and "
            "recall of each version that the bundle is about."
        )

    def check_history(self) -> tuple[Outcome, str]:
        bundle = self.bundle
        head = Head(self.words[slots.head_slot(bundle.dataset)])
        verify_history(bundle.events, head)
        self.history = read_history(bundle.events)
        owner, slug = OrgId(self.history.owner), self.history.slug
        if (
            bundle.events[0].topics[1] != bundle.dataset.value
            or dataset_id(bundle.chain_id, bundle.contract, owner, slug) != bundle.dataset
        ):
            raise refused(
                f"The events are not of the dataset {bundle.dataset} on this chain and contract."
            )
        return Outcome.PASSED, (
            f"The dataset has these events ({len(bundle.events)}) and no others, unaltered and in "
            "this order: they lead to the head in the contract's storage."
        )

    def check_state(self) -> tuple[Outcome, str]:
        history, state, dataset = self.history, self.state, self.bundle.dataset
        for number in self.bundle.versions:
            version = history.version(number)
            if self.words[slots.commitment_slot(dataset, number)] != version.commitment:
                raise refused(f"The contract holds another commitment of version {number}.")
            recall = slots.to_recall(self.words[slots.recall_slot(dataset, number)])
            if recall != version.recall:
                raise refused(f"The contract tells otherwise of a recall of version {number}.")
        stage = state.stage if history.stage is None else history.stage
        told = (history.owner, stage, len(history.versions), history.policy)
        held = (state.owner, state.stage, state.version_count, state.policy)
        suspended_by = int.from_bytes(self.words[slots.suspended_by_slot(dataset)])
        if (told, history.suspended_by) != (held, suspended_by):
            raise refused("The contract's state of the dataset is not what its events tell.")
        return Outcome.PASSED, (
            "Owner, stage, versions, recalls and suspension are what the contract holds."
        )

    # ---------------------------------------------------------------------------- what goes with it

    def check_documents(self) -> tuple[Outcome, str]:
        self.documents, self.missing = check_documents(self.bundle, self.history)
        if not self.documents:
            return Outcome.NOT_NEEDED, "The bundle has no documents."
        return Outcome.PASSED, (
            f"Each of the documents ({len(self.documents)}) is one that an event names, unaltered; "
            "each manifest leads to its version's content root."
        )

    def check_proofs(self) -> tuple[Outcome, str]:
        self.proofs = check_proofs(self.bundle, self.history)
        if not self.proofs:
            return Outcome.NOT_NEEDED, "The bundle has no proofs of files or records."
        return Outcome.PASSED, (
            f"Each of the proofs ({len(self.proofs)}) holds, and is about a version of the dataset."
        )

    # ------------------------------------------------------------------------------------- findings

    def facts(self) -> Facts:
        first, bundle, history = self.headers[0], self.bundle, self.history
        return Facts(
            chain_id=bundle.chain_id,
            contract=bundle.contract,
            dataset=bundle.dataset,
            slug=history.slug,
            owner=history.owner,
            policy=history.policy,
            stage=self.state.stage,
            suspended_by=history.suspended_by,
            version_count=len(history.versions),
            head=self.words[slots.head_slot(bundle.dataset)],
            block_number=first.number,
            block_hash=self.hashes[0],
            block_time_unix=first.timestamp_unix,
            following_blocks=len(self.headers) - 1,
            sealed_by=self.sealed_by,
            versions=tuple(history.versions),
            shown_versions=bundle.versions,
            events=tuple(history.lines),
            documents=self.documents,
            missing=self.missing,
            proofs=self.proofs,
        )

    def leaves_open(self) -> tuple[str, ...]:
        trusted = []
        if self.pins.block_hash is not None:
            trusted.append("the pinned hash is that of a block of the chain")
        if self.pins.validators is not None:
            trusted.append("the pinned validators were those of the chain, and kept their keys")
        open_ = [
            f"What happened after block {self.headers[0].number}: ask for a newer bundle.",
            "Which organisation an id stands for, and whose key it was: the contract checked it.",
            "That the data is as its owner says, or exists; only commitments to it are shown.",
        ]
        if trusted:
            open_.insert(0, f"That {' and that '.join(trusted)}: that is taken from the pins.")
        if self.missing:
            open_.append(
                f"What the documents hold ({len(self.missing)}) that events name by digest, and "
                "that are not in the bundle."
            )
        others = len(self.history.versions) - len(self.bundle.versions)
        if others:
            open_.append(
                f"What the manifests of the versions hold ({others}) that the bundle is not about."
            )
        return tuple(open_)


def _read(path: Path) -> bytes:
    try:
        if path.exists() and not path.is_file():
            raise SourceUnreadable(
                f"The bundle {shown(str(path))} is no regular file.", remedy="Name a file."
            )
        with path.open("rb") as file:
            return file.read(MAX_BUNDLE_BYTES + 1)
    except FileNotFoundError:
        raise SourceNotFound(
            f"There is no bundle {shown(str(path))}.", remedy="Check the path."
        ) from None
    except (OSError, ValueError) as error:
        raise SourceUnreadable(
            f"The bundle {shown(str(path))} cannot be read: {error}.",
            remedy="Name a file that you may read.",
        ) from error
