"""The organisations of the consortium: `ledger.organisations`."""

from dataledger.contracts.events import (
    CapabilitiesChanged,
    OrganisationAdmitted,
    OrganisationReinstated,
    OrganisationSuspended,
    RootHandedOver,
    RootHandoverCancelled,
    RootHandoverProposed,
)
from dataledger.contracts.identifiers import WITHOUT_END, Address, OrgId
from dataledger.contracts.types import NO_CAPABILITY, Capability
from dataledger.hashing import Digest
from dataledger.ledger.results import Confirmed, Organisation, OrgRef


class Organisations:
    """Admits, limits and names organisations."""

    def admit(
        self,
        slug: str,
        name: str,
        *,
        admin: Address,
        capabilities: Capability,
        grantable: Capability = NO_CAPABILITY,
        admin_valid_until_unix: int = WITHOUT_END,
        profile_digest: Digest | None = None,
    ) -> Confirmed[OrganisationAdmitted]:
        """Admit an organisation below the signer's, with its first ADMIN key, valid from now."""
        raise NotImplementedError

    def set_capabilities(
        self, org: OrgRef, *, capabilities: Capability, grantable: Capability
    ) -> Confirmed[CapabilitiesChanged]:
        """Replace what `org` holds and may grant."""
        raise NotImplementedError

    def suspend(self, org: OrgRef, reason: str) -> Confirmed[OrganisationSuspended]:
        """Stop `org` and every organisation below it from acting."""
        raise NotImplementedError

    def reinstate(self, org: OrgRef) -> Confirmed[OrganisationReinstated]:
        """Lift the suspension of `org`."""
        raise NotImplementedError

    def propose_handover(self, successor: Address) -> Confirmed[RootHandoverProposed]:
        """Name the key that may take over the root authority; replaces an earlier proposal."""
        raise NotImplementedError

    def cancel_handover(self) -> Confirmed[RootHandoverCancelled]:
        """Withdraw the proposal."""
        raise NotImplementedError

    def accept_handover(self) -> Confirmed[RootHandedOver]:
        """Make the signer the one ADMIN of the root authority."""
        raise NotImplementedError

    def handover_successor(self) -> Address | None:
        """Return the key that may take over the root authority."""
        raise NotImplementedError

    def resolve(self, org: OrgRef) -> OrgId:
        """Return the id of an organisation that exists. Raises `NotFound`."""
        raise NotImplementedError

    def get(self, org: OrgRef) -> Organisation:
        """Return an organisation. Raises `NotFound`."""
        raise NotImplementedError

    def list(self) -> tuple[Organisation, ...]:
        """Return all organisations, by id; the root authority is first."""
        raise NotImplementedError
