"""What the chain says to a presentation: the version, the signer, the receipts."""

from dataclasses import replace

from dataledger.contracts.artifacts import ContractName
from dataledger.contracts.use_types import Outcome
from dataledger.errors import (
    CommitmentMismatch,
    NotFound,
    PresentationRefused,
    ProofInvalid,
    WrongChain,
)
from dataledger.evidence.presentation import Anchor, AnswerItem, Basis, Content, Shown, Verified
from dataledger.evidence.presentation.fields import REMEDY, time_words
from dataledger.evidence.presentation.findings import Finding, proven
from dataledger.evidence.presentation.verify import CLOCK_SECONDS
from dataledger.ledger import Ledger
from dataledger.ledger.json_forms import record_to_json
from dataledger.ledger.results import Version


def check_on_chain(ledger: Ledger, verified: Verified) -> Verified:
    """Return what a verified presentation shows once the chain was asked, with its warnings.

    Answers with a receipt become proven. A recall, or a suspension of the dataset or its owner, is
    a warning: what was recorded stays recorded.

    Raises:
        WrongChain: it is about another chain or contract.
        NotFound: there is no such dataset or version.
        CommitmentMismatch: the chain records something else of the version.
        PresentationRefused: at the time of the check, the signer is no member of the organisation
            that owns the dataset.
        ProofInvalid: an answer is not what a receipt names, or not about this version.
    """
    content = verified.presentation.content
    anchor = content.anchor
    _check_chain(ledger, anchor)
    version = ledger.datasets.version(anchor.dataset, anchor.version)
    if record_to_json(version.record) != anchor.record:
        raise CommitmentMismatch(
            f"The chain records something else of version {anchor.version} of the dataset "
            f"{anchor.dataset} than the presentation says.",
            remedy=REMEDY,
        )
    return replace(
        verified,
        shown=tuple(_with_receipt(ledger, anchor, shown) for shown in verified.shown),
        on_chain=True,
        warnings=(
            *_version_warnings(ledger, anchor, version),
            *_signer_warnings(ledger, content, verified.checked_at_unix),
        ),
    )


def _check_chain(ledger: Ledger, anchor: Anchor) -> None:
    profile = ledger.profile
    contract = profile.contract(ContractName.DATASET_LEDGER).address
    here = (profile.chain_id, profile.genesis_hash, contract)
    if here != (anchor.chain_id, anchor.genesis_hash, anchor.ledger):
        raise WrongChain(
            f"The presentation is about the contract {anchor.ledger} on chain {anchor.chain_id} "
            f"with genesis block {anchor.genesis_hash}, not about this chain's.",
            remedy="Check it with the profile of the chain that it names.",
        )


def _version_warnings(ledger: Ledger, anchor: Anchor, version: Version) -> list[str]:
    found = []
    if version.recall is not None:
        found.append(f"The version was recalled, as {version.recall.severity.name}.")
    dataset = ledger.datasets.get(anchor.dataset)
    if dataset.suspended_by is not None:
        found.append(f"The dataset is suspended, by the organisation {dataset.suspended_by}.")
    return found


def _signer_warnings(ledger: Ledger, content: Content, checked_at_unix: int) -> list[str]:
    owner, signer = content.anchor.owner, content.signer
    try:
        member = ledger.members.get(signer)
    except NotFound:
        member = None
    if member is None or member.org != owner:
        raise PresentationRefused(
            f"The presentation is signed by {signer}, which was never a member of the organisation "
            f"{owner}, the dataset's owner.",
            remedy="Ask the dataset's owner for a presentation.",
        )
    # At the time of the check: whoever has a key that was ended could date anything back. A window
    # begins by the validators' clocks, which may be ahead of this machine's.
    now_unix = max(checked_at_unix + CLOCK_SECONDS, ledger.connection.head().timestamp_unix)
    if member.valid_from_unix > now_unix or checked_at_unix >= member.valid_until_unix:
        raise PresentationRefused(
            f"The presentation is signed by {signer}, and that key cannot act for the "
            f"organisation {owner} at {time_words(checked_at_unix)}.",
            remedy="Ask the dataset's owner for a presentation signed by a key that is valid.",
        )
    if member.is_active:
        return []
    why = "its organisation, or one above, is suspended, or the root authority was handed over"
    return [f"The key {signer} cannot act now: {why}."]


def _with_receipt(ledger: Ledger, anchor: Anchor, shown: Shown) -> Shown:
    if not isinstance(shown.item, AnswerItem):
        return shown
    return replace(shown, findings=(_receipted(ledger, anchor, shown.item),))


def _receipted(ledger: Ledger, anchor: Anchor, item: AnswerItem) -> Finding:
    run = ledger.runs.get(item.grant, item.run)
    receipt = run.receipt
    if receipt is None or receipt.outcome is not Outcome.RELEASED or receipt.output != item.output:
        raise ProofInvalid(
            f"The chain has no receipt by which the run {item.run} of the grant {item.grant} "
            f"released an answer with the digest {item.output}.",
            remedy=REMEDY,
        )
    versions = {(used.dataset, used.version) for used in receipt.inputs}
    if (anchor.dataset, anchor.version) not in versions:
        raise ProofInvalid(
            f"The run {item.run} did not read version {anchor.version} of the dataset "
            f"{anchor.dataset}, which the presentation is about.",
            remedy=REMEDY,
        )
    return proven(
        "A settled run over this version released this answer, by its receipt.", Basis.RECEIPT
    )
