"""Batches on a real NATS server and a real worker: `sluice submit` as a process, `BusClient` in this one."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import aclosing
from pathlib import Path

import pytest

from deploy.local.ports import free_port
from services.cli.client import BusClient
from services.edge.migrations.__main__ import migrate
from services.inference.app import App
from shared.broker import NatsBus
from shared.errors import ContextLengthExceeded, ModelNotFound, Unavailable
from shared.messages import ChatMessage, Sampling
from tests.worker import running_worker

MOMENT_S = 30.0

pytestmark = pytest.mark.timeout(150)
"""Each run of the command is a new process, which takes two seconds to start on two busy cores."""


def write_jobs(path: Path, count: int, **fields: object) -> None:
    lines = [{"id": f"job-{n}", "prompt": f"Question {n}?", "max_tokens": 8, **fields} for n in range(count)]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))


def read(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


class Sluice:
    """The command, as a process of its own."""

    def __init__(self, nats_url: str, folder: Path) -> None:
        self._environ = {**os.environ, "SLUICE_NATS_URL": nats_url, "XDG_CONFIG_HOME": str(folder)}
        self.jobs = folder / "jobs.jsonl"
        self.results = folder / "results.jsonl"

    async def start(self, *options: str) -> asyncio.subprocess.Process:
        arguments = ["submit", str(self.jobs), "-o", str(self.results), *options]
        pipe = asyncio.subprocess.PIPE
        command = [sys.executable, "-m", "services.cli", *arguments]
        return await asyncio.create_subprocess_exec(*command, env=self._environ, stdout=pipe, stderr=pipe)

    async def submit(self, *options: str) -> tuple[int | None, str]:
        """Exit status and what it said on standard error."""
        process = await self.start(*options)
        out, err = await asyncio.wait_for(process.communicate(), MOMENT_S)
        assert out == b""
        assert b"Traceback" not in err
        return process.returncode, err.decode()

    async def until_results(self, count: int) -> None:
        async with asyncio.timeout(MOMENT_S):
            while len(read(self.results)) < count:
                await asyncio.sleep(0.01)


@pytest.fixture
def sluice(nats_url: str, tmp_path: Path) -> Sluice:
    return Sluice(nats_url, tmp_path)


def ids(results: Sequence[dict[str, object]]) -> list[object]:
    return [result["id"] for result in results]


async def idle(app: App, bus: NatsBus) -> None:
    """The engine runs nothing and nothing waits."""
    async with asyncio.timeout(MOMENT_S):
        while app.slots.running or (await bus.client.jetstream().stream_info("INFERENCE")).state.messages:
            await asyncio.sleep(0.02)


async def test_answers_come_in_the_order_of_the_lines(nats_url: str, sluice: Sluice) -> None:
    write_jobs(sluice.jobs, 60)
    async with running_worker(nats_url, sim_step_ms=1, sim_slots=8):
        status, said = await sluice.submit()
    assert (status, said) == (0, f"60 answered, 0 failed → {sluice.results}\n")
    results = read(sluice.results)
    assert ids(results) == [f"job-{n}" for n in range(60)]
    assert all(result["text"] and result["finish_reason"] == "length" for result in results)
    assert {json.dumps(result["usage"]) for result in results} != set()
    assert all(result["usage"]["completion_tokens"] == 8 for result in results)  # type: ignore[index]


async def test_killed_half_way_it_goes_on_where_it_was(nats_url: str, tmp_path: Path) -> None:
    (tmp_path / "whole").mkdir()
    broken, whole = Sluice(nats_url, tmp_path), Sluice(nats_url, tmp_path / "whole")
    write_jobs(broken.jobs, 80)
    write_jobs(whole.jobs, 80)
    async with running_worker(nats_url, sim_step_ms=10, sim_slots=8):
        process = await broken.start()
        await broken.until_results(20)
        process.kill()
        await process.communicate()
        there = len(read(broken.results))
        assert 20 <= there < 80
        status, said = await broken.submit()
        assert status == 0
        assert said == f"{80 - there} answered, 0 failed, {there} were there already → {broken.results}\n"
        assert (await whole.submit())[0] == 0
        assert (await broken.submit())[1].startswith("0 answered, 0 failed, 80 were there already")
    assert ids(read(broken.results)) == ids(read(whole.results))
    assert [one["text"] for one in read(broken.results)] == [one["text"] for one in read(whole.results)]


async def test_ctrl_c_frees_the_engine(nats_url: str, sluice: Sluice) -> None:
    write_jobs(sluice.jobs, 40, max_tokens=100_000)
    bus = await NatsBus.connect(nats_url, "test")
    async with running_worker(nats_url, sim_slots=8, sim_context_tokens=200_000) as worker:
        process = await sluice.start()
        async with asyncio.timeout(MOMENT_S):
            while worker.slots.running < 8:
                await asyncio.sleep(0.02)
        process.send_signal(signal.SIGINT)
        _, err = await asyncio.wait_for(process.communicate(), MOMENT_S)
        assert process.returncode == 130
        assert err.decode() == f"0 answered, 0 failed → {sluice.results}\n"
        await idle(worker, bus)
    await bus.close()


async def test_an_error_stands_in_its_line_with_its_code(nats_url: str, sluice: Sluice) -> None:
    lines = [
        {"prompt": "Fine?"},
        {"prompt": "Fine?", "model": "nobody-has-it"},
        {"prompt": "too long " * 3000},
        {"messages": [{"role": "user", "content": "Fine?"}], "model": "simulated"},
    ]
    sluice.jobs.write_text("".join(json.dumps(line) + "\n" for line in lines))
    async with running_worker(nats_url, sim_step_ms=1, sim_context_tokens=512):
        status, said = await sluice.submit()
    assert (status, said) == (1, f"2 answered, 2 failed → {sluice.results}\n")
    codes = [result.get("error", {"code": "answered"})["code"] for result in read(sluice.results)]  # type: ignore[index]
    assert codes == ["answered", "model_not_found", "context_length_exceeded", "answered"]


async def test_a_model_that_nobody_serves_is_told_before_anything_is_sent(
    nats_url: str, sluice: Sluice
) -> None:
    write_jobs(sluice.jobs, 3)
    async with running_worker(nats_url):
        status, said = await sluice.submit("--model", "gpt-9")
    assert status == 1
    assert "'gpt-9' is not served; there are: simulated" in said
    assert read(sluice.results) == []


async def test_without_a_worker_or_without_nats_it_says_so_in_one_line(nats_url: str, tmp_path: Path) -> None:
    sluice = Sluice(nats_url, tmp_path)
    write_jobs(sluice.jobs, 2)
    status, said = await sluice.submit("--patience", "1")
    assert (status, said.splitlines()[-1]) == (4, "sluice: No worker is there at the moment.")
    nowhere = Sluice(f"nats://127.0.0.1:{free_port()}", tmp_path)
    status, said = await nowhere.submit()
    assert (status, said.splitlines()[-1]) == (4, "sluice: NATS does not answer.")


async def test_a_worker_that_comes_late_is_waited_for(nats_url: str, sluice: Sluice) -> None:
    write_jobs(sluice.jobs, 4)
    process = await sluice.start("--patience", "15")
    await asyncio.sleep(2.5)
    async with running_worker(nats_url, sim_step_ms=1):
        _, err = await asyncio.wait_for(process.communicate(), MOMENT_S)
    assert (process.returncode, err.decode()) == (0, f"4 answered, 0 failed → {sluice.results}\n")


async def test_the_client_streams_the_same_text_to_the_same_question(nats_url: str) -> None:
    async with running_worker(nats_url), BusClient(nats_url) as client:
        assert [model.name for model in await client.models()] == ["simulated"]
        sampling = Sampling(max_tokens=6)
        pieces = [text async for text in client.stream("Why?", sampling=sampling)]
        again = [text async for text in client.stream((ChatMessage("user", "Why?"),), sampling=sampling)]
    assert len(pieces) > 1
    assert "".join(pieces) == "".join(again)


async def test_an_answer_that_is_left_frees_its_slot(nats_url: str) -> None:
    async with running_worker(nats_url, sim_context_tokens=200_000) as worker, BusClient(nats_url) as client:
        async with aclosing(client.stream("Why?", sampling=Sampling(max_tokens=100_000))) as answer:
            await anext(answer)
            assert worker.slots.running == 1
        async with asyncio.timeout(2):
            while worker.slots.running:
                await asyncio.sleep(0.01)


async def test_the_client_raises_what_went_wrong(nats_url: str) -> None:
    async with running_worker(nats_url, sim_context_tokens=64), BusClient(nats_url) as client:
        with pytest.raises(ModelNotFound):
            await anext(client.stream("Why?", model="nobody-has-it"))
        with pytest.raises(ContextLengthExceeded):
            await anext(client.stream("word " * 500))
    with pytest.raises(Unavailable):
        await anext(BusClient(nats_url).stream("Why?"))


def command(database_url: str, module: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "SLUICE_DATABASE_URL": database_url, "SLUICE_KEYS_DIR": "unused"}
    return subprocess.run(
        [sys.executable, "-m", module, *arguments],
        env=environ,
        capture_output=True,
        text=True,
        timeout=MOMENT_S,
        check=False,
    )


async def test_accounts_are_left_to_the_edge(database_url: str) -> None:
    await migrate(database_url)
    added = await asyncio.to_thread(command, database_url, "services.cli", "users", "add", "ada")
    assert added.returncode == 0
    assert len(added.stdout.strip()) >= 16
    again = await asyncio.to_thread(command, database_url, "services.cli", "users", "add", "ada")
    assert again.returncode == 3
