"""The retriever as it runs, with a real embedder beside it, on real NATS and PostgreSQL."""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack
from uuid import uuid4

import pytest
import pytest_asyncio

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
QUESTIONS = {
    "How many holidays do I get?": "Leave",
    "Which steps bring the data back after the disk was lost?": "Backups",
    "What must I do when the water pressure is too low?": "Pumps",
    "How hot should the oven be?": "Bread",
}


class Running:
    """An app in a task."""

    def __init__(self, run: Callable[[asyncio.Event], Awaitable[None]]) -> None:
        self._stop = asyncio.Event()
        self._task = asyncio.ensure_future(run(self._stop))

    async def end(self) -> None:
        self._stop.set()
        await self._task


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
                    nats_url=self.nats_url, database_url=self.database_url, ingest_ack_wait_s=1.5
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

    async def submit(self, title: str, text: str | bytes, user: str = ADA) -> str:
        """What the edge does with an upload."""
        data = text.encode() if isinstance(text, str) else text
        job = IngestJob(document=uuid4().hex, user=user, title=title, media_type="text/plain", size=len(data))
        await self.ask(RegisterDocument(job=job, created_at=time.time()))
        await self.originals.put(job.document, data)
        await self.bus.append(subjects.INGEST, job, id=job.document)
        return job.document

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


async def until(condition: Callable[[], Awaitable[bool]], limit_s: float = 30.0) -> None:
    async with asyncio.timeout(limit_s):
        while not await condition():
            await asyncio.sleep(0.02)


@pytest_asyncio.fixture
async def stack(nats_url: str, database_url: str) -> AsyncGenerator[Stack]:
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


async def test_the_passage_that_means_the_same_comes_first(stack: Stack):
    for title, text in HANDBOOK.items():
        document = await stack.ingested(title, text)
        assert (document.status, document.done) == ("ready", document.passages)
    for question, title in QUESTIONS.items():
        first, *others = await stack.search(question)
        assert first.title == title, question
        assert HANDBOOK[title][first.start : first.end] == first.text
        assert 1 >= first.score > max(other.score for other in others)


async def test_chinese_is_found_by_its_own_words(stack: Stack):
    """all-MiniLM-L6-v2 is an English model: of Chinese it knows some hundred characters and no words."""
    texts = {
        "年假": "每位员工每年有三十天带薪年假。年底没有休完的年假可以保留到第二年三月底。",
        "水泵": "冷却水泵每两周检查一次。水压低于两巴时，请手动关闭水箱后面的阀门。",
        "大学": "东京大学和北京大学在山上共同建立了天文中心，中心主任是小林一郎。",
    }
    for title, text in texts.items():
        assert (await stack.ingested(title, text)).status == "ready"
    questions = {
        "员工每年有多少天年假？": "年假",
        "水压低于两巴时怎么办？": "水泵",
        "东京大学的天文中心在山上吗？": "大学",
    }
    for question, title in questions.items():
        first = (await stack.search(question))[0]
        assert first.title == title, question
        assert texts[title][first.start : first.end] == first.text


async def test_a_long_document_becomes_passages_with_exact_offsets_and_one_is_found(stack: Stack):
    filler = "\n\n".join(
        f"Section {n}. Nothing of note happened in the week with number {n}." * 3 for n in range(150)
    )
    half = len(filler) // 2
    text = (
        filler[:half] + "\n\nThe vault's combination is written on the back of the clock.\n\n" + filler[half:]
    )
    document = await stack.ingested("Diary", "\ufeff" + text)
    assert document.passages > 20
    first = (await stack.search("Where do I find the code of the safe?"))[0]
    assert "back of the clock" in first.text
    assert text[first.start : first.end] == first.text


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf \n\t", "empty"),
        (b"PK\x03\x04\x00\x00", "binary"),
        ("ÄÖÜ".encode("latin-1"), "not UTF-8"),
        ("text".encode("utf-16"), "UTF-16"),
    ],
)
async def test_what_is_no_text_fails_with_a_plain_reason(stack: Stack, data: bytes, reason: str):
    heard: list[bytes] = []

    async def hear(_: str, data: bytes) -> None:
        heard.append(data)

    await stack.bus.listen(subjects.event("document_failed", ADA), hear)
    document = await stack.ingested("Broken", data)
    assert document.status == "failed"
    assert reason in document.error

    async def gone() -> bool:
        return bool(heard) and not await has_original(stack, document.id)

    await until(gone)
    assert b"unprocessable" in heard[0]


async def has_original(stack: Stack, id: str) -> bool:
    try:
        await stack.originals.get(id)
    except NotFound:
        return False
    return True
