"""A worker with the simulated engine on a real NATS server."""

import asyncio
import time

import msgspec
import pytest

from services.inference.adapters.simulated import SimulatedEngine, SimulatedOptions, script
from services.inference.ports import Resume
from shared import subjects
from shared.messages import (
    CancelJob,
    ChatCancelled,
    ChatCompleted,
    ChatFailed,
    LiveRequest,
    Sampling,
    Usage,
    WorkerStatus,
)
from tests.worker import asking, events_of, gather, running_worker, settled, text_of


async def test_an_answer_streams_whole_and_is_told_once(nats_url: str) -> None:
    async with asking(nats_url) as asker, running_worker(nats_url, sim_step_ms=1):
        job = asker.job("What turns the wheel?", request="r1")
        answered = await asker.ask(job)

        expected = script.write(job, 0, 16)
        assert answered.ids == list(expected.ids)
        assert text_of(answered) == "".join(expected.pieces)
        assert answered.end.failure is None
        assert answered.end.usage == Usage(script.prompt_tokens(job), 16)
        live = await settled(asker, "r1")
        assert live.worker == "inference-1"
        assert await asker.waiting() == 0
        (event,) = await events_of(asker)
        assert type(event) is ChatCompleted
        assert event.answers[0].text == text_of(answered)
        assert event.answers[0].finish_reason == "length"
        assert event.usage == answered.end.usage


async def test_many_at_once_get_each_its_own(nats_url: str) -> None:
    async with asking(nats_url) as asker, running_worker(nats_url, sim_step_ms=2, sim_slots=16):
        jobs = [asker.job(f"question {n}", request=f"r{n}") for n in range(64)]
        answers = await asyncio.gather(*(asker.ask(job) for job in jobs))
        for job, answered in zip(jobs, answers, strict=True):
            assert answered.ids == list(script.write(job, 0, 16).ids)
        assert len(await events_of(asker)) == 64


async def test_cancel_frees_the_slot_and_stores_what_there_was(nats_url: str) -> None:
    async with asking(nats_url) as asker, running_worker(nats_url, sim_step_ms=5) as app:
        job = asker.job("a long one", request="r1", sampling=Sampling(max_tokens=4000))
        incoming = await asker.submit(job)
        await incoming.next()
        started = time.monotonic()
        await asker.bus.publish(subjects.CONTROL, CancelJob("r1"))
        while app.engine.stats().running:
            await asyncio.sleep(0.002)
        assert time.monotonic() - started < 0.5
        answered = await gather(incoming)
        assert answered.end.failure is not None
        assert answered.end.failure.code == "cancelled"
        (event,) = await events_of(asker)
        assert isinstance(event, ChatCancelled)
        assert event.answers[0].finish_reason == "cancelled"
        assert 0 < event.usage.completion_tokens < 4000
        assert "".join(script.write(job, 0, 4000).pieces).startswith(event.answers[0].text)
        assert await asker.waiting() == 0


@pytest.mark.parametrize(
    "live",
    [
        LiveRequest(user="user", state="done"),
        LiveRequest(user="user", state="finishing", worker="inference-2", job_sequence=99),
        LiveRequest(user="user", state="running", worker="inference-2", job_sequence=99),
        LiveRequest(user="user", state="queued", attempt=2),
    ],
    ids=["done", "finishing", "a copy", "older"],
)
async def test_a_job_that_is_over_or_a_copy_is_dropped(nats_url: str, live: LiveRequest) -> None:
    async with asking(nats_url) as asker:
        bucket = asker.bus.bucket(subjects.LIVE_BUCKET)
        before = await bucket.put(subjects.live_request("r1"), msgspec.msgpack.encode(live))
        async with running_worker(nats_url, sim_step_ms=0):
            await asker.submit(asker.job("anything", request="r1"))
            await asker.ask(asker.job("another", request="r2"))
            async with asyncio.timeout(5):
                while await asker.waiting():
                    await asyncio.sleep(0.01)
            entry = await bucket.get(subjects.live_request("r1"))
            assert entry is not None
            assert entry.revision == before
            assert [
                event.request for event in await events_of(asker) if isinstance(event, ChatCompleted)
            ] == ["r2"]


async def test_a_late_job_fails_before_it_costs_engine_time(nats_url: str) -> None:
    async with asking(nats_url) as asker, running_worker(nats_url, sim_step_ms=0):
        answered = await asker.ask(asker.job("too late", request="r1", deadline=time.time() - 1))
        assert answered.ids == []
        assert answered.end.failure is not None
        assert answered.end.failure.code == "deadline_exceeded"
        (event,) = await events_of(asker)
        assert isinstance(event, ChatFailed)
        assert event.failure.code == "deadline_exceeded"


async def test_a_prompt_that_does_not_fit_is_the_callers_mistake(nats_url: str) -> None:
    async with asking(nats_url) as asker, running_worker(nats_url, sim_step_ms=0, sim_context_tokens=50):
        answered = await asker.ask(asker.job("word " * 100, request="r1"))
        assert answered.end.failure is not None
        assert answered.end.failure.code == "context_length_exceeded"
        good = await asker.ask(asker.job("word", request="r2"))
        assert len(good.ids) == 16


