"""A worker with vLLM on a real NATS server."""

import asyncio
import json
import time
from pathlib import Path

import msgspec
import pytest

from services.inference.adapters.vllm import VllmEngine
from shared import subjects
from shared.messages import CancelJob, Sampling, Text
from tests.vllm.conftest import ENGINE_ARGS
from tests.vllm.moving import LentEngine
from tests.vllm.offline import offline_tokens
from tests.worker import asking, gather, running_worker

pytestmark = [pytest.mark.vllm, pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]

PROMPTS = [f"Tell me of the wheel, part {number}." for number in range(8)]
MAX_TOKENS = 48


async def test_streamed_tokens_are_the_engines_own(
    nats_url: str, engine: VllmEngine, tiny_model: Path
) -> None:
    expected = await offline_tokens(tiny_model, json.loads(ENGINE_ARGS), MAX_TOKENS, prompts=PROMPTS)
    async with asking(nats_url) as asker, running_worker(nats_url, engine=LentEngine(engine)):
        sampling = Sampling(temperature=0.0, max_tokens=MAX_TOKENS)
        jobs = [
            asker.job(prompt, request=f"r{number}", model="gpt-4-local", sampling=sampling)
            for number, prompt in enumerate(PROMPTS)
        ]
        answers = await asyncio.gather(*(asker.ask(job) for job in jobs))
    assert [answered.ids for answered in answers] == expected
    for answered in answers:
        assert answered.end.failure is None
        assert any(isinstance(part, Text) for part in answered.parts)


async def test_cancel_frees_the_engines_slot(nats_url: str, engine: VllmEngine) -> None:
    async with asking(nats_url) as asker, running_worker(nats_url, engine=LentEngine(engine)):
        job = asker.job("long", request="r1", model="gpt-4-local")
        job = msgspec.structs.replace(job, sampling=Sampling(temperature=0.0, max_tokens=1500))
        incoming = await asker.submit(job)
        await incoming.next()
        assert engine.stats().running == 1
        cancelled_at = time.monotonic()
        await asker.bus.publish(subjects.CONTROL, CancelJob("r1"))
        while engine.stats().running:
            await asyncio.sleep(0.002)
        assert time.monotonic() - cancelled_at < 0.5
        answered = await gather(incoming)
        assert answered.end.failure is not None
        assert answered.end.failure.code == "cancelled"
