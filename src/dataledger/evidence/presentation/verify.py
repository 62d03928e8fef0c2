"""Checking a presentation offline: whose it is, for whom, until when, and what it shows."""

import hmac
from dataclasses import dataclass

from dataledger.errors import SignatureInvalid, shown
from dataledger.evidence.presentation.audience import Audience
from dataledger.evidence.presentation.document import Content, Presentation
from dataledger.evidence.presentation.fields import (
    REMEDY,
    refused,
    time_words,
    to_challenge,
)
from dataledger.evidence.presentation.findings import Finding, Standing
from dataledger.evidence.presentation.items import Item
from dataledger.hashing import Digest

CLOCK_SECONDS = 60
"""How far the signer's clock may be ahead of the verifier's."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One item that was checked, and what it claims."""

    item: Item
    findings: tuple[Finding, ...]

    @property
    def standing(self) -> Standing:
        """`PROVEN` only if every claim is."""
        all_proven = all(finding.standing is Standing.PROVEN for finding in self.findings)
        return Standing.PROVEN if all_proven else Standing.ATTESTED


@dataclass(frozen=True, slots=True)
class Verified:
    """A presentation that holds, and what is left open."""

    presentation: Presentation
    digest: Digest
    """SHA-256 of the file."""
    checked_at_unix: int
    shown: tuple[Shown, ...]
    challenge_checked: bool
    on_chain: bool
    """Whether the chain was asked, too."""
    warnings: tuple[str, ...] = ()

    @property
    def leaves_open(self) -> tuple[str, ...]:
        """What was not checked, or cannot be, in words."""
        content = self.presentation.content
        found = []
        if not self.on_chain:
            found.append(
                f"That the chain records this version, with the content root "
                f"{content.anchor.content_root}, and that {content.signer} acts for its owner: ask "
                "the chain."
            )
        if not self.challenge_checked:
            found.append(
                "Whether it was made for this occasion: no challenge was compared, so it may have "
                "been shown to you before."
            )
        if any(shown.standing is Standing.ATTESTED for shown in self.shown):
            found.append("Whether what is attested is so: it is the owner's word, and no proof.")
        return tuple(found)


def verify_presentation(
    data: bytes, audience: Audience, *, now_unix: int, challenge: str | None = None
) -> Verified:
    """Return what a presentation shows `audience` at `now_unix`. Needs no network.

    `audience` is who verifies. A verifier who gave the owner a challenge passes it on here, and
    should: without one, an older presentation for the same verifier is as good as a new one until
    it expires.

    Raises:
        EvidenceError: it is no presentation.
        SignatureInvalid: anything in it was altered, or another key signed.
        PresentationRefused: it is for somebody else, was made for another challenge or none, has
            expired, or is not valid yet.
        ProofInvalid: something in it does not follow from the version's content root.
        InvalidArgument: `challenge` can be none.
    """
    presentation = Presentation.parse(data)
    content = presentation.content
    if not presentation.is_signed:
        raise SignatureInvalid(
            f"The presentation is not signed by {content.signer}, who it says has signed it.",
            remedy=REMEDY,
        )
    _check_audience(content, audience)
    _check_time(content, now_unix)
    _check_challenge(content, challenge)
    return Verified(
        presentation=presentation,
        digest=Digest.of(data),
        checked_at_unix=now_unix,
        shown=tuple(Shown(item, item.check(content.anchor)) for item in content.items),
        challenge_checked=challenge is not None,
        on_chain=False,
    )


def _check_audience(content: Content, audience: Audience) -> None:
    if content.audience != audience:
        raise refused(
            f"it is for {shown(str(content.audience))}, not for {shown(str(audience))}",
            "If both name you, verify it by the name that the presentation has; else ask the "
            "dataset's owner for one of your own.",
        )


def _check_time(content: Content, now_unix: int) -> None:
    if now_unix >= content.expires_at_unix:
        raise refused(f"it expired at {time_words(content.expires_at_unix)}")
    if now_unix < content.issued_at_unix - CLOCK_SECONDS:
        raise refused(
            f"it is valid from {time_words(content.issued_at_unix)} on",
            "Set the clock of this machine, or ask its maker to set theirs.",
        )


def _check_challenge(content: Content, challenge: str | None) -> None:
    if challenge is None:
        return
    if content.challenge is None:
        raise refused("it answers no challenge, and one was given")
    given = to_challenge(challenge)
    if not hmac.compare_digest(content.challenge.encode(), given.encode()):
        raise refused(f"it answers the challenge {shown(content.challenge)}, another one")
