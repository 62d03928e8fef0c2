"""Times, sizes and parts in words."""

from datetime import UTC, datetime, timedelta
from operator import attrgetter

from dataledger.contracts.events import Event
from dataledger.contracts.identifiers import WITHOUT_END
from dataledger.contracts.types import Parts

_UNITS = ("bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB")
_FACTOR = 1024


def time_text(unix: int) -> str:
    """Return Unix seconds as a time in UTC; however far it lies ahead."""
    if unix >= WITHOUT_END:
        return "without end"
    try:
        return f"{datetime.fromtimestamp(unix, UTC):%Y-%m-%d %H:%M:%S} UTC"
    except (ValueError, OverflowError, OSError):
        return f"after the year 9999 ({unix})"


def size_text(size_bytes: int) -> str:
    """Return a size in the unit in which it has one to four digits before the point."""
    size, unit = float(size_bytes), 0
    while size >= _FACTOR and unit < len(_UNITS) - 1:
        size, unit = size / _FACTOR, unit + 1
    return f"{size_bytes:,} bytes" if unit == 0 else f"{size:.1f} {_UNITS[unit]}"


def duration_text(seconds: int) -> str:
    """Return a number of seconds as days, hours, minutes."""
    return str(timedelta(seconds=seconds))


def parts_text(parts: Parts) -> str:
    """Return parts in a dataset's life, such as `owner, duty 1`."""
    names = (str(part.name) for part in Parts if part in parts)
    return ", ".join(name.lower().replace("_", " ") for name in names)


def recorded_at_text(event: Event) -> str:
    """Return when an event was recorded, as a time in UTC. Every event has that field."""
    return time_text(attrgetter("recorded_at_unix")(event))
