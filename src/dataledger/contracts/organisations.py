"""The functions of the contract `Organisations`; `IOrganisations.sol` says what each one does."""

from functools import partial

from dataledger.contracts.artifacts import ContractName
from dataledger.contracts.calls import Call, call
from dataledger.contracts.identifiers import Address, OrgId, Slug
from dataledger.contracts.types import (
    Actor,
    Admission,
    Capability,
    MemberState,
    OrganisationState,
    Role,
    Standing,
)

_call = partial(call, ContractName.ORGANISATIONS)

# ------------------------------------------------------------------------------------------- writes


def admit(admission: Admission) -> Call[OrgId]:
    """Admit an organisation below the caller's."""
    return _call("admit", (Admission, admission), returns=OrgId)


def set_capabilities(org: OrgId, capabilities: Capability, grantable: Capability) -> Call[None]:
    """Replace what `org` holds and may grant."""
    return _call(
        "setCapabilities", (OrgId, org), (Capability, capabilities), (Capability, grantable)
    )


def suspend(org: OrgId, reason: str) -> Call[None]:
    """Stop `org` and those below it from acting."""
    return _call("suspend", (OrgId, org), (str, reason))


def reinstate(org: OrgId) -> Call[None]:
    """Lift the suspension of `org`."""
    return _call("reinstate", (OrgId, org))


def add_member(
    org: OrgId, key: Address, role: Role, valid_from_unix: int, valid_until_unix: int
) -> Call[None]:
    """Bind `key` to `org`."""
    return _call(
        "addMember",
        (OrgId, org),
        (Address, key),
        (Role, role),
        (int, valid_from_unix),
        (int, valid_until_unix),
    )


def renew_member(key: Address, valid_until_unix: int) -> Call[None]:
    """Move the end of a membership."""
    return _call("renewMember", (Address, key), (int, valid_until_unix))


def end_member(key: Address) -> Call[None]:
    """End a membership now."""
    return _call("endMember", (Address, key))


def rotate_key(new_key: Address) -> Call[None]:
    """Hand the caller's membership to `new_key`."""
    return _call("rotateKey", (Address, new_key))


def propose_root_handover(successor: Address) -> Call[None]:
    """Name the key that may take over the root authority."""
    return _call("proposeRootHandover", (Address, successor))


def cancel_root_handover() -> Call[None]:
    """Withdraw the proposal."""
    return _call("cancelRootHandover")


def accept_root_handover() -> Call[None]:
    """Take over the root authority."""
    return _call("acceptRootHandover")


# -------------------------------------------------------------------------------------------- views


def actor(key: Address) -> Call[Actor]:
    """For whom `key` acts now; reverts when it cannot act."""
    return _call("actor", (Address, key), returns=Actor)


def standing(org: OrgId) -> Call[Standing]:
    """What `org` can do and grant now; reverts while it is suspended."""
    return _call("standing", (OrgId, org), returns=Standing)


def is_within(org: OrgId, ancestor: OrgId) -> Call[bool]:
    """Whether `org` is `ancestor` or stands below it."""
    return _call("isWithin", (OrgId, org), (OrgId, ancestor), returns=bool)


def in_jurisdiction(regulator: OrgId, org: OrgId) -> Call[bool]:
    """Whether a regulator's word holds for `org`."""
    return _call("inJurisdiction", (OrgId, regulator), (OrgId, org), returns=bool)


def organisation(org: OrgId) -> Call[OrganisationState]:
    """The organisation, as it was given its parts."""
    return _call("organisation", (OrgId, org), returns=OrganisationState)


def organisation_count() -> Call[int]:
    """How many organisations there are; ids count up from 1."""
    return _call("organisationCount", returns=int)


def organisation_by_slug(slug: Slug) -> Call[OrgId | None]:
    """The organisation with this slug."""
    return _call("organisationBySlug", (Slug, slug), returns=OrgId | None)


def member(key: Address) -> Call[MemberState]:
    """The membership of `key`."""
    return _call("member", (Address, key), returns=MemberState)


def root_successor() -> Call[Address | None]:
    """The key that may take over the root authority."""
    return _call("rootSuccessor", returns=Address | None)


def root_generation() -> Call[int]:
    """How often the root authority was handed over."""
    return _call("rootGeneration", returns=int)
