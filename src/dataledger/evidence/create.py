"""Making an evidence bundle of a dataset from its chain, and from the documents at hand."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import NamedTuple

from dataledger.chain.answers import bytes_of
from dataledger.chain.connection import Connection, connect
from dataledger.chain.profile import ContractPin
from dataledger.chain.transport import Json
from dataledger.contracts.artifacts import ContractName
from dataledger.contracts.identifiers import Address, DatasetId, to_version
from dataledger.errors import InvalidArgument, NodeError, NotFound, ProofInvalid, shown
from dataledger.evidence.node_headers import consensus_of, header_of
from dataledger.evidence.profile_pins import pins_of
from dataledger.evidence.verifier import (
    MAX_BUNDLE_BYTES,
    Bundle,
    Check,
    Event,
    verify_bundle,
)
from dataledger.evidence.verifier.bundle import MAX_HEADERS
from dataledger.evidence.verifier.content import named_documents
from dataledger.evidence.verifier.history import read_history
from dataledger.evidence.verifier.pins import to_hash
from dataledger.evidence.verifier.report import IncludedDocument
from dataledger.evidence.verifier.slots import all_slots
from dataledger.hashing import Hash32
from dataledger.ledger import Ledger
from dataledger.ledger.documents import Documents
from dataledger.ledger.results import DatasetRef
from dataledger.manifest import Proof

_ATTEMPTS = 5
_MARGIN_BYTES = 1024 * 1024
"""Of a bundle, left for all but its documents' text; escapes take a little."""


def create_bundle(
    ledger: Ledger,
    dataset: DatasetRef,
    *,
    versions: Sequence[int] | None = None,
    proofs: Iterable[Proof] = (),
    descendants: int | None = None,
    with_documents: bool = True,
) -> Bundle:
    """Return a bundle about a dataset as it stands, which has been verified.

    Args:
        ledger: Its node must answer `eth_getProof` for the block in question; its documents are
            included, as far as events name them.
        dataset: The dataset.
        versions: Whose commitments, recalls and manifests are included; by default the current one.
        proofs: Of files, records and the like, of any version; their anchors are left out.
        descendants: How many blocks that follow are included, so that their seals count, too. The
            state is then that of so many blocks before the newest. By default one less than the
            profile's `confirmations`.
        with_documents: Whether manifests, activity records and descriptions are included. One that
            would make the bundle larger than any is left out.

    Raises:
        NotFound: there is no such dataset, or version, by that block.
        InvalidArgument: `descendants` is out of range.
        ProofInvalid: a proof is about no version of the dataset, or the node's answers do not lead
            to its block.
        NodeError: the node does not prove what it answers, or knows no such header.
    """
    connection = connect(ledger.profile)
    id_ = ledger.datasets.resolve(dataset)
    following = ledger.profile.confirmations - 1 if descendants is None else descendants
    if not 0 <= following < MAX_HEADERS:
        raise InvalidArgument(
            f"{following} blocks that follow cannot be included.",
            remedy=f"Include 0 to {MAX_HEADERS - 1}.",
        )
    source = _Source(
        connection=connection,
        documents=ledger.documents if with_documents else None,
        proofs=_texts(proof.anchored(*[None] * len(proof.places)).to_bytes() for proof in proofs),
    )
    for _ in range(_ATTEMPTS):
        found = source.read(id_, versions, following)
        pins = pins_of(ledger.profile, block_hash=found.block_hash)
        report = verify_bundle(found.bundle.to_bytes(), pins)
        if report.failed is None:
            return found.bundle
        # A reorganisation may have parted the answers; what is left without one is a fault. The
        # last block tells, for it stands on all others.
        after = connection.block(found.last_number)
        if after is not None and to_hash(after.hash) == found.last_hash:
            raise _unproven(report.failed)
    raise NodeError(
        "The chain was reorganised under every attempt to read it.",
        remedy="Try again; if it goes on, include more blocks that follow (descendants).",
    )


class _Found(NamedTuple):
    """A bundle, and what the node says of its blocks."""

    bundle: Bundle
    block_hash: Hash32
    last_number: int
    last_hash: Hash32


