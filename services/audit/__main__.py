"""`python -m services.audit`: runs until SIGTERM or SIGINT."""

import asyncio
import sys

from services.audit.app import build_app
from services.audit.settings import AuditSettings
from shared.runtime import run_service


async def serve(settings: AuditSettings, stop: asyncio.Event) -> None:
    await build_app(settings).run(stop)


def main() -> int:
    return run_service("audit", AuditSettings, serve)


if __name__ == "__main__":
    sys.exit(main())
