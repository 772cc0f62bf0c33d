"""Ingestion from the work queue: what is told, what is left, and what happens when a part goes away."""

from collections.abc import AsyncGenerator

import msgspec
import pytest
import pytest_asyncio

from shared import subjects
from shared.errors import NotFound
from shared.messages import (
    DeleteDocument,
    DocumentFailed,
    DocumentIngested,
    IngestJob,
)
from tests.knowledge import ADA, HANDBOOK, LONG, Stack, running_knowledge, until


@pytest_asyncio.fixture
async def stack(nats_url: str, database_url: str) -> AsyncGenerator[Stack]:
    async with running_knowledge(nats_url, database_url) as stack:
        yield stack


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
        return bool(heard) and not await stack.has_original(document.id)

    await until(gone)
    assert b"unprocessable" in heard[0]


async def test_an_ingested_document_is_told_once_and_its_bytes_are_gone(stack: Stack):
    document = await stack.ingested("Pumps", HANDBOOK["Pumps"])
    events = await stack.bus.consume(
        subjects.EVENTS_STREAM.name, "test", subjects.event("document_ingested", ADA), ack_wait_s=5
    )
    (delivery,) = await events.fetch(10, 2.0)
    event = msgspec.msgpack.decode(delivery.data, type=DocumentIngested | DocumentFailed)
    assert isinstance(event, DocumentIngested)
    assert (event.document, event.user, event.passages) == (document.id, ADA, document.passages)

    async def gone() -> bool:
        return not await stack.has_original(document.id)

    await until(gone)


async def test_a_document_deleted_while_it_is_ingested_leaves_nothing(stack: Stack):
    id = await stack.submit("Long", LONG)
    await until(lambda: stack.begun(id))
    await stack.ask(DeleteDocument(user=ADA, document=id))

    async def settled() -> bool:
        info = await stack.bus.client.jetstream().stream_info(subjects.INGEST_STREAM.name)
        return info.state.messages == 0

    await until(settled)
    assert not await stack.has_original(id)
    assert await stack.search("What happened in the week with number 7?") == ()
    with pytest.raises(NotFound):
        await stack.document(id)


async def test_a_retriever_that_stops_in_the_midst_gives_the_document_to_the_next(stack: Stack):
    id = await stack.submit("Long", LONG)
    await until(lambda: stack.begun(id))
    await stack.kill("retriever")
    await stack.start("retriever")
    document = await stack.over(id)
    assert (document.status, document.done) == ("ready", document.passages)
    found = await stack.search("What happened in the week with number 7?", limit=50)
    assert len({passage.number for passage in found}) == len(found) == min(50, document.passages)


async def test_a_job_delivered_twice_makes_one_document(stack: Stack):
    document = await stack.ingested("Leave", HANDBOOK["Leave"])
    again = IngestJob(document=document.id, user=ADA, title="Leave", media_type="text/plain", size=1)
    await stack.bus.append(subjects.INGEST, again, id="again")
    await stack.ingested("Bread", HANDBOOK["Bread"])  # behind it in the queue
    assert await stack.document(document.id) == document
    passages = [
        passage for passage in await stack.search("paid vacation", limit=50) if passage.title == "Leave"
    ]
    assert len(passages) == document.passages


async def test_what_is_no_job_is_put_aside(stack: Stack):
    await stack.bus.client.jetstream().publish(subjects.INGEST, b"\xff nonsense")
    assert (await stack.ingested("Leave", HANDBOOK["Leave"])).status == "ready"
