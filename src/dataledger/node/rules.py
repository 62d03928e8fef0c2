"""What an owner's node allows, besides what the chain says: the sections of its configuration."""

from dataclasses import dataclass, field

from dataledger.errors import NodeRefused, listed, shown

MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """How much anybody may ask of the node."""

    requests_per_minute: int = 60
    """Of one organisation, on average."""
    burst: int = 20
    """Of one organisation, at once."""
    body_bytes: int = 64 * MEBIBYTE
    """Of one request."""
    concurrent_runs: int = 2
    """Computed at once; others wait."""
    age_seconds: int = 300
    """How long after it was signed a request is taken."""
    open_runs: int = 20
    """Of one organisation, computed or waiting at once: it must not keep all others waiting."""


@dataclass(frozen=True, slots=True)
class PrivacyRules:
    """Whom declared work must not tell about. What a person is, the owner knows, not who asks."""

    units: tuple[str, ...] = ()
    """The columns that name them. Without any, who asks declares the unit; it may be a row."""

    def require_unit(self, column: str | None) -> None:
        """Return only if declared work may have this column as its unit; None: each row is one.

        Raises:
            NodeRefused: the owner named others (`other-unit`).
        """
        if self.units and column not in self.units:
            asked = "a row" if column is None else shown(column)
            raise NodeRefused(
                f"What must not be told about is not {asked} here.",
                remedy=f"Declare as the unit: {listed([shown(name) for name in self.units])}.",
                reason="other-unit",
            )


@dataclass(frozen=True, slots=True)
class MatchingRules:
    """Private set intersection: repeated, it tells who is in the set, and so it is metered."""

    columns: tuple[str, ...] = ()
    """The columns that may be matched; by default none."""
    least_items: int = 100
    """A set smaller than this, on either side, is refused: it asks about single items."""
    items_per_day: int = 1_000_000
    """That one organisation may compare with one dataset in 24 hours."""
    runs_per_day: int = 10
    """Of one organisation on one dataset in 24 hours."""
    reveal_ids: bool = False
    """Whether the other side may learn which items are shared, and not only how many."""


@dataclass(frozen=True, slots=True)
class SandboxRules:
    """What an approved algorithm may take, and give back."""

    seconds: int = 60
    memory_bytes: int = 1024 * MEBIBYTE
    processes: int = 32
    """Its threads: it is one process, and can start no other."""
    scratch_bytes: int = 256 * MEBIBYTE
    output_bytes: int = 64 * 1024
    parameters: bool = False
    """Whether whoever asks may give it parameters of their choice: they widen what it can tell."""


@dataclass(frozen=True, slots=True)
class FederatedRules:
    """How this node meets others to compute together."""

    host: str = "127.0.0.1"
    """On which it listens for them."""
    advertise: str | None = None
    """The host that others reach it by, where that is another."""
    first_port: int = 0
    last_port: int = 0
    """It takes a free one of these; both 0: any."""
    seconds: int = 120
    """The longest that a computation together may take."""
    peers: tuple[str, ...] = ()
    """The only hosts that it calls, as offers name them; without any, whatever they name."""


@dataclass(frozen=True, slots=True)
class NodeRules:
    """All of them."""

    limits: Limits = field(default_factory=Limits)
    privacy: PrivacyRules = field(default_factory=PrivacyRules)
    matching: MatchingRules = field(default_factory=MatchingRules)
    sandbox: SandboxRules = field(default_factory=SandboxRules)
    federated: FederatedRules = field(default_factory=FederatedRules)
