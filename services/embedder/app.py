"""Wires the service: NATS → two lanes → the model."""

import asyncio
from typing import Any

import structlog
from faststream.nats import NatsBroker

from services.embedder.adapters.minilm import MiniLM
from services.embedder.adapters.nats import subscribe
from services.embedder.settings import EmbedderSettings
from services.embedder.usecases import Embedding, LaneRules
from shared.broker import control_broker, leave, translated
from shared.errors import Unavailable
from shared.health import answer_health
from shared.runtime import until_available

log = structlog.get_logger()

CONNECT_TIMEOUT_S = 3.0


class App:
    def __init__(
        self, settings: EmbedderSettings, broker: NatsBroker, encoder: MiniLM, embedding: Embedding
    ) -> None:
        self._settings = settings
        self._broker = broker
        self._encoder = encoder
        self._embedding = embedding
        self._serving = False

    @property
    def ready(self) -> bool:
        return self._serving

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop` is set; then what was begun is answered, within the grace."""
        computing = asyncio.create_task(self._embedding.run(), name="embedding")
        starting = asyncio.create_task(self._start(), name="start")
        stopping = asyncio.create_task(stop.wait(), name="stop")
        try:
            await asyncio.wait((computing, starting, stopping), return_when=asyncio.FIRST_COMPLETED)
            if starting.done():
                starting.result()
                await asyncio.wait((computing, stopping), return_when=asyncio.FIRST_COMPLETED)
            if computing.done():
                computing.result()
        finally:
            await self._end(starting, stopping, computing)

    async def _start(self) -> None:
        subscribe(self._broker, self._embedding, self._settings)
        answer_health(self._broker, "embedder", self._settings.instance, lambda: self.ready)
        await until_available("nats", self._connect)
        await self._broker.start()
        self._serving = True
        log.info("embedder.started", model=self._encoder.model, dimensions=self._encoder.dimensions)

    async def _connect(self) -> None:
        with translated("NATS"):
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                await self._broker.connect()

    async def _end(self, *tasks: asyncio.Task[Any]) -> None:
        """The broker first: its handlers still need the model."""
        self._serving = False
        try:
            with translated("NATS"):
                async with asyncio.timeout(self._settings.shutdown_grace_s):
                    await leave(self._broker)
        except Unavailable as error:
            log.warning("embedder.disconnected", reason=error.message)
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        await asyncio.to_thread(self._encoder.close)
        log.info("embedder.stopped")


def build_app(
    settings: EmbedderSettings, *, encoder: MiniLM | None = None, broker: NatsBroker | None = None
) -> App:
    """Loads the model. Raises `ModelError`."""
    used = encoder or MiniLM.load(settings.embedding_model, settings.embed_threads)
    embedding = Embedding(
        used,
        query=LaneRules(settings.embed_query_waiting, settings.embed_query_patience_s),
        batch=LaneRules(settings.embed_batch_waiting, settings.embed_batch_patience_s),
        block_texts=settings.embed_block_texts,
        aliases=settings.embedding_aliases,
    )
    return App(settings, broker or control_broker(settings.nats_url, "embedder"), used, embedding)
