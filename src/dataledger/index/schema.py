"""The tables of the index.

Everything but `documents` follows from the chain's events alone, so that an index can be dropped
and made again. The migrations create the tables; a test holds them to what stands here.

Conventions:
- `event` (and every column that ends so) is the key of an event: `block_number << 20 | log_index`.
  It orders all events of the chain, and is what pages go on from.
- Columns that end in `_unix` are seconds.
- A history is rows that each hold from `since_event` on, at `since_unix`, and until `until_event`,
  at `until_unix`; both are NULL for what still holds. `until_unix` is the first second at which
  the row no longer holds.
- There are no foreign keys: rows come from events that the contracts let happen, and were checked.
"""

from sqlalchemy import (
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    false,
)

from dataledger.contracts.types import Capability, Relation, Role, Severity
from dataledger.index.columns import (
    AddressColumn,
    ChainText,
    DatasetIdColumn,
    DigestColumn,
    HeadColumn,
    HexColumn,
    Int64,
    JsonColumn,
    Number,
    Unsigned64,
)

LOG_INDEX_BITS = 20
"""A block of 2^20 logs would take 400 million gas for the logs alone."""

metadata = MetaData()

# ----------------------------------------------------------------------------- the chain and events

chain = Table(
    "chain",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),  # always 1
    Column("chain_id", Int64, nullable=False),
    Column("genesis_hash", HexColumn, nullable=False),
    Column("dataset_ledger", AddressColumn, nullable=False),
    Column("organisations", AddressColumn, nullable=False),
    Column("first_block", Int64, nullable=False),  # where the earlier contract was deployed
    # The cursor: every event up to and with this block is in. NULL before the first range.
    Column("block_number", Int64),
    Column("block_hash", HexColumn),
    Column("block_timestamp_unix", Int64),
    Column("synced_at_unix", Int64),
    # What the contracts keep was compared with the rows at the end of this block; see `heads`.
    Column("checked_block", Int64),
    Column("event_count", Int64, nullable=False, server_default="0"),
)

blocks = Table(
    "blocks",
    metadata,
    # Every block with events, and the last one of each range that was read.
    Column("number", Int64, primary_key=True, autoincrement=False),
    Column("hash", HexColumn, nullable=False),
    Column("timestamp_unix", Int64, nullable=False),
    Column("event_count", Int64, nullable=False),  # 0: it ended a range; old ones are removed
    Index("blocks_timestamp", "timestamp_unix"),
)
Index(
    "blocks_empty",
    blocks.c.number,
    sqlite_where=blocks.c.event_count == 0,
    postgresql_where=blocks.c.event_count == 0,
)

events = Table(
    "events",
    metadata,
    Column("event", Int64, primary_key=True, autoincrement=False),
    Column("contract", String(16), nullable=False),  # a ContractName
    Column("kind", String(32), nullable=False),  # the name of a class in contracts.events
    Column("dataset", DatasetIdColumn),
    # Who acted: for MemberAdded and the like, the organisation that the key `by` is bound to.
    Column("org", Int64),
    Column("by", AddressColumn),
    # Whom an event of Organisations is about.
    Column("subject_org", Int64),
    Column("subject_key", AddressColumn),
    Column("head", HeadColumn),
    Column("recorded_at_unix", Int64, nullable=False),  # the block's time
    Column("transaction_hash", HexColumn, nullable=False),
    Column("topics", LargeBinary, nullable=False),  # 32 bytes each, one after another
    Column("data", LargeBinary, nullable=False),
    Column("details", JsonColumn, nullable=False),  # the other fields of the event, by their names
    Index("events_dataset", "dataset", "event"),
    Index("events_org", "org", "event"),
    Index("events_org_kind", "org", "kind", "event"),
    Index("events_by", "by", "event"),
    Index("events_kind", "kind", "event"),
    Index("events_recorded_at", "recorded_at_unix"),
)
# Events about organisations are few among those of datasets, for which these are NULL.
Index(
    "events_subject_org",
    events.c.subject_org,
    events.c.event,
    sqlite_where=events.c.subject_org.is_not(None),
    postgresql_where=events.c.subject_org.is_not(None),
)
Index(
    "events_subject_key",
    events.c.subject_key,
    events.c.event,
    sqlite_where=events.c.subject_key.is_not(None),
    postgresql_where=events.c.subject_key.is_not(None),
)

