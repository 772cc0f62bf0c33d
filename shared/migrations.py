"""Bringing a service's schema up to date: safe to run again, and by several at once.

A service's `migrations/__main__.py` names its schema; its Alembic folder lies beside. Imported by services that own
tables alone, since only they have Alembic and SQLAlchemy.
"""

import asyncio
import os
import sys
import time
import zlib
from pathlib import Path

from alembic import command, context
from alembic.config import Config
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from shared.settings import BaseSettings, SettingsError, load

PATIENCE_S = 30.0
PAUSE_S = 0.5


class MigrationSettings(BaseSettings, frozen=True, kw_only=True):
    database_url: str


def main(schema: str, folder: Path) -> int:
    """What `python -m services.<name>.migrations` does: waits for a database that is still starting."""
    try:
        asyncio.run(_migrate_when_there(load(MigrationSettings, os.environ).database_url, schema, folder))
    except SettingsError as error:
        sys.stderr.write(f"{schema} migrations: {error}\n")
        return 2
    except (DBAPIError, OSError, TimeoutError) as error:
        sys.stderr.write(f"{schema} migrations: {error}\n")
        return 1
    return 0


async def migrate(url: str, schema: str, folder: Path) -> None:
    """To the newest revision. Raises what PostgreSQL does."""
    lock = zlib.crc32(f"sluice-{schema}".encode())  # an advisory lock: two at once wait for each other
    engine = create_async_engine(url, poolclass=NullPool, connect_args={"timeout": 5})
    try:
        async with engine.begin() as connection:
            await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": lock})
            await connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {schema}"))
            await connection.run_sync(_upgrade, schema, folder)
    finally:
        await engine.dispose()


def run_revisions() -> None:
    """All that a service's `env.py` says to Alembic: our connection, and a version table in its own schema."""
    attributes = context.config.attributes
    context.configure(
        connection=attributes["connection"],
        version_table_schema=attributes["schema"],
        transaction_per_migration=False,
    )
    context.run_migrations()


def _upgrade(connection: Connection, schema: str, folder: Path) -> None:
    config = Config()
    config.set_main_option("script_location", str(folder))
    config.attributes |= {"connection": connection, "schema": schema}
    command.upgrade(config, "head")


async def _migrate_when_there(url: str, schema: str, folder: Path) -> None:
    give_up_at = time.monotonic() + PATIENCE_S
    while True:
        try:
            return await migrate(url, schema, folder)
        except (DBAPIError, OSError, TimeoutError):
            if time.monotonic() >= give_up_at:
                raise
        await asyncio.sleep(PAUSE_S)
