"""Speculative decoding changes how fast an answer comes, and not a token of it: also where it goes on elsewhere."""

import asyncio
import json
import os
import sys
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import psutil
import pytest
import pytest_asyncio

from services.inference.adapters.vllm import VllmEngine, VllmOptions
from shared.messages import ChatJob, Logprobs, Sampling, ServedModel, end_of
from tests.engine_contract import Said, Subject, all_of
from tests.vllm.conftest import ENGINE_ARGS, HANG_S
from tests.vllm.moving import LentEngine, moved
from tests.vllm.test_vllm_engine import LONG
from tests.vllm.test_vllm_process import ready
from tests.worker import Answered, Asker, asking, begun, gather, running_worker, text_of

pytestmark = [pytest.mark.vllm, pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(400)]

NGRAM = '{"method": "ngram", "num_speculative_tokens": 4, "prompt_lookup_min": 1, "prompt_lookup_max": 4}'
"""One word alike is enough for a draft: this model's words make no sense, and hardly ever come again."""
COLOURS = json.dumps(
    {"type": "array", "items": {"enum": ["red", "green", "blue"]}, "minItems": 60, "maxItems": 70}
)
JSON = {"json_format": {"schema": COLOURS, "name": "colours"}, "max_tokens": 1000}
WANTED: tuple[dict[str, object], ...] = (
    {"max_tokens": 200},
    {"stop": ("e",), "max_tokens": 100},
    {"frequency_penalty": 1.0, "max_tokens": 60},
    {"logprobs": True, "top_logprobs": 1, "max_tokens": 40},
    JSON,
)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def ngram(tiny_model: Path) -> AsyncGenerator[VllmEngine]:
    async with speculating(tiny_model, NGRAM) as started:
        yield started


@asynccontextmanager
async def speculating(model: Path, speculation: str) -> AsyncGenerator[VllmEngine]:
    options = VllmOptions(model=str(model), engine_args=ENGINE_ARGS, speculation=speculation, hang_s=HANG_S)
    started = VllmEngine(options, worker="worker", models=(ServedModel("gpt-4-local", 0),))
    await started.start()
    try:
        yield started
    finally:
        await started.stop()


async def answers(engine: VllmEngine) -> list[Said]:
    subject = Subject(engine, LONG)
    asked = [subject.job("Tell me of the wheel, part 1.", **wanted) for wanted in WANTED]
    return await asyncio.gather(*(all_of(engine.stream(job)) for job in asked))


def alike(plain: list[Said], speculated: list[Said]) -> None:
    for wanted, one, other in zip(WANTED, plain, speculated, strict=True):
        assert other.reasons() == one.reasons(), wanted
        assert other.text() == one.text(), wanted
        if "stop" not in wanted:  # with it a step's ids may reach beyond the text's end
            assert other.ids == one.ids, wanted


async def test_guesses_from_the_text_change_no_token(engine: VllmEngine, ngram: VllmEngine) -> None:
    alike(await answers(engine), await answers(ngram))
    assert engine.stats().speculation is None
    told = ngram.stats().speculation
    assert told is not None
    assert 0 < told.accepted_tokens <= told.drafted_tokens


async def test_a_draft_models_guesses_change_no_token(engine: VllmEngine, tiny_model: Path) -> None:
    """The model itself, which is nearly always right, so that steps give several tokens."""
    plain = await answers(engine)
    async with speculating(tiny_model, f"draft:{tiny_model}") as drafted:
        assert drafted.resume == "ids"
        said = await answers(drafted)
        alike(plain, said)
        told = drafted.stats().speculation
    assert told is not None
    assert told.acceptance_rate > 0.5
    assert told.tokens_per_step > 2
    assert any(len(output.ids) > 2 for output in said[0].outputs)


async def test_answers_of_a_killed_worker_go_on_at_another(
    nats_url: str, tiny_model: Path, ngram: VllmEngine
) -> None:
    """After its ids, to the tokens of the undisturbed ones."""
    async with asking(nats_url) as asker:
        jobs = [long_job(asker, f"request{number}", max_tokens=800) for number in range(2)]
        process = await worker_process(nats_url, tiny_model)
        try:
            await asyncio.wait_for(ready(nats_url, process), 240)
            streams = [await asker.submit(job) for job in jobs]
            await asyncio.gather(*(begun(incoming) for incoming in streams))
        finally:
            engine = psutil.Process(process.pid).children(recursive=True)
            process.kill()
            await process.wait()
        _, left = await asyncio.to_thread(psutil.wait_procs, engine, 10)
        assert left == []  # else they keep the GPU's memory
        assert all(end_of(incoming.pieces) is None for incoming in streams)
        async with running_worker(nats_url, engine=LentEngine(ngram), instance="2"):
            moved = await asyncio.wait_for(asyncio.gather(*map(gather, streams)), 90)
            undisturbed = await asker.ask(msgspec.structs.replace(jobs[0], request="again"))
    for answered in moved:
        await the_same(ngram, jobs[0], whole(answered), whole(undisturbed))


async def test_an_answer_in_json_goes_from_worker_to_worker(nats_url: str, ngram: VllmEngine) -> None:
    """Its ids alone do not bring the grammar to where it was, so it is made anew and compared on the way."""
    async with asking(nats_url) as asker:
        job = long_job(asker, "json", **JSON)
        had, answered, live = await moved(asker, nats_url, ngram, job)
    assert (live.worker, live.attempt) == ("inference-2", 2)
    assert answered.end.failure is None
    assert answered.ids[: len(had)] == had
    assert answered.end.usage.completion_tokens == len(answered.ids) > len(had)
    assert set(json.loads(text_of(answered))) <= {"red", "green", "blue"}


async def the_same(
    engine: VllmEngine, job: ChatJob, one: tuple[list[int], str], other: tuple[list[int], str]
) -> None:
    """But where two tokens are as likely to a hundredth: between these half precision decides by how many tokens are
    computed at once, which depends on who else is answered. Random weights have such a place in some hundred tokens."""
    if one == other:
        return
    pairs = zip(one[0], other[0], strict=False)
    place = next(place for place, (mine, theirs) in enumerate(pairs) if mine != theirs)
    assert place > 0
    asked = msgspec.structs.replace(job.sampling, max_tokens=place + 1, logprobs=True, top_logprobs=3)
    job = msgspec.structs.replace(job, request="tie", sampling=asked)
    said = await all_of(engine.stream(job, tuple(one[0][:place])))
    (told,) = (part for output in said.outputs for part in output.parts if isinstance(part, Logprobs))
    best, second, *_ = sorted((token.logprob for token in told.tokens[0]), reverse=True)
    assert best - second < 0.01, f"at {place}"


def whole(answered: Answered) -> tuple[list[int], str]:
    assert answered.end.failure is None
    return answered.ids, text_of(answered)


def long_job(asker: Asker, request: str, **sampling: object) -> ChatJob:
    chosen = msgspec.convert({"temperature": 0.0, **sampling}, Sampling)
    deadline = time.time() + 120
    return asker.job("Hello", request=request, model="gpt-4-local", sampling=chosen, deadline=deadline)


async def worker_process(nats_url: str, model: Path) -> asyncio.subprocess.Process:
    environment = {
        **os.environ,
        "SLUICE_NATS_URL": nats_url,
        "SLUICE_ENGINE": "vllm",
        "SLUICE_MODEL": str(model),
        "SLUICE_ENGINE_ARGS": ENGINE_ARGS,
        "SLUICE_ENGINE_SPECULATION": NGRAM,
    }
    return await asyncio.create_subprocess_exec(sys.executable, "-m", "services.inference", env=environment)
