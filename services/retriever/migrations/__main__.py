"""`python -m services.retriever.migrations`: upgrades to the newest revision; run again, it does nothing."""

import asyncio
import os
import sys
import time
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from shared.settings import BaseSettings, SettingsError, load

SCHEMA = "retriever"
PATIENCE_S = 30.0
PAUSE_S = 0.5
ONE_AT_A_TIME = 0x51_1CE_5EA6C4
"""An advisory lock: two migrations started at once wait for each other."""


class MigrationSettings(BaseSettings, frozen=True, kw_only=True):
    database_url: str


async def migrate(url: str) -> None:
    engine = create_async_engine(url, poolclass=NullPool, connect_args={"timeout": 5})
    try:
        async with engine.begin() as connection:
            await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": ONE_AT_A_TIME})
            await connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}"))
            await connection.run_sync(upgrade)
    finally:
        await engine.dispose()


def upgrade(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


async def migrate_when_there(url: str, patience_s: float = PATIENCE_S) -> None:
    """Waits for a database that is still starting, and raises what it said last."""
    give_up_at = time.monotonic() + patience_s
    while True:
        try:
            await migrate(url)
            return
        except (DBAPIError, OSError, TimeoutError):
            if time.monotonic() >= give_up_at:
                raise
        await asyncio.sleep(PAUSE_S)


def main() -> int:
    try:
        asyncio.run(migrate_when_there(load(MigrationSettings, os.environ).database_url))
    except SettingsError as error:
        sys.stderr.write(f"retriever migrations: {error}\n")
        return 2
    except (DBAPIError, OSError, TimeoutError) as error:
        sys.stderr.write(f"retriever migrations: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
