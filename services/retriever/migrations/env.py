"""Alembic runs this file; the connection and its transaction are `__main__`'s."""

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    version_table_schema="retriever",
    transaction_per_migration=False,
)
context.run_migrations()
