"""Between a projection and the database: what it must know, and what it found."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any, TypeVar

from sqlalchemy import Column, Connection, Table, bindparam, select, update
from sqlalchemy.types import TypeDecorator

from dataledger.contracts.events import (
    DatasetEvent,
    DatasetRegistered,
    Event,
    OrganisationEvent,
    VersionAdded,
)
from dataledger.contracts.identifiers import DatasetId
from dataledger.index import schema
from dataledger.index.changes import Row, Rows
from dataledger.index.projection import Known, Projection
from dataledger.index.projection_datasets import RECALL

MAX_PARAMETERS = 500
"""Values in one query; SQLite takes 32,766 and PostgreSQL 65,535, and neither gains by more."""

# What the projection reads, and may change, of a dataset. The others are kept by triggers.
_DATASET = [
    column
    for column in schema.datasets.c
    if column.name not in {"title", "licence", "sector", "region", "quality"}
]

T = TypeVar("T")


def known_of(connection: Connection, events: Iterable[Event]) -> Known:
    """Return what the projection of these events must know."""
    policies = schema.policies.c
    known = Known()
    found = connection.execute(select(policies.policy, policies.entry))
    known.entries.update({row.policy: row.entry for row in found})
    datasets: set[DatasetId] = set()
    parents: set[tuple[DatasetId, int]] = set()
    about_organisations = False
    for event in events:
        if isinstance(event, DatasetEvent):
            datasets.add(event.dataset)
            if isinstance(event, DatasetRegistered | VersionAdded) and event.record is not None:
                parents.update((parent.dataset, parent.version) for parent in event.record.parents)
        elif isinstance(event, OrganisationEvent):
            about_organisations = True
    for part in parts(datasets):
        _load_datasets(connection, part, known)
    for part in parts({dataset for dataset, _ in parents}):
        _load_versions(connection, part, parents, known)
    if about_organisations:
        _load_organisations(connection, known)
    return known


def _load_datasets(connection: Connection, datasets: Sequence[DatasetId], known: Known) -> None:
    here = schema.datasets.c.dataset.in_(datasets)
    for row in connection.execute(select(*_DATASET).where(here)).mappings():
        known.datasets[row["dataset"]] = dict(row)
    history = schema.stage_history
    open_rows = select(history).where(
        history.c.dataset.in_(datasets), history.c.until_event.is_(None)
    )
    for row in connection.execute(open_rows).mappings():
        known.stage_history[row["dataset"]] = dict(row)


def _load_versions(
    connection: Connection,
    datasets: Sequence[DatasetId],
    wanted: set[tuple[DatasetId, int]],
    known: Known,
) -> None:
    versions = schema.versions.c
    found = select(versions.dataset, versions.version, versions.event)
    for dataset, version, event in connection.execute(found.where(versions.dataset.in_(datasets))):
        if (dataset, version) in wanted:
            known.version_events[dataset, version] = event


def _load_organisations(connection: Connection, known: Known) -> None:
    def rows(table: Table, *, is_open: bool) -> Iterator[Row]:
        query = select(table)
        if is_open:
            query = query.where(table.c.until_event.is_(None))
        return (dict(row) for row in connection.execute(query).mappings())

    known.organisations = {row["org"]: row for row in rows(schema.organisations, is_open=False)}
    known.capabilities = {row["org"]: row for row in rows(schema.capabilities, is_open=True)}
    known.suspensions = {row["org"]: row for row in rows(schema.suspensions, is_open=True)}
    known.memberships = {row["key"]: row for row in rows(schema.memberships, is_open=True)}


def save(connection: Connection, projection: Projection) -> None:
    """Write what a projection found, which was given what `known_of` returned in this state."""
    datasets, organisations = projection.datasets, projection.organisations
    insert_rows(connection, schema.events, projection.events)
    insert_rows(connection, schema.policies, projection.policies)
    insert_rows(connection, schema.stages, projection.stages)
    _save_rows(connection, schema.organisations, organisations.organisations)
    _save_rows(connection, schema.capabilities, organisations.capabilities)
    _save_rows(connection, schema.suspensions, organisations.suspensions)
    _save_rows(connection, schema.memberships, organisations.memberships)
    _save_rows(connection, schema.datasets, datasets.datasets)
    _save_rows(connection, schema.stage_history, datasets.stage_history)
    insert_rows(connection, schema.versions, list(datasets.versions.values()))
    update_rows(connection, schema.versions, RECALL, datasets.recalls)
    insert_rows(connection, schema.lineage, datasets.lineage)


def _save_rows(connection: Connection, table: Table, rows: Rows[Any]) -> None:
    for names, changed in rows.changed().items():
        update_rows(connection, table, names, changed)
    insert_rows(connection, table, rows.new)


def insert_rows(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Insert rows that all have the same columns.

    Beside SQLAlchemy's own way, which takes longer than SQLite itself: each value is converted by
    its column's type, and all rows go to the driver at once.
    """
    if not rows:
        return
    names = tuple(rows[0])
    columns = [table.c[name] for name in names]
    write = connection.dialect.identifier_preparer
    listed = ", ".join(write.format_column(column) for column in columns)
    into = f"{write.format_table(table)} ({listed})"
    converted = zip(
        *(_converted(connection, c, [r[c.name] for r in rows]) for c in columns), strict=True
    )
    if connection.dialect.name == "postgresql":
        driver: Any = connection.connection.cursor()
        with driver, driver.copy(f"COPY {into} FROM STDIN") as copy:
            for values in converted:
                copy.write_row(values)
    else:
        places = ", ".join("?" for _ in names)
        statement = f"INSERT INTO {into} VALUES ({places})"  # noqa: S608 - names of the schema
        connection.exec_driver_sql(statement, list(converted))


def _converted(connection: Connection, column: Column[Any], values: list[Any]) -> list[Any]:
    """Return values of a column as its type hands them to the driver."""
    kind, dialect = column.type, connection.dialect
    if not isinstance(kind, TypeDecorator):
        return values
    convert = kind.process_bind_param
    if type(kind).process_bind_param is TypeDecorator.process_bind_param:
        return values
    return [convert(value, dialect) for value in values]


def update_rows(
    connection: Connection, table: Table, names: Iterable[str], rows: Sequence[Row]
) -> None:
    """Give rows, which are found by their primary keys, other values in the columns `names`."""
    if not rows:
        return
    keys = [column.name for column in table.primary_key]
    statement = (
        update(table)
        .where(*(table.c[name] == bindparam(f"the_{name}") for name in keys))
        .values({name: bindparam(name) for name in names})
    )
    connection.execute(
        statement,
        [
            {f"the_{name}": row[name] for name in keys} | {name: row[name] for name in names}
            for row in rows
        ],
    )


def parts(values: Collection[T]) -> Iterator[list[T]]:
    """Return the values in lists that fit one query."""
    everything: list[Any] = list(values)
    return (
        everything[start : start + MAX_PARAMETERS]
        for start in range(0, len(everything), MAX_PARAMETERS)
    )
