"""What an owner's node allows, besides what the chain says: the sections of its configuration."""

from dataclasses import dataclass, field

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


@dataclass(frozen=True, slots=True)
class NodeRules:
    """All of them."""

    limits: Limits = field(default_factory=Limits)
    matching: MatchingRules = field(default_factory=MatchingRules)
    sandbox: SandboxRules = field(default_factory=SandboxRules)
    federated: FederatedRules = field(default_factory=FederatedRules)