@dataclass(frozen=True, slots=True)
class _Source:
    """Where the parts of a bundle come from."""

    connection: Connection
    documents: Documents | None
    proofs: tuple[str, ...]

    def read(self, dataset: DatasetId, versions: Sequence[int] | None, following: int) -> _Found:
        """Return a bundle that is not yet verified."""
        profile = self.connection.profile
        contract = profile.contract(ContractName.DATASET_LEDGER)
        number = self.connection.head().number - following
        events = self._events(dataset, contract, number)
        blocks = self._blocks(range(number, number + following + 1))
        history = read_history(events)
        newest = [len(history.versions)] if history.versions else []
        wanted = newest if versions is None else map(to_version, versions)
        shown = tuple(sorted(set(wanted)))
        if shown and shown[-1] > len(history.versions):
            raise NotFound(
                f"The dataset {dataset} has {len(history.versions)} versions, and no version "
                f"{shown[-1]}, by block {number}.",
                remedy="Give one that it has.",
            )
        headers = [header_of(block) for block in blocks]
        block_hash = to_hash(str(blocks[0]["hash"]))
        bundle = Bundle(
            chain_id=profile.chain_id,
            consensus=consensus_of(headers[0], block_hash),
            contract=contract.address,
            dataset=dataset,
            versions=shown,
            headers=tuple(header.to_bytes() for header in headers),
            nodes=self._nodes(contract.address, all_slots(dataset, shown), number),
            events=events,
            documents=self._documents(named_documents(history, shown)),
            proofs=self.proofs,
        )
        return _Found(bundle, block_hash, number + following, to_hash(str(blocks[-1]["hash"])))

    def _events(self, dataset: DatasetId, contract: ContractPin, number: int) -> tuple[Event, ...]:
        logs = self.connection.get_logs(
            contract.address, contract.deployed_at_block, number, topics=[None, str(dataset)]
        )
        if not logs:
            raise NotFound(
                f"There is no dataset {dataset} by block {number}.",
                remedy="Check the name; or wait until enough blocks follow its registration.",
            )
        return tuple(Event(log.topics, log.data) for log in logs)

    def _blocks(self, numbers: range) -> list[dict[str, Json]]:
        answers = self.connection.transport.batch(
            [("eth_getBlockByNumber", [hex(number), False]) for number in numbers]
        )
        blocks = []
        for number, answer in zip(numbers, answers, strict=True):
            if not isinstance(answer, dict) or not isinstance(answer.get("hash"), str):
                raise NodeError(
                    f"The node does not give the header of block {number}.",
                    remedy="Ask another node.",
                )
            blocks.append(answer)
        return blocks

    def _nodes(self, contract: Address, places: Sequence[Hash32], number: int) -> tuple[bytes, ...]:
        answer = self.connection.transport.request(
            "eth_getProof", [contract, [f"0x{place.hex()}" for place in places], hex(number)]
        )
        try:
            found = list(answer["accountProof"])
            for proof in answer["storageProof"]:
                found += proof["proof"]
        except (TypeError, KeyError):
            raise NodeError(
                f"The node answers eth_getProof with something else: {shown(answer)}.",
                remedy="Ask a node that offers eth_getProof for recent blocks.",
            ) from None
        return tuple(sorted({bytes_of(node, "a trie node") for node in found}))

    def _documents(self, named: Sequence[IncludedDocument]) -> tuple[str, ...]:
        if self.documents is None:
            return ()
        left = MAX_BUNDLE_BYTES - _MARGIN_BYTES - sum(map(len, self.proofs))
        texts = []
        for document in named:
            with suppress(NotFound):
                data = self._content(self.documents, document)
                # Quotes and backslashes take two bytes within a string.
                size = len(data) + data.count(b'"') + data.count(b"\\")
                if size <= left:
                    left -= size
                    texts.append(data)
        return _texts(texts)

    @staticmethod
    def _content(documents: Documents, document: IncludedDocument) -> bytes:
        match document.kind:
            case "manifest":
                return documents.manifest(document.digest).to_bytes()
            case "activity":
                return documents.activity(document.digest).to_bytes()
        return documents.description(document.digest).to_bytes()


def _texts(documents: Iterable[bytes]) -> tuple[str, ...]:
    return tuple(document.decode() for document in sorted(set(documents)))


def _unproven(failed: Check) -> ProofInvalid:
    return ProofInvalid(
        f"No bundle can be made: {failed.says}",
        remedy="Check that the proofs are about this dataset; else ask another node.",
    )
