"""The whole index, compared with its own logs and with the contracts.

The logs are what the chain said. Everything else is made from them once more and compared; the
heads that they lead to are compared with the contract's; and so is what the contract holds of each
organisation and key, whose events have no hash chain.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection as Database
from sqlalchemy import Table, func, select

from dataledger.chain.connection import Connection
from dataledger.contracts import dataset_ledger, organisations
from dataledger.contracts.artifacts import ContractName
from dataledger.contracts.calls import Call
from dataledger.contracts.identifiers import ROOT, Address, DatasetId
from dataledger.errors import HistoryBroken, NodeError, RequestRefused, Reverted
from dataledger.index import schema
from dataledger.index.changes import Row
from dataledger.index.cursor import Pins, read_cursor
from dataledger.index.heads import StateUnavailable, compare_heads
from dataledger.index.projection import Projection
from dataledger.index.results import CheckResult
from dataledger.index.rollback import fold_events
from dataledger.index.rows import parts
from dataledger.index.store import Store

_REMEDY = (
    "The index was altered, or made from false logs: `dataledger index rebuild` makes it anew."
)


def check(store: Store, connection: Connection, pins: Pins) -> CheckResult:
    """Compare everything; see `Index.check`."""
    with store.read() as database:
        return _Check(database, connection, pins).run()


class _Check:
    def __init__(self, database: Database, connection: Connection, pins: Pins) -> None:
        self._database = database
        self._connection = connection
        self._pins = pins
        self._counts: dict[Table, int] = {}

    def run(self) -> CheckResult:
        cursor = read_cursor(self._database)
        block = 0 if cursor is None else cursor.number
        try:
            datasets = self._check_datasets(block)
            orgs, keys = self._check_organisations(block)
            self._check_policies(block)
        except StateUnavailable as error:
            raise NodeError(
                f"The node no longer tells what the contracts held at block {block}.",
                remedy="Sync the index to the newest block, and check it then.",
            ) from error
        for table, expected in self._counts.items():
            self._same_count(table, expected)
        blocks = self._database.scalar(select(func.sum(schema.blocks.c.event_count))) or 0
        chain = self._database.scalar(select(schema.chain.c.event_count))
        events = self._counts[schema.events]
        if not events == blocks == chain:
            raise _altered(f"{events} events, and its blocks say {blocks}, its cursor {chain}")
        return CheckResult(block, events, datasets, orgs, keys)

    # ------------------------------------------------------------------------------------- datasets

    def _check_datasets(self, block: int) -> int:
        column = schema.datasets.c.dataset
        everything = self._database.scalars(select(column).order_by(column)).all()
        for part in parts(everything):
            self._check_part(part, block)
        return len(everything)

    def _check_part(self, part: Sequence[DatasetId], block: int) -> None:
        events = schema.events.c.dataset.in_(part)
        found = self._fold(events)
        fold = found.datasets
        self._same(schema.datasets, schema.datasets.c.dataset.in_(part), fold.datasets.new)
        history, versions = schema.stage_history, schema.versions
        self._same(history, history.c.dataset.in_(part), fold.stage_history.new)
        self._same(versions, versions.c.dataset.in_(part), fold.versions.values())
        children = schema.lineage.c.child_dataset.in_(part)
        self._same(schema.lineage, children, fold.lineage)
        ledger = self._connection.profile.contract(ContractName.DATASET_LEDGER).address
        compare_heads(self._connection, ledger, dict(fold.heads()), block=block)

    def _fold(self, which: Any) -> Projection:
        found = fold_events(self._database, which, self._pins.contracts)
        self._same(schema.events, which, found.events)
        return found

    # -------------------------------------------------------------------------------- organisations

    def _check_organisations(self, block: int) -> tuple[int, int]:
        which = schema.events.c.contract == str(ContractName.ORGANISATIONS)
        fold = self._fold(which).organisations
        for table, rows in (
            (schema.organisations, fold.organisations.new),
            (schema.capabilities, fold.capabilities.new),
            (schema.suspensions, fold.suspensions.new),
            (schema.memberships, fold.memberships.new),
        ):
            self._same(table, table.c[table.primary_key.columns[0].name].is_not(None), rows)
        self._hold_same_organisations(fold.organisations.new, block)
        newest: dict[Address, Row] = {row["key"]: row for row in fold.memberships.new}
        self._hold_same_keys(newest, block)
        return len(fold.organisations.new), len(newest)

    def _hold_same_organisations(self, rows: Sequence[Row], block: int) -> None:
        count, *states = self._ask(
            [
                organisations.organisation_count(),
                *(organisations.organisation(row["org"]) for row in rows),
            ],
            block,
        )
        if count != len(rows):
            raise _altered(f"{len(rows)} organisations, and the contract has {count}")
        for row, state in zip(rows, states, strict=True):
            held = {name: getattr(state, name) for name in _HELD}
            if held != {name: row[name] for name in _HELD}:
                raise _altered(f"organisation {row['org']} as {_listed(row)}, the contract {held}")

    def _hold_same_keys(self, newest: dict[Address, Row], block: int) -> None:
        states = self._ask([organisations.member(key) for key in newest], block)
        for (key, row), state in zip(newest.items(), states, strict=True):
            expected: dict[str, Any] = {"org": row["org"], "role": row["role"]}
            if row["ended_by"] in {"ended", "rotated"}:
                expected["valid_until_unix"] = row["until_unix"]
            elif not (row["org"] == ROOT and row["ended_by"] == "handover"):
                expected["valid_until_unix"] = row["valid_until_unix"]
            found = {name: getattr(state, name) for name in expected}
            if found != expected:
                raise _altered(f"the key {key} as {expected}, and the contract as {found}")

    def _check_policies(self, block: int) -> None:
        which = schema.events.c.kind == "PolicyPublished"
        fold = self._fold(which)
        self._same(schema.policies, schema.policies.c.policy.is_not(None), fold.policies)
        self._same(schema.stages, schema.stages.c.policy.is_not(None), fold.stages)
        (count,) = self._ask([dataset_ledger.policy_count()], block)
        if count != len(fold.policies):
            raise _altered(f"{len(fold.policies)} policies, and the contract has {count}")

    def _ask(self, calls: Sequence[Call[Any]], block: int) -> list[Any]:
        profile = self._connection.profile
        try:
            answers = self._connection.calls(
                [(profile.contract(call.contract).address, call.data) for call in calls],
                block=block,
            )
        except RequestRefused as refusal:
            raise StateUnavailable from refusal
        found = []
        for call, answer in zip(calls, answers, strict=True):
            if isinstance(answer, Reverted):
                raise answer
            found.append(call.result(answer))
        return found

    # ------------------------------------------------------------------------------------ comparing

    def _same(self, table: Table, which: Any, expected: Iterable[Row]) -> None:
        """Return only if the rows of a table under a condition are the expected ones."""
        keys = [column.name for column in table.primary_key]
        wanted = {tuple(row[key] for key in keys): row for row in expected}
        names = list(next(iter(wanted.values()))) if wanted else keys
        query = select(*(table.c[name] for name in names)).where(which)
        found = {
            tuple(row[key] for key in keys): dict(row)
            for row in self._database.execute(query).mappings()
        }
        for key in wanted.keys() | found.keys():
            if wanted.get(key) != found.get(key):
                raise _altered(
                    f"a row of {table.name} that its events do not lead to: "
                    f"{', '.join(map(str, key))}"
                )
        self._counts[table] = self._counts.get(table, 0) + len(wanted)

    def _same_count(self, table: Table, expected: int) -> None:
        found = self._database.scalar(select(func.count()).select_from(table))
        if found != expected:
            raise _altered(f"{found} rows of {table.name}, of which its events lead to {expected}")


_HELD = ("parent", "capabilities", "grantable", "suspended_by", "admitted_at_unix")


def _listed(row: Row) -> dict[str, Any]:
    return {name: row[name] for name in _HELD}


def _altered(what: str) -> HistoryBroken:
    return HistoryBroken(f"The index has {what}.", remedy=_REMEDY)
