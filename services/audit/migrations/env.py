"""Alembic runs this: one connection, one transaction, the version table in the service's own schema."""

import asyncio

from alembic import context
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

SCHEMA = "audit"
MIGRATIONS_LOCK = 0x51_1CE_A0D10
"""Advisory lock: two migrations started at once wait for each other."""


def upgrade(connection: Connection) -> None:
    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": MIGRATIONS_LOCK})
    connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}"))
    context.configure(connection=connection, version_table_schema=SCHEMA, transaction_per_migration=False)
    context.run_migrations()


async def connect_and_upgrade() -> None:
    url: str = context.config.attributes["url"]
    engine = create_async_engine(url, poolclass=NullPool, connect_args={"timeout": 5})
    try:
        async with engine.begin() as connection:
            await connection.run_sync(upgrade)
    finally:
        await engine.dispose()


asyncio.run(connect_and_upgrade())
