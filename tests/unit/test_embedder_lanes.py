"""Two lanes: who is computed when, who is refused, and what becomes of those who wait."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from services.embedder.usecases import Embedding, LaneRules
from shared.errors import InvalidRequest, ModelNotFound, QueueFull, Unavailable
from shared.messages import EmbedReply, EmbedRequest
from tests.fakes.embedder import LetterEncoder


class Running:
    def __init__(self, *, waiting: int = 100, patience_s: float = 10.0) -> None:
        self.encoder = LetterEncoder()
        self.now = 0.0
        rules = LaneRules(waiting, patience_s)
        self.embedding = Embedding(
            self.encoder,
            query=rules,
            batch=rules,
            block_texts=4,
            aliases=("text-embedding-3-small",),
            clock=lambda: self.now,
        )
        self.task = asyncio.create_task(self.embedding.run())

    def query(self, *texts: str) -> asyncio.Task[EmbedReply]:
        return asyncio.create_task(self.embedding.embed(EmbedRequest(texts), "query"))

    def batch(self, *texts: str) -> asyncio.Task[EmbedReply]:
        return asyncio.create_task(self.embedding.embed(EmbedRequest(texts), "batch"))

    async def held_by(self, *bulk: str) -> asyncio.Task[EmbedReply]:
        """The model is busy with the first block of `bulk` until `gate` is set."""
        self.encoder.gate.clear()
        task = self.batch(*bulk)
        await self.settle()
        return task

    async def settle(self) -> None:
        for _ in range(10):
            await asyncio.sleep(0)

    async def close(self) -> None:
        self.task.cancel()
        await asyncio.wait({self.task})


@pytest_asyncio.fixture
async def lanes() -> AsyncIterator[Running]:
    running = Running()
    yield running
    await running.close()


async def test_reply_has_a_vector_a_text_in_order_with_model_and_tokens(lanes: Running):
    reply = await lanes.query("b", "a a", "c")
    assert reply.vectors == tuple(lanes.encoder.encoding(text).vector for text in ("b", "a a", "c"))
    assert (reply.model, reply.dimensions, reply.tokens) == ("letters", 26, 3 + 4 + 3)


async def test_texts_that_wait_are_computed_together_whichever_request_they_belong_to(lanes: Running):
    bulk = await lanes.held_by("bulk")
    queries = [lanes.query(f"q{n}") for n in range(3)]
    await lanes.settle()
    lanes.encoder.gate.set()
    await asyncio.gather(bulk, *queries)
    assert lanes.encoder.blocks == [["bulk"], ["q0", "q1", "q2"]]


async def test_a_query_waits_for_one_block_of_bulk_and_no_more(lanes: Running):
    bulk = await lanes.held_by(*(f"b{n}" for n in range(12)))
    query = lanes.query("question")
    await lanes.settle()
    lanes.encoder.gate.set()
    await asyncio.gather(bulk, query)
    assert [block[0] for block in lanes.encoder.blocks] == ["b0", "question", "b4", "b8"]
    assert max(len(block) for block in lanes.encoder.blocks) == 4


async def test_a_full_lane_refuses_at_once_and_says_when_to_come_again():
    lanes = Running(waiting=4)
    bulk = await lanes.held_by(*"abcdefgh")  # one request is taken however long it is
    with pytest.raises(QueueFull) as refused:
        await lanes.embedding.embed(EmbedRequest(("x",)), "batch")
    assert refused.value.retry_after_s is not None
    assert refused.value.retry_after_s > 0
    query = lanes.query("the other lane has room")
    lanes.encoder.gate.set()
    await asyncio.gather(bulk, query)
    await lanes.close()


async def test_whoever_waited_too_long_is_refused_without_being_computed():
    lanes = Running(patience_s=2.0)
    bulk = await lanes.held_by("bulk")
    query = lanes.query("too late")
    await lanes.settle()
    lanes.now = 3.0
    lanes.encoder.gate.set()
    with pytest.raises(Unavailable):
        await query
    await bulk
    assert lanes.encoder.blocks == [["bulk"]]
    await lanes.close()


async def test_a_request_that_nobody_waits_for_is_not_computed_and_frees_its_room(lanes: Running):
    bulk = await lanes.held_by("bulk")
    gone = lanes.query("gone")
    await lanes.settle()
    gone.cancel()
    lanes.encoder.gate.set()
    await bulk
    assert (await lanes.query("next")).tokens == 3
    assert lanes.encoder.blocks == [["bulk"], ["next"]]


async def test_a_failing_block_fails_its_requests_and_nobody_else(lanes: Running):
    lanes.encoder.error = RuntimeError("no memory")
    with pytest.raises(RuntimeError, match="no memory"):
        await lanes.query("unlucky")
    lanes.encoder.error = None
    assert (await lanes.query("lucky")).tokens == 3


async def test_when_it_stops_nobody_is_left_waiting(lanes: Running):
    bulk = await lanes.held_by(*"abcdefgh")
    query = lanes.query("question")
    await lanes.settle()
    await lanes.close()
    for task in (bulk, query):
        with pytest.raises(Unavailable):
            await task


async def test_another_model_or_length_is_refused_before_it_costs_anything(lanes: Running):
    for name in ("", "letters", "text-embedding-3-small"):
        assert (await lanes.embedding.embed(EmbedRequest(("x",), name, 26), "query")).model == "letters"
    with pytest.raises(ModelNotFound) as unknown:
        await lanes.embedding.embed(EmbedRequest(("x",), "words"), "query")
    with pytest.raises(InvalidRequest) as cut:
        await lanes.embedding.embed(EmbedRequest(("x",), dimensions=13), "query")
    assert (unknown.value.param, cut.value.param, len(lanes.encoder.blocks)) == ("model", "dimensions", 3)


async def test_texts_that_are_too_long_are_named(lanes: Running):
    reply = await lanes.batch("a", "b " * 300, "c", "d " * 300)
    assert reply.truncated == (1, 3)
