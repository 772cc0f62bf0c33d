"""`python -m services.edge.migrations`: upgrades the schema `edge` to its newest revision."""

import sys
from pathlib import Path

from shared import migrations

SCHEMA = "edge"
FOLDER = Path(__file__).parent


async def migrate(url: str) -> None:
    await migrations.migrate(url, SCHEMA, FOLDER)


if __name__ == "__main__":
    sys.exit(migrations.main(SCHEMA, FOLDER))
