"""What every engine does, whatever makes its tokens. A subclass gives the engine and jobs that suit it."""

import asyncio

import msgspec
import pytest

from services.inference.ports import Engine, Output, Outputs
from shared.errors import Cancelled, ContextLengthExceeded, EngineFailed
from shared.messages import ChatJob, ChatMessage, Finished, Part, Passage, Sampling, Started, Text, Usage

SLOT_FREE_S = 0.5


class Subject(msgspec.Struct):
    """An engine under test. `long` says what makes an answer long enough to be stopped in its middle."""

    engine: Engine
    long: Sampling
    passages: tuple[Passage, ...] = ()
    counted: int = 0

    def job(self, content: str = "Tell me of the wheel.", **sampling: object) -> ChatJob:
        self.counted += 1
        return ChatJob(
            request=f"request{self.counted}",
            user="u",
            model=self.engine.models[0].name,
            messages=(ChatMessage(role="user", content=content),),
            inbox="i",
            stream=1,
            created_at=0.0,
            deadline=0.0,
            sampling=msgspec.convert({"temperature": 0.0, "max_tokens": 24, **sampling}, Sampling),
            passages=self.passages,
        )

    def long_job(self) -> ChatJob:
        return msgspec.structs.replace(self.job(), sampling=self.long)

    async def running(self, count: int) -> None:
        """Waits until so many run and none waits."""
        async with asyncio.timeout(SLOT_FREE_S):
            while (stats := self.engine.stats()).running != count or stats.waiting:
                await asyncio.sleep(0.002)


class Said(msgspec.Struct):
    outputs: list[Output]

    @property
    def ids(self) -> tuple[int, ...]:
        return tuple(id for output in self.outputs for id in output.ids)

    def text(self, choice: int = 0) -> str:
        parts = (part for output in self.outputs for part in output.parts)
        return "".join(part.text for part in parts if isinstance(part, Text) and part.choice == choice)

    @property
    def replayed(self) -> str:
        return text_of(self.outputs[0].replayed)

    def reasons(self) -> dict[int, str]:
        parts = (part for output in self.outputs for part in output.parts)
        return {part.choice: part.reason for part in parts if isinstance(part, Finished)}

    @property
    def usage(self) -> Usage:
        usage = self.outputs[-1].usage
        assert usage is not None
        return usage


def text_of(parts: tuple[Part, ...]) -> str:
    return "".join(part.text for part in parts if isinstance(part, Text))


async def all_of(outputs: Outputs) -> Said:
    return Said([output async for output in outputs])


