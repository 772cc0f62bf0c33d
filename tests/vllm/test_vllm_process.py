"""The worker as it is run: a process of its own that loads the model, serves, and leaves nothing behind."""

import asyncio
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from shared.errors import Unavailable
from shared.health import check
from shared.messages import Sampling
from tests.vllm.conftest import ENGINE_ARGS
from tests.worker import asking

pytestmark = [pytest.mark.vllm, pytest.mark.timeout(300)]


async def ready(nats_url: str, process: asyncio.subprocess.Process) -> None:
    while True:
        assert process.returncode is None
        try:
            if (await check(nats_url, "inference", "1")).ready:
                return
        except Unavailable:
            pass
        await asyncio.sleep(0.5)


async def test_the_process_serves_and_stops_cleanly(nats_url: str, tiny_model: Path) -> None:
    environment = {
        **os.environ,
        "SLUICE_NATS_URL": nats_url,
        "SLUICE_ENGINE": "vllm",
        "SLUICE_MODEL": str(tiny_model),
        "SLUICE_ENGINE_ARGS": ENGINE_ARGS,
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services.inference", env=environment
    )
    try:
        await asyncio.wait_for(ready(nats_url, process), 240)
        async with asking(nats_url) as asker:
            job = asker.job("Hello", request="r1", model="gpt-4-local", sampling=Sampling(max_tokens=8))
            answered = await asker.ask(job)
        assert answered.end.failure is None
        assert len(answered.ids) == 8
        below = psutil.Process(process.pid).children(recursive=True)
        assert below
        process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), 30) == 0
        _, left = psutil.wait_procs(below, timeout=5)
        assert not left
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def test_a_model_that_is_not_there_is_named(
    nats_url: str, tmp_path: Path, capfd: pytest.CaptureFixture
) -> None:
    environment = {
        **os.environ,
        "SLUICE_NATS_URL": nats_url,
        "SLUICE_ENGINE": "vllm",
        "SLUICE_MODEL": str(tmp_path / "nowhere"),
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services.inference", env=environment
    )
    assert await asyncio.wait_for(process.wait(), 240) == 2
    assert "nowhere" in capfd.readouterr().err.splitlines()[-1]


async def test_a_stop_does_not_wait_for_a_model_that_is_being_loaded(nats_url: str, tiny_model: Path) -> None:
    environment = {
        **os.environ,
        "SLUICE_NATS_URL": nats_url,
        "SLUICE_ENGINE": "vllm",
        "SLUICE_MODEL": str(tiny_model),
        "SLUICE_ENGINE_ARGS": ENGINE_ARGS,
        "VLLM_ENABLE_V1_MULTIPROCESSING": "1",
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services.inference", env=environment
    )
    try:
        async with asyncio.timeout(120):
            while not (below := cores(process.pid)):
                await asyncio.sleep(0.02)
        process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), 10) == 0
        _, left = psutil.wait_procs(below, timeout=2)
        assert not left
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def cores(pid: int) -> list[psutil.Process]:
    """The engine's processes below a worker."""
    children = psutil.Process(pid).children(recursive=True)
    found: list[psutil.Process] = []
    for child in children:
        with suppress(psutil.NoSuchProcess):  # one that has ended since, or is about to be waited for
            if any("spawn_main" in word for word in child.cmdline()):
                found.append(child)
    return found
