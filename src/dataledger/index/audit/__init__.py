"""Questions to the index: what happened, who did it, what stood when, and what is unusual."""

from dataledger.index.audit.anomalies import KINDS as ANOMALY_KINDS
from dataledger.index.audit.anomalies.finding import Anomaly
from dataledger.index.audit.audit import Audit
from dataledger.index.audit.entries import KINDS as EVENT_KINDS
from dataledger.index.audit.entries import Entry
from dataledger.index.audit.filters import DatasetFilter
from dataledger.index.audit.holdings import ListedVersion, StageCount, Summary
from dataledger.index.audit.listing import ListedDataset
from dataledger.index.audit.paging import Page
from dataledger.index.audit.roles import Standing, Tenure
from dataledger.index.audit.states import (
    DatasetThen,
    DutyHolder,
    OrganisationThen,
    RecalledVersion,
)

__all__ = [
    "ANOMALY_KINDS",
    "EVENT_KINDS",
    "Anomaly",
    "Audit",
    "DatasetFilter",
    "DatasetThen",
    "DutyHolder",
    "Entry",
    "ListedDataset",
    "ListedVersion",
    "OrganisationThen",
    "Page",
    "RecalledVersion",
    "StageCount",
    "Standing",
    "Summary",
    "Tenure",
]
