"""Proofs that one file belongs to a recorded version: `ledger.proofs`."""

from dataledger.ledger.results import DatasetRef, Version
from dataledger.manifest import FileProof, Manifest


class Proofs:
    """Makes proofs that anyone can check, offline or against the chain."""

    def prove(
        self,
        dataset: DatasetRef,
        path: str,
        *,
        version: int | None = None,
        manifest: Manifest | None = None,
    ) -> FileProof:
        """Return the proof that the file at `path` belongs to a version (default: current).

        The proof's anchor names the chain, the contract, the version and its record. `manifest` is
        by default the one in `ledger.documents`.
        """
        raise NotImplementedError

    def verify(self, proof: FileProof) -> Version:
        """Return the version that the proof is about, if chain and contract agree with it.

        Raises:
            ProofInvalid: it does not lead to its content root, or not to the version's.
            ProofFormatError: it has no anchor, or a malformed one.
            WrongChain: it is about another chain or contract.
        """
        raise NotImplementedError