async def test_a_claim_that_was_lost_shows_and_stores_nothing_more(nats_url: str) -> None:
    async with asking(nats_url) as asker, running_worker(nats_url, sim_step_ms=5):
        incoming = await asker.submit(asker.job("stolen", request="r1", sampling=Sampling(max_tokens=30)))
        await incoming.next()
        bucket = asker.bus.bucket(subjects.LIVE_BUCKET)
        other = LiveRequest(user="user", state="running", worker="inference-2", attempt=2)
        await bucket.put(subjects.live_request("r1"), msgspec.msgpack.encode(other))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1):
                await gather(incoming)
        assert await events_of(asker) == []
        live = await asker.live("r1")
        assert live == other


class Unmovable(SimulatedEngine):
    resume: Resume = "none"


def unmovable() -> Unmovable:
    return Unmovable(SimulatedOptions(step_s=0.01), worker="inference-1")


async def test_a_draining_worker_finishes_what_nobody_else_can_go_on_with(nats_url: str) -> None:
    async with asking(nats_url) as asker:
        async with running_worker(nats_url, engine=unmovable()):
            incoming = await asker.submit(asker.job("last", request="r1", sampling=Sampling(max_tokens=90)))
            await incoming.next()
        answered = await gather(incoming)
        assert answered.end.failure is None
        assert (await settled(asker, "r1")).state == "done"


async def test_what_does_not_end_within_the_grace_fails_with_a_reason(nats_url: str) -> None:
    async with asking(nats_url) as asker:
        async with running_worker(nats_url, engine=unmovable(), shutdown_grace_s=0.2):
            incoming = await asker.submit(asker.job("long", request="r1", sampling=Sampling(max_tokens=4000)))
            await incoming.next()
        answered = await gather(incoming)
        assert answered.end.failure is not None
        assert answered.end.failure.code == "unavailable"
        (event,) = await events_of(asker)
        assert isinstance(event, ChatFailed)


async def test_a_resumed_answer_goes_on_after_the_ids_that_were_shown(nats_url: str) -> None:
    async with asking(nats_url) as asker, running_worker(nats_url, sim_step_ms=1):
        job = asker.job("resume me", request="r1", attempt=2)
        expected = script.write(job, 0, 16)
        incoming = asker.receiver.open("r1")
        incoming.cursor.ids.extend(expected.ids[:6])
        job = msgspec.structs.replace(job, stream=incoming.number, resume_ids=expected.ids[:6])
        await asker.bus.append(subjects.resume(job.model, "test"), job, id="r1:2")
        answered = await gather(incoming)
        assert answered.ids == list(expected.ids)
        await settled(asker, "r1")
        (event,) = await events_of(asker)
        assert isinstance(event, ChatCompleted)
        assert event.answers[0].text == "".join(expected.pieces)


async def test_garbage_in_the_queue_harms_nobody(nats_url: str) -> None:
    async with asking(nats_url) as asker, running_worker(nats_url, sim_step_ms=0):
        js = asker.bus.client.jetstream()
        queue = subjects.job("simulated", "interactive", "test")
        await js.publish(queue, b"\xc1not a job")
        for keyless in ({"request": "a b"}, {"request": "a\n"}, {"request": ".."}, {"chat": "c *"}):
            job = msgspec.structs.replace(asker.job("x", request="r0"), **keyless)
            await js.publish(queue, msgspec.msgpack.encode(job))
        answered = await asker.ask(asker.job("fine", request="r1"))
        assert answered.end.failure is None
        async with asyncio.timeout(5):
            while await asker.waiting():
                await asyncio.sleep(0.01)


async def test_batch_jobs_are_served_too(nats_url: str) -> None:
    async with asking(nats_url) as asker, running_worker(nats_url, sim_step_ms=0):
        jobs = [asker.job(f"batch {n}", request=f"r{n}", priority="batch") for n in range(20)]
        answers = await asyncio.gather(*(asker.ask(job) for job in jobs))
        assert all(answered.end.failure is None for answered in answers)


async def test_status_is_told_each_second(nats_url: str) -> None:
    async with asking(nats_url) as asker:
        heard: asyncio.Queue[WorkerStatus] = asyncio.Queue()

        async def hear(_: str, data: bytes) -> None:
            heard.put_nowait(msgspec.msgpack.decode(data, type=WorkerStatus))

        await asker.bus.listen(subjects.STATUS, hear)
        async with running_worker(nats_url, sim_slots=7):
            async with asyncio.timeout(3):
                while not (status := await heard.get()).ready:
                    pass
            assert (status.worker, status.engine, status.slots) == ("inference-1", "simulated", 7)
            assert [model.name for model in status.models] == ["simulated"]
            assert status.resume == "ids"
