"""Several front ends on one engine: processes of their own, of which one may die, as the engine may."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
import pytest

from shared.errors import Unavailable
from shared.health import check
from shared.messages import ChatJob, Sampling, Started
from shared.settings import SettingsError
from tests.vllm.conftest import ENGINE_ARGS
from tests.worker import Answered, Asker, asking, begun, gather

pytestmark = [pytest.mark.vllm, pytest.mark.timeout(400)]

NAMES = ("1", "1-2")
READY_S = 240
LONG = 200
"""Tokens: not over before something can happen to it."""


class Engine:
    """The owner's process and what is below it."""

    def __init__(self, process: asyncio.subprocess.Process, nats_url: str) -> None:
        self.process = process
        self.nats_url = nats_url

    async def ready(self, *names: str) -> None:
        async with asyncio.timeout(READY_S):
            for name in names:
                while not await self._is_ready(name):
                    assert self.process.returncode is None
                    await asyncio.sleep(0.3)

    async def _is_ready(self, name: str) -> bool:
        try:
            return (await check(self.nats_url, "inference", name)).ready
        except Unavailable:
            return False

    def below(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def front_ends(self) -> list[psutil.Process]:
        return [each for each in self.below() if "services.inference" in each.cmdline()]

    def core(self) -> psutil.Process:
        (core,) = (
            each
            for each in psutil.Process(self.process.pid).children()
            if "services.inference" not in each.cmdline()
            and "resource_tracker" not in " ".join(each.cmdline())
        )
        return core


@asynccontextmanager
async def running(nats_url: str, model: Path) -> AsyncGenerator[Engine]:
    environment = {
        **os.environ,
        "SLUICE_NATS_URL": nats_url,
        "SLUICE_ENGINE": "vllm",
        "SLUICE_ENGINE_FRONT_ENDS": "2",
        "SLUICE_MODEL": str(model),
        "SLUICE_ENGINE_ARGS": ENGINE_ARGS,
        "SLUICE_ENGINE_HANG_S": "3",
        "VLLM_ENABLE_V1_MULTIPROCESSING": "1",
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services.inference", env=environment
    )
    engine = Engine(process, nats_url)
    below: list[psutil.Process] = []
    try:
        await engine.ready(*NAMES)
        yield engine
    finally:
        if process.returncode is None:
            below = engine.below()
            process.kill()
            await process.wait()
        for each in below:
            if each.is_running():
                each.kill()


def job(asker: Asker, request: str, topic: int, tokens: int = 400) -> ChatJob:
    sampling = Sampling(max_tokens=tokens, temperature=0.0)
    return asker.job(f"Tell me of {topic}.", request=request, model="gpt-4-local", sampling=sampling)


async def ask(asker: Asker, prefix: str, topics: Iterable[int], tokens: int = 400) -> dict[int, Answered]:
    jobs = {topic: job(asker, f"{prefix}{topic}", topic, tokens) for topic in topics}
    answers = await asyncio.gather(*(asker.ask(each) for each in jobs.values()))
    assert all(answered.end.failure is None and answered.ids for answered in answers)
    return dict(zip(jobs, answers, strict=True))


async def disturbed(
    asker: Asker, prefix: str, expected: dict[int, list[int]], disturb: Callable[[], None]
) -> None:
    """The same answers, token for token, although `disturb` is called in their middle."""
    incoming = [await asker.submit(job(asker, f"{prefix}{topic}", topic)) for topic in expected]
    for each in incoming:
        await begun(each)
    disturb()
    answers = await asyncio.gather(*(gather(each) for each in incoming))
    assert [answered.end.failure for answered in answers] == [None] * len(expected)
    assert [answered.ids for answered in answers] == list(expected.values())


def workers(answers: Iterable[Answered]) -> set[str]:
    return {part.worker for answered in answers for part in answered.parts if isinstance(part, Started)}


async def test_front_ends_share_an_engine_and_outlive_each_other_and_it(
    nats_url: str, tiny_model: Path
) -> None:
    both = {"inference-1", "inference-1-2"}
    async with running(nats_url, tiny_model) as engine, asking(nats_url) as asker:
        answers = await ask(asker, "a", range(8))
        assert workers(answers.values()) == both
        expected = {topic: told.ids for topic, told in answers.items() if len(told.ids) > LONG}
        assert len(expected) > 1

        core = engine.core()
        await disturbed(asker, "b", expected, engine.front_ends()[0].kill)
        await engine.ready(*NAMES)
        assert engine.core() == core
        assert workers((await ask(asker, "c", range(8), 24)).values()) == both

        await disturbed(asker, "d", expected, core.suspend)  # its owner finds that it hangs, and kills it
        await engine.ready(*NAMES)
        assert engine.core() != core

        below = engine.below()
        engine.process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(engine.process.wait(), 40) == 0
        _, left = psutil.wait_procs(below, timeout=5)
        assert not left


async def test_nothing_is_left_when_the_owner_is_killed(nats_url: str, tiny_model: Path) -> None:
    async with running(nats_url, tiny_model) as engine:
        below = engine.below()
        engine.process.kill()
        await engine.process.wait()
        _, left = await asyncio.to_thread(psutil.wait_procs, below, timeout=40)
        assert not left


async def test_a_model_that_is_not_there_ends_owner_and_front_ends(
    nats_url: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    environment = {
        **os.environ,
        "SLUICE_NATS_URL": nats_url,
        "SLUICE_ENGINE": "vllm",
        "SLUICE_ENGINE_FRONT_ENDS": "2",
        "SLUICE_MODEL": str(tmp_path / "nowhere"),
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services.inference", env=environment
    )
    assert await asyncio.wait_for(process.wait(), READY_S) == 2
    assert "nowhere" in capfd.readouterr().err


async def test_front_ends_take_no_data_parallelism(tiny_model: Path) -> None:
    from services.inference.adapters.vllm import Owner, VllmOptions

    options = VllmOptions(model=str(tiny_model), engine_args='{"data_parallel_size": 2}', hang_s=0.0)
    with pytest.raises(SettingsError, match="data_parallel_size"):
        Owner(options, 2)
