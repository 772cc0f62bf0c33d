"""Brings the database up to date; safe to run again, and by several at once."""

import asyncio
import os
import sys
import time
from pathlib import Path

import asyncpg
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

from shared.settings import BaseSettings, SettingsError, load

SCHEMA = "edge"
PATIENCE_S = 30.0
PAUSE_S = 0.5
ONE_AT_A_TIME = 0x51_1CE_ED6E
"""An advisory lock."""


class MigrationSettings(BaseSettings, frozen=True, kw_only=True):
    database_url: str


async def migrate(url: str) -> None:
    """To the newest revision. Raises what PostgreSQL does."""
    engine = create_async_engine(url, connect_args={"timeout": 5})
    try:
        async with engine.begin() as connection:
            await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": ONE_AT_A_TIME})
            await connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}"))
            await connection.run_sync(_upgrade)
    finally:
        await engine.dispose()


def _upgrade(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


async def migrate_when_up(url: str) -> None:
    """Waits for a database that is still starting."""
    give_up_at = time.monotonic() + PATIENCE_S
    while True:
        try:
            return await migrate(url)
        except (
            OSError,
            TimeoutError,
            asyncpg.PostgresConnectionError,
            asyncpg.CannotConnectNowError,
        ) as error:
            problem: Exception = error
        except DBAPIError as error:
            if not error.connection_invalidated:
                raise
            problem = error
        if time.monotonic() > give_up_at:
            raise problem
        await asyncio.sleep(PAUSE_S)


def main() -> int:
    try:
        settings = load(MigrationSettings, os.environ)
    except SettingsError as error:
        sys.stderr.write(f"edge migrations: {error}\n")
        return 2
    asyncio.run(migrate_when_up(settings.database_url))
    return 0


if __name__ == "__main__":
    sys.exit(main())
