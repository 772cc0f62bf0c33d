"""The official `openai` client has a model call functions by the Responses API."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from openai import AsyncOpenAI
from openai.types.responses import FunctionToolParam, Response, ResponseFunctionToolCall

from shared.messages import (
    ChatMessage,
    FunctionCall,
    ImageContent,
    Reasoning,
    Text,
    TextContent,
    ToolCall,
)
from tests.chat_edge import TOKEN, ChatEdge, Ports, serving
from tests.fakes.chat import finished

WEATHER: FunctionToolParam = {
    "type": "function",
    "name": "weather",
    "description": "Now",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
    "strict": True,
}
TIME: FunctionToolParam = {"type": "function", "name": "time", "parameters": None, "strict": None}
CALLS = finished(
    [Text("Let me see.")],
    [ToolCall(0, "call_a", "weather", "")],
    [ToolCall(0, "", "", '{"city"'), ToolCall(0, "", "", ':"Ulm\u2028"}')],
    [ToolCall(1, "call_b", "time", "{}")],
)


@pytest.fixture
async def edge() -> AsyncIterator[ChatEdge]:
    ports = Ports()
    ports.jobs.batches = CALLS
    async with serving(ports) as running:
        yield running


@pytest.fixture
async def client(edge: ChatEdge) -> AsyncIterator[AsyncOpenAI]:
    async with AsyncOpenAI(base_url=f"{edge.url}/v1", api_key=TOKEN, max_retries=0) as made:
        yield made


def calls_of(response: Response) -> list[tuple[str, str, str, str | None]]:
    return [
        (item.call_id, item.name, item.arguments, item.status)
        for item in response.output
        if isinstance(item, ResponseFunctionToolCall)
    ]


EXPECTED = [
    ("call_a", "weather", '{"city":"Ulm\u2028"}', "completed"),
    ("call_b", "time", "{}", "completed"),
]


async def test_calls_whole(edge: ChatEdge, client: AsyncOpenAI) -> None:
    made = await client.responses.create(model="fake", input="Ulm?", tools=[WEATHER, TIME])
    assert [item.type for item in made.output] == ["message", "function_call", "function_call"]
    assert calls_of(made) == EXPECTED
    assert (made.status, made.output_text) == ("completed", "Let me see.")
    assert [tool.model_dump()["name"] for tool in made.tools] == ["weather", "time"]
    tools = edge.ports.jobs.submitted[0].tools
    assert tools is not None
    assert [(one.name, one.description, one.strict) for one in tools.functions] == [
        ("weather", "Now", True),
        ("time", "", False),
    ]
    assert tools.functions[0].parameters == '{"type":"object","properties":{"city":{"type":"string"}}}'
    assert (tools.functions[1].parameters, tools.choice, tools.parallel) == ("", "auto", True)


async def test_calls_streamed(client: AsyncOpenAI) -> None:
    stream = await client.responses.create(model="fake", input="Ulm?", tools=[WEATHER, TIME], stream=True)
    events = [event async for event in stream]
    assert [event.type for event in events] == [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        "response.content_part.added",
        "response.output_text.delta",
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.output_item.added",
        "response.function_call_arguments.delta",
        "response.function_call_arguments.delta",
        "response.output_item.added",
        "response.function_call_arguments.delta",
        "response.function_call_arguments.done",
        "response.output_item.done",
        "response.function_call_arguments.done",
        "response.output_item.done",
        "response.completed",
    ]
    assert [event.sequence_number for event in events] == list(range(len(events)))
    whole: list[Any] = [event for event in events if event.type == "response.function_call_arguments.done"]
    assert [(event.output_index, event.arguments) for event in whole] == [(1, EXPECTED[0][2]), (2, "{}")]
    final = events[-1]
    assert final.type == "response.completed"
    assert calls_of(final.response) == EXPECTED


async def test_the_clients_own_helper_follows_calls(client: AsyncOpenAI) -> None:
    async with client.responses.stream(model="fake", input="Ulm?", tools=[WEATHER, TIME]) as stream:
        async for _ in stream:
            pass
        final = await stream.get_final_response()
    assert [item.arguments for item in final.output if item.type == "function_call"] == [EXPECTED[0][2], "{}"]


async def test_a_conversation_goes_on_with_what_came_of_a_call(edge: ChatEdge, client: AsyncOpenAI) -> None:
    """As OpenAI's guide has it: the output goes back as input, and the results after it."""
    edge.ports.jobs.batches = finished([Reasoning("A call.")], *CALLS[:-1])
    first = await client.responses.create(model="fake", input="Ulm?", tools=[WEATHER, TIME])
    again: list[Any] = [{"role": "user", "content": "Ulm?"}]
    again += [item.model_dump(exclude_none=True) for item in first.output]
    again += [
        {"type": "function_call_output", "call_id": "call_a", "output": "Rain"},
        {
            "type": "function_call_output",
            "call_id": "call_b",
            "output": [{"type": "input_text", "text": "Noon"}],
        },
    ]
    await client.responses.create(model="fake", input=again, tools=[WEATHER, TIME], instructions="Be brief.")
    assert edge.ports.jobs.submitted[1].messages == (
        ChatMessage("system", "Be brief."),
        ChatMessage("user", "Ulm?"),
        ChatMessage(
            "assistant",
            "Let me see.",
            reasoning="A call.",
            tool_calls=(
                FunctionCall("call_a", "weather", EXPECTED[0][2]),
                FunctionCall("call_b", "time", "{}"),
            ),
        ),
        ChatMessage("tool", "Rain", tool_call_id="call_a"),
        ChatMessage("tool", "Noon", tool_call_id="call_b"),
    )


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ("none", ("none", "")),
        ("required", ("required", "")),
        ({"type": "function", "name": "time"}, ("named", "time")),
    ],
)
async def test_which_function_is_called(
    edge: ChatEdge, client: AsyncOpenAI, choice: Any, expected: tuple[str, str]
) -> None:
    made = await client.responses.create(
        model="fake", input="x", tools=[WEATHER, TIME], tool_choice=choice, parallel_tool_calls=False
    )
    tools = edge.ports.jobs.submitted[0].tools
    assert tools is not None
    assert (tools.choice, tools.named, tools.parallel) == (*expected, False)
    assert made.parallel_tool_calls is False
    told = made.tool_choice if isinstance(made.tool_choice, str) else made.tool_choice.model_dump()
    assert told == choice


async def test_a_picture(edge: ChatEdge, client: AsyncOpenAI) -> None:
    picture = "data:image/png;base64,iVBORw=="
    content: Any = [{"type": "input_text", "text": "What?"}, {"type": "input_image", "image_url": picture}]
    await client.responses.create(model="fake", input=[{"role": "user", "content": content}])
    (message,) = edge.ports.jobs.submitted[0].messages
    assert message.content == (TextContent("What?"), ImageContent("image/png", b"\x89PNG"))