# ----------------------------------------------------------------------------------- organisations

organisations = Table(
    "organisations",
    metadata,
    Column("org", Int64, primary_key=True, autoincrement=False),
    Column("slug", String(32), nullable=False),
    Column("name", ChainText, nullable=False),
    Column("parent", Int64),
    Column("profile_digest", DigestColumn),
    Column("admitted_event", Int64, nullable=False),
    Column("admitted_at_unix", Int64, nullable=False),
    # What holds now: itself, not limited by what stands above it.
    Column("capabilities", Number(Capability), nullable=False),
    Column("grantable", Number(Capability), nullable=False),
    Column("suspended_by", Int64),
    Index("organisations_slug", "slug", unique=True),
    Index("organisations_parent", "parent"),
)

capabilities = Table(
    "capabilities",
    metadata,
    # A history of what each organisation holds and may grant, from its admission on.
    Column("since_event", Int64, primary_key=True, autoincrement=False),
    Column("org", Int64, nullable=False),
    Column("capabilities", Number(Capability), nullable=False),
    Column("grantable", Number(Capability), nullable=False),
    Column("since_unix", Int64, nullable=False),
    Column("until_event", Int64),
    Column("until_unix", Int64),
    Index("capabilities_org", "org", "since_event"),
)

suspensions = Table(
    "suspensions",
    metadata,
    # A history of organisations' suspensions. One that is taken over from further above ends, and
    # another begins, with the same event.
    Column("since_event", Int64, primary_key=True, autoincrement=False),
    Column("org", Int64, nullable=False),
    Column("by_org", Int64, nullable=False),
    Column("reason", ChainText, nullable=False),
    Column("since_unix", Int64, nullable=False),
    Column("until_event", Int64),
    Column("until_unix", Int64),
    Index("suspensions_org", "org", "since_event"),
)

memberships = Table(
    "memberships",
    metadata,
    # A history of what is recorded of each key. A key can act at a second t if
    #   since_unix <= t < until_unix (or NULL), and valid_from_unix <= t < valid_until_unix
    # and its organisation is not suspended. A key is bound to one organisation, for ever.
    Column("since_event", Int64, primary_key=True, autoincrement=False),
    Column("key", AddressColumn, nullable=False),
    Column("org", Int64, nullable=False),
    Column("role", Number(Role), nullable=False),
    Column("valid_from_unix", Int64, nullable=False),
    Column("valid_until_unix", Int64, nullable=False),  # WITHOUT_END: it has none
    Column("since_unix", Int64, nullable=False),
    Column("until_event", Int64),
    Column("until_unix", Int64),
    # Why it no longer holds: renewed (another row goes on), ended, rotated (to another key), or
    # handover (of the root authority).
    Column("ended_by", String(8)),
    Index("memberships_key", "key", "since_event"),
    Index("memberships_org", "org", "since_event"),
)

# ---------------------------------------------------------------------------------------- policies

policies = Table(
    "policies",
    metadata,
    Column("policy", Int64, primary_key=True, autoincrement=False),
    Column("org", Int64, nullable=False),
    Column("digest", HeadColumn, nullable=False),  # Policy.digest
    Column("name", ChainText, nullable=False),
    Column("entry", Int64, nullable=False),  # the stage at which datasets begin
    Column("content", JsonColumn, nullable=False),  # the fields of contracts.types.Policy
    Column("event", Int64, nullable=False),
    Column("recorded_at_unix", Int64, nullable=False),
)

