"""Calls of functions, what came of them, thoughts and files on real parts: edge, NATS, PostgreSQL, workers."""

import asyncio
import base64
import json
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from services.inference.adapters.extractive import ExtractiveEngine
from tests.edge import RunningEdge, add_user, running_edge
from tests.worker import running_worker

SCHEMA = {"type": "object", "properties": {"rows": {"type": "array", "items": {"type": "integer"}}}}
TOOLS = [{"name": "show_table", "description": "Shows rows.", "parameters": SCHEMA}]
STEP = {"type": "step-start"}


class Reader(msgspec.Struct):
    edge: RunningEdge
    headers: dict[str, str]

    async def post(self, *messages: dict[str, Any], **fields: Any) -> httpx.Response:
        body = {"id": "c1", "trigger": "submit-message", "messages": messages, "tools": TOOLS, **fields}
        return await self.edge.http.post("/v1/chat", json=body, headers=self.headers)

    async def ask(self, *messages: dict[str, Any], **fields: Any) -> list[dict[str, Any]]:
        return events_in(await self.post(*messages, **fields))

    async def status(self, *messages: dict[str, Any]) -> int | str:
        """A server need not read all of a body to refuse it."""
        try:
            return (await self.post(*messages)).status_code
        except httpx.TransportError:
            return "cut off"

    async def resumed(self) -> AsyncGenerator[dict[str, Any]]:
        """The answer that is being written, once one is."""
        while True:
            path = "/v1/chat/c1/stream"
            async with self.edge.http.stream("GET", path, headers=self.headers) as stream:
                async for line in stream.aiter_lines():
                    if line.startswith("data: {"):
                        yield json.loads(line.removeprefix("data: "))
                if stream.status_code == 200:
                    return
            await asyncio.sleep(0.02)

    async def stored(self, count: int, status: str = "complete") -> list[dict[str, Any]]:
        """So many messages, once the last of them has that status."""
        async with asyncio.timeout(10):
            while True:
                read = await self.edge.http.get("/v1/conversations/c1", headers=self.headers)
                messages: list[dict[str, Any]] = read.json()["messages"] if read.status_code == 200 else []
                if len(messages) == count and messages[-1].get("status", "complete") == status:
                    return messages
                await asyncio.sleep(0.02)


def events_in(answer: httpx.Response) -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.text
    lines = [line.removeprefix("data: ") for line in answer.text.splitlines() if line.startswith("data: {")]
    return [json.loads(line) for line in lines]


def user(text: str, *files: dict[str, Any], id: str = "q1") -> dict[str, Any]:
    return {"id": id, "role": "user", "parts": [*files, {"type": "text", "text": text}]}


def called(events: list[dict[str, Any]]) -> dict[str, Any]:
    (event,) = [event for event in events if event["type"] == "tool-input-available"]
    return event


def answered(events: list[dict[str, Any]], output: object) -> dict[str, Any]:
    """The answer as a client has it, with what came of its call."""
    call = called(events)
    part = {
        "type": f"tool-{call['toolName']}",
        "toolCallId": call["toolCallId"],
        "state": "output-available",
        "input": call["input"],
        "output": output,
    }
    return {"id": events[0]["messageId"], "role": "assistant", "parts": [STEP, part]}


@pytest.fixture
async def reader(nats_url: str, database_url: str, tmp_path: Path) -> AsyncGenerator[Reader]:
    await add_user(database_url)
    async with running_edge(nats_url, database_url, tmp_path) as edge:
        yield Reader(edge, await edge.sign_in())


