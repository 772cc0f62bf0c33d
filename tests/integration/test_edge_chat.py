"""Chat on real parts: edge, NATS, PostgreSQL, and workers on the simulated engine."""

import asyncio
import json
import time
from collections.abc import AsyncGenerator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import msgspec
import openai
import pytest
from openai import AsyncOpenAI
from openai.types.chat import ChatCompletionMessageParam

from shared import subjects
from shared.broker import NatsBus
from shared.messages import LiveRequest
from tests.edge import RunningEdge, add_user, running_edge
from tests.proxy import Proxy, proxied
from tests.worker import running_worker

QUESTION = {"messages": [{"role": "user", "content": "Tell me of water."}]}
SAID: list[ChatCompletionMessageParam] = [{"role": "user", "content": "Tell me of water."}]


class Scene(msgspec.Struct):
    edge: RunningEdge
    bus: NatsBus
    nats_url: str
    headers: dict[str, str]
    proxy: Proxy

    async def post(self, path: str = "/v1/chat", **fields: object) -> httpx.Response:
        return await self.edge.http.post(path, json={**QUESTION, **fields}, headers=self.headers)

    async def get(self, path: str) -> httpx.Response:
        return await self.edge.http.get(path, headers=self.headers)

    async def live(self) -> list[LiveRequest]:
        entries = await self.bus.bucket(subjects.LIVE_BUCKET).entries()
        requests = [entry for entry in entries if entry.key.startswith(subjects.live_request(""))]
        return [msgspec.msgpack.decode(entry.value, type=LiveRequest) for entry in requests]

    async def until_states(self, expected: list[str], within_s: float = 3) -> None:
        async with asyncio.timeout(within_s):
            while sorted(live.state for live in await self.live()) != expected:
                await asyncio.sleep(0.01)

    async def until_served(self, model: str, within_s: float = 3) -> None:
        """A worker is ready before the edge has heard of it."""
        async with asyncio.timeout(within_s):
            while (await self.get(f"/v1/models/{model}")).status_code != 200:
                await asyncio.sleep(0.01)

    async def waiting(self) -> int:
        return (await self.bus.client.jetstream().stream_info("INFERENCE")).state.messages

    async def until_stored(self, chat: str, status: str, within_s: float = 5) -> list[dict[str, str]]:
        async with asyncio.timeout(within_s):
            while True:
                read = await self.get(f"/v1/conversations/{chat}")
                messages: list[dict[str, str]] = read.json()["messages"] if read.status_code == 200 else []
                if len(messages) == 2 and messages[1].get("status", "complete") == status:
                    return messages
                await asyncio.sleep(0.02)


@pytest.fixture
async def scene(nats_url: str, database_url: str, tmp_path: Path) -> AsyncGenerator[Scene]:
    await add_user(database_url)
    await add_user(database_url, "eve")
    async with proxied(urlsplit(nats_url).port or 0) as proxy:
        url = nats_url.replace(f":{urlsplit(nats_url).port}", f":{proxy.port}")
        async with running_edge(url, database_url, tmp_path) as edge:
            bus = await NatsBus.connect(nats_url, "test")
            yield Scene(edge, bus, nats_url, await edge.sign_in(), proxy)
            await bus.close()


async def test_an_answer_streams_from_a_worker_and_is_in_the_history(scene: Scene) -> None:
    async with running_worker(scene.nats_url, sim_step_ms=1):
        streamed = await scene.post(id="c1", model="simulated", max_tokens=20)
        assert streamed.status_code == 200, streamed.text
        lines = [line.partition(":") for line in streamed.text.splitlines()]
        text = "".join(json.loads(value) for code, _, value in lines if code == "0")
        assert len(text.split()) == 20
        assert json.loads(lines[-1][2])["usage"]["completionTokens"] == 20
        question, answer = await scene.until_stored("c1", "complete")
        assert (question["text"], answer["text"]) == ("Tell me of water.", text)
        assert answer["id"] == streamed.headers["x-sluice-message-id"]
        await scene.until_states(["done"])
        assert await scene.waiting() == 0


async def test_all_ways_to_ask_give_the_same_answer(scene: Scene) -> None:
    """The simulated engine says the same to the same prompt."""
    async with running_worker(scene.nats_url, sim_step_ms=1):
        whole = (await scene.post(model="simulated", stream=False, max_tokens=12)).json()["content"]
        text = (await scene.post("/v1/chat?protocol=text", max_tokens=12)).text
        token = scene.headers["Authorization"].removeprefix("Bearer ")
        base_url = f"{scene.edge.http.base_url}/v1".replace("//v1", "/v1")
        async with AsyncOpenAI(base_url=base_url, api_key=token, max_retries=0) as client:
            made = await client.chat.completions.create(model="simulated", messages=SAID, max_tokens=12)
            assert [model.id async for model in client.models.list()] == ["simulated"]
            with pytest.raises(openai.BadRequestError) as caught:
                await client.chat.completions.create(model="simulated", messages=SAID, max_tokens=100_000)
        assert text == whole == made.choices[0].message.content
        assert made.usage is not None
        assert made.usage.completion_tokens == 12
        assert caught.value.code == "context_length_exceeded"


async def test_a_form_that_the_model_cannot_hold_to_is_refused_by_its_worker(scene: Scene) -> None:
    async with running_worker(scene.nats_url, sim_step_ms=1):
        for stream in (False, True):
            refused = await scene.post(
                "/v1/chat/completions",
                model="simulated",
                stream=stream,
                response_format={"type": "json_object"},
            )
            error = refused.json()["error"]
            assert (refused.status_code, error["param"]) == (400, "response_format")
            assert error["type"] == "invalid_request_error"


