"""What the search for each kind of anomaly gives, and what usual times are."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from sqlalchemy import select

from dataledger.contracts.identifiers import Address, DatasetId, OrgId, PolicyId
from dataledger.index.audit.reading import Reading
from dataledger.index.schema import policies, stage_history

Key: TypeAlias = tuple[int, int, int, int, int]
"""The place of a find among those of its kind."""

SAMPLED_STEPS = 500
LEAST_STEPS = 20
"""Fewer say nothing of what is usual."""
REACH = 3
LEAST_SPREAD = 1.5
"""Where all steps take nearly the same time, a little more or less is no anomaly."""


NEVER = 2.0**40


@dataclass(frozen=True, slots=True)
class Anomaly:
    """Something worth a look. What does not apply to its kind is None."""

    kind: str
    text: str
    dataset: DatasetId | None = None
    name: str | None = None
    """The dataset as `OWNER/SLUG`."""
    version: int | None = None
    org: OrgId | None = None
    org_slug: str | None = None
    key: Address | None = None
    at_unix: int | None = None
    """When it happened, or began."""
    block_number: int | None = None
    seconds: int | None = None
    """How long it took, or has lasted."""
    usual_seconds: int | None = None
    """The median of the newest steps of the kind."""


Find: TypeAlias = tuple[Key, Anomaly | None]
"""An anomaly and its place; or a place up to which nothing more was found."""


@dataclass(frozen=True, slots=True)
class Usual:
    """What times are usual: those between `least` and `most`."""

    least: float
    median: int
    most: float

    @classmethod
    def of(cls, times: Sequence[int]) -> "Usual | None":
        """Return what is usual, judged by some times; None by too few.

        Tukey's outer fences on the logarithm of one second more: times are spread evenly there, and
        quartiles do not follow outliers.
        """
        if len(times) < LEAST_STEPS:
            return None
        ordered = sorted(times)
        low, median, high = (ordered[len(ordered) * part // 4] for part in (1, 2, 3))
        spread = max((1 + high) / (1 + low), LEAST_SPREAD) ** REACH
        return cls((1 + low) / spread - 1, median, min((1 + high) * spread - 1, NEVER))


def newest_times(reading: Reading, policy: int, start: int, end: int) -> list[int]:
    """Return how long datasets stood at `start` before each of the newest steps to `end`."""
    query = select(stage_history.c.waited_seconds).where(
        stage_history.c.policy == policy,
        stage_history.c.from_stage == start,
        stage_history.c.stage == end,
    )
    newest = query.order_by(stage_history.c.since_event.desc()).limit(SAMPLED_STEPS)
    return [time for time in reading.connection.scalars(newest) if time is not None]


def contents(reading: Reading, since: int = 0) -> list[tuple[PolicyId, dict[str, Any]]]:
    """Return the policies from number `since` on, as they were published."""
    query = select(policies.c.policy, policies.c.content).where(policies.c.policy >= since)
    rows = reading.connection.execute(query.order_by(policies.c.policy))
    return [(PolicyId(row.policy), row.content) for row in rows]


def pairs(content: dict[str, Any]) -> list[tuple[int, int]]:
    """Return the edges of a policy as pairs of stages, in order."""
    return sorted((edge["from_stage"], edge["to_stage"]) for edge in content["edges"])
