"""Proofs about the content of recorded versions: `ledger.proofs`."""

from dataclasses import dataclass
from typing import Self

from dataledger.chain.identifiers import BlockHash, to_block_hash
from dataledger.contracts.artifacts import ContractName
from dataledger.contracts.identifiers import Address, DatasetId, to_version
from dataledger.contracts.types import VersionRecord
from dataledger.errors import (
    CommitmentMismatch,
    ProofFormatError,
    ProofInvalid,
    UsageError,
    WrongChain,
)
from dataledger.hashing import JsonValue, members, natural, string
from dataledger.ledger.datasets import Datasets
from dataledger.ledger.documents import Documents
from dataledger.ledger.json_forms import (
    address_from_json,
    dataset_from_json,
    record_from_json,
    record_to_json,
)
from dataledger.ledger.onchain import OnChain
from dataledger.ledger.proof_calls import content_calls, entry_call
from dataledger.ledger.results import DatasetRef, Version
from dataledger.manifest import FileProof, Manifest, Proof
from dataledger.manifest.proofs import FilePlace


@dataclass(frozen=True, slots=True)
class Anchor:
    """Where a content root is recorded."""

    chain_id: int
    genesis_hash: BlockHash
    ledger: Address
    """The contract `DatasetLedger`."""
    dataset: DatasetId
    version: int
    record: VersionRecord

    def to_json(self) -> dict[str, JsonValue]:
        """Return the anchor as a proof file carries it."""
        return {
            "chain_id": self.chain_id,
            "dataset": str(self.dataset),
            "genesis_hash": self.genesis_hash,
            "ledger": self.ledger,
            "record": record_to_json(self.record),
            "version": self.version,
        }

    @classmethod
    def of(cls, place: FilePlace) -> Self:
        """Return the anchor of a file's place in a version, as a proof carries it.

        Raises:
            ProofFormatError: it has none, or a malformed one.
        """
        try:
            document = members(
                place.anchor,
                *("chain_id", "dataset", "genesis_hash", "ledger", "record", "version"),
            )
            return cls(
                chain_id=natural(document["chain_id"]),
                genesis_hash=to_block_hash(string(document["genesis_hash"])),
                ledger=address_from_json(document["ledger"]),
                dataset=dataset_from_json(document["dataset"]),
                version=to_version(natural(document["version"])),
                record=record_from_json(document["record"]),
            )
        except UsageError as error:
            raise ProofFormatError(
                f"The proof does not say properly where it is anchored: {error}",
                remedy="Use a proof file that `prove` wrote, exactly as it was written.",
            ) from error


@dataclass(frozen=True, slots=True)
class RecordedManifest:
    """A version's manifest, and where the version is recorded: what proofs are made from."""

    manifest: Manifest
    anchor: Anchor


def verify_offline(proof: Proof) -> Anchor:
    """Return the anchor, if the proof leads from what it shows to the anchor's record.

    A proof about two versions has two anchors; the newer version's is returned. That the chain
    holds this record is not shown: see `Proofs.verify`. Needs no network.

    Raises:
        ProofFormatError: the proof has no anchor, or a malformed one.
        ProofInvalid: it leads elsewhere, or is about a tree of another size.
    """
    anchors = [Anchor.of(place) for place in proof.places]
    proof.verify()
    for place, anchor in zip(proof.places, anchors, strict=True):
        place.verify(anchor.record.content_root)
        if place.tree_size != anchor.record.file_count:
            raise ProofInvalid(
                f"The proof is about {place.tree_size} files, and the version has "
                f"{anchor.record.file_count}.",
                remedy="Ask for a proof about the version that you mean.",
            )
    return anchors[0]


