"""The organisations of the consortium: `ledger.organisations`."""

from collections.abc import Sequence

from dataledger.contracts import organisations
from dataledger.contracts.events import (
    CapabilitiesChanged,
    OrganisationAdmitted,
    OrganisationReinstated,
    OrganisationSuspended,
    RootHandedOver,
    RootHandoverCancelled,
    RootHandoverProposed,
)
from dataledger.contracts.identifiers import (
    WITHOUT_END,
    Address,
    OrgId,
    to_address,
    to_org_id,
    to_slug,
)
from dataledger.contracts.reverts import Refusal
from dataledger.contracts.types import NO_CAPABILITY, Admission, Capability, OrganisationState
from dataledger.errors import NotFound, shown
from dataledger.hashing import Digest
from dataledger.ledger.onchain import OnChain
from dataledger.ledger.results import Confirmed, Organisation, OrgRef, Recorded, last_of
from dataledger.ledger.text import check_text

MAX_NAME_CHARACTERS = 256


class Organisations:
    """Admits, limits and names organisations.

    Writes raise `Refused` when the contract refuses; a repeated write is already there.
    """

    def __init__(self, onchain: OnChain) -> None:
        self._onchain = onchain

    # -------------------------------------------------------------------------------------- writing

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
        """Admit an organisation below the signer's, with its first ADMIN key, valid from now.

        Args:
            slug: Unique among all organisations, for ever.
            name: Up to 256 bytes of UTF-8.
            admin: A key that is bound to no organisation yet.
            capabilities: What it holds; the signer's organisation must be able to grant them.
            grantable: What it may give to organisations below it.
            admin_valid_until_unix: First second after the ADMIN key's validity.
            profile_digest: Of a document about the organisation, kept elsewhere.

        Raises:
            InvalidSlug: the slug breaks the rule.
            InvalidAddress: `admin` is no address.
            InvalidArgument: the name is not printable.
        """
        admission = Admission(
            slug=to_slug(slug),
            name=check_text("name", name, max_characters=MAX_NAME_CHARACTERS),
            capabilities=capabilities,
            grantable=grantable,
            admin=to_address(admin),
            admin_valid_until_unix=admin_valid_until_unix,
            profile_digest=profile_digest,
        )
        return self._onchain.write(
            organisations.admit(admission),
            OrganisationAdmitted,
            find=lambda refusal: self._admitted_as(admission, refusal),
        )

    def set_capabilities(
        self, org: OrgRef, *, capabilities: Capability, grantable: Capability
    ) -> Confirmed[CapabilitiesChanged]:
        """Replace what `org` holds and may grant; what those below it can do follows at once.

        Raises:
            NotFound: there is no such organisation.
            Refused: as for every write; CapabilitiesUnchanged, where they are those of admission.
        """
        id_ = self.resolve(org)

        def find(refusal: Refusal) -> Recorded[CapabilitiesChanged] | None:
            if refusal.error_name != "CapabilitiesUnchanged":
                return None
            return last_of(self._onchain.events([CapabilitiesChanged], id_))

        call = organisations.set_capabilities(id_, capabilities, grantable)
        return self._onchain.write(call, CapabilitiesChanged, find=find)

    def suspend(self, org: OrgRef, reason: str) -> Confirmed[OrganisationSuspended]:
        """Stop `org` and every organisation below it from acting.

        Raises:
            NotFound: there is no such organisation.
            InvalidArgument: the reason is not printable.
        """
        id_ = self.resolve(org)

        def find(refusal: Refusal) -> Recorded[OrganisationSuspended] | None:
            if refusal.error_name != "AlreadySuspended":
                return None
            last = last_of(self._onchain.events([OrganisationSuspended], id_))
            ours = last is not None and last.event.by_org == self._onchain.signer_org()
            return last if last is not None and ours and last.event.reason == reason else None

        call = organisations.suspend(id_, check_text("reason", reason))
        return self._onchain.write(call, OrganisationSuspended, find=find)

    def reinstate(self, org: OrgRef) -> Confirmed[OrganisationReinstated]:
        """Lift the suspension of `org`. Raises `NotFound` where there is no such organisation."""
        id_ = self.resolve(org)

        def find(refusal: Refusal) -> Recorded[OrganisationReinstated] | None:
            if refusal.error_name != "NotSuspended":
                return None
            return last_of(self._onchain.events([OrganisationReinstated], id_))

        return self._onchain.write(organisations.reinstate(id_), OrganisationReinstated, find=find)

    def propose_handover(self, successor: Address) -> Confirmed[RootHandoverProposed]:
        """Name the key that may take over the root authority; replaces an earlier proposal."""
        key = to_address(successor)

        def find(refusal: Refusal) -> Recorded[RootHandoverProposed] | None:
            if refusal.error_name != "HandoverUnchanged":
                return None
            return last_of(self._onchain.events([RootHandoverProposed], key))

        call = organisations.propose_root_handover(key)
        return self._onchain.write(call, RootHandoverProposed, find=find)

    def cancel_handover(self) -> Confirmed[RootHandoverCancelled]:
        """Withdraw the proposal."""

        def find(refusal: Refusal) -> Recorded[RootHandoverCancelled] | None:
            if refusal.error_name != "NoHandover":
                return None
            kinds: tuple[type[RootHandoverCancelled | RootHandedOver], ...] = (
                RootHandoverCancelled,
                RootHandedOver,
            )
            last = last_of(self._onchain.events(kinds))
            if last is None or not isinstance(last.event, RootHandoverCancelled):
                return None
            return Recorded(last.event, last.log)

        call = organisations.cancel_root_handover()
        return self._onchain.write(call, RootHandoverCancelled, find=find)

    def accept_handover(self) -> Confirmed[RootHandedOver]:
        """Make the signer the one ADMIN of the root authority; other root keys lose theirs."""

        def find(refusal: Refusal) -> Recorded[RootHandedOver] | None:
            if refusal.error_name != "NotSuccessor":
                return None
            last = last_of(self._onchain.events([RootHandedOver]))
            ours = last is not None and last.event.successor == self._onchain.signer.address
            return last if ours else None

        return self._onchain.write(organisations.accept_root_handover(), RootHandedOver, find=find)

    def _admitted_as(
        self, admission: Admission, refusal: Refusal
    ) -> Recorded[OrganisationAdmitted] | None:
        if refusal.error_name != "SlugTaken":
            return None
        org: OrgId = refusal.arguments["org"]
        member = self._onchain.read(organisations.member(admission.admin))
        found = last_of(self._onchain.events([OrganisationAdmitted], org))
        if found is None or member.org != org:
            return None
        event = found.event
        recorded = (event.name, event.capabilities, event.grantable, event.profile_digest)
        asked = (
            *(admission.name, admission.capabilities, admission.grantable),
            admission.profile_digest,
        )
        ours = event.parent is not None and event.parent == self._onchain.signer_org()
        return found if ours and recorded == asked else None

    # -------------------------------------------------------------------------------------- reading

    def handover_successor(self) -> Address | None:
        """Return the key that may take over the root authority."""
        return self._onchain.read(organisations.root_successor())

    def resolve(self, org: OrgRef) -> OrgId:
        """Return the id of an organisation that exists.

        Text of digits is an id, so that nobody can pass for another by the choice of a slug.

        Raises:
            NotFound: there is none.
            InvalidSlug, InvalidIdentifier: the text can be neither.
        """
        if isinstance(org, int) or org.isdecimal():
            id_ = to_org_id(org)
            if id_ <= self._onchain.read(organisations.organisation_count()):
                return id_
        else:
            found = self._onchain.read(organisations.organisation_by_slug(to_slug(org)))
            if found is not None:
                return found
        raise NotFound(
            f"There is no organisation {shown(org)}.",
            remedy="List the organisations, and give one's slug or id.",
        )

    def get(self, org: OrgRef) -> Organisation:
        """Return an organisation. Raises as `resolve` does."""
        id_ = self.resolve(org)
        (found,) = self._onchain.snapshot(lambda block: self._read([id_], block))
        return found

    def list(self) -> tuple[Organisation, ...]:
        """Return all organisations, by id; the root authority is first."""

        def read(block: int) -> tuple[Organisation, ...]:
            count = self._onchain.read(organisations.organisation_count(), block=block)
            return self._read([OrgId(number) for number in range(1, count + 1)], block)

        return self._onchain.snapshot(read)

    def _read(self, orgs: Sequence[OrgId], block: int) -> tuple[Organisation, ...]:
        states = self._onchain.read_all((organisations.organisation(o) for o in orgs), block=block)
        standings = self._onchain.try_all((organisations.standing(o) for o in orgs), block=block)
        admissions = self._onchain.names.admissions(orgs)
        return tuple(
            _organisation(
                admissions[org],
                state,
                NO_CAPABILITY if isinstance(standing, Refusal) else standing.capabilities,
            )
            for org, state, standing in zip(orgs, states, standings, strict=True)
        )


def _organisation(
    admitted: OrganisationAdmitted, state: OrganisationState, effective: Capability
) -> Organisation:
    return Organisation(
        id=admitted.org,
        slug=admitted.slug,
        name=admitted.name,
        parent=admitted.parent,
        depth=state.depth,
        capabilities=state.capabilities,
        grantable=state.grantable,
        effective=effective,
        suspended_by=state.suspended_by,
        profile_digest=admitted.profile_digest,
        admitted_at_unix=state.admitted_at_unix,
    )
