"""Who may ask, and for what: everything that is asked of the chain and the rules before a run.

The order is from what costs least to what costs most: what anybody could send in great numbers is
refused before the chain is asked.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from dataledger.contracts.artifacts import ContractName
from dataledger.contracts.identifiers import Address, OrgId
from dataledger.contracts.use_types import Cost, Terms
from dataledger.errors import NodeRefused, NotFound, Refused, TypedDataError, shown
from dataledger.hashing import Digest
from dataledger.ledger import Ledger, Member, UseGrant
from dataledger.ledger.purposes import purpose
from dataledger.node.config import MAX_AGE_SECONDS
from dataledger.node.grants import Grants
from dataledger.node.holdings import HeldVersion, Holdings
from dataledger.node.journal import Journal
from dataledger.node.rates import Rates
from dataledger.node.requests import NodeRequest, SignedRequest
from dataledger.node.rules import Limits
from dataledger.node.work import Work

MAX_AHEAD_SECONDS = 60
"""How far the asker's clock may be ahead of the node's."""
NONCE_SECONDS = 2 * MAX_AGE_SECONDS
"""For so long nonces are remembered: until no request could be taken again, whatever the limit."""

_STRANGERS = OrgId(0)
"""Those of whom the node does not know yet for whom they act share one bucket."""
_MAX_KNOWN = 10_000


@dataclass(frozen=True, slots=True)
class Admitted:
    """A request by a member of the grant's applicant."""

    request: NodeRequest
    by: Address
    grant: UseGrant
    """What was asked for, and the terms; whether it is usable is asked apart."""
    is_active: bool
    """Whether the key can act now for its organisation."""

    @property
    def consumer(self) -> OrgId:
        """For whom it is asked."""
        return self.grant.applicant


@dataclass(frozen=True, slots=True)
class Allowed:
    """What an admitted request may do, if the budget has room for it."""

    held: HeldVersion
    terms: Terms
    cost: Cost


