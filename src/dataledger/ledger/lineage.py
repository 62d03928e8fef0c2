"""Where versions came from, and what came from them: `ledger.lineage`."""

from dataledger.ledger.results import DatasetRef, Lineage, Taint


class Lineages:
    """Walks the lineage graph, which it rebuilds from logs."""

    def ancestors(self, dataset: DatasetRef, version: int | None = None) -> Lineage:
        """Return all that a version (by default the current one) came from."""
        raise NotImplementedError

    def descendants(self, dataset: DatasetRef, version: int | None = None) -> Lineage:
        """Return all that came from a version (by default the current one)."""
        raise NotImplementedError

    def taint(self, dataset: DatasetRef, version: int) -> Taint:
        """Return all that came from a recalled version; the contract confirms each path.

        Raises:
            NotFound: there is no such version, or it is not recalled.
        """
        raise NotImplementedError

    def recalled_ancestors(
        self, dataset: DatasetRef, version: int | None = None
    ) -> tuple[Taint, ...]:
        """Return the recalls that taint a version, each with the path to this version alone."""
        raise NotImplementedError
