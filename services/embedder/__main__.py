"""`python -m services.embedder`: runs until SIGTERM or SIGINT."""

import asyncio
import os
import signal
import sys

import uvloop

from services.embedder.adapters.minilm import ModelError
from services.embedder.app import build_app
from services.embedder.settings import EmbedderSettings
from shared import telemetry
from shared.settings import SettingsError, load


async def serve(settings: EmbedderSettings) -> None:
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    await build_app(settings).run(stop)


def main() -> int:
    try:
        settings = load(EmbedderSettings, os.environ)
        telemetry.start("embedder", settings)
        uvloop.run(serve(settings))
    except (SettingsError, ModelError) as error:
        sys.stderr.write(f"embedder: {error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
