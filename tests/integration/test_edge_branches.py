"""Branches, deletions and titles while answers are written: edge, NATS, PostgreSQL, and workers in this process."""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from services.inference.adapters.openai import OpenAIEngine, OpenAIOptions
from services.inference.ports import Engine
from shared.messages import AuditRecord, ServedModel
from tests.edge import RunningEdge, add_user, running_edge
from tests.node_clients import NodeClients
from tests.upstream import END, STREAM, Upstream, answer, chunk, said, upstream
from tests.worker import Asker, asking, events_of, running_worker

MODELS = b'{"object": "list", "data": [{"id": "double", "object": "model"}]}'


class Scene(msgspec.Struct):
    edge: RunningEdge
    nats_url: str
    headers: dict[str, str]

    @asynccontextmanager
    async def worker(self, engine: Engine | None = None, sim_step_ms: float = 1.0) -> AsyncGenerator[None]:
        """Once the edge has heard of it."""
        async with running_worker(self.nats_url, engine=engine, sim_step_ms=sim_step_ms), asyncio.timeout(40):
            while not (await self.edge.http.get("/v1/models", headers=self.headers)).json()["data"]:
                await asyncio.sleep(0.02)
            yield

    async def ask(
        self, id: str, *before: tuple[str, str], text: str = "", **fields: object
    ) -> httpx.Response:
        """As AI SDK 7 sends it: the list up to the question, with ids."""
        earlier = [part(id, role, f"{id} said") for id, role in before]
        body = {"id": "c1", "trigger": "submit-message", "max_tokens": 6, **fields}
        body["messages"] = [*earlier, part(id, "user", text or f"{id}?")]
        return await self.edge.http.post("/v1/chat", json=body, headers=self.headers, timeout=20)

    async def answered(self, id: str, *before: tuple[str, str], text: str = "", **fields: object) -> str:
        """The answer's id, once it is stored."""
        streamed = await self.ask(id, *before, text=text, **fields)
        assert streamed.status_code == 200, streamed.text
        message = streamed.headers["x-sluice-message-id"]
        await self.until(lambda read: any(one["id"] == message for one in read["messages"]))
        return message

    async def read(self) -> dict[str, Any]:
        read = await self.edge.http.get("/v1/conversations/c1", headers=self.headers)
        return read.json() if read.status_code == 200 else {"messages": [], "conversation": {"title": ""}}

    async def until(self, true: Callable[[dict[str, Any]], bool], within_s: float = 10) -> dict[str, Any]:
        async with asyncio.timeout(within_s):
            while not true(read := await self.read()):
                await asyncio.sleep(0.05)
        return read

    async def tree(self) -> dict[str, str]:
        return {message["id"]: message["parent"] for message in (await self.read())["messages"]}


def part(id: str, role: str, text: str) -> dict[str, object]:
    return {"id": id, "role": role, "parts": [{"type": "text", "text": text}]}


@pytest.fixture
async def scene(nats_url: str, database_url: str, tmp_path: Path) -> AsyncGenerator[Scene]:
    await add_user(database_url)
    async with running_edge(nats_url, database_url, tmp_path) as edge:
        yield Scene(edge, nats_url, await edge.sign_in())


async def test_what_the_ai_sdk_sends_makes_branches(scene: Scene) -> None:
    async with scene.worker():
        first = await scene.answered("q1")
        second = await scene.answered("q2", ("q1", "user"), (first, "assistant"))
        branched = await scene.answered("q3", ("q1", "user"), (first, "assistant"))
        again = await scene.answered("q1", trigger="regenerate-message", messageId=first)
        expected = {
            "q1": "", first: "q1", "q2": first, second: "q2", "q3": first, branched: "q3", again: "q1",
        }  # fmt: skip
        assert await scene.tree() == expected
        assert (await scene.read())["current"] == again
        edited = await scene.answered("q3", ("q1", "user"), (first, "assistant"), text="q3, but better?")
        del expected[branched]
        assert await scene.tree() == expected | {edited: "q3"}
        other = await scene.answered("q4")
        assert await scene.tree() == expected | {edited: "q3", "q4": "", other: "q4"}


@pytest.mark.node
async def test_the_ai_sdk_itself_makes_branches(scene: Scene) -> None:
    node = await NodeClients.start()

    async def chat(messages: list[dict[str, Any]], **fields: object) -> list[dict[str, Any]]:
        at = {"api": f"http://127.0.0.1:{scene.edge.settings.http_port}/v1/chat", "headers": scene.headers}
        made = await node.ask("ai7", **at, chat="c1", body={"max_tokens": 6}, messages=messages, **fields)
        assert made["error"] is None
        last = made["messages"][-1]["id"]
        await scene.until(lambda read: any(one["id"] == last for one in read["messages"]))
        return made["messages"]

    async with scene.worker():
        first = await chat([], text="Tell me of water.")
        line = await chat(first, text="And of fire?")
        again = await chat(line, regenerate=True)
        branch = await chat(first, text="And of earth?")
    question, answer = (message["id"] for message in first)
    assert await scene.tree() == {
        question: "",
        answer: question,
        line[2]["id"]: answer,
        line[3]["id"]: line[2]["id"],
        again[3]["id"]: line[2]["id"],
        branch[2]["id"]: answer,
        branch[3]["id"]: branch[2]["id"],
    }
    assert len(await scene.tree()) == 7
    await node.close()


