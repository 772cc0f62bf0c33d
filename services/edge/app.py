"""Wires the edge. Nothing is connected, read or made before `Edge.running` is entered."""

import asyncio
import uuid
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import structlog
from litestar import Litestar

from services.edge.adapters.http.application import build_http
from services.edge.adapters.http.guards import SignedIn
from services.edge.adapters.http.metrics import Metrics
from services.edge.adapters.http.operations import Probe
from services.edge.adapters.http.worker_metrics import WorkerMetrics
from services.edge.adapters.jwt import JwtAccessTokens
from services.edge.adapters.keys import SigningKeys
from services.edge.adapters.nats.audit import BusAudit
from services.edge.adapters.nats.control import run_broker
from services.edge.adapters.nats.embedder import BusEmbedder
from services.edge.adapters.nats.gateway import NatsJobs
from services.edge.adapters.nats.history import HistoryConsumer
from services.edge.adapters.nats.knowledge import BusKnowledge
from services.edge.adapters.nats.link import Link
from services.edge.adapters.nats.outbox import OutboxSender
from services.edge.adapters.nats.stops import StopFeed
from services.edge.adapters.nats.workers import NatsWorkers
from services.edge.adapters.passwords import Argon2Passwords
from services.edge.adapters.postgres import (
    AuditOutbox,
    Database,
    PostgresAccounts,
    PostgresHistory,
    PostgresRefreshTokens,
)
from services.edge.adapters.revocations import RevocationBucket, RevocationFeed
from services.edge.adapters.tasks import Tasks
from services.edge.domain.chat import ChatRules
from services.edge.domain.embedding import EmbeddingRules
from services.edge.domain.throttle import LoginThrottle
from services.edge.settings import EdgeSettings
from services.edge.usecases.answering import Answering
from services.edge.usecases.conversations import Conversations
from services.edge.usecases.documents import Library
from services.edge.usecases.embeddings import Embeddings
from services.edge.usecases.emptying import Emptying
from services.edge.usecases.sign_in import SignIn
from services.edge.usecases.titling import TitleRules, Titling
from shared.broker import control_broker
from shared.health import answer_health
from shared.streams import Receiver

log = structlog.get_logger()

LAST_WORDS_S = 3.0
"""What is left to do about answers that are over gets this long when the process ends."""


