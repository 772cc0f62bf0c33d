"""Wires the service: requests and jobs from NATS → use cases → PostgreSQL and the embedder."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from faststream.nats import NatsBroker

from services.retriever.adapters.embedder import BusEmbedder
from services.retriever.adapters.jobs import IngestLoop
from services.retriever.adapters.nats import subscribe
from services.retriever.adapters.news import BusNews
from services.retriever.adapters.postgres import Database, PostgresCatalog, PostgresIntake
from services.retriever.adapters.tokenizer import ModelTokenizer
from services.retriever.domain.chunking import ChunkRules
from services.retriever.settings import RetrieverSettings
from services.retriever.usecases.documents import DocumentsDesk
from services.retriever.usecases.ingest import Ingestion, IngestRules
from services.retriever.usecases.search import Search
from shared import subjects
from shared.broker import Bus, NatsBus, control_broker, ensure_bus, leave, translated
from shared.errors import Unavailable
from shared.health import answer_health
from shared.runtime import until_available

log = structlog.get_logger()


REQUEST_DEADLINE_S = 1.5
"""For the database alone, so that it, and not the request's own deadline, is what the caller hears of."""
INGEST_DEADLINE_S = 60.0
"""A document's thousands of rows are one transaction."""
PROBE_S = 5.0
CONNECT_TIMEOUT_S = 3.0


class App:
    """Answers requests from the moment NATS is there; while PostgreSQL is not, the answer is `Unavailable`."""

    def __init__(self, settings: RetrieverSettings, broker: NatsBroker, tokenizer: ModelTokenizer) -> None:
        self._settings = settings
        self._broker = broker
        self._tokenizer = tokenizer
        connections = settings.database_connections
        self._database = Database.at(
            settings.database_url,
            connections,
            deadline_s=REQUEST_DEADLINE_S,
            name="sluice-retriever",
            probe="SELECT FROM retriever.documents LIMIT 1",
        )
        self._bulk_database = Database.at(
            settings.database_url,
            settings.ingest_concurrency,
            deadline_s=INGEST_DEADLINE_S,
            name="sluice-retriever-ingest",
        )
        self._bus: NatsBus | None = None
        self._serving = False
        self._database_answers = False

    @property
    def ready(self) -> bool:
        return self._serving and self._database_answers

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop` is set; then jobs in hand are finished within the grace, or given back."""
        serving = asyncio.create_task(self._serve(stop), name="serve")
        probing = asyncio.create_task(self._probe(), name="probe")
        stopping = asyncio.create_task(stop.wait(), name="stop")
        try:
            await asyncio.wait((serving, probing, stopping), return_when=asyncio.FIRST_COMPLETED)
            if stop.is_set() and self._serving:
                await asyncio.wait({serving}, timeout=self._settings.shutdown_grace_s)
            for task in (serving, probing):
                if task.done():
                    task.result()
        finally:
            await self._end(serving, probing, stopping)

    async def _serve(self, stop: asyncio.Event) -> None:
        bus = self._bus = await until_available("nats", self._connect)
        originals = bus.blobs(subjects.DOCUMENTS_STORE)
        embedder = BusEmbedder(bus)
        catalog = PostgresCatalog(self._database)
        subscribe(self._broker, Search(embedder, catalog), DocumentsDesk(catalog, originals))
        answer_health(self._broker, "retriever", self._settings.instance, lambda: self.ready)
        await until_available("nats", self._start_broker)
        self._serving = True
        log.info("retriever.started")
        await self._ingest_loop(bus, embedder).run(stop)

    def _ingest_loop(self, bus: Bus, embedder: BusEmbedder) -> IngestLoop:
        settings = self._settings
        chunking = ChunkRules(max_tokens=settings.chunk_tokens, overlap_tokens=settings.chunk_overlap_tokens)
        ingestion = Ingestion(
            intake=PostgresIntake(self._bulk_database),
            originals=bus.blobs(subjects.DOCUMENTS_STORE),
            tokenizer=self._tokenizer,
            embedder=embedder,
            news=BusNews(bus),
            rules=IngestRules(
                chunking=chunking,
                block_texts=settings.ingest_block_texts,
                attempts=settings.ingest_attempts,
                patience_s=settings.ingest_patience_s,
            ),
        )
        return IngestLoop(
            bus, ingestion, slots=settings.ingest_concurrency, ack_wait_s=settings.ingest_ack_wait_s
        )

    async def _connect(self) -> NatsBus:
        """Jobs, their bytes and questions to the embedder have a connection of their own."""
        bus = await NatsBus.connect(self._settings.nats_url, "retriever-jobs")
        try:
            await ensure_bus(bus.client, replicas=self._settings.nats_replicas)
        except Unavailable:
            await bus.close()
            raise
        return bus

    async def _start_broker(self) -> None:
        with translated("NATS"):
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                await self._broker.connect()
        await self._broker.start()

    async def _probe(self) -> None:
        while True:
            try:
                await self._database.ping()
                self._database_answers = True
            except Unavailable as error:
                self._database_answers = False
                log.warning("retriever.database_away", reason=error.message)
            await asyncio.sleep(PROBE_S)

    async def _end(self, *tasks: asyncio.Task[Any]) -> None:
        self._serving = False
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        await self._disconnect(lambda: leave(self._broker))
        if self._bus is not None:
            await self._disconnect(self._bus.close)
        await self._database.close()
        await self._bulk_database.close()
        log.info("retriever.stopped")

    async def _disconnect(self, close: Callable[[], Awaitable[None]]) -> None:
        try:
            with translated("NATS"):
                async with asyncio.timeout(self._settings.shutdown_grace_s):
                    await close()
        except Unavailable as error:
            log.warning("retriever.disconnected", reason=error.message)


def build_app(
    settings: RetrieverSettings,
    *,
    broker: NatsBroker | None = None,
    tokenizer: ModelTokenizer | None = None,
) -> App:
    """Loads the tokenizer. Raises `ModelError`."""
    return App(
        settings,
        broker or control_broker(settings.nats_url, "retriever"),
        tokenizer or ModelTokenizer.load(settings.embedding_model),
    )
