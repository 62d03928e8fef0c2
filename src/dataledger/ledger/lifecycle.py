"""Steps of a dataset through its policy, and a regulator's word: `ledger.lifecycle`."""

from dataledger.contracts import dataset_ledger
from dataledger.contracts.events import (
    Advanced,
    DatasetReinstated,
    DatasetSuspended,
    StepApproved,
    VersionRecalled,
)
from dataledger.contracts.identifiers import to_version
from dataledger.contracts.reverts import Refusal
from dataledger.contracts.types import DatasetState, Severity, Step
from dataledger.hashing import Digest
from dataledger.ledger.acting import Acting
from dataledger.ledger.actions import Advance, Approve
from dataledger.ledger.activity import Activity
from dataledger.ledger.datasets import Datasets
from dataledger.ledger.documents import Documents
from dataledger.ledger.onchain import OnChain
from dataledger.ledger.policies import Policies
from dataledger.ledger.results import (
    Confirmed,
    DatasetRef,
    NextStep,
    Recorded,
    StageRef,
    last_of,
)
from dataledger.ledger.signed import SignedAction
from dataledger.ledger.text import check_text
from dataledger.ledger.versions import no_dataset


class Lifecycle:
    """Moves datasets, and lets others have their say.

    Writes raise `Refused` when the contract refuses; a repeated write is already there.
    """

    def __init__(
        self,
        onchain: OnChain,
        acting: Acting,
        datasets: Datasets,
        policies: Policies,
        documents: Documents,
    ) -> None:
        self._onchain = onchain
        self._acting = acting
        self._datasets = datasets
        self._policies = policies
        self._documents = documents

    # ---------------------------------------------------------------------------------------- steps

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
        `from_stage` are by default what the chain holds now. Without `from_stage`, a step to the
        same stage with the same version and evidence, which the signer's organisation took before,
        is already there: give `from_stage` to take it once more after rework.

        Raises:
            NotFound: there is no such dataset, or its policy has no such stage.
        """
        action = Advance(self._step(dataset, to, evidence, version, from_stage))
        if from_stage is None and (found := self._taken_before(action.step)):
            return Confirmed.earlier(found)
        return self._acting.do(action, Advanced)

    def approve(
        self,
        dataset: DatasetRef,
        to: StageRef,
        evidence: Activity | Digest,
        *,
        version: int | None = None,
        from_stage: StageRef | None = None,
    ) -> Confirmed[StepApproved]:
        """Approve a step that another organisation may then take. Arguments as for `advance`."""
        action = Approve(self._step(dataset, to, evidence, version, from_stage))
        return self._acting.do(action, StepApproved)

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
        action = Advance(self._step(dataset, to, evidence, version, from_stage))
        return self._acting.sign(action, deadline_unix=deadline_unix)

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
        action = Approve(self._step(dataset, to, evidence, version, from_stage))
        return self._acting.sign(action, deadline_unix=deadline_unix)

    def next_steps(self, dataset: DatasetRef) -> tuple[NextStep, ...]:
        """Return the steps that the policy has from the dataset's stage, in the policy's order.

        Raises:
            NotFound: there is no such dataset.
        """
        found = self._datasets.get(dataset)
        policy = self._policies.get(found.policy).policy
        return tuple(
            NextStep(
                to_stage=edge.to_stage,
                to_stage_name=policy.stages[edge.to_stage],
                capability=edge.capability,
                must_differ=edge.must_differ,
                owner_only=edge.owner_only,
                approvals=edge.approvals,
                allowed_from_unix=found.updated_at_unix + edge.min_seconds,
            )
            for edge in policy.edges
            if edge.from_stage == found.stage
        )

    def _step(
        self,
        dataset: DatasetRef,
        to: StageRef,
        evidence: Activity | Digest,
        version: int | None,
        from_stage: StageRef | None,
    ) -> Step:
        id_ = self._datasets.resolve(dataset)
        state: DatasetState = self._onchain.read(dataset_ledger.state(id_))
        if state.owner is None:
            raise no_dataset(id_)
        digest = evidence if isinstance(evidence, Digest) else self._documents.keep(evidence)
        start = state.stage
        if from_stage is not None:
            start = self._policies.stage(state.policy, from_stage)
        return Step(
            dataset=id_,
            version=state.version_count if version is None else to_version(version),
            from_stage=start,
            to_stage=self._policies.stage(state.policy, to),
            evidence=digest,
        )

    def _taken_before(self, step: Step) -> Recorded[Advanced] | None:
        # Run again when the dataset has moved on, the same command would mean another step: one
        # from where the dataset is now.
        org = self._onchain.signer_org()
        if org is None:
            return None
        for recorded in reversed(self._onchain.events([Advanced], step.dataset, org)):
            event = recorded.event
            taken = (event.version, event.to_stage, event.evidence)
            if taken == (step.version, step.to_stage, step.evidence):
                return recorded
        return None

    # ----------------------------------------------------------------------------------- regulators

    def suspend(self, dataset: DatasetRef, reason: str) -> Confirmed[DatasetSuspended]:
        """Freeze a dataset: no step, no version.

        Raises:
            InvalidArgument: the reason is not printable.
        """
        id_ = self._datasets.resolve(dataset)

        def find(refusal: Refusal) -> Recorded[DatasetSuspended] | None:
            if refusal.error_name != "AlreadySuspended":
                return None
            last = last_of(self._onchain.events([DatasetSuspended], id_))
            return last if last is not None and self._is_ours(last.event, reason) else None

        call = dataset_ledger.suspend(id_, check_text("reason", reason))
        return self._onchain.write(call, DatasetSuspended, find=find)

    def reinstate(self, dataset: DatasetRef, reason: str) -> Confirmed[DatasetReinstated]:
        """Return a dataset to the stage it was frozen in. Raises as `suspend` does."""
        id_ = self._datasets.resolve(dataset)

        def find(refusal: Refusal) -> Recorded[DatasetReinstated] | None:
            if refusal.error_name != "NotSuspended":
                return None
            last = last_of(self._onchain.events([DatasetReinstated], id_))
            return last if last is not None and self._is_ours(last.event, reason) else None

        call = dataset_ledger.reinstate(id_, check_text("reason", reason))
        return self._onchain.write(call, DatasetReinstated, find=find)

    def recall(
        self, dataset: DatasetRef, version: int, severity: Severity, reason: str
    ) -> Confirmed[VersionRecalled]:
        """Recall a version, for good. What came from it is tainted; see `ledger.lineage.taint`.

        Raises:
            InvalidArgument: the reason is not printable.
            InvalidIdentifier: this can be no version.
        """
        id_ = self._datasets.resolve(dataset)
        number = to_version(version)

        def find(refusal: Refusal) -> Recorded[VersionRecalled] | None:
            if refusal.error_name != "AlreadyRecalled":
                return None
            for recorded in self._onchain.events([VersionRecalled], id_):
                event = recorded.event
                same = (event.version, event.severity) == (number, severity)
                if same and self._is_ours(event, reason):
                    return recorded
            return None

        call = dataset_ledger.recall(id_, number, severity, check_text("reason", reason))
        return self._onchain.write(call, VersionRecalled, find=find)

    def _is_ours(
        self, event: DatasetSuspended | DatasetReinstated | VersionRecalled, reason: str
    ) -> bool:
        return event.reason == reason and event.org == self._onchain.signer_org()