class EngineContract:
    async def test_it_starts_says_something_and_finishes(self, subject: Subject) -> None:
        job = msgspec.structs.replace(subject.job(), attempt=3)
        said = await all_of(subject.engine.stream(job))
        started = said.outputs[0].parts[0]
        assert isinstance(started, Started)
        assert (started.model, started.attempt) == (job.model, 3)
        assert started.worker == "worker"
        assert started.prompt_tokens > 0
        assert said.text()
        assert set(said.reasons()) == {0}
        assert said.usage.prompt_tokens > 0
        assert said.usage.completion_tokens > 0
        assert all(output.usage is None for output in said.outputs[:-1])

    async def test_it_says_the_same_twice(self, subject: Subject) -> None:
        first = await all_of(subject.engine.stream(subject.job()))
        second = await all_of(subject.engine.stream(subject.job()))
        assert first.text() == second.text()
        assert first.ids == second.ids

    async def test_many_at_once_each_get_their_own(self, subject: Subject) -> None:
        alone = [await all_of(subject.engine.stream(subject.job(f"Question {n}"))) for n in range(6)]
        jobs = [subject.job(f"Question {n}") for n in range(6)]
        together = await asyncio.gather(*(all_of(subject.engine.stream(job)) for job in jobs))
        assert [said.text() for said in together] == [said.text() for said in alone]

    async def test_max_tokens_bounds_the_answer(self, subject: Subject) -> None:
        said = await all_of(subject.engine.stream(subject.job(max_tokens=4)))
        assert said.reasons() == {0: "length"}
        assert said.usage.completion_tokens == 4

    async def test_n_choices_each_finish(self, subject: Subject) -> None:
        said = await all_of(subject.engine.stream(subject.job(n=2, max_tokens=8, temperature=1.0, seed=3)))
        assert set(said.reasons()) == {0, 1}
        assert said.text(0)
        assert said.text(1)
        assert said.usage.completion_tokens == 16

    async def test_a_stop_string_ends_the_answer_and_is_not_said(self, subject: Subject) -> None:
        whole = (await all_of(subject.engine.stream(subject.job()))).text()
        stop = whole[len(whole) // 2 :][:4]
        said = await all_of(subject.engine.stream(subject.job(stop=(stop,))))
        assert said.text() == whole[: whole.index(stop)]
        assert said.reasons() == {0: "stop"}

    async def test_content_always_has_an_id(self, subject: Subject) -> None:
        said = await all_of(subject.engine.stream(subject.job()))
        for output in said.outputs:
            assert output.ids or not any(isinstance(part, Text) for part in output.parts)

    async def test_a_prompt_that_is_too_long_is_refused(self, subject: Subject) -> None:
        words = "word " * (2 * subject.engine.models[0].context_tokens)
        with pytest.raises(ContextLengthExceeded):
            await all_of(subject.engine.stream(subject.job(words)))
        await subject.running(0)

    async def test_an_answer_that_cannot_fit_is_refused(self, subject: Subject) -> None:
        tokens = subject.engine.models[0].context_tokens
        with pytest.raises(ContextLengthExceeded):
            await all_of(subject.engine.stream(subject.job(max_tokens=tokens)))

    async def test_abort_ends_the_stream_and_frees_the_slot(self, subject: Subject) -> None:
        job = subject.long_job()
        outputs = subject.engine.stream(job)
        await outputs.__anext__()
        await subject.running(1)
        await subject.engine.abort(job.request)
        await subject.running(0)
        with pytest.raises(Cancelled):
            await all_of(outputs)

    async def test_abort_reaches_a_request_that_has_said_nothing_yet(self, subject: Subject) -> None:
        job = subject.long_job()
        reading = asyncio.create_task(all_of(subject.engine.stream(job)))
        await asyncio.sleep(0)
        await subject.engine.abort(job.request)
        with pytest.raises(Cancelled):
            await asyncio.wait_for(reading, SLOT_FREE_S)
        await subject.running(0)

    async def test_abort_of_an_unknown_request_is_no_error(self, subject: Subject) -> None:
        await subject.engine.abort("nobody")

    async def test_closing_the_stream_frees_the_slot(self, subject: Subject) -> None:
        outputs = subject.engine.stream(subject.long_job())
        await outputs.__anext__()
        await outputs.aclose()
        await subject.running(0)

    async def test_cancelling_the_reader_frees_the_slot(self, subject: Subject) -> None:
        outputs = subject.engine.stream(subject.long_job())
        await outputs.__anext__()
        reading = asyncio.create_task(all_of(outputs))
        await asyncio.sleep(0.02)
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
        await subject.running(0)

    async def test_it_goes_on_after_ids_that_were_shown(self, subject: Subject) -> None:
        if subject.engine.resume == "none":
            with pytest.raises(EngineFailed):
                await all_of(subject.engine.stream(subject.job(), (1, 2)))
            return
        whole = await all_of(subject.engine.stream(subject.job()))
        for shown in (1, len(whole.ids) // 2, len(whole.ids) - 1, len(whole.ids)):
            rest = await all_of(subject.engine.stream(subject.job(), whole.ids[:shown]))
            assert rest.ids == whole.ids[shown:]
            assert rest.replayed + rest.text() == whole.text()
            assert rest.usage.prompt_tokens == whole.usage.prompt_tokens
            assert rest.usage.completion_tokens == whole.usage.completion_tokens
            assert rest.reasons() == whole.reasons()

    async def test_it_knows_what_ids_say_without_a_slot(self, subject: Subject) -> None:
        job = subject.job()
        whole = await all_of(subject.engine.stream(job))
        half = len(whole.ids) // 2
        text = text_of(await subject.engine.said(job, whole.ids[:half]))
        assert await subject.engine.said(job, ()) == ()
        if subject.engine.resume == "none":
            assert text == ""
            return
        rest = await all_of(subject.engine.stream(subject.job(), whole.ids[:half]))
        assert text == rest.replayed
        assert text + rest.text() == whole.text()
        assert subject.engine.stats().running == 0

    async def test_drain_waits_for_what_runs(self, subject: Subject) -> None:
        reading = asyncio.create_task(all_of(subject.engine.stream(subject.job())))
        await asyncio.sleep(0)
        await subject.engine.drain()
        assert subject.engine.stats().running == 0
        assert (await reading).text()

    async def test_it_is_well_and_knows_its_slots(self, subject: Subject) -> None:
        await subject.engine.health()
        stats = subject.engine.stats()
        assert stats.slots > 0
        assert (stats.running, stats.waiting) == (0, 0)
