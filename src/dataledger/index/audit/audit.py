"""The questions: `index.audit`."""

from collections.abc import Iterable

from dataledger.index.audit import anomalies, histories, holdings, listing, roles, states
from dataledger.index.audit.anomalies.finding import Anomaly
from dataledger.index.audit.entries import Entry, kinds_of
from dataledger.index.audit.filters import DatasetFilter
from dataledger.index.audit.holdings import ListedVersion, Summary
from dataledger.index.audit.listing import ListedDataset, Order
from dataledger.index.audit.moments import MomentRef
from dataledger.index.audit.naming import WhoRef
from dataledger.index.audit.paging import DEFAULT_LIMIT, Page
from dataledger.index.audit.reading import reading
from dataledger.index.audit.roles import Tenure
from dataledger.index.audit.states import DatasetThen, OrganisationThen
from dataledger.index.store import Store
from dataledger.ledger.results import DatasetRef, OrgRef

NO_FILTER = DatasetFilter()


class Audit:
    """Asks the index, and nothing else: each answer says as of which block it holds.

    Datasets are named `OWNER/SLUG` or by id, organisations by slug or number, keys by address.
    Times are Unix seconds, a `datetime`, or text: RFC 3339, a date, or `block:N`.

    Lists come in pages: `limit` items (1 to 1,000), and `next`, which is the `after` of the page
    that follows. A list's order is stable, and what arrives between two pages moves nothing.

    Every method raises:
        NotFound: something named is not there; the remedy says what is near.
        InvalidArgument: a name, a time, a limit or a page's token is malformed.
        IndexUnusable: the index is empty, or its database fails.
    """

    def __init__(self, store: Store) -> None:
        """Ask the index in `store`."""
        self._store = store

    # -------------------------------------------------------------------------------- what happened

    def timeline(
        self,
        dataset: DatasetRef,
        *,
        kinds: Iterable[str] | None = None,
        since: MomentRef | None = None,
        until: MomentRef | None = None,
        who: WhoRef | None = None,
        limit: int = DEFAULT_LIMIT,
        after: str | None = None,
    ) -> Page[Entry]:
        """Return the events of a dataset, oldest first.

        Args:
            dataset: With `@VERSION`, only while that version was the current one, and its recall.
            kinds: Only events of these classes, such as `Advanced`.
            since: Not before then.
            until: Not after then.
            who: Only what this organisation or key did.
            limit: So many on a page.
            after: The `next` of the page before.
        """
        with reading(self._store) as now:
            return histories.timeline(
                now,
                dataset,
                histories.EventFilter(kinds_of(kinds), since, until),
                who=who,
                limit=limit,
                after=after,
            )

    def activity(
        self,
        who: WhoRef,
        *,
        kinds: Iterable[str] | None = None,
        since: MomentRef | None = None,
        until: MomentRef | None = None,
        dataset: DatasetRef | None = None,
        limit: int = DEFAULT_LIMIT,
        after: str | None = None,
    ) -> Page[Entry]:
        """Return what an organisation or a key did, and what was done to it, oldest first.

        What was done to it is what events of organisations and members are about. The arguments
        are those of `timeline`; with `dataset`, only what it did to that one.
        """
        with reading(self._store) as now:
            return histories.activity(
                now,
                who,
                histories.EventFilter(kinds_of(kinds), since, until),
                dataset=dataset,
                limit=limit,
                after=after,
            )

    # ----------------------------------------------------------------------------------- what stood

    def roles(
        self,
        who: WhoRef,
        *,
        at: MomentRef | None = None,
        limit: int = DEFAULT_LIMIT,
        after: str | None = None,
    ) -> Page[Tenure]:
        """Return the memberships of a key, or of an organisation's keys, in recorded order.

        With `at`, only those on record then. Each says whether the key could act at that time (by
        default, the newest block's), and what its organisation could do.
        """
        with reading(self._store) as now:
            return roles.roles(now, who, at=at, limit=limit, after=after)

    def dataset_state(self, dataset: DatasetRef, *, at: MomentRef | None = None) -> DatasetThen:
        """Return a dataset as it stood at a time, by default at the newest block.

        Raises:
            NotFound: it was not registered yet; and as every method.
        """
        with reading(self._store) as now:
            return states.dataset_state(now, dataset, at)

    def organisation_state(
        self, organisation: OrgRef, *, at: MomentRef | None = None
    ) -> OrganisationThen:
        """Return an organisation as it stood at a time, by default at the newest block.

        Raises:
            NotFound: it was not admitted yet; and as every method.
        """
        with reading(self._store) as now:
            return states.organisation_state(now, organisation, at)

    # -------------------------------------------------------------------------------- what there is

    def datasets(
        self,
        wanted: DatasetFilter = NO_FILTER,
        *,
        order: Order = "registered",
        limit: int = DEFAULT_LIMIT,
        after: str | None = None,
    ) -> Page[ListedDataset]:
        """Return datasets that fulfil a filter, newest first by registration or last event."""
        with reading(self._store) as now:
            return listing.listing(now, wanted, order=order, limit=limit, after=after)

    def search(
        self,
        text: str,
        wanted: DatasetFilter = NO_FILTER,
        *,
        limit: int = DEFAULT_LIMIT,
        after: str | None = None,
    ) -> Page[ListedDataset]:
        """Return datasets whose slug or description has all the words, best first.

        The last word may be the beginning of one. Words in the slug count most, then words in the
        title; among equals, the newest is first. Where more than 1,000 datasets match, the newest
        1,000 are ranked, and the page's `is_complete` is false.

        Args:
            text: Letters and digits are words; everything else stands between them.
            wanted: What else must hold.
            limit: So many on a page.
            after: The `next` of the page before.
        """
        with reading(self._store) as now:
            return listing.search(now, text, wanted, limit=limit, after=after)

    def versions(
        self, dataset: DatasetRef, *, limit: int = DEFAULT_LIMIT, after: str | None = None
    ) -> Page[ListedVersion]:
        """Return the versions of a dataset, from 1 on."""
        with reading(self._store) as now:
            return holdings.versions_of(now, dataset, limit=limit, after=after)

    def recalls(
        self,
        *,
        owner: OrgRef | None = None,
        severity: str | None = None,
        limit: int = DEFAULT_LIMIT,
        after: str | None = None,
    ) -> Page[ListedVersion]:
        """Return the versions that were recalled, newest recall first.

        Args:
            owner: Only of this organisation's datasets.
            severity: Only these: ADVISORY, SERIOUS or CRITICAL.
            limit: So many on a page.
            after: The `next` of the page before.
        """
        with reading(self._store) as now:
            return holdings.recalls(now, owner, severity, limit=limit, after=after)

    def summary(self) -> Summary:
        """Return how many datasets stand in each stage, and how much else there is."""
        with reading(self._store) as now:
            return holdings.summary(now)

    # ------------------------------------------------------------------------------ what is unusual

    def anomalies(
        self,
        kinds: Iterable[str] | None = None,
        *,
        stalled_days: int | None = None,
        limit: int = DEFAULT_LIMIT,
        after: str | None = None,
    ) -> Page[Anomaly]:
        """Return what is worth a look, kind by kind; each kind's rule is in `docs/audit.md`.

        Args:
            kinds: Some of `anomalies.KINDS`, by default all.
            stalled_days: When a dataset counts as stalled; by default, by its stage's usual time.
            limit: So many on a page.
            after: The `next` of the page before.
        """
        with reading(self._store) as now:
            return anomalies.anomalies(
                now, kinds, stalled_days=stalled_days, limit=limit, after=after
            )
