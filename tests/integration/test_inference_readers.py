"""Readers who come, go and die while a worker with the simulated engine writes for them."""

import asyncio
import itertools

import msgspec
import pytest

from services.inference.adapters.simulated import script
from services.inference.domain import audience
from shared import subjects
from shared.messages import (
    Attach,
    ChatCancelled,
    Delta,
    Detach,
    Frame,
    LiveRequest,
    Sampling,
    Shown,
    ShownRequest,
)
from tests.worker import asking, events_of, gather, running_worker, settled, text_of

LONG = Sampling(max_tokens=4000)


async def test_a_second_reader_gets_all_of_it_and_then_what_comes(nats_url: str) -> None:
    async with asking(nats_url) as asker, running_worker(nats_url, sim_step_ms=5):
        job = asker.job("two tabs", request="r1", sampling=Sampling(max_tokens=100))
        first = await asker.submit(job)
        while len(first.cursor.ids) < 30:
            await asyncio.sleep(0.01)
        second = asker.receiver.attach("r1")
        answers = await asyncio.gather(gather(first), gather(second))
        expected = script.write(job, 0, 100)
        for answered in answers:
            assert answered.ids == list(expected.ids)
            assert text_of(answered) == "".join(expected.pieces)
        assert answers[0].end == answers[1].end


async def test_an_answer_that_has_ended_can_still_be_had(nats_url: str) -> None:
    async with asking(nats_url) as asker, running_worker(nats_url, sim_step_ms=0):
        job = asker.job("late", request="r1")
        await asker.ask(job)
        await settled(asker, "r1")
        answered = await asyncio.wait_for(gather(asker.receiver.attach("r1")), 2)
        assert text_of(answered) == "".join(script.write(job, 0, 16).pieces)
        assert answered.end.failure is None


async def test_without_readers_an_answer_is_cancelled_and_with_one_left_it_is_not(nats_url: str) -> None:
    async with asking(nats_url) as asker, running_worker(nats_url, sim_step_ms=5) as app:
        first = await asker.submit(asker.job("long", request="r1", sampling=LONG))
        await first.next()
        second = asker.receiver.attach("r1")
        await second.next()
        await asker.receiver.detach(first)
        await asyncio.sleep(0.2)
        assert app.engine.stats().running == 1
        await asker.receiver.detach(second)
        async with asyncio.timeout(0.5):
            while app.engine.stats().running:
                await asyncio.sleep(0.005)
        await settled(asker, "r1")
        (event,) = await events_of(asker)
        assert isinstance(event, ChatCancelled)
        assert event.answers[0].text


async def test_a_job_that_shall_finish_needs_no_reader(nats_url: str) -> None:
    async with asking(nats_url) as asker, running_worker(nats_url, sim_step_ms=5) as app:
        job = asker.job("batch", request="r1", sampling=Sampling(max_tokens=60), on_orphan="finish")
        incoming = await asker.submit(job)
        await incoming.next()
        await asker.bus.publish(subjects.CONTROL, Detach("r1", job.inbox, incoming.number))
        await settled(asker, "r1")
        (event,) = await events_of(asker)
        assert event.usage.completion_tokens == 60  # type: ignore[union-attr]
        assert app.engine.stats().running == 0


async def test_readers_whose_process_has_died_are_not_waited_for(
    nats_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audience, "LEASE_S", 1.5)
    async with asking(nats_url) as asker, running_worker(nats_url, sim_step_ms=5) as app:
        kept = await asker.submit(asker.job("kept", request="r1", sampling=LONG))
        await asker.submit(asker.job("orphaned", request="r2", sampling=LONG, inbox="gone"))
        await kept.next()
        async with asyncio.timeout(6):
            while app.engine.stats().running > 1:
                await asyncio.sleep(0.05)
        await settled(asker, "r2")
        live = await asker.live("r1")
        assert live is not None
        assert live.state == "running"


async def test_a_worker_that_was_replaced_stops_without_a_word(nats_url: str) -> None:
    async with asking(nats_url) as asker, running_worker(nats_url, sim_step_ms=5) as app:
        incoming = await asker.submit(asker.job("stolen", request="r1", sampling=LONG))
        await incoming.next()
        fence = incoming.cursor.fence
        await asker.bus.publish(subjects.CONTROL, Attach("r1", "other", 1, 0, fence))
        await asyncio.sleep(0.1)
        assert app.engine.stats().running == 1
        await asker.bus.publish(subjects.CONTROL, Attach("r1", "other", 1, 0, fence + 1))
        async with asyncio.timeout(0.5):
            while app.engine.stats().running:
                await asyncio.sleep(0.005)
        await asyncio.sleep(0.1)
        assert await events_of(asker) == []


async def test_a_reader_who_asks_while_it_is_asked_is_told_that_somebody_is_there(nats_url: str) -> None:
    """It would have another worker go on, though this one only takes long to read the answer in."""
    async with asking(nats_url) as asker:
        bus, told, attached = asker.bus, list[Delta](), Attach("r1", "raw", 1, 6, 0)
        job = asker.job("slow", request="r1", attempt=2, resume_ids=tuple(range(6)), inbox="raw", stream=1)

        async def hear(_: str, data: bytes) -> None:
            told.extend(msgspec.msgpack.decode(data, type=Frame).deltas)

        async def shown(asked: ShownRequest) -> Shown:
            for stream in (1, 2):  # the one that the job names, and one that nobody has told of
                await bus.publish(subjects.CONTROL, msgspec.structs.replace(attached, stream=stream))
            await asyncio.sleep(0.1)
            return Shown(asked.request, job.resume_ids, streams=(1,))

        await bus.listen(subjects.tokens("raw"), hear)
        await bus.answer(subjects.receiver("raw"), ShownRequest, shown)
        live = LiveRequest(user="user", state="running", worker="dead", attempt=1)
        await bus.bucket(subjects.LIVE_BUCKET).put(subjects.live_request("r1"), msgspec.msgpack.encode(live))
        async with running_worker(nats_url, sim_prefill_tokens_per_s=0.1):
            await bus.append(subjects.resume(job.model, "test"), job, id="r1:2")
            async with asyncio.timeout(3):
                while not any(delta.index for delta in told):
                    await asyncio.sleep(0.005)
            fence = told[0].fence
            assert [one for one in told if one.stream] == [Delta(1, fence, 0), Delta(1, fence, 6)]
            await bus.publish(subjects.CONTROL, Detach("r1", "raw", 1))


async def test_a_receiver_hears_from_the_worker_all_through_a_long_prompt(nats_url: str) -> None:
    async with asking(nats_url) as asker, running_worker(nats_url, sim_prefill_tokens_per_s=20):
        loop, heard_at = asyncio.get_running_loop(), list[float]()

        async def hear(_: str, data: bytes) -> None:
            msgspec.msgpack.decode(data, type=Frame)
            heard_at.append(loop.time())

        await asker.bus.listen(subjects.tokens(asker.receiver.inbox), hear)
        begun_at = loop.time()
        job = asker.job("word " * 80, request="r1", sampling=Sampling(max_tokens=2))
        answered = await asker.ask(job)
        assert answered.end.failure is None
        assert loop.time() - begun_at > 3.5
        assert heard_at[0] - begun_at < 0.5  # who has it is told at once
        silences = [later - earlier for earlier, later in itertools.pairwise(heard_at)]
        assert max(silences) < 1.0
