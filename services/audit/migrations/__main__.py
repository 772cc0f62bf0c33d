"""`python -m services.audit.migrations`: upgrades to the newest revision; run again, it does nothing."""

import os
import sys
import time
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy.exc import DBAPIError

from services.audit.settings import AuditSettings
from shared.settings import SettingsError, load

PATIENCE_S = 30.0
PAUSE_S = 0.5


def migrate(database_url: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["url"] = database_url
    command.upgrade(config, "head")


def migrate_when_there(database_url: str, patience_s: float = PATIENCE_S) -> None:
    """Waits for a database that is starting, and raises what it said last."""
    give_up = time.monotonic() + patience_s
    while True:
        try:
            migrate(database_url)
            return
        except (DBAPIError, OSError, TimeoutError):
            if time.monotonic() >= give_up:
                raise
        time.sleep(PAUSE_S)


def main() -> int:
    try:
        migrate_when_there(load(AuditSettings, os.environ).database_url)
    except SettingsError as error:
        sys.stderr.write(f"audit migrations: {error}\n")
        return 2
    except (DBAPIError, OSError, TimeoutError) as error:
        sys.stderr.write(f"audit migrations: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
