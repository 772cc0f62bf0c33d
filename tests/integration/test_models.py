"""Several models at several workers under one edge: real NATS and PostgreSQL, simulated engines."""

import asyncio
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import httpx
import msgspec
import pytest

from services.edge.adapters.nats.workers import SILENCE_S
from services.inference.app import App
from services.inference.usecases.report import STATUS_S
from shared import subjects
from shared.messages import AuditRecord, ChatCompleted, Sampling, Started, WorkerStatus
from tests.edge import RunningEdge, add_user, running_edge
from tests.worker import Answered, Asker, asking, begun, events_of, gather, running_worker, settled

pytestmark = pytest.mark.timeout(120)

QUESTION = [{"role": "user", "content": "Tell me of water."}]


class Scene(msgspec.Struct):
    edge: RunningEdge
    nats_url: str
    headers: dict[str, str]

    async def ask(self, model: str | None, **fields: object) -> httpx.Response:
        body = {"messages": QUESTION, "max_tokens": 8, **fields, **({"model": model} if model else {})}
        path = "/v1/chat/completions" if model else "/v1/chat"
        return await self.edge.http.post(path, json=body, headers=self.headers)

    async def models(self) -> dict[str, dict[str, object]]:
        listed = await self.edge.http.get("/v1/models", headers=self.headers)
        return {model["id"]: model for model in listed.json()["data"]}

    async def read(self, model: str) -> httpx.Response:
        return await self.edge.http.get(f"/v1/models/{model}", headers=self.headers)

    async def until_served(self, *names: str) -> None:
        async with asyncio.timeout(STATUS_S + 1):
            while not set(names) <= set(await self.models()):
                await asyncio.sleep(0.02)

    async def until_gone(self, name: str) -> float:
        """How long that took."""
        began = time.monotonic()
        async with asyncio.timeout(SILENCE_S + 5):
            while name in await self.models():
                await asyncio.sleep(0.02)
        return time.monotonic() - began


@pytest.fixture
async def scene(nats_url: str, database_url: str, tmp_path: Path) -> AsyncGenerator[Scene]:
    await add_user(database_url)
    async with running_edge(nats_url, database_url, tmp_path) as edge:
        yield Scene(edge, nats_url, await edge.sign_in())


@asynccontextmanager
async def worker_process(
    nats_url: str, instance: str, **settings: str
) -> AsyncGenerator[asyncio.subprocess.Process]:
    """One that can be killed."""
    told = {"nats_url": nats_url, "instance": instance, "engine": "simulated", **settings}
    environ = {**os.environ, **{f"SLUICE_{name.upper()}": value for name, value in told.items()}}
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "services.inference", env=environ)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


def alpha(nats_url: str, instance: str = "1", **names: tuple[str, ...]) -> AbstractAsyncContextManager[App]:
    settings: dict[str, object] = {"served_model_name": "org/alpha-7B", "sim_step_ms": 1, **names}
    return running_worker(nats_url, engine=None, instance=instance, **settings)


def who(answered: Answered) -> str:
    (started,) = [part for part in answered.parts if isinstance(part, Started)]
    return started.worker


async def test_two_models_an_alias_and_an_adapter_side_by_side(scene: Scene) -> None:
    async with (
        alpha(scene.nats_url, model_aliases=("gpt-4-local",), lora_modules=("alpha-legal",)),
        running_worker(
            scene.nats_url, instance="2", served_model_name="beta", sim_step_ms=1, sim_context_tokens=64
        ),
    ):
        await scene.until_served("org/alpha-7B", "beta")
        models = await scene.models()
        assert {name: (one["root"], one["parent"], one["max_model_len"]) for name, one in models.items()} == {
            "alpha-legal": ("alpha-legal", "org/alpha-7B", 8192),
            "beta": ("beta", None, 64),
            "org/alpha-7B": ("org/alpha-7B", None, 8192),
            "gpt-4-local": ("org/alpha-7B", None, 8192),
        }
        assert all(one["created"] for one in models.values())
        for name, found in models.items():
            assert (await scene.read(name)).json() == found
        answered_by = {name: (await scene.ask(name)).json()["model"] for name in models}
        assert answered_by == {**{name: name for name in models}, "gpt-4-local": "org/alpha-7B"}
        too_long = await scene.ask("beta", max_tokens=100)
        assert (too_long.status_code, too_long.json()["error"]["code"]) == (400, "context_length_exceeded")
        assert (await scene.ask("org/alpha-7B", max_tokens=100)).status_code == 200
        unknown = await scene.ask("gamma")
        assert (unknown.status_code, unknown.json()["error"]["code"]) == (404, "model_not_found")
        assert (await scene.read("gamma")).status_code == 404
        by_default = await scene.ask(None, stream=False)
        assert by_default.json()["model"] == "beta"  # the first by name that is no adapter


async def test_records_name_the_model_and_what_was_asked_for(scene: Scene) -> None:
    async with asking(scene.nats_url) as asker, alpha(scene.nats_url, model_aliases=("gpt-4-local",)):
        await scene.until_served("gpt-4-local")
        assert (await scene.ask("gpt-4-local")).status_code == 200
        (event,) = await events_of(asker)
        assert isinstance(event, ChatCompleted)
        assert (event.model, event.requested_model) == ("org/alpha-7B", "gpt-4-local")
        records = await audit_of(asker, "chat.start", "answer.generate", "chat.end")
        assert {record.action for record in records} == {"chat.start", "answer.generate", "chat.end"}
        for record in records:
            assert record.detail["model"] == "org/alpha-7B"
            assert record.detail["requested_model"] == "gpt-4-local"


