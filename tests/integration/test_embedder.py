"""The embedder as it runs: a process's worth of it, on a real NATS server, with the real model."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import numpy as np
import pytest
import pytest_asyncio

from services.embedder.adapters.minilm import MiniLM
from services.embedder.app import App, build_app
from services.embedder.ports import Encoding
from services.embedder.settings import EmbedderSettings
from shared import subjects
from shared.broker import NatsBus
from shared.errors import QueueFull, Unavailable
from shared.health import check
from shared.messages import EmbedReply, EmbedRequest


class Serving:
    def __init__(self, app: App) -> None:
        self.stop = asyncio.Event()
        self.task = asyncio.create_task(app.run(self.stop))

    async def end(self) -> None:
        self.stop.set()
        await self.task


async def ready(url: str, instance: str = "1") -> None:
    async with asyncio.timeout(10):
        while True:
            try:
                if (await check(url, "embedder", instance)).ready:
                    return
            except Unavailable:
                await asyncio.sleep(0.02)


@pytest_asyncio.fixture
async def bus(nats_url: str) -> AsyncIterator[NatsBus]:
    connected = await NatsBus.connect(nats_url, "test")
    yield connected
    await connected.close()


def settings(nats_url: str, *, instance: str = "1", embed_batch_waiting: int = 1024) -> EmbedderSettings:
    return EmbedderSettings(
        nats_url=nats_url,
        instance=instance,
        shutdown_grace_s=5.0,
        embed_batch_waiting=embed_batch_waiting,
    )


def request(*texts: str) -> EmbedRequest:
    return EmbedRequest(texts=texts)


async def test_both_lanes_answer_alike(nats_url: str, bus: NatsBus):
    serving = Serving(build_app(settings(nats_url)))
    await ready(nats_url)
    texts = request("a cat sits on the mat", "stock markets fell")
    query = await bus.request(subjects.EMBED_QUERY, texts, EmbedReply)
    batch = await bus.request(subjects.EMBED_BATCH, texts, EmbedReply)
    assert query == batch
    assert (query.model, query.dimensions, len(query.vectors)) == ("all-MiniLM-L6-v2", 384, 2)
    assert np.linalg.norm(np.frombuffer(query.vectors[0], "<f4")) == pytest.approx(1.0, abs=1e-5)
    await serving.end()


async def test_a_query_in_the_midst_of_bulk_is_answered_before_it(nats_url: str, bus: NatsBus):
    """512 texts of bulk, then questions, one after another: each is answered while the bulk goes on."""
    serving = Serving(build_app(settings(nats_url)))
    await ready(nats_url)
    answered: list[str] = []

    async def ask(name: str, subject: str, message: EmbedRequest) -> None:
        await bus.request(subject, message, EmbedReply, timeout_s=40)
        answered.append(name)

    texts = [f"Passage {n}: pumps and valves are checked on every other Tuesday." for n in range(256)]
    bulk = [asyncio.create_task(ask("bulk", subjects.EMBED_BATCH, request(*texts))) for _ in range(2)]
    await asyncio.sleep(0.05)
    for n in range(5):
        await ask(f"question {n}", subjects.EMBED_QUERY, request(f"When is pump {n} checked?"))
    await asyncio.gather(*bulk)
    assert answered == [*(f"question {n}" for n in range(5)), "bulk", "bulk"]
    await serving.end()


class Counting(MiniLM):
    """The real model, and how many texts each block of it had."""

    def __init__(self, folder: Path, name: str, threads: int) -> None:
        super().__init__(folder, name, threads)
        self.blocks: list[int] = []

    async def encode(self, texts: Sequence[str]) -> list[Encoding]:
        self.blocks.append(len(texts))
        return await super().encode(texts)


async def test_requests_that_arrive_together_are_computed_together(nats_url: str, bus: NatsBus):
    encoder = Counting.load()
    serving = Serving(build_app(settings(nats_url), encoder=encoder))
    await ready(nats_url)
    asked = [bus.request(subjects.EMBED_QUERY, request(f"question {n}"), EmbedReply) for n in range(24)]
    await asyncio.gather(*asked)
    assert sum(encoder.blocks) == 24
    assert len(encoder.blocks) < 12
    assert max(encoder.blocks) <= 8
    await serving.end()


async def test_a_full_lane_refuses_over_the_bus_with_retry_after(nats_url: str, bus: NatsBus):
    serving = Serving(build_app(settings(nats_url, embed_batch_waiting=64)))
    await ready(nats_url)
    long = request(*["one two three four " * 50] * 64)
    results = await asyncio.gather(
        *(bus.request(subjects.EMBED_BATCH, long, EmbedReply, timeout_s=40) for _ in range(4)),
        return_exceptions=True,
    )
    refused = [result for result in results if isinstance(result, QueueFull)]
    assert refused
    assert all(error.retry_after_s for error in refused)
    assert any(isinstance(result, EmbedReply) for result in results)
    await serving.end()


async def test_two_embedders_share_the_work_and_one_may_leave(nats_url: str, bus: NatsBus):
    encoders = [Counting.load(), Counting.load()]
    serving = [
        Serving(build_app(settings(nats_url, instance=str(n)), encoder=encoder))
        for n, encoder in enumerate(encoders)
    ]
    for n in range(2):
        await ready(nats_url, str(n))
    asked = [
        asyncio.create_task(bus.request(subjects.EMBED_QUERY, request(f"question {n}"), EmbedReply))
        for n in range(40)
    ]
    await asyncio.sleep(0.02)
    await serving[0].end()  # while it has work
    replies = await asyncio.gather(*asked)
    assert len({reply.vectors[0] for reply in replies}) == 40
    for encoder in encoders:
        assert encoder.blocks
    await serving[1].end()


async def test_it_waits_for_nats_and_stops_while_waiting():
    app = build_app(settings("nats://127.0.0.1:9"))
    serving = Serving(app)
    await asyncio.sleep(0.3)
    assert not serving.task.done()
    assert not app.ready
    async with asyncio.timeout(8):
        await serving.end()


async def test_what_is_no_request_of_ours_is_refused(nats_url: str, bus: NatsBus):
    serving = Serving(build_app(settings(nats_url)))
    await ready(nats_url)
    answer = await bus.client.request(subjects.EMBED_QUERY, b"\xff not MessagePack", timeout=2)
    assert b"invalid_request" in answer.data
    assert (await bus.request(subjects.EMBED_QUERY, request("still there"), EmbedReply)).vectors
    await serving.end()
