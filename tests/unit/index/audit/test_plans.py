"""No question reads a large table from end to end: SQLite says how it would answer each."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from index_rows import Filled, key_of
from sqlalchemy import event

from dataledger.index.audit import ANOMALY_KINDS, Audit, DatasetFilter
from dataledger.index.store import Store

LARGE = ("events", "datasets", "stage_history", "versions", "lineage", "documents", "capabilities")
# Partial indexes hold only what is asked for.
_ALLOWED = re.compile(r"datasets_recalled|datasets_suspended|versions_recalled|VIRTUAL TABLE")

QUESTIONS: dict[str, Callable[[Audit, str], object]] = {
    "timeline": lambda a, name: a.timeline(name, kinds=["Advanced"], since="2024-06-01"),
    "timeline of a version": lambda a, name: a.timeline(f"{name}@1", who="org-3"),
    "activity": lambda a, _: a.activity("org-3"),
    "activity of kinds": lambda a, _: a.activity("org-3", kinds=["Advanced", "MemberAdded"]),
    "activity of a key": lambda a, _: a.activity(key_of(3), until="block:900"),
    "activity on a dataset": lambda a, name: a.activity("org-3", dataset=name),
    "roles": lambda a, _: a.roles("org-3", at="2024-06-01"),
    "dataset then": lambda a, name: a.dataset_state(name),
    "versions": lambda a, name: a.versions(name),
    "recalls": lambda a, _: a.recalls(owner="org-3"),
    **{kind: lambda a, _, kind=kind: a.anomalies([kind]) for kind in ANOMALY_KINDS},  # type: ignore[misc]
    "search": lambda a, _: a.search("north roads", DatasetFilter(stage="PUBLISHED")),
    **{
        f"datasets by {'+'.join(wanted)}, {order}": lambda a, _, w=wanted, o=order: a.datasets(  # type: ignore[misc]
            DatasetFilter(**w), order=o
        )
        for order in ("registered", "updated")
        for wanted in (
            {},
            {"stage": "PUBLISHED"},
            {"owner": "org-3", "sector": "health"},
            {"region": "north", "quality": "gold", "licence": "CC0-1.0"},
            {"recalled": True},
            {"suspended": True, "recalled": False},
            {"updated_since": "2024-06-01", "policy": 1},
            {"registered_since": "2024-06-01", "text": "roads"},
        )
    },
}


@contextmanager
def plans(store: Store) -> Iterator[list[str]]:
    """Collect how each query would be answered."""
    found: list[str] = []

    def explain(connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.startswith("SELECT"):
            raw = connection.connection.cursor()
            rows = raw.execute(f"EXPLAIN QUERY PLAN {statement}", parameters).fetchall()
            aliases = dict(re.findall(r"(\w+) AS (\w+)", statement))
            known = {alias: table for table, alias in aliases.items()}
            for row in rows:
                scan = re.match(r"SCAN (\w+)(.*)", row[3])
                if scan:
                    found.append(f"{known.get(scan[1], scan[1])}{scan[2]}")

    event.listen(store.engine, "before_cursor_execute", explain)
    try:
        yield found
    finally:
        event.remove(store.engine, "before_cursor_execute", explain)


@pytest.mark.parametrize("name", QUESTIONS)
def test_no_large_table_is_read_from_end_to_end(
    name: str, audit: Audit, store: Store, filled: Filled
) -> None:
    with plans(store) as scans:
        QUESTIONS[name](audit, filled.names[4])
    assert scans, "the chain's one row is read, at least"
    large = [s for s in scans if s.split()[0] in LARGE and not _ALLOWED.search(s)]
    assert large == []


def test_the_check_of_plans_sees_a_scan(store: Store) -> None:
    with plans(store) as scans, store.read() as connection:
        connection.exec_driver_sql("SELECT count(*) FROM events AS e WHERE e.data = 1")
    assert scans == ["events"]
