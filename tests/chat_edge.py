"""The edge's HTTP API with chat's ports in memory, served by the product's own server."""

import asyncio
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
from granian.constants import HTTPModes, Interfaces
from granian.server.embed import Server
from litestar import Litestar

from services.edge.adapters.http.application import build_http
from services.edge.adapters.http.guards import SignedIn
from services.edge.adapters.http.metrics import Metrics
from services.edge.domain.chat import ChatRules
from services.edge.domain.embedding import EmbeddingRules
from services.edge.domain.identity import Account, Principal
from services.edge.settings import EdgeSettings
from services.edge.usecases.answering import Answering
from services.edge.usecases.embeddings import Embeddings
from shared.errors import Unauthorized
from tests.fakes.chat import AuditLog, FixedPassages, FixedWorkers, OpenSessions, ScriptedJobs, TurnLog
from tests.fakes.embedder import FixedEmbedder

TOKEN = "a-token"
AUTHORIZATION = {"Authorization": f"Bearer {TOKEN}"}
PRINCIPAL = Principal("0" * 32, "ada", "user", "t1", 0.0, 4e9)


class OneToken:
    def issue(self, account: Account, *, now: float) -> tuple[str, int]:
        return TOKEN, 600

    def verify(self, token: str, *, now: float) -> Principal:
        if token != TOKEN:
            raise Unauthorized("The access token is not valid.")
        return PRINCIPAL

    def public_keys(self) -> dict[str, object]:
        return {"keys": []}


@dataclass
class Ports:
    workers: FixedWorkers = field(default_factory=FixedWorkers)
    jobs: ScriptedJobs = field(default_factory=ScriptedJobs)
    history: TurnLog = field(default_factory=TurnLog)
    knowledge: FixedPassages = field(default_factory=FixedPassages)
    sessions: OpenSessions = field(default_factory=OpenSessions)
    audit: AuditLog = field(default_factory=AuditLog)
    embedder: FixedEmbedder = field(default_factory=FixedEmbedder)

    def embeddings(self, rules: EmbeddingRules | None = None) -> Embeddings:
        return Embeddings(
            embedder=self.embedder, sessions=self.sessions, audit=self.audit, rules=rules or EmbeddingRules()
        )

    def answering(self, rules: ChatRules | None = None) -> Answering:
        answering = Answering(
            workers=self.workers,
            jobs=self.jobs,
            history=self.history,
            knowledge=self.knowledge,
            sessions=self.sessions,
            audit=self.audit,
            rules=rules or ChatRules(),
        )
        self.jobs.stopped = answering.following.stopped
        return answering


@dataclass
class ChatEdge:
    url: str
    ports: Ports
    client: httpx.AsyncClient
    answering: Answering

    async def post(self, path: str, body: object, **options: Any) -> httpx.Response:
        return await self.client.post(path, json=body, **options)


@asynccontextmanager
async def serving(ports: Ports, rules: ChatRules | None = None) -> AsyncGenerator[ChatEdge]:
    port = _free_port()
    answering = ports.answering(rules)
    server = Server(
        _http(ports, answering),
        address="127.0.0.1",
        port=port,
        interface=Interfaces.ASGI,
        http=HTTPModes.http1,
        websockets=False,
        log_enabled=False,
    )
    task = asyncio.create_task(server.serve())
    url = f"http://127.0.0.1:{port}"
    async with httpx.AsyncClient(base_url=url, headers=AUTHORIZATION, timeout=10) as client:
        await _answering(client, task)
        yield ChatEdge(url, ports, client, answering)
    server.stop()
    await task


def _http(ports: Ports, answering: Answering) -> Litestar:
    tokens = OneToken()
    absent = dict.fromkeys(("conversations", "library", "probe", "sign_in"))

    @asynccontextmanager
    async def lifespan(_: Litestar) -> AsyncGenerator[None]:
        yield
        await answering.close()

    metrics = Metrics()
    return build_http(
        EdgeSettings(database_url="", keys_dir=""),
        signed_in=SignedIn(tokens, ports.sessions),
        provided={
            "chat": answering.chat,
            "live": answering.live,
            "embedder": ports.embedder,
            "embeddings": ports.embeddings(),
            "workers": ports.workers,
            "access_tokens": tokens,
            "metrics": metrics,
            **absent,
        },
        metrics=metrics,
        lifespan=lifespan,
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


async def _answering(client: httpx.AsyncClient, server: asyncio.Task[None]) -> None:
    for _ in range(200):
        assert not server.done(), "the server has died"
        try:
            await client.get("/v1/models")
        except httpx.ConnectError:
            await asyncio.sleep(0.02)
        else:
            return
    raise AssertionError("the server does not answer")
