"""The keys that act for organisations: `ledger.members`."""

from dataledger.contracts.events import KeyRotated, MemberAdded, MemberEnded, MemberRenewed
from dataledger.contracts.identifiers import WITHOUT_END, Address
from dataledger.contracts.types import Role
from dataledger.ledger.results import Confirmed, Member, OrgRef


class Members:
    """Binds keys to organisations, for ever, and says how long each can act."""

    def add(
        self,
        org: OrgRef,
        key: Address,
        role: Role,
        *,
        valid_from_unix: int = 0,
        valid_until_unix: int = WITHOUT_END,
    ) -> Confirmed[MemberAdded]:
        """Bind `key` to `org` for the window [valid_from_unix, valid_until_unix)."""
        raise NotImplementedError

    def renew(self, key: Address, valid_until_unix: int) -> Confirmed[MemberRenewed]:
        """Move the end of a membership that has not ended."""
        raise NotImplementedError

    def end(self, key: Address) -> Confirmed[MemberEnded]:
        """End a membership now, for good."""
        raise NotImplementedError

    def rotate(self, new_key: Address) -> Confirmed[KeyRotated]:
        """Hand the signer's role and remaining window to `new_key`, and end the signer's."""
        raise NotImplementedError

    def get(self, key: Address) -> Member:
        """Return a key's membership. Raises `NotFound` where it has none."""
        raise NotImplementedError

    def list(self, org: OrgRef | None = None) -> tuple[Member, ...]:
        """Return all keys ever bound (to `org`), in the order in which they were bound."""
        raise NotImplementedError
