"""What each custom error of the contract `DataUse` means, as `refusal_words` has the others.

Costs are told as decimals: of ε, or of rho where the budget counts that, and of δ.
"""

from dataledger.contracts.refusal_words import Words

_NOTHING = "Nothing needs to be done."
_ROOM = "Ask for less, or have the owner set a higher budget."

USE_WORDS: dict[str, Words] = {
    "NotIndependent(org, other)": Words(
        "{org} stands below {other}, or is the same, and cannot vouch for it.",
        "Turn to a regulator that {other} does not administer.",
    ),
    "AlreadyOver(validUntil)": Words(
        "The end, {validUntil}, is not in the future.", "Give a later end."
    ),
    # --------------------------------------------------------------------------------- projects
    "DocumentMissing()": Words(
        "A project needs a document.", "Give the document that describes it, or its digest."
    ),
    "PurposeMissing()": Words("A project needs a purpose.", "Name at least one purpose."),
    "ProjectExists(project)": Words(
        "This very project is proposed already, as {project}.", "Use {project}."
    ),
    "UnknownProject(project)": Words("There is no project {project}.", "Check its id."),
    "ApprovalUnchanged(project, org, validUntil)": Words(
        "{org} has approved the project {project} until {validUntil} already.", _NOTHING
    ),
    "ProjectNotApproved(project)": Words(
        "The project {project} is not approved.",
        "Ask a regulator over its applicant to approve it.",
    ),
    "ProjectExpired(project, validUntil)": Words(
        "The approval of the project {project} ended at {validUntil}.",
        "Ask a regulator to approve it anew.",
    ),
    "ProjectIsEnded(project)": Words(
        "The project {project} was ended, for good.", "Propose a new project."
    ),
    "NotApplicant(project, applicant, org)": Words(
        "The project {project} is of {applicant}, not of {org}.",
        "Have its applicant ask, or propose a project of your own.",
    ),
    "PurposeNotApproved(project, purpose)": Words(
        "Purpose {purpose} is not among those of the project {project}.",
        "Ask for one of its purposes, or propose a project that has this one.",
    ),
    # --------------------------------------------------------------------- datasets and budgets
    "LevelUnchanged(dataset, level)": Words(
        "The dataset {dataset} has level {level} already.", _NOTHING
    ),
    "CompositionMissing()": Words(
        "A budget counts something.", "Choose BASIC composition, or ZCDP."
    ),
    "CompositionFixed(dataset, composition)": Words(
        "Something is counted of the budget of the dataset {dataset}, by {composition} "
        "composition.",
        "Keep the composition.",
    ),
    "BudgetUnchanged(dataset)": Words(
        "The budget of the dataset {dataset} is this already.", _NOTHING
    ),
    "BudgetTooLow(dataset, countedMicro, countedDeltaPico)": Words(
        "Of the budget of the dataset {dataset}, {countedMicro} of ε (or rho) and "
        "{countedDeltaPico} of δ are counted already; neither limit can come to lie below.",
        "Give higher limits, or settle the runs that are open.",
    ),
    "InvalidCost(composition, micro, deltaPico)": Words(
        "A cost under {composition} composition cannot be {micro} of ε (or rho) and {deltaPico} "
        "of δ.",
        "Give more than 0 of ε or rho, and a δ under BASIC only; an exact use costs nothing.",
    ),
    "OtherComposition(dataset, ofBudget, ofGrant)": Words(
        "The budget of the dataset {dataset} counts by {ofBudget} composition, and the grant's "
        "limit by {ofGrant}.",
        "Have the owner set the budget, or grant the use anew, so that they agree.",
    ),
    "DatasetBudgetExceeded(dataset, leftMicro, leftDeltaPico, micro, deltaPico)": Words(
        "The budget of the dataset {dataset} has {leftMicro} of ε (or rho) and {leftDeltaPico} of "
        "δ left; the run can cost {micro} and {deltaPico}.",
        _ROOM,
    ),
    "ConsumerBudgetExceeded(dataset, consumer, leftMicro, leftDeltaPico, micro, deltaPico)": Words(
        "{consumer} has {leftMicro} of ε (or rho) and {leftDeltaPico} of δ left of the dataset "
        "{dataset}; the run can cost {micro} and {deltaPico}.",
        _ROOM,
    ),
    "GrantLimitExceeded(grant, leftMicro, leftDeltaPico, micro, deltaPico)": Words(
        "The grant {grant} has {leftMicro} of ε (or rho) and {leftDeltaPico} of δ left; the run "
        "can cost {micro} and {deltaPico}.",
        "Ask for less, or request another grant.",
    ),
    # ----------------------------------------------------------------------------------- grants
    "TermsMissing()": Words("The terms are missing.", "Give the policy, or its digest."),
    "RequestExists(grant)": Words(
        "This very request was made already, as {grant}.", "Use {grant}, or give another number."
    ),
    "UnknownGrant(grant)": Words("There is no request or grant {grant}.", "Check its id."),
    "NotRequested(grant, state)": Words(
        "The request {grant} was answered already: it is {state}.", "Look at what it is now."
    ),
    "NotGranted(grant, state)": Words(
        "The grant {grant} is not in force: it is {state}.",
        "Wait for the owner to grant it, or make another request.",
    ),
    "GrantExpired(grant, validUntil)": Words(
        "The grant {grant} ended at {validUntil}.", "Make another request."
    ),
    "InvalidStages(stages)": Words(
        "The stages with the bits {stages} cannot be granted.",
        "Name at least one stage, of those that the dataset's policy has: 1 to 29.",
    ),
    "InvalidThreshold(threshold, executors)": Words(
        "{threshold} of {executors} executors cannot sign.",
        "Let at least one executor sign, and at most all; or name none at all.",
    ),
    "ExecutorsNotAscending(index)": Words(
        "The executor number {index}, counted from 0, does not come after the one before it.",
        "Name each executor once, in ascending order of addresses.",
    ),
    "OtherTerms(grant)": Words(
        "The use {grant} was granted on other terms.", "Read its terms again, and decide again."
    ),
    "AlreadyCosigned(grant, org)": Words("{org} co-signed the grant {grant} already.", _NOTHING),
    "CosignatureMissing(grant, level)": Words(
        "A dataset of level {level} is not used by the grant {grant} without a co-signature.",
        "Ask an independent regulator over its owner to co-sign.",
    ),
    "StageNotAllowed(grant, stage)": Words(
        "The grant {grant} is for other stages of the dataset than {stage}.",
        "Wait until the dataset is at one of the grant's stages.",
    ),
    "VersionNotGranted(grant, granted, given)": Words(
        "The grant {grant} is for version {granted}, not {given}.", "Use the version granted."
    ),
    "VersionIsRecalled(dataset, version)": Words(
        "Version {version} of the dataset {dataset} is recalled.", "Use another version."
    ),
    # ------------------------------------------------------------------------------------- runs
    "CodeMissing()": Words(
        "A run needs code.", "Give the digest of the algorithm, or of the query."
    ),
    "OtherCode(grant, granted, given)": Words(
        "The grant {grant} is for the code {granted}, not {given}.", "Run the code granted."
    ),
    "RunExists(grant, run)": Words(
        "The grant {grant} has a run {run} already.", "Choose another run id."
    ),
    "UnknownRun(grant, run)": Words(
        "The grant {grant} has no run {run}.", "Reserve before the run, and check the ids."
    ),
    "AlreadySettled(grant, run)": Words(
        "The run {run} of the grant {grant} is settled already.", _NOTHING
    ),
    "NotAsReserved(grant, run)": Words(
        "The run {run} of the grant {grant} was reserved for another version or other code.",
        "Settle it as it was reserved.",
    ),
    "InputMissing(dataset)": Words(
        "The receipt does not begin with the granted dataset {dataset}.", "Name it as first input."
    ),
    "InputRepeated(dataset, version)": Words(
        "The receipt names version {version} of the granted dataset {dataset} besides the one "
        "reserved.",
        "Reserve a run for each version.",
    ),
    "OtherCommitment(dataset, version, recorded, given)": Words(
        "The ledger's commitment to version {version} of the dataset {dataset} is {recorded}, not "
        "{given}.",
        "Check which version was read.",
    ),
    "EnvironmentMissing()": Words(
        "The receipt does not say on what the code ran.", "Give the digest of its environment."
    ),
    "OutputMismatch(outcome, output)": Words(
        "A run that is {outcome} cannot have the output {output}.",
        "Name an output exactly where one was released.",
    ),
    "SpentMoreThanReserved(grant, run, reservedMicro, reservedDeltaPico, micro, deltaPico)": Words(
        "The run {run} of the grant {grant} reserved {reservedMicro} of ε (or rho) and "
        "{reservedDeltaPico} of δ, and cannot have spent {micro} and {deltaPico}.",
        "Release nothing that costs more than was reserved.",
    ),
    "NothingSpent(grant, run)": Words(
        "The run {run} of the grant {grant} released an answer, and so it spent something.",
        "Settle it with its cost.",
    ),
    "OtherQuorum(grant)": Words(
        "The grant {grant} has another quorum of executors.", "Give the quorum of its terms."
    ),
    "SignatureCount(executors, signatures)": Words(
        "There are {signatures} signatures for {executors} executors.",
        "Give one for each executor, empty where it has not signed.",
    ),
    "InvalidExecutorSignature(executor)": Words(
        "The signature is not by {executor}, or not over this receipt for this chain and contract.",
        "Have the receipt signed anew, or leave this signature empty.",
    ),
    "SignaturesMissing(grant, threshold, given)": Words(
        "Receipts under the grant {grant} need {threshold} signatures; this one has {given}.",
        "Have more executors sign it.",
    ),
}
