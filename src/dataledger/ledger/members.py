"""The keys that act for organisations: `ledger.members`."""

from collections.abc import Sequence
from typing import TypeAlias

from dataledger.contracts import organisations
from dataledger.contracts.events import (
    KeyRotated,
    MemberAdded,
    MemberEnded,
    MemberRenewed,
    RootHandedOver,
)
from dataledger.contracts.identifiers import ROOT, WITHOUT_END, Address, OrgId, to_address
from dataledger.contracts.reverts import Refusal
from dataledger.contracts.types import MemberState, Role
from dataledger.errors import NotFound
from dataledger.ledger.onchain import OnChain
from dataledger.ledger.organisations import Organisations
from dataledger.ledger.results import Confirmed, Member, OrgRef, Recorded, last_of

_Bindings: TypeAlias = list[Recorded[MemberAdded] | Recorded[KeyRotated] | Recorded[RootHandedOver]]


class Members:
    """Binds keys to organisations, for ever, and says how long each can act.

    Writes raise `Refused` when the contract refuses; a repeated write is already there.
    """

    def __init__(self, onchain: OnChain, orgs: Organisations) -> None:
        self._onchain = onchain
        self._organisations = orgs

    def add(
        self,
        org: OrgRef,
        key: Address,
        role: Role,
        *,
        valid_from_unix: int = 0,
        valid_until_unix: int = WITHOUT_END,
    ) -> Confirmed[MemberAdded]:
        """Bind `key` to `org` for the window [valid_from_unix, valid_until_unix).

        Raises:
            NotFound: there is no such organisation.
            InvalidAddress: `key` is no address.
        """
        address = to_address(key)
        id_ = self._organisations.resolve(org)

        def find(refusal: Refusal) -> Recorded[MemberAdded] | None:
            if refusal.error_name != "KeyBound":
                return None
            found = last_of(self._onchain.events([MemberAdded], id_, address))
            asked = (role, valid_from_unix, valid_until_unix)
            event = None if found is None else found.event
            if event is None or asked != (
                event.role,
                event.valid_from_unix,
                event.valid_until_unix,
            ):
                return None
            return found

        call = organisations.add_member(id_, address, role, valid_from_unix, valid_until_unix)
        return self._onchain.write(call, MemberAdded, find=find)

    def renew(self, key: Address, valid_until_unix: int) -> Confirmed[MemberRenewed]:
        """Move the end of a membership that has not ended.

        Raises:
            InvalidAddress: `key` is no address.
            Refused: as for every write; WindowUnchanged, where it was never renewed.
        """
        address = to_address(key)

        def find(refusal: Refusal) -> Recorded[MemberRenewed] | None:
            if refusal.error_name != "WindowUnchanged":
                return None
            return last_of(self._onchain.events([MemberRenewed], None, address))

        call = organisations.renew_member(address, valid_until_unix)
        return self._onchain.write(call, MemberRenewed, find=find)

    def end(self, key: Address) -> Confirmed[MemberEnded]:
        """End a membership now, for good. Raises `InvalidAddress` where `key` is none."""
        address = to_address(key)

        def find(refusal: Refusal) -> Recorded[MemberEnded] | None:
            if refusal.error_name != "MembershipEnded" or refusal.arguments["key"] != address:
                return None
            return last_of(self._onchain.events([MemberEnded], None, address))

        return self._onchain.write(organisations.end_member(address), MemberEnded, find=find)

    def rotate(self, new_key: Address) -> Confirmed[KeyRotated]:
        """Hand the signer's role and remaining window to `new_key`, and end the signer's.

        Raises:
            InvalidAddress: `new_key` is no address.
        """
        address = to_address(new_key)

        def find(refusal: Refusal) -> Recorded[KeyRotated] | None:
            if refusal.error_name != "MembershipEnded":
                return None
            signer = self._onchain.signer.address
            return last_of(self._onchain.events([KeyRotated], None, signer, address))

        return self._onchain.write(organisations.rotate_key(address), KeyRotated, find=find)

    def get(self, key: Address) -> Member:
        """Return a key's membership.

        Raises:
            InvalidAddress: `key` is no address.
            NotFound: it was never a member.
        """
        address = to_address(key)
        found = self._onchain.snapshot(lambda block: self._read([address], block))
        if not found:
            raise NotFound(
                f"The key {address} is a member of no organisation.",
                remedy="Check the address, or have the key added.",
            )
        return found[0]

    def list(self, org: OrgRef | None = None) -> tuple[Member, ...]:
        """Return all keys ever bound (to `org`), in the order in which they were bound.

        Raises:
            NotFound: there is no such organisation.
        """
        id_ = None if org is None else self._organisations.resolve(org)

        def read(block: int) -> tuple[Member, ...]:
            found: _Bindings = [
                *self._onchain.events([MemberAdded], id_, to_block=block),
                *self._onchain.events([KeyRotated], id_, to_block=block),
            ]
            if id_ in {None, ROOT}:
                found += self._onchain.events([RootHandedOver], to_block=block)
            found.sort(key=lambda recorded: (recorded.log.block_number, recorded.log.log_index))
            return self._read([_bound_key(recorded.event) for recorded in found], block)

        return self._onchain.snapshot(read)

    def _read(self, keys: Sequence[Address], block: int) -> tuple[Member, ...]:
        states = self._onchain.read_all((organisations.member(key) for key in keys), block=block)
        actors = self._onchain.try_all((organisations.actor(key) for key in keys), block=block)
        return tuple(
            _member(key, state.org, state, is_active=not isinstance(actor, Refusal))
            for key, state, actor in zip(keys, states, actors, strict=True)
            if state.org is not None
        )


def _bound_key(event: MemberAdded | KeyRotated | RootHandedOver) -> Address:
    match event:
        case MemberAdded():
            return event.key
        case KeyRotated():
            return event.new_key
        case RootHandedOver():
            return event.successor


def _member(key: Address, org: OrgId, state: MemberState, *, is_active: bool) -> Member:
    return Member(
        key=key,
        org=org,
        role=state.role,
        valid_from_unix=state.valid_from_unix,
        valid_until_unix=state.valid_until_unix,
        is_active=is_active,
    )
