"""What each custom error of the contracts means, and what to do about it: one table.

A row's key is the error with its arguments' names; braces stand for arguments in words.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """A message and a remedy, with arguments in braces."""

    message: str
    remedy: str


_LOOK_AGAIN = "Look at the dataset as it stands now, and decide again."

WORDS: dict[str, Words] = {
    # ------------------------------------------------------------------------------ who may act
    "NotMember(key)": Words(
        "The key {key} is a member of no organisation.",
        "Use the account of a member, or have this key added to your organisation.",
    ),
    "MembershipNotStarted(key, validFrom)": Words(
        "The membership of the key {key} starts only at {validFrom}.",
        "Wait until then, or use another member's account.",
    ),
    "MembershipEnded(key, validUntil)": Words(
        "The membership of the key {key} ended at {validUntil}.",
        "Have another key of your organisation added: an ended membership stays ended.",
    ),
    "MembershipSuperseded(key, org)": Words(
        "The key {key} lost its membership in {org} when the root authority was handed over.",
        "Use a key that was added since.",
    ),
    "OrganisationIsSuspended(org, suspendedBy)": Words(
        "{org} is suspended by {suspendedBy}; neither it nor an organisation below it can act.",
        "Ask {suspendedBy} why, and for reinstatement.",
    ),
    "NotAdmin(key, org)": Words(
        "The key {key} is an operator of {org}; this needs an administrator.",
        "Use the account of an ADMIN of the organisation.",
    ),
    "NoAuthority(actor, org)": Words(
        "{actor} has no authority over {org}.",
        "Have it done by an organisation that stands above.",
    ),
    "MissingCapability(org, required, held)": Words(
        "{org} lacks a capability: this needs {required}, and it has {held}.",
        "Let an organisation with that capability do it, or ask the one above for it.",
    ),
    # ---------------------------------------------------------------------------- organisations
    "UnknownOrganisation(org)": Words(
        "There is no {org}.", "List the organisations, and check the id."
    ),
    "NotGrantable(grantor, requested, grantable)": Words(
        "{grantor} cannot give {requested}: it may only give {grantable}.",
        "Ask for fewer capabilities, or have the organisation above pass on more.",
    ),
    "CapabilitiesUnchanged(org, capabilities, grantable)": Words(
        "{org} already holds {capabilities}, and may already grant {grantable}.",
        "Nothing needs to be done.",
    ),
    "SlugTaken(slug, org)": Words(
        "The slug {slug} belongs to {org}, for ever.", "Choose another slug."
    ),
    "InvalidSlug(slug)": Words(
        "{slug} is not a slug.",
        "Use 1 to 32 characters of a-z, 0-9, '.', '_' and '-', starting with a letter or digit.",
    ),
    "NameLength(length, maximum)": Words(
        "The name has {length} bytes; it needs 1 to {maximum}.", "Shorten the name."
    ),
    "TooDeep(parent, maximum)": Words(
        "{parent} stands {maximum} steps below the root authority; none can be admitted below it.",
        "Admit the organisation further up.",
    ),
    "AlreadySuspended(org, suspendedBy)": Words(
        "{org} is suspended already, by {suspendedBy}.", "Nothing needs to be done."
    ),
    "NotSuspended(org)": Words("{org} is not suspended.", "Nothing needs to be done."),
    # ---------------------------------------------------------------------------------- members
    "InvalidKey(key)": Words("The address {key} cannot be a member.", "Give the member's address."),
    "KeyBound(key, org)": Words(
        "The key {key} is bound to {org}, for ever.",
        "Make a new account: a key never changes its organisation or its role.",
    ),
    "InvalidRole()": Words("A member needs a role.", "Choose OPERATOR or ADMIN."),
    "InvalidWindow(validFrom, validUntil)": Words(
        "The window from {validFrom} until {validUntil} is empty, or over.",
        "Let it end in the future, and after its start.",
    ),
    "WindowUnchanged(key, validUntil)": Words(
        "The membership of the key {key} already ends at {validUntil}.", "Nothing needs to be done."
    ),
    "CannotEndSelf(key)": Words(
        "The key {key} cannot bring its own end nearer, so that no organisation locks itself out.",
        "Use another administrator's account, or rotate the key.",
    ),
    # --------------------------------------------------------------------------- root authority
    "HandoverUnchanged(successor)": Words(
        "The key {successor} is already the proposed successor.", "Nothing needs to be done."
    ),
    "NoHandover()": Words("No handover is proposed.", "Nothing needs to be done."),
    "NotSuccessor(key, successor)": Words(
        "The key {key} may not take over the root authority; the proposed successor is "
        "{successor}.",
        "Use the account of the proposed successor, or have this key proposed.",
    ),
    # --------------------------------------------------------------------------------- policies
    "PolicyExists(policy)": Words(
        "This very policy is published already, as {policy}.", "Use {policy}."
    ),
    "UnknownPolicy(policy)": Words("There is no {policy}.", "List the policies, and choose one."),
    "InvalidEdge(index)": Words(
        "The policy's edge number {index}, counted from 0, is malformed or stands there twice.",
        "Correct this edge in the policy file.",
    ),
    "InvalidAfterVersion(stage, next)": Words(
        "The policy lets a new version lead from {stage} to {next}, which cannot be.",
        "Name stages of the policy only; versions can be added at them and at RECALLED.",
    ),
    "InvalidEntry(entry)": Words(
        "The policy cannot begin at {entry}: it must be a stage of its own where a new version "
        "stays.",
        "Correct `entry` or `after_version` in the policy file.",
    ),
    "InvalidGate(gate)": Words(
        "The policy's gate {gate} does not fit its edges.",
        "Name a contract exactly when an edge is gated.",
    ),
    "InvalidStageCount(count)": Words("A policy cannot have {count} stages.", "Use 1 to 29."),
    # --------------------------------------------------------------------------------- datasets
    "DatasetExists(dataset)": Words(
        "The dataset {dataset} exists already, and not as it would be registered now.",
        "Choose another slug, or add a version to the dataset that is there.",
    ),
    "UnknownDataset(dataset)": Words(
        "There is no dataset {dataset}.", "Check its owner and its slug."
    ),
    "NotOwner(dataset, owner, org)": Words(
        "Only the owner of the dataset {dataset}, {owner}, may do this, not {org}.",
        "Have the owner do it.",
    ),
    "VersionConflict(dataset, expected, given)": Words(
        "The next version of the dataset {dataset} is {expected}, not {given}.",
        "Look which versions there are: another member may have added one.",
    ),
    "VersionNotAllowed(dataset, stage)": Words(
        "No version may be added to the dataset {dataset} in the stage {stage}.",
        "Take the dataset back to a stage where its policy allows new versions.",
    ),
    "IncompleteVersion()": Words(
        "The version's record lacks its content root, its manifest digest, or its files.",
        "Fingerprint the data, and register what that gives.",
    ),
    "UnknownVersion(dataset, version)": Words(
        "The dataset {dataset} has no version {version}.", "Look which versions there are."
    ),
    "DescriptionMissing()": Words(
        "A dataset cannot be described by nothing.", "Give the description, or its digest."
    ),
    # -------------------------------------------------------------------------------- lifecycle
    "NoVersion(dataset)": Words(
        "The dataset {dataset} has no version yet, so there is nothing to take a step with.",
        "Add its first version.",
    ),
    "StaleVersion(dataset, current, given)": Words(
        "The dataset {dataset} is at version {current}; the step was meant for version {given}.",
        _LOOK_AGAIN,
    ),
    "StageMismatch(dataset, current, given)": Words(
        "The dataset {dataset} is in the stage {current}; the step was meant to start from "
        "{given}.",
        _LOOK_AGAIN,
    ),
    "NoSuchStep(policy, from, to)": Words(
        "There is no step from {from} to {to} under {policy}.",
        "Take one of the steps that the policy has from this stage.",
    ),
    "EvidenceMissing()": Words(
        "A step needs evidence.", "Give the activity record, or its digest."
    ),
    "DutiesNotSeparate(dataset, org, part)": Words(
        "{org} is {part} of the dataset {dataset}, and must not take this step as well.",
        "Have it taken by an organisation that had no such part in this dataset.",
    ),
    "DutyTaken(dataset, duty, holder, org)": Words(
        "Duty {duty} for this version of the dataset {dataset} was done by {holder}; {org} cannot "
        "take its place on the record.",
        "Have {holder} do it again, or add a new version.",
    ),
    "TooEarly(dataset, allowedFrom)": Words(
        "The policy allows this step of the dataset {dataset} only from {allowedFrom} on.",
        "Wait until then.",
    ),
    "ApprovalsMissing(dataset, required, given)": Words(
        "This step of the dataset {dataset} needs {required} approvals, and has {given}.",
        "Ask independent organisations to approve exactly this step, with this evidence.",
    ),
    "ApprovalNotNeeded(dataset, from, to)": Words(
        "The step from {from} to {to} needs no approval.", "Take the step."
    ),
    "AlreadyApproved(dataset, org)": Words(
        "{org} approved this step of the dataset {dataset} already.", "Nothing needs to be done."
    ),
    "ApproverCannotAct(dataset, org)": Words(
        "{org} approved this step of the dataset {dataset}, so it may not take it too.",
        "Have another organisation take the step.",
    ),
    # -------------------------------------------------------------------------------- regulators
    "OutsideJurisdiction(regulator, org)": Words(
        "{org} lies outside the jurisdiction of {regulator}.",
        "Turn to a regulator that was admitted above it.",
    ),
    "AlreadySuspended(dataset)": Words(
        "The dataset {dataset} is suspended already.", "Nothing needs to be done."
    ),
    "NotSuspended(dataset)": Words(
        "The dataset {dataset} is not suspended.", "Nothing needs to be done."
    ),
    "AlreadyRecalled(dataset, version)": Words(
        "Version {version} of the dataset {dataset} is recalled already.",
        "Nothing needs to be done: a recall is for good.",
    ),
    # ---------------------------------------------------------------------------- signed actions
    "AuthorisationExpired(deadline)": Words(
        "The signed action was valid until {deadline}.", "Have it signed anew."
    ),
    "InvalidSignature(signer)": Words(
        "The signature is not by {signer}, or not over this action for this chain and contract.",
        "Relay the signed action unchanged, on the chain that it names; else have it signed anew.",
    ),
    "InvalidAccountNonce(account, currentNonce)": Words(
        "A signed action of {account} with this nonce was relayed already, or an earlier one was "
        "not; the next nonce is {currentNonce}.",
        "If the action is not on record, have it signed anew.",
    ),
    # ------------------------------------------------------------------------------------ others
    "Sha256Failed()": Words(
        "The chain could not compute SHA-256: the call ran out of gas.", "Give it more gas."
    ),
    "InvalidShortString()": Words(
        "The contract holds a malformed text.", "Check that it is the contract of the profile."
    ),
    "StringTooLong(str)": Words("The text {str} is too long.", "Shorten it."),
    # ------------------------------------------------------------------- Solidity's own, and none
    "Error(message)": Words(
        "The contract refuses: {message}.", "Ask whoever runs the contract what this means."
    ),
    "Panic(code)": Words(
        "The contract failed, with Solidity's panic code {code}.",
        "Report this to those who run the contracts: it should not happen.",
    ),
    "NoReason()": Words(
        "The contract refuses without a reason; perhaps the call ran out of gas.",
        "Try with more gas; and check that the profile's contracts are the right ones.",
    ),
    "UnknownError(data)": Words(
        "The contract refuses with an error that is not its own: {data}.",
        "Ask whoever runs the policy's gate, or the contract wallet, what this means.",
    ),
}
