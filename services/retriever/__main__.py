"""`python -m services.retriever`: runs until SIGTERM or SIGINT."""

import asyncio
import sys

from services.retriever.adapters.tokenizer import ModelError
from services.retriever.app import build_app
from services.retriever.settings import RetrieverSettings
from shared.runtime import run_service


async def serve(settings: RetrieverSettings, stop: asyncio.Event) -> None:
    await build_app(settings).run(stop)


def main() -> int:
    return run_service("retriever", RetrieverSettings, serve, unusable=ModelError)


if __name__ == "__main__":
    sys.exit(main())
