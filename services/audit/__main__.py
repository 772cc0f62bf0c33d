"""`python -m services.audit`: runs until SIGTERM or SIGINT."""

import asyncio
import os
import signal
import sys

import uvloop

from services.audit.app import build_app
from services.audit.settings import AuditSettings
from shared import telemetry
from shared.settings import SettingsError, load


async def serve(settings: AuditSettings) -> None:
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    await build_app(settings).run(stop)


def main() -> int:
    try:
        settings = load(AuditSettings, os.environ)
    except SettingsError as error:
        sys.stderr.write(f"audit: {error}\n")
        return 2
    telemetry.start("audit", settings)
    uvloop.run(serve(settings))
    return 0


if __name__ == "__main__":
    sys.exit(main())
