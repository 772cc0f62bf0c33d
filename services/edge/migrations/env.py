"""Alembic runs this file; the connection is the one that `__main__` opened."""

from alembic import context

from services.edge.adapters.postgres.tables import SCHEMA, metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table_schema=SCHEMA,
    include_schemas=True,
)
with context.begin_transaction():
    context.run_migrations()
