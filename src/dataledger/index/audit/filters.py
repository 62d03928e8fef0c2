"""Filters of datasets as conditions in SQL, and the order in which they are read."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, false, func, or_, select, text, union_all
from sqlalchemy.sql.elements import ColumnElement, TextClause

from dataledger.contracts.identifiers import PolicyId, Stage
from dataledger.index.audit.moments import MomentRef, first_event, last_event
from dataledger.index.audit.reading import Reading
from dataledger.index.schema import datasets, stages
from dataledger.ledger.results import OrgRef

WEIGHED_AT_MOST = 10_000
"""How far matches are counted to find the narrowest condition."""


@dataclass(frozen=True, slots=True)
class DatasetFilter:
    """What narrows a list of datasets; None leaves a question open. All must hold."""

    stage: Stage | str | None = None
    """Its number, or the name that the dataset's policy gives it."""
    policy: PolicyId | int | str | None = None
    owner: OrgRef | None = None
    sector: str | None = None
    region: str | None = None
    quality: str | None = None
    licence: str | None = None
    """This and the three before it, exactly as the description says."""
    recalled: bool | None = None
    """Whether some version was recalled."""
    suspended: bool | None = None
    """Whether a regulator froze it."""
    updated_since: MomentRef | None = None
    """Had its last event then or later."""
    registered_since: MomentRef | None = None
    registered_until: MomentRef | None = None
    text: str | None = None
    """Words of its slug or description: see `Audit.search`, which also sorts by them."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition on datasets: one of the alternatives must hold."""

    index: str | None
    """The index that finds each alternative; None where it narrows little."""
    alternatives: tuple[ColumnElement[bool] | TextClause, ...]

    @property
    def joined(self) -> ColumnElement[bool]:
        """The alternatives as one expression."""
        return or_(*self.alternatives)


def conditions_of(reading: Reading, wanted: DatasetFilter) -> list[Condition]:
    """Return the conditions for all but the words of a filter.

    Raises:
        NotFound: there is no such stage, policy or owner.
        InvalidArgument: a time is none.
    """
    columns = datasets.c
    found = []
    if wanted.stage is not None or wanted.policy is not None:
        found.append(_stage(reading, wanted))
    if wanted.owner is not None:
        owner = reading.naming.organisation(wanted.owner)
        found.append(Condition("datasets_owner", (columns.owner == owner,)))
    for name in ("sector", "region", "quality", "licence"):
        value = getattr(wanted, name)
        if value is not None:
            found.append(Condition(f"datasets_{name}", (columns[name] == value,)))
    if wanted.recalled is not None:
        # As the index has it: to SQLite, `recalled = 1` would be something else.
        found.append(
            Condition("datasets_recalled", (text("datasets.recalled"),))
            if wanted.recalled
            else Condition(None, (~columns.recalled,))
        )
    if wanted.suspended is not None:
        held = columns.suspended_by.is_not(None)
        index = "datasets_suspended" if wanted.suspended else None
        found.append(Condition(index, (held if wanted.suspended else ~held,)))
    return found + _times(reading.connection, wanted)


def newest_first(
    connection: Connection,
    conditions: Sequence[Condition],
    key: ColumnElement[int],
    limit: int,
) -> Select[Any]:
    """Return the query for the `limit` datasets of the greatest `key` that fulfil all conditions.

    On SQLite, the index to go by is chosen here: that of the condition with the fewest matches,
    unless all have many; then that of the order. PostgreSQL knows how often values occur.
    """
    if connection.dialect.name != "sqlite":
        everything = (condition.joined for condition in conditions)
        return select(datasets).where(*everything).order_by(key.desc()).limit(limit)
    order_index = "datasets_registered" if key.name == "registered_event" else "datasets_last_event"
    narrowest = _narrowest(connection, conditions, Condition(order_index, (key >= 0,)))
    others = [condition.joined for condition in conditions if condition is not narrowest]
    branches = [
        select(datasets.c.registered_event, key.label("key"))
        .with_hint(datasets, f"INDEXED BY {narrowest.index}", "sqlite")
        .where(alternative, *others)
        .order_by(key.desc())
        .limit(limit)
        .subquery()
        for alternative in narrowest.alternatives
    ]
    wanted = union_all(*(select(branch) for branch in branches)).subquery()
    keys = select(wanted.c.registered_event).order_by(wanted.c.key.desc()).limit(limit)
    return select(datasets).where(datasets.c.registered_event.in_(keys)).order_by(key.desc())


def _narrowest(
    connection: Connection, conditions: Sequence[Condition], in_order: Condition
) -> Condition:
    """Return the condition to go by: the one with the fewest matches, else `in_order`."""
    found, least = in_order, WEIGHED_AT_MOST
    for condition in conditions:
        if condition.index is None:
            continue
        count = _count(connection, condition, least)
        # Where all have many matches, one whose index has the order of the list is as good as any.
        has_order = in_order.index == "datasets_registered" and condition.index not in _UNORDERED
        if count < least or (has_order and found is in_order):
            found, least = condition, min(count, least)
    return found


def _count(connection: Connection, condition: Condition, most: int) -> int:
    """Return how many datasets fulfil a condition; `most` where there are as many or more."""
    total = 0
    for alternative in condition.alternatives:
        some = (
            select(datasets.c.registered_event)
            .with_hint(datasets, f"INDEXED BY {condition.index}", "sqlite")
            .where(alternative)
            .limit(most - total)
        )
        total += connection.scalar(select(func.count()).select_from(some.subquery())) or 0
        if total >= most:
            break
    return total


_UNORDERED = {"datasets_last_event"}


def _stage(reading: Reading, wanted: DatasetFilter) -> Condition:
    """Return the condition for stage and policy: policies may number stages differently."""
    query = select(stages.c.policy, stages.c.stage)
    if wanted.policy is not None:
        query = query.where(stages.c.policy == reading.naming.policy(wanted.policy))
    if wanted.stage is not None:
        query = query.where(stages.c.stage.in_(reading.naming.stages_called(wanted.stage)))
        if isinstance(wanted.stage, str):
            query = query.where(stages.c.name.in_({wanted.stage, wanted.stage.upper()}))
    pairs = reading.connection.execute(query.order_by(*stages.primary_key)).all()
    return Condition(
        "datasets_policy_stage",
        tuple(
            (datasets.c.policy == pair.policy) & (datasets.c.stage == pair.stage) for pair in pairs
        )
        or (false(),),
    )


def _times(connection: Connection, wanted: DatasetFilter) -> list[Condition]:
    columns = datasets.c
    found = []
    if wanted.updated_since is not None:
        least = first_event(connection, wanted.updated_since)
        found.append(Condition("datasets_last_event", (columns.last_event >= least,)))
    if wanted.registered_since is not None:
        least = first_event(connection, wanted.registered_since)
        found.append(Condition("datasets_registered", (columns.registered_event >= least,)))
    if wanted.registered_until is not None:
        most = last_event(connection, wanted.registered_until)
        found.append(Condition("datasets_registered", (columns.registered_event <= most,)))
    return found
