"""What is worth a look: one module for each kind, and one list of all."""

from collections.abc import Iterable, Iterator

from dataledger.errors import InvalidArgument, NotFound, shown
from dataledger.index.audit.anomalies import keys, open_datasets, parents, stalled, steps
from dataledger.index.audit.anomalies.finding import Anomaly, Find, Key
from dataledger.index.audit.paging import Page, Window
from dataledger.index.audit.reading import Reading

MAX_STALLED_DAYS = 36_500
MAX_CHECKPOINTS = 100
"""After so many places that were looked through, a page ends, however few it found."""

KINDS = (
    "slow-step",
    "fast-step",
    "stalled",
    "key-outside-membership",
    "recalled-parent",
    "suspended-owner",
)
"""In the order in which they are listed."""

_KEY = (str, int, int, int, int, int)


def anomalies(
    reading: Reading,
    kinds: Iterable[str] | None,
    *,
    stalled_days: int | None,
    limit: int,
    after: str | None,
) -> Page[Anomaly]:
    """See `Audit.anomalies`."""
    wanted = _kinds_of(kinds)
    if stalled_days is not None and not 0 < stalled_days <= MAX_STALLED_DAYS:
        raise InvalidArgument(
            f"A dataset cannot be stalled after {shown(stalled_days)} days.",
            remedy=f"Give a number of days from 1 to {MAX_STALLED_DAYS}.",
        )
    window = Window.of("anomalies", (wanted, stalled_days), limit=limit, after=after, key=_KEY)
    begin, place = (wanted[0], None) if window.after is None else _place(window.after)
    if begin not in wanted:
        raise InvalidArgument(f"{shown(after)} is no place in this list.", remedy="Begin anew.")
    found: list[tuple[str, Key, Anomaly]] = []
    checkpoints = 0
    for kind in wanted[wanted.index(begin) :]:
        finds = _finds(reading, kind, place if kind == begin else None, limit + 1, stalled_days)
        for key, anomaly in finds:
            if anomaly is not None:
                found.append((kind, key, anomaly))
                if len(found) > limit:
                    kind_, key_, _ = found[limit - 1]
                    return _page(reading, found[:limit], window.token((kind_, *key_)))
                continue
            checkpoints += 1
            if checkpoints >= MAX_CHECKPOINTS:
                return _page(reading, found, window.token((kind, *key)))
    return _page(reading, found, None)


def _finds(
    reading: Reading, kind: str, after: Key | None, limit: int, stalled_days: int | None
) -> Iterator[Find]:
    match kind:
        case "slow-step":
            return steps.slow(reading, after, limit)
        case "fast-step":
            return steps.fast(reading, after, limit)
        case "stalled":
            return stalled.stalled(reading, after, limit, days=stalled_days)
        case "key-outside-membership":
            return keys.outside_membership(reading, after)
        case "recalled-parent":
            return parents.recalled(reading, after, limit)
        case _:
            return open_datasets.of_suspended_owners(reading, after, limit)


def _kinds_of(kinds: Iterable[str] | None) -> tuple[str, ...]:
    named = set(KINDS if kinds is None else kinds) or set(KINDS)
    for kind in sorted(named):
        if kind not in KINDS:
            raise NotFound(
                f"There is no kind of anomaly {shown(kind)}.",
                remedy=f"Name some of {', '.join(KINDS)}.",
            )
    return tuple(kind for kind in KINDS if kind in named)


def _place(after: tuple[int | str, ...]) -> tuple[str, Key]:
    kind, *key = after
    numbers = [int(part) for part in key]
    return str(kind), (numbers[0], numbers[1], numbers[2], numbers[3], numbers[4])


def _page(
    reading: Reading, found: list[tuple[str, Key, Anomaly]], following: str | None
) -> Page[Anomaly]:
    return Page(tuple(anomaly for _, _, anomaly in found), following, reading.as_of_block)
