"""`sluice dead-letters` on a real NATS server and a real worker."""

import asyncio
import os
import sys
import time

import pytest

from services.inference.adapters.simulated import script
from shared import subjects
from shared.broker import NatsBus, ensure_bus
from shared.messages import ChatJob, ChatMessage, DeadLetter, Failure, Sampling
from tests.worker import running_worker

MOMENT_S = 30.0

pytestmark = pytest.mark.timeout(150)


def a_job(text: str) -> ChatJob:
    asked = (ChatMessage("user", text),)
    sampling = Sampling(max_tokens=8)
    return ChatJob("r1", "ada", "simulated", asked, "gone", 1, 0.0, 1.0, sampling=sampling, fruitless=3)


async def bury(nats_url: str, *jobs: ChatJob) -> None:
    bus = await NatsBus.connect(nats_url, "test")
    await ensure_bus(bus.client)
    for number, job in enumerate(jobs):
        letter = DeadLetter(job, Failure("engine_failed", "No worker could answer this."), "w1", time.time())
        await bus.append(subjects.dead_letter(job.model), letter, id=f"{job.request}:{number}")
    await bus.close()


async def sluice(nats_url: str, *arguments: str) -> tuple[int | None, str, str]:
    pipe = asyncio.subprocess.PIPE
    command = [sys.executable, "-m", "services.cli", "dead-letters", *arguments]
    environ = {**os.environ, "SLUICE_NATS_URL": nats_url}
    process = await asyncio.create_subprocess_exec(*command, env=environ, stdout=pipe, stderr=pipe)
    out, err = await asyncio.wait_for(process.communicate(), MOMENT_S)
    assert b"Traceback" not in err
    return process.returncode, out.decode(), err.decode()


async def test_the_newest_come_first_and_say_why(nats_url: str) -> None:
    assert (await sluice(nats_url, "list"))[1] == ""
    await bury(nats_url, a_job("first\nquestion"), a_job("second question"))
    status, out, _ = await sluice(nats_url, "list")
    lines = [line.split("\t") for line in out.splitlines()]
    assert status == 0
    assert [line[0] for line in lines] == ["2", "1"]
    assert lines[1][2:] == ["simulated", "ada", "No worker could answer this.", "first question"]
    assert len((await sluice(nats_url, "list", "--limit", "1"))[1].splitlines()) == 1


async def test_a_letter_is_asked_again_and_removed(nats_url: str) -> None:
    job = a_job("try me again")
    await bury(nats_url, job)
    async with running_worker(nats_url, sim_step_ms=1):
        status, out, _ = await sluice(nats_url, "retry", "1")
    assert (status, out) == (0, "".join(script.write(job, 0, 8).pieces) + "\n")
    assert (await sluice(nats_url, "list"))[1] == ""


async def test_a_letter_stays_when_it_cannot_be_asked_again(nats_url: str) -> None:
    await bury(nats_url, a_job("nobody serves this"))
    status, out, err = await sluice(nats_url, "retry", "1")
    assert (status, out) != (0, "")
    assert err.startswith("sluice: ")
    assert len((await sluice(nats_url, "list"))[1].splitlines()) == 1
    assert (await sluice(nats_url, "retry", "7"))[0] != 0
