"""The official clients of AI SDK 4 and 7 read calls of functions, and answer them."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from shared.messages import (
    ChatMessage,
    Failure,
    Finished,
    FunctionCall,
    ServedModel,
    Text,
    ToolCall,
)
from tests.calling import GIVEN, INPUT, NO_ROWS, TOOLS, ask, calling_edge, told
from tests.chat_edge import ChatEdge
from tests.fakes.chat import MODEL, finished
from tests.node_clients import NodeClients

pytestmark = [pytest.mark.node, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(loop_scope="module")
async def edge() -> AsyncIterator[ChatEdge]:
    async with calling_edge() as running:
        yield running


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