class Edge:
    """The parts that live as long as the process, and `http`, the application over them."""

    def __init__(self, settings: EdgeSettings) -> None:
        self._link = link(settings, "edge")
        self._token_link = link(settings, "edge-tokens")  # bulk must not block control
        self._broker = control_broker(settings.nats_url, "edge-control")
        self._receiver = Receiver(
            inbox=f"edge-{settings.instance}-{uuid.uuid4().hex[:12]}", gather_s=settings.gather_ms / 1000
        )
        self._workers = NatsWorkers(self._link, settings.default_model)
        self._database = Database.at(settings.database_url, settings.database_connections, name="sluice-edge")
        self._feed = RevocationFeed(self._link, stale_s=settings.revocations_stale_s)
        self._keys = SigningKeys(Path(settings.keys_dir))
        self._passwords = Argon2Passwords(
            threads=settings.password_threads, waiting=settings.passwords_waiting
        )
        self._history = PostgresHistory(self._database)
        outbox = AuditOutbox(self._database)
        self._audit = BusAudit(self._link, outbox)
        self._outbox_sender = OutboxSender(outbox, self._link)
        self._knowledge = BusKnowledge(self._link)
        self._embedder = BusEmbedder(self._link)
        self._jobs = NatsJobs(self._link, self._receiver, publisher="edge")
        self._embeddings = self._build_embeddings(settings)
        self._answering = self._build_answering(settings)
        self._stops = StopFeed(self._link, self._answering.following.stopped)
        self._titling = Titling(
            jobs=self._jobs,
            history=self._history,
            audit=self._audit,
            engine_of=lambda model: self._workers.engine_of(model, settings.title_engines),
            rules=TitleRules(at_a_time=settings.titles_at_a_time, deadline_s=settings.title_deadline_s),
        )
        self._emptying = Emptying(self._history, self._jobs, kept_s=settings.deleted_kept_s)
        self._draining = False
        self.tasks = Tasks()
        self.http = self._build_http(settings)
        answer_health(self._broker, "edge", settings.instance, self._is_ready)
        HistoryConsumer(self._history, self._audit, self._titling).subscribe(self._broker)

    def _build_answering(self, settings: EdgeSettings) -> Answering:
        return Answering(
            workers=self._workers,
            jobs=self._jobs,
            history=self._history,
            knowledge=self._knowledge,
            sessions=self._feed,
            audit=self._audit,
            rules=chat_rules(settings),
        )

    def _build_embeddings(self, settings: EdgeSettings) -> Embeddings:
        return Embeddings(
            embedder=self._embedder,
            sessions=self._feed,
            audit=self._audit,
            rules=EmbeddingRules(
                at_a_time=settings.embeddings_at_a_time,
                per_user=settings.embeddings_per_user,
                deadline_s=settings.embeddings_deadline_s,
            ),
        )

    def _build_http(self, settings: EdgeSettings) -> Litestar:
        access_tokens = JwtAccessTokens(
            self._keys,
            issuer=settings.issuer,
            audience=settings.audience,
            lifetime_s=settings.access_lifetime_s,
        )
        sign_in = SignIn(
            PostgresAccounts(self._database),
            PostgresRefreshTokens(self._database),
            access_tokens,
            self._passwords,
            RevocationBucket(self._link),
            LoginThrottle(settings.login_attempts, settings.login_window_s),
            self._audit,
            refresh_lifetime_s=settings.refresh_lifetime_s,
            refresh_grace_s=settings.refresh_grace_s,
        )
        self._probe = Probe(
            nats=lambda: self._link.connected and self._token_link.connected,
            revocations=lambda: self._feed.fresh,
            postgres=self._database.ping,
            draining=lambda: self._draining,
        )
        metrics = Metrics()
        metrics.registry.register(WorkerMetrics(self._workers.statuses))
        provided = {
            "access_tokens": access_tokens,
            "chat": self._answering.chat,
            "embedder": self._embedder,
            "embeddings": self._embeddings,
            "conversations": Conversations(self._history, self._jobs, self._audit),
            "live": self._answering.live,
            "library": Library(self._knowledge, self._audit, max_bytes=settings.max_document_bytes),
            "metrics": metrics,
            "probe": self._probe,
            "sign_in": sign_in,
            "workers": self._workers,
        }
        signed_in = SignedIn(access_tokens, self._feed)
        return build_http(
            settings, signed_in=signed_in, provided=provided, metrics=metrics, lifespan=self._lifespan
        )

    @asynccontextmanager
    async def _lifespan(self, _: Litestar) -> AsyncGenerator[None]:
        self._keys.open()
        await asyncio.to_thread(self._passwords.prepare)
        await self._start()
        log.info("edge.started")
        try:
            yield
        finally:
            await self._stop()
            log.info("edge.stopped")

    async def _start(self) -> None:
        self._link.on_reconnect(self._feed.follow)
        await self._workers.start()
        await self._stops.start()
        self._link.on_reconnect(self._receiver.look_again)  # stops were said on this connection
        self.tasks.start("nats", self._link.run())
        self.tasks.start("nats-tokens", self._token_link.run())
        self.tasks.start("revocations", self._feed.run())
        self.tasks.start("receiver", self._receive())
        self.tasks.start("places", self._jobs.run())
        self.tasks.start("control", run_broker(self._broker, self._link))
        self.tasks.start("audit-outbox", self._outbox_sender.run())
        self.tasks.start("emptying", self._emptying.run())

    async def _receive(self) -> None:
        await self._token_link.prepared()
        await self._receiver.start(self._token_link)
        await self._receiver.run()

    async def _is_ready(self) -> bool:
        return (await self._probe()).ready

    def drain(self) -> None:
        """From now on this edge is not ready, and takes no questions and no texts."""
        self._draining = True
        self._answering.refuse()
        self._embeddings.refuse()

    async def end_streams(self) -> None:
        """Parts from answers that can be read at another edge, which their workers write on; the others break off."""
        self._answering.following.part()
        await self._receiver.close()

    async def _stop(self) -> None:
        try:
            async with asyncio.timeout(LAST_WORDS_S):
                await self._titling.close()
                await self._answering.close()
        except TimeoutError:
            log.warning("edge.unfinished_business")
        await self.tasks.stop()
        await self._database.close()
        self._passwords.close()


def link(settings: EdgeSettings, name: str) -> Link:
    return Link(settings.nats_url, name, queue_jobs=settings.queue_jobs, replicas=settings.nats_replicas)


def chat_rules(settings: EdgeSettings) -> ChatRules:
    return ChatRules(
        max_messages=settings.chat_max_messages,
        max_characters=settings.chat_max_characters,
        max_streams=settings.chat_max_streams,
        max_streams_per_user=settings.chat_max_streams_per_user,
        turns_at_a_time=settings.chat_turns_at_a_time,
        patience_s=settings.chat_patience_s,
        deadline_s=settings.chat_deadline_s,
        retrieval_limit=settings.search_limit,
        retrieval_min_score=settings.search_min_score,
        resume_grace_s=settings.resume_grace_s,
        worker_return_s=settings.worker_return_s,
        queue_jobs=settings.queue_jobs,
    )


def build_edge(settings: EdgeSettings) -> Edge:
    return Edge(settings)


def build_app(settings: EdgeSettings) -> Litestar:
    return build_edge(settings).http
