"""Answers that go from one worker to another: handed over, left behind, decided already, cancelled, given up."""

import asyncio
import time

import msgspec

from services.inference.adapters.simulated import script
from services.inference.app import App
from shared import subjects
from shared.messages import (
    CancelJob,
    ChatCancelled,
    ChatCompleted,
    ChatFailed,
    ChatJob,
    DeadLetter,
    Delta,
    End,
    Finished,
    LiveRequest,
    Sampling,
    Text,
    Usage,
)
from shared.streams import Incoming
from tests.worker import Asker, abandoned, asking, begun, events_of, gather, running_worker, settled, text_of

GOES_ON_WITHIN_S = 1.0
"""Where the old worker says itself that it has to go; on an idle machine 0.05 s."""


def saw(incoming: Incoming, job: ChatJob, count: int, fence: int = 1) -> None:
    """The reader has had so many tokens from the worker that died."""
    expected = script.write(job, 0, 16)
    incoming.cursor.take(
        Delta(incoming.number, fence, 0, expected.ids[:count], (Text("".join(expected.pieces[:count])),))
    )


def died_running(**fields: object) -> LiveRequest:
    return msgspec.convert(
        {"type": "LiveRequest", "user": "user", "state": "running", "worker": "dead", **fields}, LiveRequest
    )


async def letters_of(asker: Asker) -> list[DeadLetter]:
    stream = subjects.DEAD_LETTERS
    consumer = await asker.bus.consume(stream.name, "test", stream.subjects[0], ack_wait_s=30)
    return [msgspec.msgpack.decode(one.data, type=DeadLetter) for one in await consumer.fetch(10, 0.3)]


async def test_a_draining_worker_hands_its_answers_to_the_next(nats_url: str) -> None:
    """And no reader has a hand in it: the one here would wait for longer than all of it takes."""
    async with (
        asking(nats_url, silence_s=30) as asker,
        running_worker(nats_url, instance="2", sim_step_ms=5, sim_slots=2),
    ):
        busy = [
            await asker.submit(asker.job(f"busy {n}", request=f"b{n}", sampling=Sampling(max_tokens=4000)))
            for n in range(2)
        ]
        for incoming in busy:
            await begun(incoming)
        jobs = [asker.job(f"moves {n}", request=f"r{n}", sampling=Sampling(max_tokens=300)) for n in range(4)]
        async with running_worker(nats_url, sim_step_ms=5, shutdown_grace_s=20):
            moving = [await asker.submit(job) for job in jobs]
            for incoming in moving:
                await begun(incoming)
            for incoming in busy:
                await asker.receiver.detach(incoming)
        answers = await asyncio.wait_for(asyncio.gather(*(gather(incoming) for incoming in moving)), 15)
        for job, answered in zip(jobs, answers, strict=True):
            expected = script.write(job, 0, 300)
            assert answered.ids == list(expected.ids)
            assert text_of(answered) == "".join(expected.pieces)
            assert answered.end.usage == Usage(script.prompt_tokens(job), 300)
            live = await settled(asker, job.request)
            assert (live.worker, live.attempt, live.answer) == ("inference-2", 2, None)
        told = [event for event in await events_of(asker) if type(event) is ChatCompleted]
        assert sorted(event.request for event in told) == [job.request for job in jobs]
        assert await asker.waiting() + await asker.waiting("INFERENCE_RESUME") == 0


async def test_an_answer_of_two_choices_is_made_anew_where_it_goes_on(nats_url: str) -> None:
    async with asking(nats_url) as asker:
        job = asker.job("both", request="r1", sampling=Sampling(max_tokens=150, n=2))
        async with running_worker(nats_url, sim_step_ms=5):
            incoming = await asker.submit(job)
            await begun(incoming)
        async with running_worker(nats_url, instance="2", sim_step_ms=1):
            answered = await asyncio.wait_for(gather(incoming), 10)
        assert answered.end.failure is None
        for choice in range(2):
            said = "".join(
                part.text for part in answered.parts if isinstance(part, Text) and part.choice == choice
            )
            assert said == "".join(script.write(job, choice, 150).pieces)


async def killed(app: App) -> None:
    """The engine's clock stops for good: its streams fail, and its health."""
    await app.engine.stop()


async def test_an_answer_survives_the_death_of_its_engine(nats_url: str) -> None:
    async with asking(nats_url) as asker, running_worker(nats_url, sim_step_ms=5) as app:
        job = asker.job("phoenix", request="r1", sampling=Sampling(max_tokens=100))
        incoming = await asker.submit(job)
        await begun(incoming)
        await killed(app)
        answered = await asyncio.wait_for(gather(incoming), 15)
        assert answered.end.failure is None
        assert answered.ids == list(script.write(job, 0, 100).ids)
        assert (await settled(asker, "r1")).attempt == 2


