"""Where versions came from, and what came from them, as the index knows it: `index.lineage`."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, select

from dataledger.contracts.identifiers import DatasetId, OrgId, to_version
from dataledger.contracts.types import Recall, Relation
from dataledger.errors import InvalidArgument, NotFound, shown
from dataledger.index.audit.moments import Moment, MomentRef, moment
from dataledger.index.audit.reading import Reading, reading
from dataledger.index.lineage.confirming import confirm
from dataledger.index.lineage.results import Confirmation, Impact, LineageGraph
from dataledger.index.lineage.walk import Trail, Walk, follow
from dataledger.index.lists import numbers
from dataledger.index.schema import versions
from dataledger.index.store import Store
from dataledger.ledger.lineage import Lineages
from dataledger.ledger.results import DatasetRef, VersionRef

MAX_VERSIONS = 100_000
"""Visited by default, and at most: what is beyond is said to be missing."""
_NAMED_AT_ONCE = 1_000


class LineageIndex:
    """Walks the lineage graph in the index. Every answer is of one state of the index.

    A version is named by its dataset (`OWNER/SLUG`, with or without `@VERSION`, or its id) and its
    number, by default the current one. `at` is a time: Unix seconds, a `datetime`, or text such as
    `2027-01-31` or `block:1234`; the graph is then as it stood at that time.
    """

    def __init__(self, store: Store) -> None:
        """Stand on the database of an index."""
        self._store = store

    def ancestors(
        self,
        dataset: DatasetRef,
        version: int | None = None,
        *,
        relations: Collection[Relation] | None = None,
        depth: int | None = None,
        at: MomentRef | None = None,
        limit: int = MAX_VERSIONS,
    ) -> LineageGraph:
        """Return what a version came from.

        Args:
            dataset: Its dataset.
            version: Its number.
            relations: Follow edges of these types alone.
            depth: Follow so many edges from the version, at most.
            at: As it stood at that time.
            limit: Visit so many versions, the nearest; `is_cut` says whether there are more.

        Raises:
            NotFound: there is no such version, or there was none at that time.
            InvalidArgument: depth, limit, time or number is out of range.
            IndexUnusable: the database fails, or is empty.
        """
        with reading(self._store) as now:
            asked = _Question(dataset, version, at, limit, relations, depth)
            return _answer(now, asked, upwards=True)

    def descendants(
        self,
        dataset: DatasetRef,
        version: int | None = None,
        *,
        relations: Collection[Relation] | None = None,
        depth: int | None = None,
        at: MomentRef | None = None,
        limit: int = MAX_VERSIONS,
    ) -> LineageGraph:
        """Return what came from a version. Arguments and errors are those of `ancestors`."""
        with reading(self._store) as now:
            asked = _Question(dataset, version, at, limit, relations, depth)
            return _answer(now, asked, upwards=False)

    def impact(
        self,
        dataset: DatasetRef,
        version: int | None = None,
        *,
        at: MomentRef | None = None,
        limit: int = MAX_VERSIONS,
    ) -> Impact:
        """Return what the recall of a version taints; or would taint, if it is not recalled.

        Arguments and errors are those of `ancestors`.
        """
        with reading(self._store) as now:
            graph = _answer(now, _Question(dataset, version, at, limit), upwards=False)
        own = [found.recall for found in graph.recalled if found.version == graph.start]
        return Impact(graph, own[0] if own else None)

    def confirm(self, impact: Impact, lineages: Lineages) -> Confirmation:
        """Have the contract confirm each path of an impact, through `ledger.lineage`.

        Raises:
            CommitmentMismatch: the contract does not confirm one.
        """
        with self._store.read() as connection:
            return confirm(connection, impact, lineages)

    def names(self, wanted: Iterable[VersionRef]) -> dict[VersionRef, str]:
        """Return versions as `OWNER/SLUG@VERSION`."""
        refs = list(wanted)
        datasets = list(dict.fromkeys(ref.dataset for ref in refs))
        known: dict[DatasetId, str] = {}
        with reading(self._store) as now:
            for begin in range(0, len(datasets), _NAMED_AT_ONCE):
                part = datasets[begin : begin + _NAMED_AT_ONCE]
                known |= now.naming.dataset_names(part)
        return {ref: f"{known.get(ref.dataset, ref.dataset)}@{ref.version}" for ref in refs}


@dataclass(frozen=True, slots=True)
class _Question:
    dataset: DatasetRef
    version: int | None
    at: MomentRef | None
    limit: int
    relations: Collection[Relation] | None = None
    depth: int | None = None


def _answer(now: Reading, asked: _Question, *, upwards: bool) -> LineageGraph:
    _check_counts(asked.depth, asked.limit)
    then = moment(now.connection, asked.at)
    walk = Walk(
        start=_start(now, asked.dataset, asked.version, then),
        upwards=upwards,
        until=then.event,
        max_versions=asked.limit,
        relations=None if asked.relations is None else frozenset(asked.relations),
        depth=asked.depth,
    )
    trail = follow(now.connection, walk)
    return LineageGraph(
        trail,
        upwards=upwards,
        recalls=_recalls(now.connection, trail, then),
        as_of_block=now.as_of_block,
        at_unix=then.unix,
    )


def _check_counts(depth: int | None, limit: int) -> None:
    if depth is not None and (type(depth) is not int or depth < 1):
        raise InvalidArgument(
            f"{shown(depth)} is no depth.", remedy="Give the number of edges to follow, from 1 on."
        )
    if type(limit) is not int or not 0 < limit <= MAX_VERSIONS:
        raise InvalidArgument(
            f"{shown(limit)} versions cannot be visited.",
            remedy=f"Give a limit from 1 to {MAX_VERSIONS}.",
        )


def _start(now: Reading, name: DatasetRef, version: int | None, then: Moment) -> int:
    """Return the event that introduced the version that is meant."""
    dataset, named = now.naming.version(name)
    number = named if version is None else to_version(version)
    found = select(versions.c.event).where(versions.c.dataset == dataset)
    found = found.where(versions.c.event <= then.event)
    if number is not None:
        found = found.where(versions.c.version == number)
    event = now.connection.scalar(found.order_by(versions.c.version.desc()).limit(1))
    if event is None:
        label = now.naming.dataset_name(dataset)
        which = "any version" if number is None else f"version {shown(number)}"
        raise NotFound(
            f"The index does not know {which} of the dataset {label} at that time.",
            remedy="Name another version or time; or bring the index up to date.",
        )
    return int(event)


def _recalls(connection: Connection, trail: Trail, then: Moment) -> list[tuple[int, Recall]]:
    """Return the recalls of versions on the trail, by the events that introduced these."""
    recalls = [trail.places[event][2] for event in trail.events]
    wanted = sorted(recall for recall in recalls if recall is not None and recall <= then.event)
    if not wanted:
        return []
    ids = numbers(connection, wanted)
    query = select(
        versions.c.event,
        versions.c.recalled_by,
        versions.c.recall_severity,
        versions.c.recalled_at_unix,
    ).select_from(ids.join(versions, versions.c.recall_event == ids.c.value))
    found = {
        row.event: Recall(OrgId(row.recalled_by), row.recall_severity, row.recalled_at_unix)
        for row in connection.execute(query)
    }
    return [(event, found[event]) for event in trail.events if event in found]