stages = Table(
    "stages",
    metadata,
    # Every stage that a dataset under the policy can be in, SUSPENDED and RECALLED included.
    Column("policy", Int64, primary_key=True, autoincrement=False),
    Column("stage", Int64, primary_key=True, autoincrement=False),
    Column("name", ChainText, nullable=False),
)

# ---------------------------------------------------------------------------------------- datasets

datasets = Table(
    "datasets",
    metadata,
    Column("dataset", DatasetIdColumn, primary_key=True),
    Column("owner", Int64, nullable=False),
    Column("slug", String(32), nullable=False),
    Column("policy", Int64, nullable=False),
    Column("stage", Int64, nullable=False),
    Column("version_count", Int64, nullable=False),
    Column("stage_event", Int64, nullable=False),  # `since_event` of its open row in stage_history
    Column("head", HeadColumn, nullable=False),
    Column("registered_event", Int64, nullable=False),
    Column("registered_at_unix", Int64, nullable=False),
    Column("updated_at_unix", Int64, nullable=False),  # when stage or version last changed
    Column("last_event", Int64, nullable=False),
    Column("last_event_unix", Int64, nullable=False),
    Column("event_count", Int64, nullable=False),
    Column("suspended_by", Int64),  # the regulator that froze the dataset
    Column("recalled", Boolean, nullable=False, server_default=false()),  # some version of it is
    Column("description", DigestColumn),  # of the newest DatasetDescribed
    # Copied from the document of that digest by triggers (see `directory`), whoever writes:
    # lists filter by them in the order of registration, and an index must have both.
    Column("title", ChainText),  # cut after TITLE_CHARACTERS
    Column("licence", ChainText),
    Column("sector", ChainText),
    Column("region", ChainText),
    Column("quality", ChainText),
    Index("datasets_owner_slug", "owner", "slug", unique=True),
    Index("datasets_registered", "registered_event", unique=True),  # the order of all lists
    Index("datasets_owner", "owner", "registered_event"),
    Index("datasets_policy_stage", "policy", "stage", "registered_event"),
    Index("datasets_stalled", "policy", "stage", "updated_at_unix", "registered_event"),
    Index("datasets_description", "description"),
    Index("datasets_last_event", "last_event"),
    Index("datasets_slug", "slug", "registered_event"),
    Index("datasets_licence", "licence", "registered_event"),
    Index("datasets_sector", "sector", "registered_event"),
    Index("datasets_region", "region", "registered_event"),
    Index("datasets_quality", "quality", "registered_event"),
)
# Few datasets are either.
Index(
    "datasets_recalled",
    datasets.c.registered_event,
    sqlite_where=datasets.c.recalled,
    postgresql_where=datasets.c.recalled,
)
Index(
    "datasets_suspended",
    datasets.c.registered_event,
    sqlite_where=datasets.c.suspended_by.is_not(None),
    postgresql_where=datasets.c.suspended_by.is_not(None),
)

stage_history = Table(
    "stage_history",
    metadata,
    # A history of each dataset's stage and version: one row for each event that sets either.
    Column("dataset", DatasetIdColumn, primary_key=True),
    Column("since_event", Int64, primary_key=True, autoincrement=False),
    Column("version", Int64, nullable=False),  # 0 before the first
    Column("from_stage", Int64),  # NULL for the registration
    Column("stage", Int64, nullable=False),
    Column("since_unix", Int64, nullable=False),
    Column("until_event", Int64),
    Column("until_unix", Int64),
    Column("org", Int64, nullable=False),  # who acted
    # The dataset's; and for how long it had stood in `from_stage`: since_unix of this row less that
    # of the row before. NULL for the registration. Two indexes by edge: how long its newest steps
    # took, and which ones took longest.
    Column("policy", Int64, nullable=False),
    Column("waited_seconds", Int64),
    Index("stage_history_event", "since_event", unique=True),
    Index("stage_history_edge", "policy", "from_stage", "stage", "since_event", "waited_seconds"),
    Index("stage_history_waited", "policy", "from_stage", "stage", "waited_seconds", "since_event"),
    sqlite_with_rowid=False,
)

