"""The first tables."""

import sqlalchemy as sa
from alembic import op

from dataledger.index.directory import create_directory

revision = "0001"
down_revision = None

INT64 = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create all tables, their indexes, and what the database itself keeps up."""
    _create_chain()
    _create_blocks()
    _create_events()
    _create_organisations()
    _create_capabilities()
    _create_suspensions()
    _create_memberships()
    _create_policies()
    _create_stages()
    _create_datasets()
    _create_stage_history()
    _create_versions()
    _create_lineage()
    _create_documents()
    create_directory(op.get_bind())


def _create_chain() -> None:
    op.create_table(
        "chain",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("chain_id", INT64, nullable=False),
        sa.Column("genesis_hash", sa.LargeBinary(), nullable=False),
        sa.Column("dataset_ledger", sa.LargeBinary(), nullable=False),
        sa.Column("organisations", sa.LargeBinary(), nullable=False),
        sa.Column("first_block", INT64, nullable=False),
        sa.Column("block_number", INT64, nullable=True),
        sa.Column("block_hash", sa.LargeBinary(), nullable=True),
        sa.Column("block_timestamp_unix", INT64, nullable=True),
        sa.Column("synced_at_unix", INT64, nullable=True),
        sa.Column("checked_block", INT64, nullable=True),
        sa.Column("event_count", INT64, server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )


def _create_blocks() -> None:
    op.create_table(
        "blocks",
        sa.Column("number", INT64, autoincrement=False, nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("timestamp_unix", INT64, nullable=False),
        sa.Column("event_count", INT64, nullable=False),
        sa.PrimaryKeyConstraint("number"),
    )
    op.create_index(
        "blocks_empty",
        "blocks",
        ["number"],
        unique=False,
        sqlite_where=sa.text("event_count = 0"),
        postgresql_where=sa.text("event_count = 0"),
    )
    op.create_index("blocks_timestamp", "blocks", ["timestamp_unix"], unique=False)


def _create_events() -> None:
    op.create_table(
        "events",
        sa.Column("event", INT64, autoincrement=False, nullable=False),
        sa.Column("contract", sa.String(16), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("dataset", sa.LargeBinary(), nullable=True),
        sa.Column("org", INT64, nullable=True),
        sa.Column("by", sa.LargeBinary(), nullable=True),
        sa.Column("subject_org", INT64, nullable=True),
        sa.Column("subject_key", sa.LargeBinary(), nullable=True),
        sa.Column("head", sa.LargeBinary(), nullable=True),
        sa.Column("recorded_at_unix", INT64, nullable=False),
        sa.Column("transaction_hash", sa.LargeBinary(), nullable=False),
        sa.Column("topics", sa.LargeBinary(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("event"),
    )
    op.create_index("events_by", "events", ["by", "event"], unique=False)
    op.create_index("events_dataset", "events", ["dataset", "event"], unique=False)
    op.create_index("events_kind", "events", ["kind", "event"], unique=False)
    op.create_index("events_org", "events", ["org", "event"], unique=False)
    op.create_index("events_org_kind", "events", ["org", "kind", "event"], unique=False)
    op.create_index("events_recorded_at", "events", ["recorded_at_unix"], unique=False)
    op.create_index(
        "events_subject_key",
        "events",
        ["subject_key", "event"],
        unique=False,
        sqlite_where=sa.text("subject_key IS NOT NULL"),
        postgresql_where=sa.text("subject_key IS NOT NULL"),
    )
    op.create_index(
        "events_subject_org",
        "events",
        ["subject_org", "event"],
        unique=False,
        sqlite_where=sa.text("subject_org IS NOT NULL"),
        postgresql_where=sa.text("subject_org IS NOT NULL"),
    )


def _create_organisations() -> None:
    op.create_table(
        "organisations",
        sa.Column("org", INT64, autoincrement=False, nullable=False),
        sa.Column("slug", sa.String(32), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("parent", INT64, nullable=True),
        sa.Column("profile_digest", sa.LargeBinary(), nullable=True),
        sa.Column("admitted_event", INT64, nullable=False),
        sa.Column("admitted_at_unix", INT64, nullable=False),
        sa.Column("capabilities", INT64, nullable=False),
        sa.Column("grantable", INT64, nullable=False),
        sa.Column("suspended_by", INT64, nullable=True),
        sa.PrimaryKeyConstraint("org"),
    )
    op.create_index("organisations_parent", "organisations", ["parent"], unique=False)
    op.create_index("organisations_slug", "organisations", ["slug"], unique=True)


def _create_capabilities() -> None:
    op.create_table(
        "capabilities",
        sa.Column("since_event", INT64, autoincrement=False, nullable=False),
        sa.Column("org", INT64, nullable=False),
        sa.Column("capabilities", INT64, nullable=False),
        sa.Column("grantable", INT64, nullable=False),
        sa.Column("since_unix", INT64, nullable=False),
        sa.Column("until_event", INT64, nullable=True),
        sa.Column("until_unix", INT64, nullable=True),
        sa.PrimaryKeyConstraint("since_event"),
    )
    op.create_index("capabilities_org", "capabilities", ["org", "since_event"], unique=False)


def _create_suspensions() -> None:
    op.create_table(
        "suspensions",
        sa.Column("since_event", INT64, autoincrement=False, nullable=False),
        sa.Column("org", INT64, nullable=False),
        sa.Column("by_org", INT64, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("since_unix", INT64, nullable=False),
        sa.Column("until_event", INT64, nullable=True),
        sa.Column("until_unix", INT64, nullable=True),
        sa.PrimaryKeyConstraint("since_event"),
    )
    op.create_index("suspensions_org", "suspensions", ["org", "since_event"], unique=False)


def _create_memberships() -> None:
    op.create_table(
        "memberships",
        sa.Column("since_event", INT64, autoincrement=False, nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("org", INT64, nullable=False),
        sa.Column("role", INT64, nullable=False),
        sa.Column("valid_from_unix", INT64, nullable=False),
        sa.Column("valid_until_unix", INT64, nullable=False),
        sa.Column("since_unix", INT64, nullable=False),
        sa.Column("until_event", INT64, nullable=True),
        sa.Column("until_unix", INT64, nullable=True),
        sa.Column("ended_by", sa.String(8), nullable=True),
        sa.PrimaryKeyConstraint("since_event"),
    )
    op.create_index("memberships_key", "memberships", ["key", "since_event"], unique=False)
    op.create_index("memberships_org", "memberships", ["org", "since_event"], unique=False)


def _create_policies() -> None:
    op.create_table(
        "policies",
        sa.Column("policy", INT64, autoincrement=False, nullable=False),
        sa.Column("org", INT64, nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("entry", INT64, nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("event", INT64, nullable=False),
        sa.Column("recorded_at_unix", INT64, nullable=False),
        sa.PrimaryKeyConstraint("policy"),
    )


def _create_stages() -> None:
    op.create_table(
        "stages",
        sa.Column("policy", INT64, autoincrement=False, nullable=False),
        sa.Column("stage", INT64, autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("policy", "stage"),
    )


def _create_datasets() -> None:
    op.create_table(
        "datasets",
        sa.Column("dataset", sa.LargeBinary(), nullable=False),
        sa.Column("owner", INT64, nullable=False),
        sa.Column("slug", sa.String(32), nullable=False),
        sa.Column("policy", INT64, nullable=False),
        sa.Column("stage", INT64, nullable=False),
        sa.Column("version_count", INT64, nullable=False),
        sa.Column("stage_event", INT64, nullable=False),
        sa.Column("head", sa.LargeBinary(), nullable=False),
        sa.Column("registered_event", INT64, nullable=False),
        sa.Column("registered_at_unix", INT64, nullable=False),
        sa.Column("updated_at_unix", INT64, nullable=False),
        sa.Column("last_event", INT64, nullable=False),
        sa.Column("last_event_unix", INT64, nullable=False),
        sa.Column("event_count", INT64, nullable=False),
        sa.Column("suspended_by", INT64, nullable=True),
        sa.Column("recalled", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("description", sa.LargeBinary(), nullable=True),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("licence", sa.Text(), nullable=True),
        sa.Column("sector", sa.Text(), nullable=True),
        sa.Column("region", sa.Text(), nullable=True),
        sa.Column("quality", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("dataset"),
    )
    op.create_index("datasets_description", "datasets", ["description"], unique=False)
    op.create_index("datasets_last_event", "datasets", ["last_event"], unique=False)
    op.create_index("datasets_licence", "datasets", ["licence", "registered_event"], unique=False)
    op.create_index("datasets_owner", "datasets", ["owner", "registered_event"], unique=False)
    op.create_index("datasets_owner_slug", "datasets", ["owner", "slug"], unique=True)
    op.create_index(
        "datasets_policy_stage", "datasets", ["policy", "stage", "registered_event"], unique=False
    )
    op.create_index("datasets_quality", "datasets", ["quality", "registered_event"], unique=False)
    op.create_index(
        "datasets_recalled",
        "datasets",
        ["registered_event"],
        unique=False,
        sqlite_where=sa.text("recalled"),
        postgresql_where=sa.text("recalled"),
    )
    op.create_index("datasets_region", "datasets", ["region", "registered_event"], unique=False)
    op.create_index("datasets_registered", "datasets", ["registered_event"], unique=True)
    op.create_index("datasets_sector", "datasets", ["sector", "registered_event"], unique=False)
    op.create_index("datasets_slug", "datasets", ["slug", "registered_event"], unique=False)
    op.create_index(
        "datasets_stalled",
        "datasets",
        ["policy", "stage", "updated_at_unix", "registered_event"],
        unique=False,
    )
    op.create_index(
        "datasets_suspended",
        "datasets",
        ["registered_event"],
        unique=False,
        sqlite_where=sa.text("suspended_by IS NOT NULL"),
        postgresql_where=sa.text("suspended_by IS NOT NULL"),
    )


def _create_stage_history() -> None:
    op.create_table(
        "stage_history",
        sa.Column("dataset", sa.LargeBinary(), nullable=False),
        sa.Column("since_event", INT64, autoincrement=False, nullable=False),
        sa.Column("version", INT64, nullable=False),
        sa.Column("from_stage", INT64, nullable=True),
        sa.Column("stage", INT64, nullable=False),
        sa.Column("since_unix", INT64, nullable=False),
        sa.Column("until_event", INT64, nullable=True),
        sa.Column("until_unix", INT64, nullable=True),
        sa.Column("org", INT64, nullable=False),
        sa.Column("policy", INT64, nullable=False),
        sa.Column("waited_seconds", INT64, nullable=True),
        sa.PrimaryKeyConstraint("dataset", "since_event"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "stage_history_edge",
        "stage_history",
        ["policy", "from_stage", "stage", "since_event", "waited_seconds"],
        unique=False,
    )
    op.create_index("stage_history_event", "stage_history", ["since_event"], unique=True)
    op.create_index(
        "stage_history_waited",
        "stage_history",
        ["policy", "from_stage", "stage", "waited_seconds", "since_event"],
        unique=False,
    )


def _create_versions() -> None:
    op.create_table(
        "versions",
        sa.Column("dataset", sa.LargeBinary(), nullable=False),
        sa.Column("version", INT64, autoincrement=False, nullable=False),
        sa.Column("content_root", sa.LargeBinary(), nullable=False),
        sa.Column("manifest_digest", sa.LargeBinary(), nullable=False),
        sa.Column("size_bytes", INT64, nullable=False),
        sa.Column("file_count", INT64, nullable=False),
        sa.Column("record_count", INT64, nullable=False),
        sa.Column("salt_scheme", INT64, nullable=False),
        sa.Column("event", INT64, nullable=False),
        sa.Column("recorded_at_unix", INT64, nullable=False),
        sa.Column("recall_severity", INT64, nullable=True),
        sa.Column("recalled_by", INT64, nullable=True),
        sa.Column("recalled_at_unix", INT64, nullable=True),
        sa.Column("recall_reason", sa.Text(), nullable=True),
        sa.Column("recall_event", INT64, nullable=True),
        sa.PrimaryKeyConstraint("dataset", "version"),
    )
    op.create_index("versions_content_root", "versions", ["content_root"], unique=False)
    op.create_index("versions_event", "versions", ["event"], unique=True)
    op.create_index("versions_manifest_digest", "versions", ["manifest_digest"], unique=False)
    op.create_index(
        "versions_recalled",
        "versions",
        ["recall_event"],
        unique=False,
        sqlite_where=sa.text("recall_event IS NOT NULL"),
        postgresql_where=sa.text("recall_event IS NOT NULL"),
    )


def _create_lineage() -> None:
    op.create_table(
        "lineage",
        sa.Column("child_dataset", sa.LargeBinary(), nullable=False),
        sa.Column("child_version", INT64, autoincrement=False, nullable=False),
        sa.Column("position", INT64, autoincrement=False, nullable=False),
        sa.Column("parent_dataset", sa.LargeBinary(), nullable=False),
        sa.Column("parent_version", INT64, nullable=False),
        sa.Column("relation", INT64, nullable=False),
        sa.Column("event", INT64, nullable=False),
        sa.Column("parent_event", INT64, nullable=False),
        sa.PrimaryKeyConstraint("child_dataset", "child_version", "position"),
        sqlite_with_rowid=False,
    )
    op.create_index("lineage_down", "lineage", ["parent_event", "event", "relation"], unique=False)
    op.create_index("lineage_parent", "lineage", ["parent_dataset", "parent_version"], unique=False)
    op.create_index("lineage_up", "lineage", ["event", "parent_event", "relation"], unique=False)


def _create_documents() -> None:
    op.create_table(
        "documents",
        sa.Column("id", INT64, nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("licence", sa.Text(), nullable=True),
        sa.Column("sector", sa.Text(), nullable=True),
        sa.Column("region", sa.Text(), nullable=True),
        sa.Column("quality", sa.Text(), nullable=True),
        sa.Column("keywords", sa.Text(), nullable=True),
        sa.Column("search_text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("digest"),
    )
    op.create_index("documents_licence", "documents", ["licence"], unique=False)
    op.create_index("documents_quality", "documents", ["quality"], unique=False)
    op.create_index("documents_region", "documents", ["region"], unique=False)
    op.create_index("documents_sector", "documents", ["sector"], unique=False)