async def test_it_goes_on_at_once_although_an_older_answer_is_not_over(nats_url: str) -> None:
    """A job that is off its queue leaves a gap there between others: its successor need not wait for them."""
    lasting = Sampling(max_tokens=4000)
    async with asking(nats_url) as asker, running_worker(nats_url, sim_step_ms=5, sim_slots=2):
        older, other = [
            await asker.submit(asker.job("busy", request=name, sampling=lasting)) for name in ("r1", "r2")
        ]
        for incoming in (older, other):
            await begun(incoming)
        async with running_worker(nats_url, instance="2", sim_step_ms=5) as app:
            moving = await asker.submit(asker.job("moves", request="r3", sampling=lasting))
            await begun(moving)
            await asker.receiver.detach(other)
            await settled(asker, "r2")
            known, broke_at = moving.known, time.monotonic()
            await killed(app)
            while moving.known <= known + 1:
                await asyncio.sleep(0.005)
            assert time.monotonic() - broke_at < GOES_ON_WITHIN_S
            assert (await settled(asker, "r3", "running")).attempt == 2
            for incoming in (older, moving):
                await asker.receiver.detach(incoming)


async def test_a_job_that_is_delivered_again_goes_on_after_what_its_reader_has(nats_url: str) -> None:
    async with asking(nats_url) as asker:
        job = asker.job("again", request="r1")
        incoming = await abandoned(asker, job, died_running())
        saw(incoming, job, 6)
        async with running_worker(nats_url, sim_step_ms=1, ack_wait_s=1):
            answered = await asyncio.wait_for(gather(incoming), 10)
            assert answered.ids == list(script.write(job, 0, 16).ids)
            assert text_of(answered) == "".join(script.write(job, 0, 16).pieces[6:])
            await settled(asker, "r1")
        (event,) = await events_of(asker)
        assert type(event) is ChatCompleted
        assert event.answers[0].text == "".join(script.write(job, 0, 16).pieces)


async def test_an_answer_that_was_decided_is_told_and_not_made_anew(nats_url: str) -> None:
    """What the dead worker said differs from what this engine would say."""
    async with asking(nats_url) as asker:
        whole = Delta(9, 1, 0, (1, 2, 3), (Text("Quite another answer."), Finished("stop")), End(Usage(7, 3)))
        live = died_running(state="finishing")
        incoming = await abandoned(
            asker, asker.job("x", request="r1"), msgspec.structs.replace(live, answer=whole)
        )
        incoming.cursor.take(Delta(incoming.number, 1, 0, (1,), (Text("Quite "),)))
        async with running_worker(nats_url, sim_step_ms=0, ack_wait_s=1):
            answered = await asyncio.wait_for(gather(incoming), 10)
            assert text_of(answered) == "another answer."
            assert answered.ids == [1, 2, 3]
            assert answered.end == whole.end
            assert (await settled(asker, "r1")).answer is None
            attached = await asyncio.wait_for(gather(asker.receiver.attach("r1")), 2)
            assert text_of(attached) == "Quite another answer."
        (event,) = await events_of(asker)
        assert type(event) is ChatCompleted
        assert event.answers[0].text == "Quite another answer."
        assert event.usage == Usage(7, 3)


async def test_a_cancelled_answer_whose_worker_has_died_is_closed_with_what_was_shown(nats_url: str) -> None:
    async with asking(nats_url) as asker:
        job = asker.job("x", request="r1")
        incoming = await abandoned(asker, job, died_running(state="cancelled"))
        saw(incoming, job, 6)
        async with running_worker(nats_url, sim_step_ms=0, ack_wait_s=1):
            answered = await asyncio.wait_for(gather(incoming), 10)
            assert answered.end.failure is not None
            assert answered.end.failure.code == "cancelled"
            async with asyncio.timeout(5):
                while await asker.waiting():
                    await asyncio.sleep(0.01)
        (event,) = await events_of(asker)
        assert isinstance(event, ChatCancelled)
        assert event.answers[0].finish_reason == "cancelled"
        assert event.answers[0].text == "".join(script.write(job, 0, 6).pieces)


