"""Requests and grants as the logs tell them, held against what the contract commits to."""

from collections.abc import Sequence

from dataledger.contracts import data_use
from dataledger.contracts.identifiers import GrantId
from dataledger.contracts.use_events import UseGranted, UseRefused, UseRequested, UseRevoked
from dataledger.contracts.use_types import Grant, GrantState, Request, Terms, grant_id
from dataledger.errors import NotFound
from dataledger.ledger.costs import left_of
from dataledger.ledger.use_contract import UseContract, false_log, terms_digest
from dataledger.ledger.use_results import UseGrant

_ANSWERED: tuple[type[UseRefused | UseRevoked], ...] = (UseRefused, UseRevoked)


def no_grant(grant: GrantId) -> NotFound:
    """Return the error for a request that was never made."""
    return NotFound(
        f"There is no request or grant {grant}.",
        remedy="List the grants, and give the id of one.",
    )


def read_grants(use: UseContract, grants: Sequence[GrantId], *, block: int) -> tuple[UseGrant, ...]:
    """Return those of some grants that there are, in the given order.

    Raises:
        CommitmentMismatch: the node's logs are not what the contract commits to.
    """
    chain = use.chain
    kept = chain.read_all((data_use.grant_of(id_) for id_ in grants), block=block)
    there = {
        id_: grant
        for id_, grant in zip(grants, kept, strict=True)
        if grant.state is not GrantState.NONE
    }
    requests = {
        recorded.event.grant: recorded.event
        for recorded in chain.events([UseRequested], list(there), to_block=block)
    }
    granted = [id_ for id_, grant in there.items() if any(grant.terms)]
    terms = {
        recorded.event.grant: recorded.event.terms
        for recorded in chain.events([UseGranted], granted, to_block=block)
    }
    stopped = (GrantState.REFUSED, GrantState.REVOKED)
    over = [id_ for id_, grant in there.items() if grant.state in stopped]
    reasons = {
        recorded.event.grant: recorded.event.reason
        for recorded in chain.events(_ANSWERED, over, to_block=block)
    }
    now_unix = use.time_of(block)
    return tuple(
        _grant(
            id_,
            grant,
            _checked_request(use, id_, requests.get(id_)),
            _checked_terms(id_, grant, terms.get(id_)),
            reason=reasons.get(id_),
            now_unix=now_unix,
            block=block,
        )
        for id_, grant in there.items()
    )


def read_terms(use: UseContract, grant: GrantId) -> Terms | None:
    """Return the terms of a grant; None where it was not granted.

    Raises:
        NotFound: there is no such request.
        CommitmentMismatch: the node's log is not what the contract commits to.
    """
    chain = use.chain

    def read(block: int) -> Terms | None:
        kept = chain.read(data_use.grant_of(grant), block=block)
        if kept.state is GrantState.NONE:
            raise no_grant(grant)
        if not any(kept.terms):
            return None
        found = chain.events([UseGranted], grant, to_block=block)
        return _checked_terms(grant, kept, found[-1].event.terms if found else None)

    return chain.snapshot(read)


def _checked_request(use: UseContract, id_: GrantId, told: UseRequested | None) -> UseRequested:
    if told is None or grant_id(use.chain_id, use.address, told.request) != id_:
        raise false_log(f"the request {id_}")
    return told


def _checked_terms(id_: GrantId, grant: Grant, told: Terms | None) -> Terms | None:
    if not any(grant.terms):
        return None
    if told is None or terms_digest(told) != grant.terms:
        raise false_log(f"the grant {id_}")
    return told


def _grant(
    id_: GrantId,
    grant: Grant,
    requested: UseRequested,
    terms: Terms | None,
    *,
    reason: str | None,
    now_unix: int,
    block: int,
) -> UseGrant:
    if grant.owner is None or grant.applicant is None:
        raise false_log(f"the request {id_}")
    request: Request = requested.request
    return UseGrant(
        id=id_,
        state=grant.state,
        owner=grant.owner,
        applicant=grant.applicant,
        request=request,
        terms=terms,
        cosigned_by=grant.cosigned_by,
        level=grant.level,
        counted=grant.counted,
        left=left_of(grant.limit, grant.counted),
        reason=reason,
        is_expired=terms is not None and now_unix >= terms.valid_until_unix,
        requested_at_unix=requested.recorded_at_unix,
        as_of_block=block,
    )