async def test_a_call_and_the_rest_of_its_answer_are_one_message(reader: Reader, nats_url: str) -> None:
    async with running_worker(nats_url, sim_step_ms=1, sim_max_tokens=40):
        events = await reader.ask(user("Think, then use show_table."))
        call = called(events)
        assert (call["toolName"], set(call["input"])) == ("show_table", {"rows"})
        metadata = next(event["messageMetadata"] for event in events if event["type"] == "message-metadata")
        assert metadata["finishReason"] == "tool-calls"

        going_on = await reader.ask(user("Think, then use show_table."), answered(events, {"shown": 3}))
        assert going_on[0]["messageId"] == events[0]["messageId"]
        rest = "".join(event["delta"] for event in going_on if event["type"] == "text-delta")
        _, answer = await reader.stored(2)
        assert (answer["id"], answer["text"]) == (events[0]["messageId"], rest)
        kinds = [part["type"] for part in answer["parts"]]
        assert kinds == ["step-start", "reasoning", "tool-show_table", "step-start", "reasoning", "text"]
        assert answer["parts"][2]["output"] == {"shown": 3}
        assert answer["parts"][2]["input"] == call["input"]

        refused = await reader.post(user("Think, then use show_table."), answered(events, {"shown": 3}))
        assert (refused.status_code, refused.text) == (
            400,
            "The answer has no calls whose results it waits for.",
        )
        nowhere = await reader.post(user("?"), answered(events, 1), id="elsewhere")
        assert nowhere.status_code == 404


async def test_an_answer_that_goes_on_is_read_again_whole_and_can_be_stopped(
    reader: Reader, nats_url: str
) -> None:
    async with running_worker(nats_url, sim_step_ms=20, sim_max_tokens=2_000):
        question = user("use show_table")
        events = await reader.ask(question)
        going_on = asyncio.create_task(reader.ask(question, answered(events, "shown")))
        again: list[dict[str, Any]] = []
        stopped = False
        async with asyncio.timeout(15):
            async for event in reader.resumed():
                again.append(event)
                if event["type"] == "text-delta" and not stopped:
                    told = await reader.edge.http.post("/v1/chat/c1/stop", headers=reader.headers)
                    stopped = told.status_code == 204
        assert stopped
        types = [event["type"] for event in again]
        assert again[0]["messageId"] == events[0]["messageId"]
        assert (
            types.index("tool-input-available")
            < types.index("tool-output-available")
            < types.index("text-start")
        )
        assert types[-1] == "abort"
        await going_on
        _, answer = await reader.stored(2, "cancelled")
        assert [part["type"] for part in answer["parts"]] == [
            "step-start",
            "tool-show_table",
            "step-start",
            "text",
        ]


async def test_files_come_back_and_pictures_are_refused_by_a_model_without_eyes(
    reader: Reader, nats_url: str
) -> None:
    notes = "data:text/plain;base64," + base64.b64encode(b"Sechs Uhr.").decode()
    file = {"type": "file", "mediaType": "text/plain", "filename": "notes.txt", "url": notes}
    picture = "data:image/png;base64," + base64.b64encode(b"\x89PNG" * 500_000).decode()
    shot = {"type": "file", "mediaType": "image/png", "filename": "shot.png", "url": picture}
    async with running_worker(nats_url, sim_step_ms=1, sim_max_tokens=5):
        await reader.ask(user("When?", file))
        question, _ = await reader.stored(2)
        assert (question["text"], question["parts"][0]) == ("When?", file | {"size": 10})
        refused = await reader.post(user("What is this?", shot, id="q2"))
        assert (refused.status_code, refused.text) == (400, "This model cannot look at pictures.")
        large = await reader.post(user("?", *[shot] * 4, id="q3"))
        assert large.status_code == 413
        assert await reader.status(user("?", *[shot] * 6, id="q3")) in (413, "cut off")
        found = await reader.stored(4, "failed")
        kept = found[2]["parts"][0]
        assert (kept["url"] == picture, kept["size"]) == (True, 2_000_000)


async def test_an_engine_without_calls_answers_in_words(reader: Reader, nats_url: str) -> None:
    async with running_worker(nats_url, engine=ExtractiveEngine(worker="w")):
        events = await reader.ask(user("use show_table"))
        assert "text-delta" in {event["type"] for event in events}
        forced = await reader.post(user("use show_table", id="q2"), tool_choice="required")
        assert (forced.status_code, forced.text) == (400, "This model cannot call functions.")
        models = await reader.edge.http.get("/v1/models", headers=reader.headers)
        assert [model["tools"] for model in models.json()["data"] if "tools" in model] == [False]
