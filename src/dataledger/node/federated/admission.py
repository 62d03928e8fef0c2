"""Who may take part in a computation: what the chain says of the parties and of their offers."""

from collections.abc import Sequence

from dataledger.contracts.artifacts import ContractName
from dataledger.contracts.identifiers import GrantId, OrgId
from dataledger.contracts.use_types import RunState
from dataledger.errors import NodeRefused, NotFound
from dataledger.ledger import Ledger
from dataledger.node.federated.certificates import check_certificate
from dataledger.node.federated.offer import SignedOffer


class Admission:
    """Asks the chain. What it asks about may change until the nodes meet, and is asked anew."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._chain_id = ledger.profile.chain_id
        self._contract = ledger.profile.contract(ContractName.DATA_USE).address

    def check_owners(self, parties: Sequence[GrantId]) -> list[OrgId]:
        """Return the owners of the parties' datasets, if there are as many as parties.

        Raises:
            NodeRefused: there is no such grant (`unknown-party`), or two are of one owner, which
                would know more of the rest than each alone (`same-owner`).
        """
        owners: list[OrgId] = []
        for grant in parties:
            try:
                owner = self._ledger.uses.get(grant).owner
            except NotFound as error:
                raise NodeRefused(
                    str(error), remedy="Name the grants of all parties.", reason="unknown-party"
                ) from error
            if owner in owners:
                raise NodeRefused(
                    f"Two of the {len(parties)} parties are datasets of the organisation {owner}.",
                    remedy="Let each owner take part with one dataset.",
                    reason="same-owner",
                )
            owners.append(owner)
        return owners

    def check_offers(
        self,
        offers: Sequence[SignedOffer],
        parties: Sequence[GrantId],
        own: SignedOffer,
        *,
        now_unix: int,
    ) -> None:
        """Return only if these are the parties' offers, in order, and all of them hold now.

        Raises:
            UseDocumentError: an offer's certificate is none.
            SignatureInvalid: an offer is not signed by the key that it names.
            NodeRefused: an offer is missing, or one of somebody else is there (`other-parties`);
                this node's own is another (`other-offer`); one is for another document
                (`other-document`), has expired (`offer-expired`), is not signed by a member of
                its dataset's owner (`not-a-member`), is for a run that is not open
                (`run-not-open`), or shows another's certificate (`same-certificate`); or as
                `check_owners` raises.
        """
        if tuple(signed.offer.grant for signed in offers) != tuple(parties):
            raise _refused(
                f"The {len(offers)} offers are not those of the document's {len(parties)} parties,"
                " in their order.",
                "other-parties",
            )
        if own not in offers:
            raise _refused("This node's own offer is not the one that it made.", "other-offer")
        certificates = {signed.offer.certificate for signed in offers}
        if len(certificates) < len(offers):
            raise _refused("Two parties show one certificate.", "same-certificate")
        owners = self.check_owners(parties)
        for signed, owner in zip(offers, owners, strict=True):
            self._check(signed, own, owner, now_unix)

    def _check(self, signed: SignedOffer, own: SignedOffer, owner: OrgId, now_unix: int) -> None:
        offer = signed.offer
        if offer.document != own.offer.document:
            raise _refused(
                f"The offer for the grant {offer.grant} is for the document {offer.document}, not "
                f"for {own.offer.document}.",
                "other-document",
            )
        if offer.expires_at_unix <= now_unix:
            raise _refused(
                f"The offer for the grant {offer.grant} held until {offer.expires_at_unix}, and it "
                f"is {now_unix}.",
                "offer-expired",
            )
        if signed == own:
            return
        check_certificate(offer.certificate)
        signed.check(self._chain_id, self._contract)
        if not self._acts_for(signed, owner):
            raise _refused(
                f"The offer for the grant {offer.grant} is signed by {signed.by}, which is no "
                f"member of the dataset's owner, organisation {owner}, now.",
                "not-a-member",
            )
        if not self._is_open(signed):
            raise _refused(
                f"The offer for the grant {offer.grant} is for the run {offer.run}, which is not "
                "reserved for this document, or is over.",
                "run-not-open",
            )

    def _acts_for(self, signed: SignedOffer, owner: OrgId) -> bool:
        try:
            member = self._ledger.members.get(signed.by)
        except NotFound:
            return False
        return member.is_active and member.org == owner

    def _is_open(self, signed: SignedOffer) -> bool:
        offer = signed.offer
        try:
            run = self._ledger.runs.get(offer.grant, offer.run)
        except NotFound:
            return False
        return run.state is RunState.RESERVED and run.code == offer.document


def _refused(message: str, reason: str) -> NodeRefused:
    return NodeRefused(
        message, remedy="Join at every node, and start with the offers as they came.", reason=reason
    )
