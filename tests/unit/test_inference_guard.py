"""What an engine's processes come to when their worker is killed, and when it ends in order."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator

import psutil
import pytest

from services.inference.adapters.guard import Guard

SLEEP = "import time; time.sleep(60)"
WORKER = f"""
import asyncio, subprocess, sys
import psutil
from services.inference.adapters.guard import Guard

async def work():
    engine = subprocess.Popen([sys.executable, "-c", {SLEEP!r}])
    await Guard().watch([psutil.Process(engine.pid)])
    print(engine.pid, flush=True)
    await asyncio.sleep(60)

asyncio.run(work())
"""


@pytest.fixture
def engine() -> Iterator[psutil.Process]:
    with subprocess.Popen([sys.executable, "-c", SLEEP]) as process:
        yield psutil.Process(process.pid)
        process.kill()


async def test_they_end_with_a_worker_that_is_killed() -> None:
    worker = await asyncio.create_subprocess_exec(
        sys.executable, "-c", WORKER, stdout=asyncio.subprocess.PIPE
    )
    assert worker.stdout is not None
    engine = psutil.Process(int(await worker.stdout.readline()))
    assert engine.is_running()
    worker.kill()
    await worker.wait()
    _, left = await asyncio.to_thread(psutil.wait_procs, [engine], 5)
    assert left == []


async def test_a_pid_that_is_used_again_is_somebody_elses(engine: psutil.Process) -> None:
    class Older(psutil.Process):
        def create_time(self) -> float:
            return super().create_time() - 1

    guard = Guard()
    await guard.watch([Older(engine.pid)])
    await guard.close()
    assert engine.status() != psutil.STATUS_ZOMBIE


async def test_closing_leaves_no_process(engine: psutil.Process) -> None:
    guard = Guard()
    await guard.watch([engine])
    before = psutil.Process().children()
    await guard.close()
    assert len(psutil.Process().children()) == len(before) - 1
    assert (await asyncio.to_thread(engine.wait, 5)) == -9
