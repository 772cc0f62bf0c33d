"""The official clients of AI SDK 4 and 7 read calls again that they had left, and send files; what is refused."""

import asyncio
import base64
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from services.edge.adapters.vercel.question import LAST
from services.edge.domain.parts import MessagePart
from shared.errors import InvalidRequest
from shared.messages import (
    Finished,
    ImageContent,
    Text,
    TextContent,
)
from tests.calling import CALLING, INPUT, NO_ROWS, TOOLS, ask, calling_edge, told
from tests.chat_edge import ChatEdge
from tests.fakes.chat import finished
from tests.node_clients import NodeClients

pytestmark = [pytest.mark.node, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(loop_scope="module")
async def edge() -> AsyncIterator[ChatEdge]:
    async with calling_edge() as running:
        yield running


@pytest.mark.parametrize("client", ["ai7", "ai4"])
async def test_calls_and_thoughts_are_read_again(node: NodeClients, edge: ChatEdge, client: str) -> None:
    edge.ports.jobs.batches = CALLING[:4]
    edge.ports.jobs.hold = True
    body: dict[str, Any] = {
        "id": "c1",
        "trigger": "submit-message",
        "messages": [{"role": "user", "content": "Show."}],
    }
    async with edge.client.stream("POST", "/v1/chat", json={**body, "tools": TOOLS}) as stream:
        await anext(stream.aiter_lines())
    resuming = asyncio.create_task(ask(node, edge, client, resume=True))
    async with asyncio.timeout(5):
        while not edge.ports.jobs.attached:
            await asyncio.sleep(0.01)
    await asyncio.sleep(0.05)
    (job,) = edge.ports.jobs.submitted
    for batch in CALLING[4:]:
        await edge.ports.jobs.say(job, batch)
    await edge.ports.jobs.end(job)
    seen = await resuming
    assert seen["error"] is None
    if client == "ai7":
        parts = told(seen["messages"][-1], "step-start")
        assert [part["type"] for part in parts] == ["reasoning", "text", *["tool-show_table"] * 2]
        assert [part["input"] for part in parts[2:]] == [INPUT, NO_ROWS]
    else:
        assert seen["message"]["reasoning"] == "A table."
        assert [call["args"] for call in seen["message"]["toolInvocations"]] == [INPUT, NO_ROWS]


HELD = (
    MessagePart("step-start"),
    MessagePart("reasoning", text="A table.", state="done"),
    MessagePart("text", text="Look:", state="done"),
    MessagePart(
        "tool-show_table", tool_call_id="c1", state="output-available", input=INPUT, output={"shown": True}
    ),
    MessagePart("tool-show_table", tool_call_id="c2", state="output-error", input={}, error_text="It broke."),
    MessagePart(
        "tool-show_table", tool_call_id="c3", state="output-error", input="{no", error_text="No object."
    ),
)


async def test_an_answer_that_goes_on_is_read_again_from_its_beginning(
    node: NodeClients, edge: ChatEdge
) -> None:
    edge.ports.jobs.batches = [[Text("There")]]
    edge.ports.jobs.hold = True
    edge.ports.history.held = HELD
    call: dict[str, Any] = {
        "type": "tool-show_table",
        "toolCallId": "c1",
        "state": "output-available",
        "input": {},
        "output": 1,
    }
    messages: list[dict[str, Any]] = [
        {"id": "q1", "role": "user", "parts": [{"type": "text", "text": "Show."}]},
        {"id": "a1", "role": "assistant", "parts": [{"type": "step-start"}, call]},
    ]
    body: dict[str, Any] = {
        "id": "c1",
        "trigger": "submit-message",
        "messageId": "a1",
        "messages": messages,
        "tools": TOOLS,
    }
    async with edge.client.stream("POST", "/v1/chat", json=body) as stream:
        assert stream.headers["x-sluice-message-id"] == "a1"
        await anext(stream.aiter_lines())
    resuming = [asyncio.create_task(ask(node, edge, "ai7", resume=True, messages=messages))]
    async with asyncio.timeout(5):
        while not edge.ports.jobs.attached:
            await asyncio.sleep(0.01)
    await asyncio.sleep(0.05)
    (job,) = edge.ports.jobs.submitted
    await edge.ports.jobs.say(job, [Text(" it is.")])
    await edge.ports.jobs.say(job, [Finished("stop")])
    await edge.ports.jobs.end(job)
    seen = await resuming[0]
    assert (seen["error"], seen["status"]) == (None, "ready")
    (question, answer) = seen["messages"]
    assert (question["id"], answer["id"]) == ("q1", "a1")
    step, reasoning, text, first, second, third, next_step, rest = told(answer)
    assert [part["type"] for part in (step, reasoning, text, next_step)] == [
        "step-start",
        "reasoning",
        "text",
        "step-start",
    ]
    assert (first["state"], first["input"], first["output"]) == ("output-available", INPUT, {"shown": True})
    assert (second["state"], second["errorText"]) == ("output-error", "It broke.")
    assert (third["state"], third["input"], third["errorText"]) == ("output-error", "{no", "No object.")
    assert rest["text"] == "There it is."


async def test_files_reach_the_model_and_the_history(node: NodeClients, edge: ChatEdge) -> None:
    edge.ports.jobs.batches = finished([Text("A dot.")])
    url = "data:image/png;base64," + base64.b64encode(b"\x89PNG").decode()
    notes = "data:text/plain;base64," + base64.b64encode(b"Six.").decode()
    files = [
        {"type": "file", "mediaType": "image/png", "filename": "a.png", "url": url},
        {"type": "file", "mediaType": "text/plain", "filename": "b.txt", "url": notes},
    ]
    seen = await ask(node, edge, "ai7", files=files)
    assert seen["error"] is None
    picture, text, said = edge.ports.jobs.submitted[0].messages[0].content
    assert picture == ImageContent("image/png", b"\x89PNG")
    assert isinstance(text, TextContent)
    assert '<attached-file name="b.txt">\nSix.\n</attached-file>' in text.text
    assert said == TextContent("Show.")
    (turn,) = edge.ports.history.begun
    assert (turn.text, turn.title, [file.filename for file in turn.files]) == (
        "Show.",
        "Show.",
        ["a.png", "b.txt"],
    )
    assert edge.ports.knowledge.queries == ["Show."]


async def test_mistakes_are_told_in_plain_text(edge: ChatEdge) -> None:
    remote = {"type": "file", "mediaType": "image/png", "url": "http://10.0.0.1/a.png"}
    for message, text in (
        ({"role": "user", "parts": [remote]}, "A picture comes as a data URL here: data:image/png;base64,…"),
        (
            {"role": "assistant", "content": "x"},
            LAST,
        ),
    ):
        answer = await edge.post("/v1/chat", {"id": "c1", "messages": [message]})
        assert (answer.status_code, answer.text) == (400, text)
    edge.ports.history.refusal = InvalidRequest("There is no such answer to go on with.")
    call: dict[str, Any] = {
        "type": "tool-f",
        "toolCallId": "c1",
        "state": "output-available",
        "input": {},
        "output": 1,
    }
    answer = await edge.post(
        "/v1/chat", {"messages": [{"role": "assistant", "id": "nobody", "parts": [call]}]}
    )
    assert (answer.status_code, answer.text) == (400, "There is no such answer to go on with.")


async def test_the_bare_body_gets_calls_whole(edge: ChatEdge) -> None:
    body = {"stream": False, "messages": [{"role": "user", "content": "Show."}], "tools": TOOLS}
    answer = (await edge.post("/v1/chat", body)).json()
    assert (answer["content"], answer["finish_reason"]) == ("Look:", "tool_calls")
    assert [(call["id"], call["function"]["name"]) for call in answer["tool_calls"]] == [
        ("c1", "show_table"),
        ("c2", "show_table"),
    ]
