"""What things were called when they were recorded, which never changes: found once, then kept."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, TypeVar

from dataledger.contracts import dataset_ledger
from dataledger.contracts.events import (
    DatasetRegistered,
    Event,
    OrganisationAdmitted,
    PolicyPublished,
)
from dataledger.contracts.identifiers import (
    RESERVED_STAGES,
    DatasetId,
    GrantId,
    OrgId,
    PolicyId,
    Stage,
)
from dataledger.contracts.reverts import Refusal
from dataledger.contracts.use_events import UseRequested
from dataledger.errors import CommitmentMismatch, NotFound
from dataledger.ledger.results import Recorded

if TYPE_CHECKING:
    from dataledger.ledger.onchain import OnChain

K = TypeVar("K", OrgId, PolicyId, DatasetId)
E = TypeVar("E", bound=Event)


class Names:
    """The first event of organisations, policies and datasets.

    Only what lies as deep as the profile's `confirmations` is kept; the rest is asked for again.
    """

    def __init__(self, onchain: "OnChain") -> None:
        self._onchain = onchain
        self._organisations: dict[OrgId, Recorded[OrganisationAdmitted]] = {}
        self._policies: dict[PolicyId, Recorded[PolicyPublished]] = {}
        self._datasets: dict[DatasetId, Recorded[DatasetRegistered]] = {}

    def admissions(self, orgs: Iterable[OrgId]) -> dict[OrgId, OrganisationAdmitted]:
        """Return how organisations were admitted, without those that do not exist."""
        found = self._first_events(orgs, OrganisationAdmitted, self._organisations, lambda e: e.org)
        return {org: recorded.event for org, recorded in found.items()}

    def organisations(self, orgs: Iterable[OrgId]) -> dict[OrgId, str]:
        """Return the slugs of organisations, without those that do not exist."""
        return {org: event.slug for org, event in self.admissions(orgs).items()}

    def policy(self, policy: PolicyId) -> PolicyPublished:
        """Return how a policy was published.

        Raises:
            NotFound: there is no such policy.
            CommitmentMismatch: the log holds another policy than the contract knows by this id.
        """
        if policy in self._policies:
            return self._policies[policy].event
        deep: dict[PolicyId, Recorded[PolicyPublished]] = {}
        found = self._first_events([policy], PolicyPublished, deep, lambda e: e.policy)
        if policy not in found:
            raise NotFound(
                f"There is no policy {policy}.", remedy="List the policies, and choose one."
            )
        event = found[policy].event
        call = dataset_ledger.policy_by_digest(event.content.digest)
        if self._onchain.read(call) != policy:
            raise CommitmentMismatch(
                f"The log of policy {policy} is not what the contract commits to.",
                remedy="The node gives false logs: ask another one.",
            )
        self._policies |= deep
        return event

    def registrations(
        self, datasets: Iterable[DatasetId]
    ) -> dict[DatasetId, Recorded[DatasetRegistered]]:
        """Return how datasets were registered, without those that do not exist."""
        return self._first_events(datasets, DatasetRegistered, self._datasets, lambda e: e.dataset)

    def datasets(self, datasets: Iterable[DatasetId]) -> dict[DatasetId, str]:
        """Return datasets as `owner/slug`, without those that do not exist."""
        events = {id_: recorded.event for id_, recorded in self.registrations(datasets).items()}
        owners = self.organisations({event.org for event in events.values()})
        return {
            dataset: f"{owners.get(event.org, str(event.org))}/{event.slug}"
            for dataset, event in events.items()
        }

    def stages(self, refusal: Refusal) -> dict[Stage, str]:
        """Return the stage names of the policy that a refusal is about, if it is about one."""
        if not refusal.of_kind(Stage):
            return {}
        policies: set[PolicyId] = set(refusal.of_kind(PolicyId))
        datasets = set(refusal.of_kind(DatasetId))
        grants = list(refusal.of_kind(GrantId))
        for requested in self._onchain.events([UseRequested], grants) if grants else ():
            datasets.add(requested.event.request.dataset)
        for recorded in self.registrations(datasets).values():
            policies.add(recorded.event.policy)
        try:
            return self.policy(policies.pop()).content.stages if policies else {}
        except NotFound:
            return {}

    def stage_name(self, policy: PolicyId, stage: Stage) -> str:
        """Return the name of a stage under a policy."""
        if stage in RESERVED_STAGES:
            return RESERVED_STAGES[stage]
        return self.policy(policy).content.stages.get(stage, f"stage {stage}")

    def _first_events(
        self,
        keys: Iterable[K],
        kind: type[E],
        kept: dict[K, Recorded[E]],
        key_of: Callable[[E], K],
    ) -> dict[K, Recorded[E]]:
        wanted = list(dict.fromkeys(keys))
        missing = [key for key in wanted if key not in kept]
        fresh: dict[K, Recorded[E]] = {}
        if missing:
            head = self._onchain.head_block()
            deep = head - self._onchain.connection.profile.confirmations + 1
            for recorded in self._onchain.events([kind], missing, to_block=head):
                key = key_of(recorded.event)
                fresh[key] = recorded
                if recorded.log.block_number <= deep:
                    kept[key] = recorded
        return {key: kept.get(key) or fresh[key] for key in wanted if key in kept or key in fresh}