async def test_version_4_replaces_as_it_always_did(scene: Scene) -> None:
    async def ask(*contents: str) -> list[str]:
        roles = ("user", "assistant")
        messages = [{"role": roles[n % 2], "content": content} for n, content in enumerate(contents)]
        body = {"id": "c1", "max_tokens": 4, "messages": messages}
        streamed = await scene.edge.http.post("/v1/chat", json=body, headers=scene.headers)
        message = streamed.headers["x-sluice-message-id"]
        read = await scene.until(lambda read: any(one["id"] == message for one in read["messages"]))
        return [one["text"] for one in read["messages"] if one["role"] == "user"]

    async with scene.worker():
        assert await ask("one") == ["one"]
        assert await ask("one", "yes", "two") == ["one", "two"]
        assert await ask("one", "yes", "two") == ["one", "two"]
        assert await ask("one, edited") == ["one, edited"]
        assert len(await scene.tree()) == 2


async def test_a_deletion_stops_what_is_being_written_and_keeps_it(scene: Scene) -> None:
    async with scene.worker(sim_step_ms=20):
        asking_it = asyncio.create_task(scene.ask("q1", max_tokens=2_000))
        await scene.until(lambda read: bool(read["messages"]))
        await asyncio.sleep(0.5)
        http = scene.edge.http
        assert (await http.delete("/v1/conversations/c1", headers=scene.headers)).status_code == 204
        streamed = await asyncio.wait_for(asking_it, 5)
        assert streamed.status_code == 200
        assert (await http.get("/v1/chat/c1/stream", headers=scene.headers)).status_code == 404
        assert (await scene.ask("q2")).status_code == 404
        await asyncio.sleep(0.5)
        back = await http.post("/v1/conversations/c1/restore", headers=scene.headers)
        assert back.status_code == 200
        read = await scene.until(lambda read: len(read["messages"]) == 2)
        assert read["messages"][1]["status"] == "cancelled"
        assert 0 < len(read["messages"][1]["text"].split()) < 2_000


class Double:
    """An OpenAI-compatible server that answers questions, and requests for a title otherwise."""

    def __init__(self) -> None:
        self.titles: list[dict[str, Any]] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.handler: Upstream | None = None

    @asynccontextmanager
    async def engine(self) -> AsyncGenerator[OpenAIEngine]:
        async with upstream(self) as self.handler:
            options = OpenAIOptions(base_url=self.handler.base_url, upstream={"double": "double"})
            yield OpenAIEngine(options, worker="worker", models=(ServedModel("double", 8192),))

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert self.handler is not None
        head, _between, body = self.handler.requests[-1].partition(b"\r\n\r\n")
        if head.startswith(b"GET"):
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%b" % (len(MODELS), MODELS))
        elif b"You name conversations" not in body:
            writer.write(answer("Ada", " is."))
        else:
            self.titles.append(json.loads(body))
            await self.gate.wait()
            stopped = [said(' "Night shifts"\n'), said("", finish_reason="stop"), b"data: [DONE]\n\n"]
            writer.write(STREAM + b"".join(map(chunk, stopped)) + END)
        await writer.drain()


async def test_the_model_gives_the_title_after_the_first_answer(scene: Scene) -> None:
    double = Double()
    async with double.engine() as engine, asking(scene.nats_url) as asker:
        async with scene.worker(engine):
            await scene.answered("q1", text="Who is on call at night?")
            read = await scene.until(lambda read: read["conversation"]["title"] == "Night shifts")
            assert len(read["messages"]) == 2
            await scene.answered("q2", ("q1", "user"))
            (request,) = double.titles
            assert (request["max_tokens"], request["temperature"]) == (24, 0.0)
            assert "Who is on call at night?" in request["messages"][1]["content"]
            await asyncio.sleep(0.5)
            chats = [getattr(event, "chat", "") for event in await events_of(asker)]
            assert sorted(chats) == ["", "c1", "c1"]  # one usage record each, the title's of no conversation
            listed = await scene.edge.http.get("/v1/conversations", headers=scene.headers)
            assert len(listed.json()["conversations"]) == 1
            assert len(double.titles) == 1
        records = await audited(asker)
        told = [(record.action, record.detail.get("chat")) for record in records if record.resource]
        assert sorted(action for action, chat in told if chat == "c1") == [
            "chat.end", "chat.end", "chat.start", "chat.start", "title.end", "title.start",
        ]  # fmt: skip


async def audited(asker: Asker) -> list[AuditRecord]:
    consumer = await asker.bus.consume("AUDIT", "test", "audit.>", ack_wait_s=30)
    found = dict[str, AuditRecord]()
    for delivery in await consumer.fetch(100, 0.5):
        record = msgspec.msgpack.decode(delivery.data, type=AuditRecord)
        found[record.id] = record
    return list(found.values())


async def test_a_title_by_hand_is_not_replaced_by_one_that_comes_late(scene: Scene) -> None:
    double = Double()
    double.gate.clear()
    async with double.engine() as engine, scene.worker(engine):
        await scene.answered("q1")
        async with asyncio.timeout(10):
            while not double.titles:
                await asyncio.sleep(0.02)
        renamed = {"title": "Mine"}
        await scene.edge.http.patch("/v1/conversations/c1", json=renamed, headers=scene.headers)
        double.gate.set()
        await asyncio.sleep(1)
        assert (await scene.read())["conversation"]["title"] == "Mine"


async def test_the_simulated_engine_is_asked_for_no_title(scene: Scene) -> None:
    async with scene.worker(), asking(scene.nats_url) as asker:
        await scene.answered("q1", text="Tell me of water.")
        await asyncio.sleep(1)
        assert len(await events_of(asker)) == 1
        assert (await scene.read())["conversation"]["title"] == "Tell me of water."