class Proofs:
    """Makes proofs that anyone can check, offline or against the chain."""

    def __init__(self, onchain: OnChain, datasets: Datasets, documents: Documents) -> None:
        self._onchain = onchain
        self._datasets = datasets
        self._documents = documents

    def prove(
        self,
        dataset: DatasetRef,
        path: str,
        *,
        version: int | None = None,
        manifest: Manifest | None = None,
    ) -> FileProof:
        """Return the proof that the file at `path` belongs to a version (default: current).

        The proof's anchor names the chain, the contract, the version and its record. Proofs of all
        other kinds need the data: `dataledger.manifest.proving` makes them from what `recorded`
        returns.

        Raises:
            NotFound: as `recorded` does, or the manifest has no such file.
            ManifestMismatch, CommitmentMismatch: as `recorded` does.
        """
        found = self.recorded(dataset, version=version, manifest=manifest)
        return found.manifest.prove(path).anchored(found.anchor.to_json())

    def recorded(
        self,
        dataset: DatasetRef,
        *,
        version: int | None = None,
        manifest: Manifest | None = None,
    ) -> RecordedManifest:
        """Return the manifest of a version (default: current), and where that is recorded.

        `manifest` is by default the one in `ledger.documents`.

        Raises:
            NotFound: there is no such version, or its manifest is not at hand.
            ManifestMismatch, CommitmentMismatch: `manifest` is not the version's.
        """
        if manifest is None:
            found = self._datasets.version(dataset, version)
            manifest = self._documents.manifest(found.record.manifest_digest)
        else:
            found = self._datasets.verify(dataset, manifest, number=version)
        profile = self._onchain.connection.profile
        anchor = Anchor(
            chain_id=profile.chain_id,
            genesis_hash=profile.genesis_hash,
            ledger=self._onchain.address(ContractName.DATASET_LEDGER),
            dataset=found.dataset,
            version=found.number,
            record=found.record,
        )
        return RecordedManifest(manifest, anchor)

    def verify(self, proof: Proof) -> Version:
        """Return the version that the proof is about, if chain and contract agree with it.

        Of a proof about two versions, both are checked, and the newer one is returned. The contract
        walks the paths itself: `verifyEntry`, and for what is proved of the file's content,
        `verifyRecord`, `verifyInclusion` or `verifyConsistency`.

        Raises:
            ProofFormatError, ProofInvalid: as for `verify_offline`.
            CommitmentMismatch: the version's record is another one than the proof carries.
            WrongChain: the proof is about another chain or contract.
            NotFound: there is no such version.
        """
        anchor = verify_offline(proof)
        versions = [self._version_of(place) for place in proof.places]
        calls = [
            entry_call(version.dataset, version.number, version.record, place)
            for version, place in zip(versions, proof.places, strict=True)
        ]
        calls += content_calls(anchor.dataset, anchor.version, anchor.record, proof)
        if not all(self._onchain.read_all(calls, block="latest")):
            raise ProofInvalid(
                "The contract does not confirm the proof.",
                remedy="Ask for a new proof, and check it against another node.",
            )
        return versions[0]

    def _version_of(self, place: FilePlace) -> Version:
        anchor = Anchor.of(place)
        self._check_chain(anchor)
        version = self._datasets.version(anchor.dataset, anchor.version)
        if version.record != anchor.record:
            raise CommitmentMismatch(
                f"The record of version {anchor.version} of the dataset {anchor.dataset} is not "
                "the one that the proof carries.",
                remedy="Ask for a proof that is made for this dataset.",
            )
        return version

    def _check_chain(self, anchor: Anchor) -> None:
        profile = self._onchain.connection.profile
        here = (
            *(profile.chain_id, profile.genesis_hash),
            self._onchain.address(ContractName.DATASET_LEDGER),
        )
        if here != (anchor.chain_id, anchor.genesis_hash, anchor.ledger):
            raise WrongChain(
                f"The proof is about the contract {anchor.ledger} on chain {anchor.chain_id} with "
                f"genesis block {anchor.genesis_hash}, not about this chain's.",
                remedy="Check it with the profile of the chain that it names.",
            )