async def test_a_client_that_cannot_come_back_frees_its_slot_at_once(scene: Scene) -> None:
    async with running_worker(scene.nats_url, sim_step_ms=5) as worker:
        body = {**QUESTION, "id": "c1", "max_tokens": 4000}
        path = "/v1/chat?protocol=text"
        async with scene.edge.http.stream("POST", path, json=body, headers=scene.headers) as stream:
            await anext(stream.aiter_bytes())
            assert worker.slots.running == 1
            left_at = time.monotonic()
        async with asyncio.timeout(2):
            while worker.slots.running:
                await asyncio.sleep(0.005)
        assert time.monotonic() - left_at < 0.5
        answer = (await scene.until_stored("c1", "cancelled"))[1]
        assert answer["text"]
        assert await scene.waiting() == 0


async def test_a_waiting_job_of_a_client_that_cannot_come_back_never_runs(scene: Scene) -> None:
    async with running_worker(scene.nats_url, sim_step_ms=5, sim_slots=1):
        busy = asyncio.create_task(scene.post(id="busy", max_tokens=4000))
        await scene.until_states(["running"])
        waiting = asyncio.create_task(scene.post("/v1/chat?protocol=text", id="waits", max_tokens=4))
        await scene.until_states(["queued", "running"])
        waiting.cancel()
        await scene.until_states(["cancelled", "running"])
        answer = (await scene.until_stored("waits", "cancelled"))[1]
        assert answer["text"] == ""
        assert await scene.waiting() == 1
        busy.cancel()
        await asyncio.gather(waiting, busy, return_exceptions=True)


async def test_unknown_models_and_absent_workers_differ(scene: Scene) -> None:
    nobody = await scene.post(model="simulated")
    assert (nobody.status_code, nobody.headers["retry-after"]) == (503, "3")
    async with running_worker(scene.nats_url, sim_step_ms=1, served_model_name="one"):
        async with running_worker(scene.nats_url, sim_step_ms=1, served_model_name="org/two.5", instance="2"):
            await scene.until_served("org/two.5")
            assert (await scene.post(model="org/two.5", max_tokens=2)).status_code == 200
            assert (await scene.post(model="three")).status_code == 404
        async with asyncio.timeout(5):
            while (gone := await scene.post(model="org/two.5", max_tokens=2)).status_code == 200:
                await asyncio.sleep(0.1)
        assert gone.status_code == 503, gone.text
        assert (await scene.post(model="three")).status_code == 404
        assert (await scene.post(model="one", max_tokens=2)).status_code == 200


async def test_the_edge_s_own_default_model_and_limits(
    nats_url: str, database_url: str, tmp_path: Path
) -> None:
    await add_user(database_url)
    async with (
        running_edge(nats_url, database_url, tmp_path, default_model="two", chat_max_messages=1) as edge,
        running_worker(nats_url, sim_step_ms=1, served_model_name="one"),
        running_worker(nats_url, sim_step_ms=1, served_model_name="two", instance="2"),
    ):
        headers = await edge.sign_in()
        body = {**QUESTION, "stream": False, "max_tokens": 2}
        answer = await edge.http.post("/v1/chat", json=body, headers=headers)
        assert (answer.status_code, answer.json()["model"]) == (200, "two")
        body["messages"] = [*QUESTION["messages"], *QUESTION["messages"]]
        assert (await edge.http.post("/v1/chat", json=body, headers=headers)).status_code == 400


async def test_another_users_conversation_is_not_found(scene: Scene) -> None:
    async with running_worker(scene.nats_url, sim_step_ms=1):
        assert (await scene.post(id="mine", max_tokens=2)).status_code == 200
        scene.headers = await scene.edge.sign_in("eve")
        refused = await scene.post(id="mine", max_tokens=2)
        assert (refused.status_code, refused.headers["content-type"]) == (404, "text/plain; charset=utf-8")


async def test_nats_away_in_midstream_costs_an_answer_nothing_but_time(scene: Scene) -> None:
    async with running_worker(scene.nats_url, sim_step_ms=5) as worker:
        whole = await scene.post("/v1/chat?protocol=text", max_tokens=400)
        body = {**QUESTION, "max_tokens": 400, "trigger": "submit-message"}
        async with scene.edge.http.stream("POST", "/v1/chat", json=body, headers=scene.headers) as stream:
            lines = stream.aiter_lines()
            while "text-delta" not in (line := await anext(lines)):
                pass
            await scene.proxy.become("gone")
            await asyncio.sleep(0.3)
            refused_at = time.monotonic()
            refused = await scene.post()
            assert (refused.status_code, time.monotonic() - refused_at < 2) == (503, True)
            await scene.proxy.become("passing")
            async with asyncio.timeout(5):
                rest = [line, *[line async for line in lines if line]]
            events = [json.loads(line.removeprefix("data: ")) for line in rest[:-1]]
            assert events[-1]["type"] == "finish"
            assert "".join(event.get("delta", "") for event in events) == whole.text
        async with asyncio.timeout(5):
            while worker.slots.running:
                await asyncio.sleep(0.01)
        async with asyncio.timeout(5):
            while (await scene.post(max_tokens=2)).status_code != 200:
                await asyncio.sleep(0.1)


async def test_many_streams_at_once_stay_apart(scene: Scene) -> None:
    async with running_worker(scene.nats_url, sim_step_ms=10):

        async def ask(n: int) -> str:
            await asyncio.sleep(n * 0.03)
            body = {"messages": [{"role": "user", "content": f"Question {n % 8}"}], "max_tokens": 150}
            answer = await scene.edge.http.post("/v1/chat?protocol=text", json=body, headers=scene.headers)
            assert answer.status_code == 200, answer.text
            return answer.text

        answers = await asyncio.gather(*(ask(n) for n in range(32)))
        assert len(set(answers)) == 8
        assert answers == answers[:8] * 4
