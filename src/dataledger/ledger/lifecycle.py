"""Steps of a dataset through its policy, and a regulator's word: `ledger.lifecycle`."""

from dataledger.contracts.events import (
    Advanced,
    DatasetReinstated,
    DatasetSuspended,
    StepApproved,
    VersionRecalled,
)
from dataledger.contracts.types import Severity
from dataledger.hashing import Digest
from dataledger.ledger.activity import Activity
from dataledger.ledger.results import Confirmed, DatasetRef, NextStep, StageRef
from dataledger.ledger.signed import SignedAction


class Lifecycle:
    """Moves datasets, and lets others have their say."""

    def advance(
        self,
        dataset: DatasetRef,
        to: StageRef,
        evidence: Activity | Digest,
        *,
        version: int | None = None,
        from_stage: StageRef | None = None,
    ) -> Confirmed[Advanced]:
        """Take a step of the policy.

        An activity record is kept in `ledger.documents`; its digest is the evidence. `version` and
        `from_stage` are by default what the chain holds now. The step is already there when the
        dataset's last step was this very one, by the signer's organisation.
        """
        raise NotImplementedError

    def approve(
        self,
        dataset: DatasetRef,
        to: StageRef,
        evidence: Activity | Digest,
        *,
        version: int | None = None,
        from_stage: StageRef | None = None,
    ) -> Confirmed[StepApproved]:
        """Approve a step that another organisation may then take."""
        raise NotImplementedError

    def sign_advance(
        self,
        dataset: DatasetRef,
        to: StageRef,
        evidence: Activity | Digest,
        *,
        version: int | None = None,
        from_stage: StageRef | None = None,
        deadline_unix: int,
    ) -> SignedAction:
        """Sign what `advance` would send, for anyone to relay until `deadline_unix`."""
        raise NotImplementedError

    def sign_approve(
        self,
        dataset: DatasetRef,
        to: StageRef,
        evidence: Activity | Digest,
        *,
        version: int | None = None,
        from_stage: StageRef | None = None,
        deadline_unix: int,
    ) -> SignedAction:
        """Sign what `approve` would send, for anyone to relay until `deadline_unix`."""
        raise NotImplementedError

    def next_steps(self, dataset: DatasetRef) -> tuple[NextStep, ...]:
        """Return the steps that the policy has from the dataset's stage."""
        raise NotImplementedError

    def suspend(self, dataset: DatasetRef, reason: str) -> Confirmed[DatasetSuspended]:
        """Freeze a dataset: no step, no version."""
        raise NotImplementedError

    def reinstate(self, dataset: DatasetRef, reason: str) -> Confirmed[DatasetReinstated]:
        """Return a dataset to the stage it was frozen in."""
        raise NotImplementedError

    def recall(
        self, dataset: DatasetRef, version: int, severity: Severity, reason: str
    ) -> Confirmed[VersionRecalled]:
        """Recall a version, for good. What came from it is tainted; see `ledger.lineage.taint`."""
        raise NotImplementedError
