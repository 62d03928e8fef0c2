"""The records of versions, put together again from the index's rows."""

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import Connection, select

from dataledger.contracts.types import Ancestor, Parent, VersionRecord
from dataledger.index.lists import numbers
from dataledger.index.schema import lineage, versions


def read_records(connection: Connection, events: Sequence[int]) -> dict[int, Ancestor]:
    """Return the versions that events introduced, with the records that the contract commits to."""
    ids = numbers(connection, events)
    parents: defaultdict[int, list[Parent]] = defaultdict(list)
    edges = select(lineage).select_from(ids.join(lineage, lineage.c.event == ids.c.value))
    for row in connection.execute(edges.order_by(lineage.c.event, lineage.c.position)):
        parents[row.event].append(Parent(row.parent_dataset, row.parent_version, row.relation))
    found = select(versions).select_from(ids.join(versions, versions.c.event == ids.c.value))
    return {
        row.event: Ancestor(
            row.dataset,
            row.version,
            VersionRecord(
                content_root=row.content_root,
                manifest_digest=row.manifest_digest,
                size_bytes=row.size_bytes,
                file_count=row.file_count,
                record_count=row.record_count,
                salt_scheme=row.salt_scheme,
                parents=tuple(parents[row.event]),
            ),
        )
        for row in connection.execute(found)
    }
