"""`python -m services.embedder`: runs until SIGTERM or SIGINT."""

import asyncio
import sys

from services.embedder.adapters.minilm import ModelError
from services.embedder.app import build_app
from services.embedder.settings import EmbedderSettings
from shared.runtime import run_service


async def serve(settings: EmbedderSettings, stop: asyncio.Event) -> None:
    await build_app(settings).run(stop)


def main() -> int:
    return run_service("embedder", EmbedderSettings, serve, unusable=ModelError)


if __name__ == "__main__":
    sys.exit(main())