class Gate:
    """Lets requests in. May be used from any thread."""

    def __init__(
        self,
        ledger: Ledger,
        grants: Grants,
        holdings: Holdings,
        journal: Journal,
        limits: Limits,
        *,
        clock: Callable[[], float] = time.time,
        rates: Rates[OrgId] | None = None,
    ) -> None:
        self._ledger = ledger
        self._grants = grants
        self._holdings = holdings
        self._journal = journal
        self._limits = limits
        self._clock = clock
        self._rates = rates or Rates[OrgId](limits.requests_per_minute, limits.burst)
        # After a restart, strangers in great numbers must not keep out those who came before.
        self._known: dict[Address, OrgId] = journal.senders()
        self._lock = threading.Lock()

    def admit(self, signed: SignedRequest, document: bytes, action: str) -> Admitted:
        """Return only if the request is new, and signed by a member of the grant's applicant.

        Whether that member can act now is asked by `check_usable`, after what stops the grant.

        Raises:
            SignatureInvalid: it is not signed by the key it names, for this chain.
            NodeRefused: it is not (`wrong-action`, `other-document`, `too-old`, `too-early`,
                `rate-limited`, `UnknownGrant`, `not-a-member`, `replayed`).
        """
        request = signed.request
        self._check_words(request, document, action)
        self._check_signature(signed)
        with self._lock:
            known = self._known.get(signed.by)
        self._take(_STRANGERS if known is None else known)
        try:
            grant = self._grants.get(request.grant)
        except NotFound as error:
            raise NodeRefused(str(error), remedy=error.remedy, reason="UnknownGrant") from error
        member = self._member(signed.by)
        if known is None and member is not None:
            self._take(member.org)
            self._remember(signed.by, member.org)
        if member is None or member.org != grant.applicant:
            raise not_a_member(
                f"{signed.by} is no key of organisation {grant.applicant}, to which the grant "
                f"{grant.id} was made.",
            )
        kept_until = int(self._clock()) + NONCE_SECONDS
        if not self._journal.remember(signed.by, request.nonce, kept_until):
            raise NodeRefused(
                "This very request was sent before.",
                remedy="Sign another one. To have an answer again, fetch it.",
                reason="replayed",
            )
        return Admitted(request, signed.by, grant, member.is_active)

    def check_usable(self, admitted: Admitted) -> None:
        """Return only if a run under the grant could be reserved now, and the asker can act.

        Raises:
            NodeRefused: not, for the contract's own reason, or since the key cannot act now
                (`not-a-member`).
        """
        refused = self._ledger.uses.why_not(admitted.grant.id)
        if refused is not None:
            raise by_chain(refused)
        check_active(admitted)

    def check_work(self, admitted: Admitted, work: Work) -> Allowed:
        """Return what the work would read, and cost, if the grant and the node allow it.

        Raises:
            QueryError: it cannot be done, or not be bounded.
            NodeRefused: the grant or the rules do not allow it (`not-held`, `other-version`,
                `NotGranted`, `OtherCode`, `code-not-granted`, `wrong-purpose`, or as `work` does).
        """
        grant = admitted.grant
        terms = grant.terms
        if terms is None:
            raise NodeRefused(
                f"The request {grant.id} is not granted.",
                remedy="Wait for the dataset's owner to grant it.",
                reason="NotGranted",
            )
        _check_code(terms, work)
        _check_purpose(grant, work)
        held = self._version(admitted)
        return Allowed(held, terms, work.cost(terms.composition))

    # ------------------------------------------------------------------------------------- helpers

    def _check_words(self, request: NodeRequest, document: bytes, action: str) -> None:
        if request.action != action:
            raise NodeRefused(
                f"The request is to {shown(request.action)}, and not to {action}.",
                remedy="Send it to where it belongs.",
                reason="wrong-action",
            )
        if Digest.of(document) != request.body:
            raise NodeRefused(
                f"The request is signed for the document {request.body}, and comes with another.",
                remedy="Sign the document's own SHA-256, or send the document that was signed.",
                reason="other-document",
            )
        # Whole numbers: what was sent can be too large for a float.
        age_seconds = int(self._clock()) - request.issued_at_unix
        if age_seconds > self._limits.age_seconds:
            raise NodeRefused(
                f"The request was signed more than {self._limits.age_seconds} seconds ago.",
                remedy="Sign it again; check this machine's clock.",
                reason="too-old",
            )
        if age_seconds < -MAX_AHEAD_SECONDS:
            raise NodeRefused(
                f"The request is signed more than {MAX_AHEAD_SECONDS} seconds from now.",
                remedy="Check this machine's clock.",
                reason="too-early",
            )

    def _check_signature(self, signed: SignedRequest) -> None:
        profile = self._ledger.profile
        try:
            signed.check(profile.chain_id, profile.contract(ContractName.DATA_USE).address)
        except TypedDataError as error:
            raise NodeRefused(
                f"The request cannot have been signed: {error}",
                remedy="Sign it as `docs/node.md` says.",
                reason="malformed",
            ) from error

    def _take(self, org: OrgId) -> None:
        seconds = self._rates.take(org)
        if seconds > 0:
            raise NodeRefused(
                f"More is asked than {self._limits.requests_per_minute} times a minute.",
                remedy=f"Ask again in {int(seconds) + 1} seconds.",
                reason="rate-limited",
            )

    def _member(self, key: Address) -> Member | None:
        try:
            return self._ledger.members.get(key)
        except NotFound:
            return None

    def _remember(self, key: Address, org: OrgId) -> None:
        # A key is bound for ever; this only says whose bucket it draws from.
        with self._lock:
            if len(self._known) >= _MAX_KNOWN:
                self._known.clear()
            self._known[key] = org

    def _version(self, admitted: Admitted) -> HeldVersion:
        """Return the version that is to be read; whether it is recalled, the chain says again."""
        granted, asked = admitted.grant.request.version, admitted.request.version
        dataset = admitted.grant.request.dataset
        versions = self._holdings.of(dataset)
        if granted and asked and granted != asked:
            raise NodeRefused(
                f"The grant is for version {granted}, and not for version {asked}.",
                remedy="Ask for the version granted, or for another grant.",
                reason="VersionNotGranted",
            )
        wanted = granted or asked
        if wanted or len(versions) == 1:
            found = [held for held in versions if wanted in {0, held.version}]
        else:
            recalled = {
                version.number
                for version in (self._ledger.datasets.versions(dataset) if versions else ())
                if version.recall is not None
            }
            found = [held for held in versions if held.version not in recalled]
        if not found:
            which = f"version {wanted}" if wanted else "any version that is not recalled"
            raise NodeRefused(
                f"This node does not hold {which} of the dataset {dataset}.",
                remedy="Ask the dataset's owner which node holds it.",
                reason="not-held",
            )
        return found[0]


def check_active(admitted: Admitted) -> None:
    """Return only if the asker can act now for its organisation.

    Raises:
        NodeRefused: its membership is over, or has not begun; or the organisation is suspended
            (`not-a-member`).
    """
    if not admitted.is_active:
        raise not_a_member(
            f"{admitted.by} cannot act for organisation {admitted.consumer} now: its membership "
            "is over or yet to begin, or the organisation is suspended."
        )


def by_chain(refused: Refused) -> NodeRefused:
    """Return what to raise where the contract refuses: its own words, and its error's name."""
    return NodeRefused(str(refused), remedy=refused.remedy, reason=refused.error_name)


def not_a_member(message: str) -> NodeRefused:
    """Return what to raise where a key does not act for the organisation it should."""
    return NodeRefused(
        message,
        remedy="Sign with a key that acts for the grant's applicant now.",
        reason="not-a-member",
    )


def _check_code(terms: Terms, work: Work) -> None:
    if terms.code is None:
        if not work.is_declared:
            raise NodeRefused(
                "The grant is for declared queries only, and this is code.",
                remedy="Ask for a grant that names the code's SHA-256.",
                reason="code-not-granted",
            )
    elif terms.code != work.code:
        raise NodeRefused(
            f"The grant is for the code {terms.code}, and this is {work.code}.",
            remedy="Send the code that was granted, or ask for another grant.",
            reason="OtherCode",
        )


def _check_purpose(grant: UseGrant, work: Work) -> None:
    granted = grant.request.purpose
    if work.purposes is not None and granted not in work.purposes:
        served = ", ".join(purpose(code).name for code in sorted(work.purposes))
        raise NodeRefused(
            f"The grant's purpose is {purpose(granted).name}, which work of the kind {work.kind} "
            "does not serve.",
            remedy=f"Ask for a grant for one of: {served}.",
            reason="wrong-purpose",
        )
