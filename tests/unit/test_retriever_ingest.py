"""Ingesting, step by step: what is told, what is kept, and what each kind of trouble leads to."""

import asyncio

import msgspec
import pytest

from services.retriever.domain.chunking import ChunkRules
from services.retriever.domain.documents import text_of
from services.retriever.usecases.documents import DocumentsDesk
from services.retriever.usecases.ingest import Ingestion, IngestRules
from services.retriever.usecases.search import Search
from shared.errors import InternalError, NotFound, Unavailable, Unprocessable
from shared.messages import (
    DeleteDocument,
    Document,
    DocumentFailed,
    DocumentIngested,
    GetDocument,
    IngestJob,
    ListDocuments,
    RegisterDocument,
    SearchRequest,
)
from tests.fakes.retriever import (
    LetterEmbedder,
    MemoryLibrary,
    MemoryNews,
    MemoryOriginals,
    SpaceTokenizer,
)

JOB = IngestJob(document="d1", user="ada", title="Notes", media_type="text/plain", size=11)
TEXT = "zebra zoo. " * 40


class Parts:
    def __init__(self) -> None:
        self.library = MemoryLibrary()
        self.originals = MemoryOriginals()
        self.embedder = LetterEmbedder()
        self.news = MemoryNews()
        self.now = 1000.0
        self.ingestion = Ingestion(
            intake=self.library,
            originals=self.originals,
            tokenizer=SpaceTokenizer(),
            embedder=self.embedder,
            news=self.news,
            rules=IngestRules(
                chunking=ChunkRules(max_tokens=10, overlap_tokens=0),
                block_texts=3,
                attempts=2,
                patience_s=500.0,
            ),
            clock=lambda: self.now,
        )
        self.desk = DocumentsDesk(self.library, self.originals)
        self.search = Search(self.embedder, self.library)

    async def submit(self, data: bytes = TEXT.encode()) -> None:
        await self.desk.answer(RegisterDocument(job=JOB, created_at=self.now))
        self.originals.values[JOB.document] = data

    async def document(self) -> Document:
        return await self.library.get(JOB.user, JOB.document)


async def test_a_document_becomes_passages_is_told_and_its_bytes_go():
    parts = Parts()
    await parts.submit()
    await parts.ingestion.ingest(JOB)
    assert (await parts.document()).status == "ready"
    assert parts.embedder.blocks == [3, 3, 2]
    assert parts.library.reports == [(0, 8), (3, 8), (6, 8)]
    assert parts.news.told == [
        DocumentIngested(document="d1", user="ada", title="Notes", passages=8, at=1000.0)
    ]
    assert parts.originals.values == {}
    found = (await parts.search.search(SearchRequest(user="ada", query="zebra", limit=3))).passages
    assert [TEXT[passage.start : passage.end] for passage in found] == [passage.text for passage in found]


async def test_nothing_is_found_before_everything_is():
    parts = Parts()
    await parts.submit()
    task = asyncio.create_task(parts.ingestion.ingest(JOB))
    request = SearchRequest(user="ada", query="zebra", limit=50)
    seen: set[int] = set()
    while not task.done():
        seen.add(len((await parts.search.search(request)).passages))
    seen.add(len((await parts.search.search(request)).passages))
    assert seen == {0, 8}


async def test_a_second_delivery_tells_the_same_and_changes_nothing():
    parts = Parts()
    await parts.submit()
    await parts.ingestion.ingest(JOB)
    before = await parts.document()
    await parts.ingestion.ingest(JOB)
    assert await parts.document() == before
    assert parts.news.told[0] == parts.news.told[1]
    assert parts.embedder.blocks == [3, 3, 2]


async def test_an_outage_postpones_and_does_not_count_as_an_attempt():
    parts = Parts()
    await parts.submit()
    for _ in range(5):
        parts.embedder.errors = [Unavailable("The embedder is away.")]
        with pytest.raises(Unavailable):
            await parts.ingestion.ingest(JOB)
        assert (await parts.document()).status == "queued"
    assert JOB.document in parts.originals.values
    await parts.ingestion.ingest(JOB)
    assert (await parts.document()).status == "ready"