async def test_one_that_nobody_reads_any_more_is_closed_by_the_attempt_that_knows_what_was_shown(
    nats_url: str,
) -> None:
    """Both jobs wait; the one that knows less is delivered first."""
    async with asking(nats_url) as asker:
        job = asker.job("x", request="r1")
        incoming = await abandoned(asker, job, died_running(state="cancelled"))
        incoming.close()
        shown = script.write(job, 0, 6)
        knows = msgspec.structs.replace(job, attempt=2, resume_ids=shown.ids, previous_sequence=1)
        await asker.bus.append(subjects.resume(job.model, "test"), knows, id="r1:2")
        durable, wanted = f"resume-{subjects.model_token(job.model)}", subjects.resumes_of(job.model)
        consumer = await asker.bus.consume("INFERENCE_RESUME", durable, wanted, ack_wait_s=30)
        (later,) = await consumer.fetch(1, 2)
        await later.nak(delay_s=4)
        async with running_worker(nats_url, sim_step_ms=0, ack_wait_s=1):
            async with asyncio.timeout(15):
                for stream in ("INFERENCE", "INFERENCE_RESUME"):
                    while await asker.waiting(stream):
                        await asyncio.sleep(0.01)
        (event,) = await events_of(asker)
        assert isinstance(event, ChatCancelled)
        assert event.answers[0].text == "".join(shown.pieces)


async def test_an_attempt_that_was_replaced_does_not_take_its_successors_place(nats_url: str) -> None:
    """Both are delivered to one worker: the dead one's job, and what its reader has made of it."""
    async with asking(nats_url) as asker, running_worker(nats_url, sim_step_ms=5) as app:
        job = asker.job("twice", request="r1", sampling=Sampling(max_tokens=150))
        expected = script.write(job, 0, 150)
        incoming = asker.receiver.open("r1")
        incoming.cursor.ids.extend(expected.ids[:6])
        job = msgspec.structs.replace(job, stream=incoming.number)
        knows = msgspec.structs.replace(job, attempt=2, resume_ids=expected.ids[:6])
        await asker.bus.append(subjects.resume(job.model, "test"), knows, id="r1:2")
        while not app.engine.stats().running:
            await asyncio.sleep(0.005)
        await asker.bus.append(subjects.job(job.model, "interactive", "test"), job, id="r1:1")
        answered = await asyncio.wait_for(gather(incoming), 10)
        assert answered.ids == list(expected.ids)
        assert await asker.waiting() == 0
        async with asyncio.timeout(3):
            while await asker.waiting("INFERENCE_RESUME"):
                await asyncio.sleep(0.01)


async def test_a_stop_before_the_next_worker_has_said_anything_keeps_what_was_shown(nats_url: str) -> None:
    async with asking(nats_url) as asker, running_worker(nats_url, sim_prefill_tokens_per_s=0.2) as app:
        job = asker.job("slow to read in", request="r1", attempt=2)
        shown = script.write(job, 0, 6)
        incoming = asker.receiver.open("r1")
        incoming.cursor.ids.extend(shown.ids)
        job = msgspec.structs.replace(job, stream=incoming.number, resume_ids=shown.ids)
        await asker.bus.append(subjects.resume(job.model, "test"), job, id="r1:2")
        while not app.engine.stats().running:
            await asyncio.sleep(0.005)
        await asker.bus.publish(subjects.CONTROL, CancelJob("r1"))
        answered = await asyncio.wait_for(gather(incoming), 5)
        assert answered.end.failure is not None
        assert answered.end.failure.code == "cancelled"
        assert app.engine.stats().running == 0
        (event,) = await events_of(asker)
        assert isinstance(event, ChatCancelled)
        assert event.answers[0].text == "".join(shown.pieces)


async def test_the_third_fruitless_attempt_is_the_last(nats_url: str) -> None:
    async with asking(nats_url) as asker, running_worker(nats_url, sim_step_ms=0):
        answered = await asker.ask(asker.job("poison", request="r1", fruitless=3))
        assert answered.end.failure is not None
        assert answered.end.failure.code == "engine_failed"
        (event,) = await events_of(asker)
        assert isinstance(event, ChatFailed)
        (letter,) = await letters_of(asker)
        assert (letter.job.request, letter.worker) == ("r1", "inference-1")
        assert letter.failure.code == "engine_failed"


async def test_what_has_lived_through_two_dead_engines_runs_alone(nats_url: str) -> None:
    async with asking(nats_url) as asker, running_worker(nats_url, sim_step_ms=5) as app:
        before = await asker.submit(asker.job("before", request="r0", sampling=Sampling(max_tokens=60)))
        await begun(before)
        suspect = asker.job("suspect", request="r1", engine_deaths=2, sampling=Sampling(max_tokens=60))
        alone = asyncio.create_task(asker.ask(suspect))
        await asyncio.sleep(0.05)
        after = asyncio.create_task(asker.ask(asker.job("after", request="r2")))
        await gather(before)
        most = 0
        while not alone.done():
            most = max(most, app.engine.stats().running)
            await asyncio.sleep(0.002)
        assert most == 1
        assert alone.result().end.failure is None
        assert (await after).end.failure is None
