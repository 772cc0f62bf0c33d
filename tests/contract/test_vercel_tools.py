"""The official clients of AI SDK 4 and 7 read calls of functions, answer them, and send files."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from services.edge.adapters.vercel.question import LAST
from services.edge.domain.chat import ChatRules
from services.edge.domain.parts import MessagePart
from shared.errors import InvalidRequest
from shared.messages import (
    ChatMessage,
    Failure,
    Finished,
    FunctionCall,
    ImageContent,
    Passage,
    Reasoning,
    ServedModel,
    Text,
    TextContent,
    ToolCall,
)
from tests.chat_edge import AUTHORIZATION, ChatEdge, Ports, serving
from tests.fakes.chat import MODEL, Batch, finished
from tests.node_clients import NodeClients

pytestmark = [pytest.mark.node, pytest.mark.asyncio(loop_scope="module")]

SOURCE = Passage("d1", "Handbook", 3, "The gate opens at six.", 120, 142, 0.8)
TOOLS = [{"name": "show_table", "description": "Shows.", "parameters": {"type": "object"}}]
CALLING: list[Batch] = [
    [Reasoning("A table.")],
    [Text("Look:")],
    [ToolCall(0, "c1", "show_table", "")],
    [ToolCall(0, "", "", '{"rows":')],
    [ToolCall(0, "", "", ' ["a\u2028"]}'), ToolCall(1, "c2", "show_table", '{"rows": []')],
    [ToolCall(1, "", "", "}")],
    [Finished("tool_calls")],
]
INPUT = {"rows": ["a\u2028"]}
NO_ROWS: dict[str, Any] = {"rows": []}
GIVEN: tuple[tuple[str, dict[str, Any]], ...] = (("c1", INPUT), ("c2", NO_ROWS))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def node() -> AsyncIterator[NodeClients]:
    clients = await NodeClients.start()
    yield clients
    await clients.close()


@pytest_asyncio.fixture(loop_scope="module")
async def edge() -> AsyncIterator[ChatEdge]:
    ports = Ports()
    ports.jobs.batches = [*CALLING]
    ports.jobs.later = [finished([Text("There.")])]
    ports.knowledge.found = (SOURCE,)
    async with serving(ports, ChatRules(resume_grace_s=0.5)) as running:
        yield running


async def ask(node: NodeClients, edge: ChatEdge, client: str, **command: Any) -> dict[str, Any]:
    told: dict[str, Any] = {
        "api": f"{edge.url}/v1/chat",
        "headers": AUTHORIZATION,
        "chat": "c1",
        "body": {"tools": TOOLS},
    }
    if client == "ai4":
        parts = [{"type": "text", "text": "Show."}]
        told["messages"] = [{"role": "user", "content": "Show.", "parts": parts}]
    return await node.ask(client, text="Show.", **{**told, **command})


def told(message: dict[str, Any], *but: str) -> list[dict[str, Any]]:
    return [part for part in message["parts"] if part["type"] not in ("source-document", *but)]


async def test_ai_sdk_7_puts_calls_together(node: NodeClients, edge: ChatEdge) -> None:
    seen = await ask(node, edge, "ai7")

    assert (seen["error"], seen["status"]) == (None, "ready")
    tools = edge.ports.jobs.submitted[0].tools
    assert tools is not None
    assert [tool.name for tool in tools.functions] == ["show_table"]
    (_, answer) = seen["messages"]
    step, reasoning, text, first, second = told(answer)
    assert [part["type"] for part in (step, reasoning, text)] == ["step-start", "reasoning", "text"]
    assert (text["text"], text["state"]) == ("Look:", "done")
    for part, (id, given) in zip((first, second), GIVEN, strict=True):
        expected: dict[str, Any] = {
            "type": "tool-show_table",
            "toolCallId": id,
            "state": "input-available",
            "input": given,
        }
        assert expected.items() <= part.items()
    assert [call["toolCallId"] for call in seen["called"]] == ["c1", "c2"]
    assert answer["metadata"]["finishReason"] == "tool-calls"


async def test_ai_sdk_7_goes_on_by_itself_with_what_its_tools_gave(node: NodeClients, edge: ChatEdge) -> None:
    edge.ports.history.conflicts = 2  # the first step is not stored yet
    seen = await ask(node, edge, "ai7", outputs={"show_table": {"shown": True}})

    assert (seen["error"], seen["status"]) == (None, "ready")
    question, answer = seen["messages"]
    first, second = edge.ports.jobs.submitted
    assert (answer["id"], second.message_id) == (first.message_id, first.message_id)
    assert [message.role for message in second.messages] == ["user", "assistant", "tool", "tool"]
    assert second.messages[1] == ChatMessage(
        "assistant",
        "Look:",
        reasoning="A table.",
        tool_calls=tuple(
            FunctionCall(id, "show_table", json.dumps(given, separators=(",", ":"), ensure_ascii=False))
            for id, given in GIVEN
        ),
    )
    assert second.messages[2] == ChatMessage("tool", '{"shown":true}', tool_call_id="c1")
    kinds = [part["type"] for part in answer["parts"]]
    assert kinds.count("source-document") == 1
    assert kinds[-2:] == ["step-start", "text"]
    assert answer["parts"][-1]["text"] == "There."
    (going,) = edge.ports.history.gone_on
    assert (going.outcomes.answer, [outcome.call for outcome in going.outcomes.each]) == (
        answer["id"],
        ["c1", "c2"],
    )
    assert [turn.question_id for turn in edge.ports.history.begun] == [question["id"]]
    assert edge.ports.knowledge.queries == ["Show."]


async def test_ai_sdk_4_puts_calls_together_and_goes_on(node: NodeClients, edge: ChatEdge) -> None:
    seen = await ask(node, edge, "ai4")

    assert seen["error"] is None
    message = seen["message"]
    assert [(call["toolCallId"], call["state"], call["args"]) for call in message["toolInvocations"]] == [
        ("c1", "call", INPUT),
        ("c2", "call", NO_ROWS),
    ]
    assert seen["finish"]["finishReason"] == "tool-calls"
    for part in message["parts"]:
        if part["type"] == "tool-invocation":
            part["toolInvocation"] |= {"state": "result", "result": "shown"}
    message["toolInvocations"] = [
        call | {"state": "result", "result": "shown"} for call in message["toolInvocations"]
    ]
    messages = [{"role": "user", "content": "Show.", "parts": [{"type": "text", "text": "Show."}]}, message]
    again = await ask(node, edge, "ai4", messages=messages, lastMessage=message)
    assert again["error"] is None
    assert again["message"]["content"] == "Look:There."
    assert [part["type"] for part in again["message"]["parts"]].count("source") == 1
    (going,) = edge.ports.history.gone_on
    assert [outcome.call for outcome in going.outcomes.each] == ["c1", "c2"]


@pytest.mark.parametrize(
    ("arguments", "reason", "failure", "error"),
    [
        ("{not json", "tool_calls", None, "The model's arguments for this call are not a JSON object."),
        ('["a"]', "tool_calls", None, "The model's arguments for this call are not a JSON object."),
        ('{"a": [', "length", None, "The model's arguments for this call are not a JSON object."),
        ("{}", "cancelled", Failure("cancelled", "Stopped."), "The answer broke off within this call."),
        ('{"a":', None, Failure("engine_failed", "It gave up."), "The answer broke off within this call."),
    ],
)
async def test_a_call_that_cannot_be_made_is_an_error_and_not_a_call(
    node: NodeClients, edge: ChatEdge, arguments: str, reason: Any, failure: Failure | None, error: str
) -> None:
    edge.ports.jobs.batches = [[ToolCall(0, "c1", "show_table", arguments)]]
    if reason:
        edge.ports.jobs.batches.append([Finished(reason)])
    edge.ports.jobs.later = []
    edge.ports.jobs.failure = failure
    seen = await ask(node, edge, "ai7", outputs={"show_table": "shown"} if failure else None)
    call = told(seen["messages"][1])[-1]
    assert (call["type"], call["state"], call["errorText"]) == ("tool-show_table", "output-error", error)
    assert seen["called"] == []
    four = await ask(node, edge, "ai4")
    assert [call["state"] for call in four["message"]["toolInvocations"]] == ["partial-call"]
    assert four["message"]["annotations"] == [
        {"type": "notice", "code": "tool_input_invalid", "message": error}
    ]


async def test_no_arguments_are_an_empty_object(node: NodeClients, edge: ChatEdge) -> None:
    edge.ports.jobs.batches = [[ToolCall(0, "c1", "rest", "")], [Finished("tool_calls")]]
    assert told((await ask(node, edge, "ai7"))["messages"][1])[-1]["input"] == {}


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


async def test_a_model_that_calls_nothing_answers_without_unless_it_must(
    node: NodeClients, edge: ChatEdge
) -> None:
    edge.ports.workers.model = ServedModel(MODEL.name, MODEL.context_tokens, tools=False)
    edge.ports.jobs.batches = finished([Text("Words.")])
    edge.ports.jobs.later = []
    assert told((await ask(node, edge, "ai7"))["messages"][1])[-1]["text"] == "Words."
    await ask(node, edge, "ai7", body={"tools": TOOLS, "tool_choice": "required"})
    allowed, forced = edge.ports.jobs.submitted
    assert allowed.tools is None
    assert forced.tools is not None


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
