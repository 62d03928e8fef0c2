"""What a bundle holds beside the chain: documents and proofs, against the events that name them."""

from collections.abc import Mapping, Sequence

from dataledger.errors import CanonicalisationError
from dataledger.evidence.verifier.bundle import Bundle
from dataledger.evidence.verifier.history import History
from dataledger.evidence.verifier.refusal import refused
from dataledger.evidence.verifier.report import IncludedDocument, IncludedProof
from dataledger.hashing import Digest
from dataledger.manifest.model import Manifest
from dataledger.manifest.proofs import FilePlace, parse_proof


def named_documents(history: History, versions: Sequence[int]) -> list[IncludedDocument]:
    """Return the documents that events name, each place once; of manifests, of these versions."""
    found = [
        IncludedDocument(history.version(number).manifest_digest, "manifest", number)
        for number in versions
    ]
    found += [IncludedDocument(digest, "activity") for digest in history.evidence]
    found += [IncludedDocument(digest, "description") for digest in history.descriptions]
    return list(dict.fromkeys(found))


def check_documents(
    bundle: Bundle, history: History
) -> tuple[tuple[IncludedDocument, ...], tuple[IncludedDocument, ...]]:
    """Return the documents that are there, and those that events name and that are not.

    Raises:
        ProofInvalid: a document is named by no event, or is not the manifest of its version.
    """
    texts = {Digest.of(text.encode()): text for text in bundle.documents}
    manifests: dict[Digest, tuple[Digest, int, int, int]] = {}
    included, missing = [], []
    for document in named_documents(history, bundle.versions):
        if document.digest not in texts:
            missing.append(document)
            continue
        included.append(document)
        if document.version is not None:
            version = history.version(document.version)
            if document.digest not in manifests:  # which several versions may share
                manifests[document.digest] = _commitments(texts[document.digest], version.number)
            recorded = (version.content_root, version.size_bytes, version.file_count)
            if manifests[document.digest] != (*recorded, version.record_count):
                raise refused(
                    f"The manifest of version {version.number} is not of its content root."
                )
    for digest in texts.keys() - {document.digest for document in included}:
        raise refused(f"No event of the dataset names the document {digest}.")
    return tuple(included), tuple(missing)


def check_proofs(bundle: Bundle, history: History) -> tuple[IncludedProof, ...]:
    """Return the proofs, each with the versions that it is about.

    Raises:
        ProofInvalid: a proof does not hold, or is about no version of the dataset.
    """
    newest = {(v.content_root, v.file_count): v.number for v in history.versions}
    included = []
    for text in bundle.proofs:
        try:
            proof = parse_proof(text.encode())
        except CanonicalisationError as error:
            raise refused(str(error)) from error
        if any(place.anchor is not None for place in proof.places):
            raise refused("A proof in a bundle has an anchor: the bundle itself is its anchor.")
        proof.verify()
        versions = tuple(_version_of(place, newest) for place in proof.places)
        included.append(IncludedProof(proof, versions))
    return tuple(included)


def _commitments(text: str, version: int) -> tuple[Digest, int, int, int]:
    """Return the content root of a manifest, and its counts of bytes, files and records."""
    try:
        manifest = Manifest.parse(text.encode())
    except CanonicalisationError as error:
        raise refused(f"The manifest of version {version} is none: {error}") from error
    return (
        manifest.content_root,
        manifest.size_bytes,
        manifest.file_count,
        manifest.record_count,
    )


def _version_of(place: FilePlace, versions: Mapping[tuple[Digest, int], int]) -> int:
    """Return the newest version with this content root and number of files."""
    found = versions.get((place.content_root, place.tree_size))
    if found is None:
        raise refused(f"A proof is about {place.content_root}, which is no version of the dataset.")
    return found
