"""Where versions came from, and what came from them: `ledger.lineage`."""

from collections.abc import Iterable, Mapping, Sequence

from dataledger.contracts import dataset_ledger
from dataledger.contracts.types import Ancestor, VersionRecord
from dataledger.errors import CommitmentMismatch, HistoryBroken, NotFound
from dataledger.ledger.datasets import Datasets
from dataledger.ledger.onchain import OnChain
from dataledger.ledger.results import (
    DatasetRef,
    Lineage,
    LineageEdge,
    Taint,
    TaintedVersion,
    VersionRef,
)
from dataledger.ledger.versions import Introduced, check_commitments, introduced_versions


class Lineages:
    """Walks the lineage graph, which it rebuilds from logs.

    Every record on the way is checked against its commitment, so no edge can be made up. That none
    is withheld rests on the node: `ledger.datasets.history` shows it for one dataset. Descendants
    are looked for in the logs of all datasets.
    """

    def __init__(self, onchain: OnChain, datasets: Datasets) -> None:
        self._onchain = onchain
        self._datasets = datasets

    def ancestors(self, dataset: DatasetRef, version: int | None = None) -> Lineage:
        """Return all that a version (by default the current one) came from.

        Raises:
            NotFound: there is no such version.
            CommitmentMismatch: a log is not what the contract commits to.
        """
        start = self._start(dataset, version)

        def read(block: int) -> Lineage:
            edges, _ = self._upwards(start, block)
            return Lineage(start, edges, block)

        return self._onchain.snapshot(read)

    def descendants(self, dataset: DatasetRef, version: int | None = None) -> Lineage:
        """Return all that came from a version (by default the current one). Raises likewise."""
        start = self._start(dataset, version)

        def read(block: int) -> Lineage:
            edges, _ = self._downwards(start, block)
            return Lineage(start, edges, block)

        return self._onchain.snapshot(read)

    def taint(self, dataset: DatasetRef, version: int) -> Taint:
        """Return all that came from a recalled version; the contract confirms each path.

        Raises:
            NotFound: there is no such version, or it is not recalled.
            CommitmentMismatch: a log is not what the contract commits to.
        """
        start = self._start(dataset, version)

        def read(block: int) -> Taint:
            edges, records = self._downwards(start, block)
            paths = _paths((edge.parent, edge.child) for edge in edges)
            found = self._taint(start, list(paths.values()), records, block)
            if found is None:
                raise NotFound(
                    f"Version {start.version} of the dataset {start.dataset} is not recalled.",
                    remedy="Nothing is tainted by it. Recall it first, if it must be.",
                )
            return found

        return self._onchain.snapshot(read)

    def recalled_ancestors(
        self, dataset: DatasetRef, version: int | None = None
    ) -> tuple[Taint, ...]:
        """Return the recalls that taint a version, nearest first, each with the path to it alone.

        Raises as `ancestors` does.
        """
        start = self._start(dataset, version)

        def read(block: int) -> tuple[Taint, ...]:
            edges, records = self._upwards(start, block)
            paths = _paths((edge.child, edge.parent) for edge in edges)
            taints = (
                self._taint(ancestor, [tuple(reversed(path))], records, block)
                for ancestor, path in paths.items()
            )
            return tuple(taint for taint in taints if taint is not None)

        return self._onchain.snapshot(read)

    def confirm_taint(self, paths: Sequence[Sequence[Ancestor]]) -> None:
        """Return only if the contract confirms each path: from a recalled version to a tainted one.

        Raises:
            CommitmentMismatch: it does not confirm one of them.
        """
        self._onchain.snapshot(lambda block: self._confirm(paths, block))

    def confirm_records(self, versions: Iterable[Ancestor]) -> None:
        """Return only if each version's record, parents included, is what the contract commits to.

        Raises:
            CommitmentMismatch: it commits to another one.
        """
        records = {VersionRef(found.dataset, found.version): found.record for found in versions}
        self._onchain.snapshot(lambda block: check_commitments(self._onchain, records, block=block))

    def _start(self, dataset: DatasetRef, version: int | None) -> VersionRef:
        found = self._datasets.version(dataset, version)
        return VersionRef(found.dataset, found.number)

    def _upwards(
        self, start: VersionRef, block: int
    ) -> tuple[tuple[LineageEdge, ...], dict[VersionRef, VersionRecord]]:
        edges: list[LineageEdge] = []
        records: dict[VersionRef, VersionRecord] = {}
        level = [start]
        while level:
            datasets = sorted({ref.dataset for ref in level}, key=str)
            found = introduced_versions(self._onchain, datasets, block=block)
            parents: dict[VersionRef, None] = {}
            for child in level:
                records[child] = _found(found, child)
                for parent in records[child].parents:
                    ref = VersionRef(parent.dataset, parent.version)
                    edges.append(LineageEdge(ref, child, parent.relation))
                    parents[ref] = None
            level = [ref for ref in parents if ref not in records]
        check_commitments(self._onchain, records, block=block)
        return tuple(edges), records

    def _downwards(
        self, start: VersionRef, block: int
    ) -> tuple[tuple[LineageEdge, ...], dict[VersionRef, VersionRecord]]:
        every = introduced_versions(self._onchain, None, block=block)
        children: dict[VersionRef, list[LineageEdge]] = {}
        for child, told in every.items():
            for parent in told.record.parents:
                ref = VersionRef(parent.dataset, parent.version)
                children.setdefault(ref, []).append(LineageEdge(ref, child, parent.relation))
        edges: list[LineageEdge] = []
        reached = {start: None}
        level = [start]
        while level:
            met = [edge for ref in level for edge in children.get(ref, ())]
            edges += met
            level = [c for c in dict.fromkeys(edge.child for edge in met) if c not in reached]
            reached |= dict.fromkeys(level)
        records = {ref: _found(every, ref) for ref in reached}
        check_commitments(self._onchain, records, block=block)
        return tuple(edges), records

    def _taint(
        self,
        recalled: VersionRef,
        paths: Sequence[tuple[VersionRef, ...]],
        records: Mapping[VersionRef, VersionRecord],
        block: int,
    ) -> Taint | None:
        """Return the taint along `paths`; None where the version is not recalled."""
        recall = self._onchain.read(
            dataset_ledger.recall_of(recalled.dataset, recalled.version), block=block
        )
        if not recall.recorded_at_unix:
            return None
        self._confirm(
            [[Ancestor(ref.dataset, ref.version, records[ref]) for ref in path] for path in paths],
            block,
        )
        return Taint(
            recalled=recalled,
            recall=recall,
            tainted=tuple(TaintedVersion(path[-1], path) for path in paths),
            as_of_block=block,
        )

    def _confirm(self, paths: Sequence[Sequence[Ancestor]], block: int) -> None:
        confirmed = self._onchain.read_all(map(dataset_ledger.verify_taint, paths), block=block)
        for path, is_confirmed in zip(paths, confirmed, strict=True):
            if not is_confirmed:
                raise CommitmentMismatch(
                    f"The contract does not confirm a path of lineage from "
                    f"{VersionRef(path[0].dataset, path[0].version)} to "
                    f"{VersionRef(path[-1].dataset, path[-1].version)}.",
                    remedy="Logs that it was found in are false: ask another node; an index that "
                    "was made from them, rebuild.",
                )


def _found(found: Mapping[VersionRef, Introduced], ref: VersionRef) -> VersionRecord:
    if ref not in found:
        raise HistoryBroken(
            f"There is no log of version {ref.version} of the dataset {ref.dataset}.",
            remedy="The node's logs are incomplete: ask another one.",
        )
    return found[ref].record


def _paths(
    steps: Iterable[tuple[VersionRef, VersionRef]],
) -> dict[VersionRef, tuple[VersionRef, ...]]:
    """Return a shortest path to each version, given the steps of a breadth-first walk in order."""
    paths: dict[VersionRef, tuple[VersionRef, ...]] = {}
    start: VersionRef | None = None
    for here, there in steps:
        start = here if start is None else start
        if there not in paths and there != start:
            paths[there] = (*paths.get(here, (here,)), there)
    return paths
