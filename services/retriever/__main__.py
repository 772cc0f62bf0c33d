"""`python -m services.retriever`: runs until SIGTERM or SIGINT."""

import asyncio
import os
import signal
import sys

import uvloop

from services.retriever.adapters.tokenizer import ModelError
from services.retriever.app import build_app
from services.retriever.settings import RetrieverSettings
from shared import telemetry
from shared.settings import SettingsError, load


async def serve(settings: RetrieverSettings) -> None:
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    await build_app(settings).run(stop)


def main() -> int:
    try:
        settings = load(RetrieverSettings, os.environ)
        telemetry.start("retriever", settings)
        uvloop.run(serve(settings))
    except (SettingsError, ModelError) as error:
        sys.stderr.write(f"retriever: {error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
