"""Points in the chain's time, by the clock or by block, and what they mean for rows.

Every event stands in a block, and blocks' times never go back: so a time is a bound on event keys.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeAlias

from sqlalchemy import Connection, select

from dataledger.errors import InvalidArgument, shown
from dataledger.index.schema import LOG_INDEX_BITS, blocks, chain, events

MomentRef: TypeAlias = int | datetime | str
"""A time: Unix seconds, a `datetime`, or text: RFC 3339, a date (its first second, UTC) or
`block:N` (the end of block N)."""

LAST_EVENT = 2**63 - 1
_MAX_BLOCK = 2**42
_MAX_UNIX = 2**40
_BLOCK_PREFIX = "block:"


@dataclass(frozen=True, slots=True)
class Moment:
    """A point in the chain's time: what happened up to and with `event` had happened by then."""

    event: int
    unix: int
    """The clock then; for a block, the time of the newest block known up to it."""


def moment(connection: Connection, at: MomentRef | None) -> Moment:
    """Return the moment that `at` means; None means the newest block that is in the index.

    Raises:
        InvalidArgument: it is no time, or a block that is not in the index yet.
    """
    if at is None:
        newest = _newest_block(connection)
        return Moment(LAST_EVENT, _time_of(connection, newest))
    block = _block_of(at)
    if block is not None:
        newest = _newest_block(connection)
        if block > newest:
            raise InvalidArgument(
                f"The index knows blocks up to {newest}, and not block {block}.",
                remedy="Bring the index up to date, or name an earlier block.",
            )
        return Moment(((block + 1) << LOG_INDEX_BITS) - 1, _time_of(connection, block))
    unix = _unix_of(at)
    later = select(events.c.event).where(events.c.recorded_at_unix > unix)
    first = connection.scalar(later.order_by(events.c.recorded_at_unix, events.c.event).limit(1))
    return Moment(LAST_EVENT if first is None else first - 1, unix)


def first_event(connection: Connection, since: MomentRef | None) -> int:
    """Return the least key that an event at or after `since` can have.

    Raises:
        InvalidArgument: it is no time.
    """
    if since is None:
        return 0
    block = _block_of(since)
    if block is not None:
        return block << LOG_INDEX_BITS
    later = select(events.c.event).where(events.c.recorded_at_unix >= _unix_of(since))
    first = connection.scalar(later.order_by(events.c.recorded_at_unix, events.c.event).limit(1))
    return LAST_EVENT if first is None else int(first)


def last_event(connection: Connection, until: MomentRef | None) -> int:
    """Return the greatest key that an event at or before `until` can have.

    Raises:
        InvalidArgument: it is no time.
    """
    if until is None:
        return LAST_EVENT
    block = _block_of(until)
    if block is not None:
        return ((block + 1) << LOG_INDEX_BITS) - 1
    return moment(connection, until).event


def _newest_block(connection: Connection) -> int:
    return connection.scalar(select(chain.c.block_number)) or 0


def _time_of(connection: Connection, block: int) -> int:
    known = select(blocks.c.timestamp_unix).where(blocks.c.number <= block)
    return connection.scalar(known.order_by(blocks.c.number.desc()).limit(1)) or 0


def _block_of(at: MomentRef) -> int | None:
    if not isinstance(at, str) or not at.startswith(_BLOCK_PREFIX):
        return None
    digits = at.removeprefix(_BLOCK_PREFIX)
    if not digits.isascii() or not digits.isdecimal() or len(digits) > len(str(_MAX_BLOCK)):
        raise _no_time(at)
    block = int(digits)
    if block > _MAX_BLOCK:
        raise _no_time(at)
    return block


def _unix_of(at: MomentRef) -> int:
    if isinstance(at, str):
        try:
            at = datetime.fromisoformat(at)
        except ValueError:
            raise _no_time(at) from None
    if isinstance(at, datetime):
        at = int((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp())
    if type(at) is not int or not 0 <= at < _MAX_UNIX:
        raise _no_time(at)
    return at


def _no_time(value: object) -> InvalidArgument:
    return InvalidArgument(
        f"{shown(value)} is not a time.",
        remedy="Write it as 2027-01-31, 2027-01-31T12:00:00Z or block:1234.",
    )
