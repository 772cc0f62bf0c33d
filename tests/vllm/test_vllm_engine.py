"""vLLM, held to the contract of every engine, and what is its own."""

import asyncio
import time

import msgspec
import psutil
import pytest
from vllm.outputs import RequestOutput

from services.inference.adapters.vllm import VllmEngine
from services.inference.adapters.vllm.outputs import OutputReader
from services.inference.ports import Output
from shared.errors import EngineFailed
from shared.messages import Logprobs, Sampling, Started
from tests.engine_contract import EngineContract, Subject, all_of
from tests.vllm.conftest import HANG_S

pytestmark = [pytest.mark.vllm, pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]

LONG = Sampling(max_tokens=1500, temperature=0.0)


@pytest.fixture
def subject(engine: VllmEngine) -> Subject:
    return Subject(engine, LONG)


class TestVllm(EngineContract):
    async def test_an_aborted_request_leaves_its_seat_to_the_next(self, subject: Subject) -> None:
        """All seats are taken, one more waits; it begins only because one is aborted."""
        slots = subject.engine.stats().slots
        jobs = [subject.long_job() for _ in range(slots)]
        streams = [subject.engine.stream(job) for job in jobs]
        await asyncio.gather(*(stream.__anext__() for stream in streams))
        waiting = asyncio.ensure_future(subject.engine.stream(subject.job()).__anext__())
        await asyncio.sleep(0.3)
        assert not waiting.done()
        started = time.monotonic()
        await subject.engine.abort(jobs[0].request)
        await waiting
        assert time.monotonic() - started < 1
        for stream in streams:
            await stream.aclose()

    async def test_a_seed_repeats_what_chance_said(self, subject: Subject) -> None:
        first = await all_of(subject.engine.stream(subject.job(temperature=1.0, seed=7)))
        second = await all_of(subject.engine.stream(subject.job(temperature=1.0, seed=7)))
        other = await all_of(subject.engine.stream(subject.job(temperature=1.0, seed=8)))
        assert first.ids == second.ids != other.ids

    async def test_logprobs_come_with_each_token(self, subject: Subject) -> None:
        said = await all_of(subject.engine.stream(subject.job(logprobs=True, top_logprobs=3, max_tokens=5)))
        told = [part for output in said.outputs for part in output.parts if isinstance(part, Logprobs)]
        tokens = [token for part in told for token in part.tokens]
        assert len(tokens) == 5
        for own, *others in tokens:
            assert len(others) in {2, 3}
            assert own.logprob <= 0

    async def test_a_prompt_seen_before_is_cached(self, subject: Subject) -> None:
        text = "The same long words of the keeper. " * 20
        await all_of(subject.engine.stream(subject.job(text)))
        said = await all_of(subject.engine.stream(subject.job(text)))
        started = said.outputs[0].parts[0]
        assert isinstance(started, Started)
        assert 0 < started.cached_tokens < started.prompt_tokens

    @pytest.mark.parametrize("shared", [False, True])
    async def test_another_user_finds_a_prompt_in_the_cache_only_where_it_is_shared(
        self, subject: Subject, monkeypatch: pytest.MonkeyPatch, shared: bool
    ) -> None:
        engine = subject.engine
        assert isinstance(engine, VllmEngine)
        monkeypatch.setattr(engine._prompts, "_shares_cache", shared)
        text = f"Whoever can time answers shall not know that this was asked: {shared}. " * 20
        cached: list[int] = []
        for user in ("one", "another", "one"):
            said = await all_of(engine.stream(msgspec.structs.replace(subject.job(text), user=user)))
            cached.append(said.usage.cached_tokens)
        assert cached[0] < 100  # the first block's worth of template may be there
        assert (cached[1] > 100) is shared
        assert cached[2] > 100

    async def test_it_goes_on_exactly_wherever_it_was_cut(self, subject: Subject) -> None:
        """Also within a character, which this model's bytes produce all the time."""
        whole = await all_of(subject.engine.stream(subject.job(max_tokens=40)))
        for shown in (1, 2, 3, 5, 8, 13, 21, 39):
            rest = await all_of(subject.engine.stream(subject.job(max_tokens=40), whole.ids[:shown]))
            assert whole.ids[:shown] + rest.ids == whole.ids
            assert rest.replayed + rest.text() == whole.text()

    async def test_a_killed_engine_fails_its_streams_and_starts_anew(self, subject: Subject) -> None:
        engine = subject.engine
        assert isinstance(engine, VllmEngine)
        stream = engine.stream(subject.long_job())
        await stream.__anext__()
        processes = list(engine._processes)
        processes[0].kill()
        with pytest.raises(EngineFailed):
            await asyncio.wait_for(all_of(stream), 5)
        with pytest.raises(EngineFailed):
            await engine.health()
        await starts_anew(engine, subject, processes)

    async def test_an_engine_that_hangs_is_killed_and_starts_anew(self, subject: Subject) -> None:
        engine = subject.engine
        assert isinstance(engine, VllmEngine)
        stream = engine.stream(subject.long_job())
        await stream.__anext__()
        processes = list(engine._processes)
        processes[0].suspend()
        hung_at = time.monotonic()
        rest = asyncio.ensure_future(all_of(stream))
        with pytest.raises(EngineFailed, match="hung"):
            await looking(engine, for_s=HANG_S + 20)
        assert time.monotonic() - hung_at > HANG_S - 1
        with pytest.raises(EngineFailed):
            await asyncio.wait_for(rest, 5)
        await starts_anew(engine, subject, processes)

    async def test_an_idle_engine_does_not_hang(self, subject: Subject) -> None:
        assert isinstance(subject.engine, VllmEngine)
        await all_of(subject.engine.stream(subject.job()))
        await looking(subject.engine, for_s=HANG_S + 1)


async def looking(engine: VllmEngine, *, for_s: float) -> None:
    """As a worker does."""
    until = time.monotonic() + for_s
    while time.monotonic() < until:
        await engine.health()
        await asyncio.sleep(0.5)


async def starts_anew(engine: VllmEngine, subject: Subject, processes: list[psutil.Process]) -> None:
    await engine.stop()
    assert not any(process.is_running() for process in processes)
    await engine.start()
    await engine.health()
    assert (await all_of(engine.stream(msgspec.structs.replace(subject.job(), request="after")))).text()


async def test_an_output_that_cannot_be_read_ends_its_stream_alone_and_frees_its_seat(
    subject: Subject, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = subject.engine
    assert isinstance(engine, VllmEngine)
    broken, whole = engine.stream(subject.long_job()), engine.stream(subject.long_job())
    await broken.__anext__()
    await whole.__anext__()
    read = OutputReader.output

    def output(reader: OutputReader, given: RequestOutput) -> Output | None:
        if given.request_id.startswith(f"request{subject.counted - 1}"):
            raise RuntimeError("unreadable")
        return read(reader, given)

    monkeypatch.setattr(OutputReader, "output", output)
    with pytest.raises(EngineFailed):
        await all_of(broken)
    await subject.running(1)
    assert await whole.__anext__()
    await whole.aclose()
    await engine.health()
