"""Making a presentation: from items, for one verifier, signed by a member of the owner."""

import time
from collections.abc import Iterable

from dataledger.chain.signer import Signer
from dataledger.chain.typed_data import Domain, TypedData
from dataledger.contracts.identifiers import OrgId
from dataledger.errors import InvalidArgument, NotFound, PresentationRefused
from dataledger.evidence.presentation import (
    DEFAULT_LIFETIME_SECONDS,
    MAX_PRESENTATION_BYTES,
    Anchor,
    Audience,
    Content,
    Item,
    Presentation,
    verify_presentation,
)
from dataledger.evidence.presentation.signing import (
    DOMAIN_NAME,
    DOMAIN_VERSION,
    PRIMARY_TYPE,
    TYPES,
    Signed,
)
from dataledger.ledger import Ledger
from dataledger.ledger.json_forms import record_to_json
from dataledger.ledger.proofs import RecordedManifest


def present(
    ledger: Ledger,
    recorded: RecordedManifest,
    items: Iterable[Item],
    *,
    audience: Audience,
    purpose: str,
    challenge: str | None = None,
    expires_at_unix: int | None = None,
    now_unix: int | None = None,
) -> Presentation:
    """Return a presentation, signed with the ledger's account, that was verified.

    Args:
        ledger: Its account must be a member of the organisation that owns the dataset.
        recorded: The version, as `ledger.proofs.recorded` returns it.
        items: What is disclosed of it.
        audience: Who verifies.
        purpose: What it is for: a line that the verifier reads.
        challenge: What the verifier asked to find in it.
        expires_at_unix: First second at which it is no longer valid; by default an hour from now,
            at most 30 days.
        now_unix: When it is made; by default this machine's time.

    Raises:
        InvalidArgument: the ledger has no account; or purpose, challenge, time or items are out of
            their range, or too large together.
        PresentationRefused: the account is no member of the dataset's owner, or cannot act.
        ProofInvalid: an item does not follow from this version.
    """
    signer = ledger.signer
    if signer is None:
        raise InvalidArgument(
            "A presentation is signed, and the ledger was opened without an account.",
            remedy="Connect with a signer of the dataset's owner.",
        )
    dataset = ledger.datasets.get(recorded.anchor.dataset)
    _check_member(ledger, signer, dataset.owner)
    issued = int(time.time()) if now_unix is None else now_unix
    anchor = recorded.anchor
    content = Content(
        anchor=Anchor(
            chain_id=anchor.chain_id,
            genesis_hash=anchor.genesis_hash,
            ledger=anchor.ledger,
            dataset=anchor.dataset,
            owner=dataset.owner,
            slug=dataset.slug,
            version=anchor.version,
            record=record_to_json(anchor.record),
        ),
        items=tuple(items),
        audience=audience,
        challenge=challenge,
        purpose=purpose,
        issued_at_unix=issued,
        expires_at_unix=(
            issued + DEFAULT_LIFETIME_SECONDS if expires_at_unix is None else expires_at_unix
        ),
        signer=signer.address,
    )
    presentation = sign(content, signer)
    data = presentation.to_bytes()
    if len(data) > MAX_PRESENTATION_BYTES:
        raise InvalidArgument(
            f"The presentation has {len(data)} bytes, and at most {MAX_PRESENTATION_BYTES} can be "
            "read.",
            remedy="Disclose less at once, in several presentations.",
        )
    verify_presentation(data, audience, now_unix=issued, challenge=challenge)
    return presentation


def sign(content: Content, signer: Signer) -> Presentation:
    """Return the content with the signer's signature. Needs no network.

    Raises:
        WrongChain: the signer is bound to another chain.
    """
    return Presentation(content, bytes(signer.sign_typed_data(typed_data(content.signed()))))


def typed_data(signed: Signed) -> TypedData:
    """Return the EIP-712 message: what a wallet shows, and what is signed."""
    return TypedData(
        domain=Domain(DOMAIN_NAME, DOMAIN_VERSION, signed.chain_id, signed.contract),
        primary_type=PRIMARY_TYPE,
        types=TYPES,
        message=signed.message(),
    )


def _check_member(ledger: Ledger, signer: Signer, owner: OrgId) -> None:
    try:
        member = ledger.members.get(signer.address)
    except NotFound:
        member = None
    if member is None or member.org != owner or not member.is_active:
        raise PresentationRefused(
            f"The key {signer.address} does not act for the organisation {owner}, which owns the "
            "dataset.",
            remedy="Use an account of the dataset's owner; `dataledger member list` names them.",
        )
