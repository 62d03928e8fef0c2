"""Times and blocks as bounds on events."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from dataledger.errors import InvalidArgument
from dataledger.index.audit.moments import LAST_EVENT, first_event, last_event, moment
from dataledger.index.schema import chain, events
from dataledger.index.store import Store


def test_bounds_hold_exactly_the_events_within_them(store: Store) -> None:
    with store.read() as connection:
        rows = connection.execute(select(events.c.event, events.c.recorded_at_unix)).all()
        for unix in {row.recorded_at_unix + d for row in rows[::251] for d in (-1, 0, 1)}:
            first, last = first_event(connection, unix), last_event(connection, unix)
            assert all((row.event >= first) == (row.recorded_at_unix >= unix) for row in rows)
            assert all((row.event <= last) == (row.recorded_at_unix <= unix) for row in rows)
            assert moment(connection, unix).event == last
        for block in {row.event >> 20 for row in rows[::251]}:
            first = first_event(connection, f"block:{block}")
            last = last_event(connection, f"block:{block}")
            assert all((row.event >= first) == (row.event >> 20 >= block) for row in rows)
            assert all((row.event <= last) == (row.event >> 20 <= block) for row in rows)


def test_every_way_to_write_a_time_means_the_same(store: Store) -> None:
    expected = 1_717_200_000
    with store.read() as connection:
        for at in (
            expected,
            "2024-06-01",
            "2024-06-01T00:00:00Z",
            "2024-06-01T02:00:00+02:00",
            datetime(2024, 6, 1, tzinfo=UTC),
            datetime(2024, 6, 1),  # noqa: DTZ001 - without a zone, it is taken for UTC
        ):
            assert moment(connection, at).unix == expected
        assert moment(connection, None).event == LAST_EVENT


@pytest.mark.parametrize(
    "at",
    [
        *("", "yesterday", "block:", "block:-1", "block:1x", "block:٣", "block:9999999999999"),
        *(-1, 2**40, True, "0001-01-01", "1969-12-31", "2024-13-01", "block:" + "9" * 5000),
        "'; DROP TABLE events; --",
        "\x1b[31m2024",
    ],
)
def test_what_is_no_time_is_refused(store: Store, at: str | int) -> None:
    with store.read() as connection:
        for ask in (moment, first_event, last_event):
            with pytest.raises(InvalidArgument, match="is not a time") as caught:
                ask(connection, at)
            assert str(caught.value).isprintable()
            assert "block:1234" in caught.value.remedy


def test_a_block_that_is_not_in_the_index_has_no_state(store: Store) -> None:
    with store.read() as connection:
        newest = connection.scalar(select(chain.c.block_number))
        assert newest is not None
        assert moment(connection, f"block:{newest}").event >> 20 == newest
        with pytest.raises(InvalidArgument, match=f"up to {newest}"):
            moment(connection, f"block:{newest + 1}")
