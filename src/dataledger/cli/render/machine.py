"""What stands on this machine: accounts, profiles, the devnet, the outbox."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from dataledger.chain.accounts import AccountEntry
from dataledger.chain.devnet import DevnetStatus
from dataledger.chain.outbox import Entry
from dataledger.chain.profile import Profile
from dataledger.cli.deployment import Deployment
from dataledger.cli.render.confirmation import Confirmation
from dataledger.cli.render.document import document_of
from dataledger.cli.render.screen import Cell, Hash, Screen, Styled
from dataledger.hashing import JsonValue


@dataclass(frozen=True, slots=True)
class AccountView:
    """One account; `headline` says what happened to it, if anything did."""

    entry: AccountEntry
    headline: str = ""

    def to_json(self) -> dict[str, JsonValue]:
        """Return `name` and `address`."""
        return {"name": self.entry.name, "address": self.entry.address}

    def draw(self, screen: Screen) -> None:
        """Draw the same."""
        if self.headline:
            screen.success(self.headline)
        screen.fields([("name", self.entry.name), ("address", self.entry.address)])


@dataclass(frozen=True, slots=True)
class AccountList:
    """All accounts; `development` are the devnet's."""

    entries: Sequence[AccountEntry]
    development: Sequence[AccountEntry]

    def to_json(self) -> dict[str, JsonValue]:
        """Return `accounts` and `development_accounts`."""
        return {
            "accounts": document_of(tuple(self.entries)),
            "development_accounts": document_of(tuple(self.development)),
        }

    def draw(self, screen: Screen) -> None:
        """Draw a table."""
        rows: list[list[Cell]] = [
            [Styled(entry.name, "bold"), entry.address, "key file"] for entry in self.entries
        ]
        rows += [
            [Styled(entry.name, "bold"), entry.address, "devnet only: everybody knows its key"]
            for entry in self.development
        ]
        screen.table(
            ["name", "address", "kept as"],
            rows,
            empty="There are no accounts. `dataledger account new NAME` makes one.",
        )


@dataclass(frozen=True, slots=True)
class ProfileView:
    """One profile. Credentials in its endpoints stay hidden."""

    profile: Profile
    headline: str = ""

    def to_json(self) -> dict[str, JsonValue]:
        """Return the fields of the profile's file, endpoints without their secrets."""
        return {
            "name": self.profile.name,
            "chain_id": self.profile.chain_id,
            "genesis_hash": self.profile.genesis_hash,
            "endpoints": [str(endpoint) for endpoint in self.profile.endpoints],
            "poa": self.profile.poa,
            "confirmations": self.profile.confirmations,
            "contracts": document_of(self.profile.contracts),
        }

    def draw(self, screen: Screen) -> None:
        """Draw the same."""
        profile = self.profile
        if self.headline:
            screen.success(self.headline)
        screen.fields(
            [
                ("profile", Styled(profile.name, "bold")),
                ("chain id", profile.chain_id),
                ("genesis block", profile.genesis_hash),
                ("endpoints", ", ".join(str(endpoint) for endpoint in profile.endpoints)),
                ("confirmations", profile.confirmations),
                *((name, pin.address) for name, pin in profile.contracts.items()),
            ]
        )
        if not profile.contracts:
            screen.hint("No contract stands there yet: run `dataledger deploy`.")


@dataclass(frozen=True, slots=True)
class ProfileList:
    """The profiles' names, and which is used when none is named."""

    names: Sequence[str]
    default: str

    def to_json(self) -> dict[str, JsonValue]:
        """Return `profiles` and `default`."""
        return {"profiles": list(self.names), "default": self.default}

    def draw(self, screen: Screen) -> None:
        """Draw a table."""
        screen.table(
            ["profile", ""],
            ([name, "used by default" if name == self.default else ""] for name in self.names),
            empty="There are no profiles. `dataledger devnet up` makes one.",
        )


@dataclass(frozen=True, slots=True)
class DeploymentView:
    """What stands on a chain after a deployment."""

    deployment: Deployment

    def to_json(self) -> dict[str, JsonValue]:
        """Return the `profile`, and the `policy` as it was published, or null."""
        policy = self.deployment.policy
        return {
            "profile": ProfileView(self.deployment.profile).to_json(),
            "policy": None if policy is None else Confirmation(policy, "").to_json(),
        }

    def draw(self, screen: Screen) -> None:
        """Draw the same."""
        ProfileView(self.deployment.profile, "The contracts stand on the chain.").draw(screen)
        if self.deployment.policy is None:
            screen.hint("No policy was published: an admin does so by `dataledger policy publish`.")
        else:
            number = self.deployment.policy.event.policy
            Confirmation(self.deployment.policy, f"Policy {number} is the default one.").draw(
                screen
            )


@dataclass(frozen=True, slots=True)
class DevnetView:
    """What there is of the devnet."""

    status: DevnetStatus

    def to_json(self) -> dict[str, JsonValue]:
        """Return `running` and what identifies it."""
        document = document_of(self.status)
        return {"running": self.status.is_running, **dict(document)}  # type: ignore[arg-type]  # invariant

    def draw(self, screen: Screen) -> None:
        """Draw the same."""
        status = self.status
        if status.is_running:
            screen.success("The devnet is running.")
        elif status.identity is None:
            screen.line("There is no devnet.")
            screen.hint("Run `dataledger devnet up`.")
            return
        else:
            screen.line("The devnet is stopped. Its state is kept.")
        if status.restored:
            screen.warning("Its state file was damaged; it began from its last good start.")
        identity = status.identity
        screen.fields(
            [
                ("endpoint", None if status.endpoint is None else str(status.endpoint)),
                ("process", status.pid),
                ("head block", status.head_block),
                ("chain id", None if identity is None else identity.chain_id),
                ("genesis block", None if identity is None else identity.genesis_hash),
                ("state", str(status.state_path)),
                ("log", str(status.log_path)),
            ]
        )


@dataclass(frozen=True, slots=True)
class OutboxView:
    """What is in flight; after a reconciliation if `reconciled`."""

    entries: Sequence[Entry]
    reconciled: bool = False

    def to_json(self) -> dict[str, JsonValue]:
        """Return what is `in_flight`."""
        return {
            "in_flight": [
                {
                    "operation_id": entry.operation_id,
                    "transaction_hash": entry.transaction_hash,
                    "sender": entry.sender,
                    "nonce": entry.nonce,
                    "state": entry.state.value,
                    "sends": entry.sends,
                    "signed_at_unix": int(entry.signed_at_unix),
                }
                for entry in self.entries
            ],
            "reconciled": self.reconciled,
        }

    def draw(self, screen: Screen) -> None:
        """Draw a table."""
        if self.reconciled:
            screen.success("The outbox and the chain agree on all that is settled.")
        screen.table(
            ["operation", "state", "sender", "nonce", "transaction", "signed"],
            (
                [
                    entry.operation_id,
                    entry.state.value,
                    Hash(entry.sender),
                    entry.nonce,
                    Hash(entry.transaction_hash),
                    f"{datetime.fromtimestamp(entry.signed_at_unix, UTC):%Y-%m-%d %H:%M:%S} UTC",
                ]
                for entry in self.entries
            ),
            empty="Nothing is in flight.",
        )