async def audit_of(asker: Asker, *actions: str) -> list[AuditRecord]:
    consumer = await asker.bus.consume("AUDIT", "test", "audit.>", ack_wait_s=30)
    found: dict[str, AuditRecord] = {}
    async with asyncio.timeout(5):
        while len(found) < len(actions):
            for delivery in await consumer.fetch(100, 0.3):
                record = msgspec.msgpack.decode(delivery.data, type=AuditRecord)
                if record.action in actions:
                    found[record.id] = record
    return list(found.values())


async def test_jobs_for_an_adapter_reach_only_workers_that_have_it(nats_url: str) -> None:
    async with (
        asking(nats_url) as asker,
        alpha(nats_url),
        alpha(nats_url, "2", lora_modules=("legal",)),
        running_worker(nats_url, instance="3", served_model_name="legal-not", sim_step_ms=1),
    ):
        jobs = {
            model: [
                asker.job(f"{number}", request=f"{model[:5]}{number}", model=model) for number in range(40)
            ]
            for model in ("legal", "org/alpha-7B")
        }
        answers = {model: await asyncio.gather(*map(asker.ask, some)) for model, some in jobs.items()}
        assert Counter(map(who, answers["legal"])) == {"inference-2": 40}
        assert set(map(who, answers["org/alpha-7B"])) == {"inference-1", "inference-2"}


@pytest.mark.parametrize("how", ["drained", "killed"])
async def test_an_adapters_answer_goes_on_only_where_the_adapter_is(nats_url: str, how: str) -> None:
    slow = {
        "served_model_name": "org/alpha-7B",
        "lora_modules": "legal",
        "sim_step_ms": "20",
        "ack_wait_s": "2",
    }
    async with (
        asking(nats_url) as asker,
        alpha(nats_url),
        worker_process(nats_url, "2", **slow) as process,
    ):
        job = asker.job("Tell me.", request="r", model="legal", sampling=Sampling(max_tokens=200))
        incoming = await asker.submit(job)
        await begun(incoming)
        had = list(incoming.cursor.ids)
        process.send_signal(signal.SIGKILL if how == "killed" else signal.SIGTERM)
        await process.wait()
        await asyncio.sleep(2.5)  # the worker without the adapter has had its chance
        assert len(incoming.cursor.ids) < 200
        async with alpha(nats_url, "3", lora_modules=("legal",)):
            answered = await asyncio.wait_for(gather(incoming), 20)
            live = await settled(asker, "r")
        assert (live.worker, live.model) == ("inference-3", "legal")
        assert answered.ids[: len(had)] == had
        assert len(answered.ids) == 200


async def test_a_model_is_gone_seconds_after_its_last_worker(scene: Scene) -> None:
    async with (
        alpha(scene.nats_url),
        worker_process(scene.nats_url, "2", served_model_name="beta", model_aliases="b") as first,
        worker_process(scene.nats_url, "3", served_model_name="beta") as last,
    ):
        async with asyncio.timeout(20):
            while not {"beta", "b"} <= set(await scene.models()):
                await asyncio.sleep(0.05)
        await until_heard(scene.nats_url, {"inference-1", "inference-2", "inference-3"})
        first.kill()
        assert await scene.until_gone("b") <= SILENCE_S + 0.5  # an alias that only it knew
        assert (await scene.ask("beta")).status_code == 200
        last.kill()
        assert await scene.until_gone("beta") <= SILENCE_S + 0.5
        assert (await scene.read("beta")).status_code == 404
        refused = await scene.ask("beta")
        assert (refused.status_code, "retry-after" in refused.headers) == (503, True)
        assert (await scene.ask("org/alpha-7B")).status_code == 200


async def test_a_worker_that_is_stopped_says_so(scene: Scene) -> None:
    async with alpha(scene.nats_url):
        async with running_worker(scene.nats_url, instance="2", served_model_name="beta"):
            await scene.until_served("beta", "org/alpha-7B")
        assert await scene.until_gone("beta") <= 0.5


async def until_heard(nats_url: str, workers: set[str]) -> None:
    heard: set[str] = set()

    async def hear(_subject: str, data: bytes) -> None:
        status = msgspec.msgpack.decode(data, type=WorkerStatus)
        if status.ready:
            heard.add(status.worker)

    async with asking(nats_url) as asker, asyncio.timeout(20):
        await asker.bus.listen(subjects.STATUS, hear)
        while heard != workers:
            await asyncio.sleep(0.05)


async def test_a_job_under_another_name_is_what_its_subject_says(nats_url: str) -> None:
    """A client of its own making may leave the alias in the job."""
    async with asking(nats_url) as asker, alpha(nats_url):
        incoming = asker.receiver.open("r")
        job = asker.job("Tell me.", request="r", model="gpt-4-local", stream=incoming.number)
        asker.receiver.remember(job)
        await asker.bus.append(subjects.job("org/alpha-7B", "interactive", "test"), job, id="r:1")
        answered = await asyncio.wait_for(gather(incoming), 10)
        assert answered.end.failure is None
        (event,) = await events_of(asker)
        assert isinstance(event, ChatCompleted)
        assert (event.model, event.requested_model) == ("org/alpha-7B", "gpt-4-local")