versions = Table(
    "versions",
    metadata,
    Column("dataset", DatasetIdColumn, primary_key=True),
    Column("version", Int64, primary_key=True, autoincrement=False),
    Column("content_root", DigestColumn, nullable=False),
    Column("manifest_digest", DigestColumn, nullable=False),
    Column("size_bytes", Unsigned64, nullable=False),
    Column("file_count", Unsigned64, nullable=False),
    Column("record_count", Unsigned64, nullable=False),
    Column("salt_scheme", Int64, nullable=False),
    Column("event", Int64, nullable=False),
    Column("recorded_at_unix", Int64, nullable=False),
    Column("recall_severity", Number(Severity)),  # this and the next are NULL where not recalled
    Column("recalled_by", Int64),
    Column("recalled_at_unix", Int64),
    Column("recall_reason", ChainText),
    Column("recall_event", Int64),
    Index("versions_event", "event", unique=True),
    Index("versions_content_root", "content_root"),
    Index("versions_manifest_digest", "manifest_digest"),
)
Index(
    "versions_recalled",
    versions.c.recall_event,
    sqlite_where=versions.c.recall_event.is_not(None),
    postgresql_where=versions.c.recall_event.is_not(None),
)

lineage = Table(
    "lineage",
    metadata,
    Column("child_dataset", DatasetIdColumn, primary_key=True),
    Column("child_version", Int64, primary_key=True, autoincrement=False),
    # Where the parent stands in the version's record, from 0: one may be named more than once.
    Column("position", Int64, primary_key=True, autoincrement=False),
    Column("parent_dataset", DatasetIdColumn, nullable=False),
    Column("parent_version", Int64, nullable=False),
    Column("relation", Number(Relation), nullable=False),
    # The events that introduced the child and the parent (its `versions.event`). They stand for the
    # two where the graph is walked: five times faster than by dataset and version.
    Column("event", Int64, nullable=False),
    Column("parent_event", Int64, nullable=False),
    Index("lineage_parent", "parent_dataset", "parent_version"),
    Index("lineage_down", "parent_event", "event", "relation"),
    Index("lineage_up", "event", "parent_event", "relation"),
    sqlite_with_rowid=False,
)

# --------------------------------------------------------------------------------------- documents

documents = Table(
    "documents",
    metadata,
    # Not from the chain: descriptions that events name and that are kept beside the profile.
    # `datasets.description` = `documents.digest`. Untrusted text.
    Column("id", Int64, primary_key=True),
    Column("digest", DigestColumn, nullable=False, unique=True),
    Column("kind", String(32), nullable=False),
    Column("content", JsonColumn, nullable=False),
    Column("title", ChainText),
    Column("description", ChainText),
    # For filters, each cut after INDEXED_CHARACTERS; whole in `content`.
    Column("licence", ChainText),
    Column("sector", ChainText),
    Column("region", ChainText),
    Column("quality", ChainText),
    Column("keywords", JsonColumn),  # a list
    # What full-text search reads: beside a dataset's slug, by `datasets_search` of `directory`.
    Column("search_text", Text, nullable=False),
    Index("documents_licence", "licence"),
    Index("documents_sector", "sector"),
    Index("documents_region", "region"),
    Index("documents_quality", "quality"),
)

TITLE_CHARACTERS = 200
"""As much of a title as a list shows."""

INDEXED_CHARACTERS = 512
"""PostgreSQL indexes text of up to 2,700 bytes."""

SEARCHED_CHARACTERS = 65_536
"""PostgreSQL's text search takes up to 1 MiB of words and their places."""
