"""A retriever and an embedder as they run, in this process, on real NATS and PostgreSQL."""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from uuid import uuid4

from services.embedder.app import build_app as build_embedder
from services.embedder.settings import EmbedderSettings
from services.retriever.app import build_app
from services.retriever.migrations.__main__ import migrate
from services.retriever.settings import RetrieverSettings
from shared import subjects
from shared.broker import NatsBus
from shared.errors import NotFound, Unavailable
from shared.health import check
from shared.messages import (
    Document,
    Documents,
    GetDocument,
    IngestJob,
    Message,
    Passage,
    RegisterDocument,
    SearchReply,
    SearchRequest,
)

ADA, BEN = uuid4().hex, uuid4().hex

HANDBOOK = {
    "Leave": "Every employee has thirty days of paid vacation a year. Days that are left over at the end of "
    "December may be taken until the end of March.\n\nWhoever falls ill tells their team before ten in the "
    "morning, and brings a doctor's note from the third day on.",
    "Pumps": "The cooling pumps are inspected every other Tuesday. If the pressure falls below two bar, the valve "
    "behind the tank is closed by hand and the shift lead is called.",
    "Bread": "For the sourdough, mix rye flour with water and leave it in a warm place for a day. Bake the loaf at "
    "230 degrees for fifty minutes, until the crust is dark.",
    "Backups": "The database is copied to another building each night at two. To restore it, stop the service, "
    "fetch the newest archive and replay the log.",
}
LONG = "\n\n".join(
    f"Section {n}. Nothing of note happened in the week with number {n}. " * 3 for n in range(120)
)


class Running:
    """An app in a task."""

    def __init__(self, run: Callable[[asyncio.Event], Awaitable[None]]) -> None:
        self._stop = asyncio.Event()
        self._task = asyncio.ensure_future(run(self._stop))

    async def end(self) -> None:
        self._stop.set()
        await self._task

    async def kill(self) -> None:
        """As a process that is told to stop and has no grace left."""
        self._task.cancel()
        await asyncio.wait({self._task})


class Stack:
    def __init__(self, nats_url: str, database_url: str, bus: NatsBus) -> None:
        self.nats_url, self.database_url, self.bus = nats_url, database_url, bus
        self.running: dict[str, Running] = {}
        self.originals = bus.blobs(subjects.DOCUMENTS_STORE)

    async def start(self, service: str) -> None:
        if service == "embedder":
            app = build_embedder(EmbedderSettings(nats_url=self.nats_url))
        else:
            app = build_app(
                RetrieverSettings(
                    nats_url=self.nats_url,
                    database_url=self.database_url,
                    ingest_block_texts=4,
                    ingest_ack_wait_s=1.5,
                )
            )
        self.running[service] = Running(app.run)
        await until(lambda: self._ready(service))

    async def _ready(self, service: str) -> bool:
        try:
            return (await check(self.nats_url, service, "1")).ready
        except Unavailable:
            return False

    async def end(self, service: str) -> None:
        await self.running.pop(service).end()

    async def kill(self, service: str) -> None:
        await self.running.pop(service).kill()

    async def submit(self, title: str, text: str | bytes, user: str = ADA) -> str:
        """What the edge does with an upload."""
        data = text.encode() if isinstance(text, str) else text
        job = IngestJob(document=uuid4().hex, user=user, title=title, media_type="text/plain", size=len(data))
        await self.ask(RegisterDocument(job=job, created_at=time.time()))
        await self.originals.put(job.document, data)
        await self.bus.append(subjects.INGEST, job, id=job.document)
        return job.document

    async def has_original(self, id: str) -> bool:
        try:
            await self.originals.get(id)
        except NotFound:
            return False
        return True

    async def begun(self, id: str) -> bool:
        """Some of its passages are embedded, and some are not."""
        document = await self.document(id)
        return document.status == "processing" and 0 < document.done < document.passages

    async def ask(self, request: Message) -> Documents:
        return await self.bus.request(subjects.DOCUMENTS, request, Documents)

    async def document(self, id: str, user: str = ADA) -> Document:
        (document,) = (await self.ask(GetDocument(user=user, document=id))).documents
        return document

    async def over(self, id: str, user: str = ADA) -> Document:
        async def is_over() -> bool:
            return (await self.document(id, user)).status in ("ready", "failed")

        await until(is_over)
        return await self.document(id, user)

    async def ingested(self, title: str, text: str | bytes, user: str = ADA) -> Document:
        return await self.over(await self.submit(title, text, user), user)

    async def search(self, query: str, user: str = ADA, limit: int = 3) -> tuple[Passage, ...]:
        request = SearchRequest(user=user, query=query, limit=limit)
        return (await self.bus.request(subjects.SEARCH, request, SearchReply)).passages


async def until(condition: Callable[[], Awaitable[bool]], limit_s: float = 50.0) -> None:
    async with asyncio.timeout(limit_s):
        while not await condition():
            await asyncio.sleep(0.02)


@asynccontextmanager
async def running_knowledge(nats_url: str, database_url: str) -> AsyncGenerator[Stack]:
    await migrate(database_url)
    bus = await NatsBus.connect(nats_url, "test")
    stack = Stack(nats_url, database_url, bus)
    async with AsyncExitStack() as ends:
        ends.push_async_callback(bus.close)
        await stack.start("embedder")
        await stack.start("retriever")
        yield stack
        for service in list(stack.running):
            await stack.end(service)
