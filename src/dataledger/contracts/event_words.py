"""What each event says, in words, beside who did it and when.

Reasons and names in the words are what their authors wrote: untrusted text.
"""

from collections.abc import Callable, Mapping

from dataledger.contracts.events import (
    Advanced,
    CapabilitiesChanged,
    DatasetDescribed,
    DatasetEvent,
    DatasetRegistered,
    DatasetReinstated,
    DatasetSuspended,
    Event,
    KeyRotated,
    MemberAdded,
    MemberEnded,
    MemberRenewed,
    OrganisationAdmitted,
    OrganisationReinstated,
    OrganisationSuspended,
    PolicyPublished,
    RootHandedOver,
    RootHandoverCancelled,
    RootHandoverProposed,
    StepApproved,
    VersionAdded,
    VersionRecalled,
)
from dataledger.contracts.identifiers import OrgId, Stage
from dataledger.contracts.types import ALL_CAPABILITIES, Capability


def event_text(
    event: Event,
    stages: Mapping[Stage, str],
    organisation: Callable[[OrgId], str] = "organisation {}".format,
) -> str:
    """Return what `event` says.

    Args:
        event: Any event of the contracts.
        stages: The names of the stages of the dataset's policy.
        organisation: Gives an organisation's name.
    """
    if isinstance(event, DatasetEvent):
        return _of_dataset(event, stages)
    if isinstance(event, PolicyPublished):
        return f"policy {event.policy} published: {event.content.name}"
    return _of_organisation(event, organisation)


def capabilities_text(capabilities: Capability) -> str:
    """Return the names of capabilities; `all`, or `none`, where that is so."""
    if capabilities == ALL_CAPABILITIES:
        return "all"
    return ", ".join(capabilities.names) or "none"


def _of_dataset(event: DatasetEvent, stages: Mapping[Stage, str]) -> str:
    def name(stage: Stage) -> str:
        return stages.get(stage, f"stage {stage}")

    match event:
        case DatasetRegistered():
            text = "registered, " + ("as yet empty" if event.record is None else "with version 1")
        case VersionAdded():
            text = f"version {event.version} added → {name(event.stage)}"
        case StepApproved():
            text = f"approved {name(event.from_stage)} → {name(event.to_stage)}"
        case Advanced():
            text = f"{name(event.from_stage)} → {name(event.to_stage)}"
        case DatasetDescribed():
            text = f"described by {event.description}"
        case DatasetSuspended():
            text = f"suspended: {event.reason}"
        case DatasetReinstated():
            text = f"reinstated → {name(event.to_stage)}: {event.reason}"
        case VersionRecalled():
            what = f"version {event.version} recalled as {event.severity.name}"
            text = f"{what} → {name(event.stage)}: {event.reason}"
        case _:
            text = type(event).__name__
    return text


def _of_organisation(event: Event, organisation: Callable[[OrgId], str]) -> str:
    match event:
        case OrganisationAdmitted():
            above = "" if event.parent is None else f" below {organisation(event.parent)}"
            held = capabilities_text(event.capabilities)
            text = f"{event.slug} ({event.name}) admitted{above}, to hold {held}"
        case CapabilitiesChanged():
            held, grants = map(capabilities_text, (event.capabilities, event.grantable))
            text = f"{organisation(event.org)} now holds {held}, and may grant {grants}"
        case OrganisationSuspended():
            by = organisation(event.by_org)
            text = f"{organisation(event.org)} suspended by {by}: {event.reason}"
        case OrganisationReinstated():
            text = f"{organisation(event.org)} reinstated by {organisation(event.by_org)}"
        case MemberAdded():
            text = f"{event.key} became {event.role.name} of {organisation(event.org)}"
        case MemberRenewed():
            text = f"{event.key} has another end of membership in {organisation(event.org)}"
        case MemberEnded():
            text = f"{event.key} ceased to be a member of {organisation(event.org)}"
        case KeyRotated():
            org = organisation(event.org)
            text = f"{event.new_key} took over from {event.old_key} in {org}"
        case RootHandoverProposed():
            text = f"{event.successor} may take over the root authority"
        case RootHandoverCancelled():
            text = f"{event.successor} may no longer take over the root authority"
        case RootHandedOver():
            text = f"{event.successor} took over the root authority"
        case _:
            text = type(event).__name__
    return text
