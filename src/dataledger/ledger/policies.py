"""Lifecycle policies: `ledger.policies`."""

from dataledger.contracts import dataset_ledger
from dataledger.contracts.events import PolicyPublished
from dataledger.contracts.identifiers import PolicyId, Stage, to_policy_id
from dataledger.contracts.reverts import Refusal
from dataledger.contracts.types import Policy
from dataledger.errors import NotFound, shown
from dataledger.ledger.onchain import OnChain
from dataledger.ledger.policy_document import PolicyDocument
from dataledger.ledger.results import Confirmed, PublishedPolicy, Recorded, StageRef, last_of


class Policies:
    """Publishes lifecycle policies, and reads them back from the chain."""

    def __init__(self, onchain: OnChain) -> None:
        self._onchain = onchain

    def publish(self, document: PolicyDocument) -> Confirmed[PolicyPublished]:
        """Publish a policy, for ever unchanged. An equal one that is published is already there.

        Raises:
            Refused: the contract refuses.
        """

        def find(refusal: Refusal) -> Recorded[PolicyPublished] | None:
            if refusal.error_name != "PolicyExists":
                return None
            policy: PolicyId = refusal.arguments["policy"]
            return last_of(self._onchain.events([PolicyPublished], policy))

        call = dataset_ledger.publish_policy(document.policy)
        return self._onchain.write(call, PolicyPublished, find=find)

    def find(self, policy: Policy) -> PolicyId | None:
        """Return the id under which exactly this policy is published."""
        return self._onchain.read(dataset_ledger.policy_by_digest(policy.digest))

    def default(self) -> PolicyId:
        """Return the id of the default policy. Raises `NotFound` while it is not published."""
        document = PolicyDocument.default()
        found = self.find(document.policy)
        if found is None:
            raise NotFound(
                f"The policy {document.policy.name!r} is not published on this chain.",
                remedy="Have a regulator publish it, or name the policy that is to be followed.",
            )
        return found

    def get(self, policy: PolicyId) -> PublishedPolicy:
        """Return a published policy.

        Raises:
            NotFound: there is none with this id.
            InvalidIdentifier: this can be no policy id.
        """
        return _published(self._onchain.names.policy(to_policy_id(policy)))

    def list(self) -> tuple[PublishedPolicy, ...]:
        """Return all published policies, by id."""
        found = self._onchain.events([PolicyPublished])
        return tuple(_published(recorded.event) for recorded in found)

    def stage(self, policy: PolicyId, stage: StageRef) -> Stage:
        """Return a stage by number or name. Raises `NotFound` where the policy has none such."""
        names = self.get(policy).policy.stages
        for number, name in names.items():
            if stage in {number, name}:
                return number
        raise NotFound(
            f"Policy {policy} has no stage {shown(stage)}.",
            remedy=f"Its stages are {', '.join(shown(name)[1:-1] for name in names.values())}.",
        )

    def stage_name(self, policy: PolicyId, stage: Stage) -> str:
        """Return the name that the policy gives the stage. Raises `NotFound` as `get` does."""
        return self._onchain.names.stage_name(policy, stage)


def _published(event: PolicyPublished) -> PublishedPolicy:
    return PublishedPolicy(
        id=event.policy,
        policy=event.content,
        org=event.org,
        recorded_at_unix=event.recorded_at_unix,
    )
