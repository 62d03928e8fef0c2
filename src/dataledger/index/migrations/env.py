"""What Alembic runs for each upgrade; `dataledger.index.migrations.migrate` calls it."""

from alembic import context

from dataledger.index.migrations import VERSION_TABLE

# The caller's transaction: it commits when every step is done.
context.configure(
    connection=context.config.attributes["connection"],
    version_table=VERSION_TABLE,
)
with context.begin_transaction():
    context.run_migrations()
