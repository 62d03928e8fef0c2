"""The chain's events in a database, for questions that a contract cannot answer.

`Index` is the door; `store` holds the database, `schema` its tables, `sync` fills them.
"""

from dataledger.index.index import Index
from dataledger.index.results import CheckResult, IndexStatus, SyncProgress, SyncResult
from dataledger.index.store import Store

__all__ = ["CheckResult", "Index", "IndexStatus", "Store", "SyncProgress", "SyncResult"]
