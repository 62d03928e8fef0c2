"""Lifecycle policies: `ledger.policies`."""

from dataledger.contracts.events import PolicyPublished
from dataledger.contracts.identifiers import PolicyId, Stage
from dataledger.contracts.types import Policy
from dataledger.ledger.policy_document import PolicyDocument
from dataledger.ledger.results import Confirmed, PublishedPolicy, StageRef


class Policies:
    """Publishes lifecycle policies, and reads them back from the chain."""

    def publish(self, document: PolicyDocument) -> Confirmed[PolicyPublished]:
        """Publish a policy, for ever unchanged."""
        raise NotImplementedError

    def find(self, policy: Policy) -> PolicyId | None:
        """Return the id under which exactly this policy is published."""
        raise NotImplementedError

    def default(self) -> PolicyId:
        """Return the id of the default policy. Raises `NotFound` while it is not published."""
        raise NotImplementedError

    def get(self, policy: PolicyId) -> PublishedPolicy:
        """Return a published policy. Raises `NotFound`."""
        raise NotImplementedError

    def list(self) -> tuple[PublishedPolicy, ...]:
        """Return all published policies, by id."""
        raise NotImplementedError

    def stage(self, policy: PolicyId, stage: StageRef) -> Stage:
        """Return a stage by number or name. Raises `NotFound` where the policy has none such."""
        raise NotImplementedError

    def stage_name(self, policy: PolicyId, stage: Stage) -> str:
        """Return the name that the policy gives the stage."""
        raise NotImplementedError