async def test_an_outage_that_outlasts_patience_fails_the_document():
    parts = Parts()
    await parts.submit()
    parts.embedder.errors = [Unavailable("The embedder is away.")]
    parts.now += 501
    await parts.ingestion.ingest(JOB)
    assert (await parts.document()).error == "The embedder is away."
    assert isinstance(parts.news.told[0], DocumentFailed)
    assert parts.originals.values == {}


async def test_a_document_that_breaks_its_ingestion_is_given_up():
    parts = Parts()
    await parts.submit()
    for _ in range(2):
        parts.embedder.errors = [InternalError("A bug.")]
        with pytest.raises(InternalError):
            await parts.ingestion.ingest(JOB)
    await parts.ingestion.ingest(JOB)
    document = await parts.document()
    assert document.status == "failed"
    assert "2 attempts" in document.error


async def test_stopping_gives_the_document_back():
    parts = Parts()
    await parts.submit()
    parts.embedder.gate.clear()
    task = asyncio.create_task(parts.ingestion.ingest(JOB))
    while not parts.embedder.blocks:
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (await parts.document()).status == "queued"
    assert JOB.document in parts.originals.values


async def test_a_document_deleted_meanwhile_leaves_nothing():
    parts = Parts()
    await parts.submit()
    task = asyncio.create_task(parts.ingestion.ingest(JOB))
    while not parts.embedder.blocks:
        await asyncio.sleep(0)
    await parts.desk.answer(DeleteDocument(user="ada", document="d1"))
    await task
    assert parts.news.told == []
    assert parts.originals.values == {}
    assert (await parts.search.search(SearchRequest(user="ada", query="zebra"))).passages == ()
    with pytest.raises(NotFound):
        await parts.document()


async def test_a_job_without_a_document_only_cleans_up():
    parts = Parts()
    parts.originals.values[JOB.document] = b"left over"
    await parts.ingestion.ingest(JOB)
    assert parts.originals.values == {}
    assert parts.news.told == []


async def test_lost_bytes_fail_the_document_and_say_what_to_do():
    parts = Parts()
    await parts.submit()
    parts.originals.values.clear()
    await parts.ingestion.ingest(JOB)
    assert "upload" in (await parts.document()).error


async def test_min_score_drops_what_is_too_far():
    parts = Parts()
    await parts.submit(b"aaa")
    await parts.ingestion.ingest(JOB)
    near = await parts.search.search(SearchRequest(user="ada", query="a", min_score=0.5))
    far = await parts.search.search(SearchRequest(user="ada", query="z", min_score=0.5))
    assert len(near.passages) == 1
    assert far.passages == ()


async def test_another_users_document_is_not_there():
    parts = Parts()
    await parts.submit()
    for request in (GetDocument(user="ben", document="d1"), DeleteDocument(user="ben", document="d1")):
        with pytest.raises(NotFound):
            await parts.desk.answer(request)
    assert (await parts.desk.answer(ListDocuments(user="ben"))).documents == ()
    assert JOB.document in parts.originals.values
    await parts.ingestion.ingest(msgspec.structs.replace(JOB, user="ben"))
    assert (await parts.document()).status == "queued"


@pytest.mark.parametrize(
    ("data", "text"), [(b"plain", "plain"), (b"\xef\xbb\xbfmarked", "marked"), ("备份".encode(), "备份")]
)
def test_text_is_utf8_with_or_without_a_mark(data: bytes, text: str):
    assert text_of(data) == text


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b" \n\t", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b"a\x00b", "binary"),
        (b"caf\xe9", "byte 3"),
        ("x".encode("utf-16"), "UTF-16"),
        ("x".encode("utf-32"), "UTF-32"),
    ],
)
def test_what_is_no_text_is_refused_with_its_reason(data: bytes, reason: str):
    with pytest.raises(Unprocessable, match=reason):
        text_of(data)
