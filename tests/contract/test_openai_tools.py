"""The official `openai` client puts calls of functions together from what the edge streams."""

from collections.abc import AsyncIterator

import pytest
from openai import AsyncOpenAI
from openai.types.chat import ChatCompletionFunctionToolParam, ChatCompletionMessageParam

from shared.messages import Finished, Logprobs, Reasoning, Text, TokenLogprob, ToolCall, Usage
from tests.chat_edge import TOKEN, ChatEdge, Ports, serving

MESSAGES: list[ChatCompletionMessageParam] = [{"role": "user", "content": "Turn both."}]
TOOLS: list[ChatCompletionFunctionToolParam] = [
    {
        "type": "function",
        "function": {
            "name": "turn",
            "strict": True,
            "parameters": {
                "type": "object",
                "properties": {"wheel": {"type": "string"}},
                "required": ["wheel"],
                "additionalProperties": False,
            },
        },
    }
]


@pytest.fixture
async def edge() -> AsyncIterator[ChatEdge]:
    ports = Ports()
    ports.jobs.usage = Usage(20, 9, cached_tokens=16, reasoning_tokens=3)
    ports.jobs.batches = [
        [Reasoning("Both.")],
        [Text("I turn.")],
        [ToolCall(0, "call_1", "turn", "")],
        [ToolCall(0, "", "", '{"wheel": ')],
        [ToolCall(0, "", "", '"red\u2028"}'), ToolCall(1, "call_2", "turn", '{"wheel"')],
        [ToolCall(1, "", "", ': "blue"}')],
        [Finished("tool_calls")],
    ]
    async with serving(ports) as running:
        yield running


@pytest.fixture
async def client(edge: ChatEdge) -> AsyncIterator[AsyncOpenAI]:
    async with AsyncOpenAI(base_url=f"{edge.url}/v1", api_key=TOKEN, max_retries=0) as made:
        yield made


async def test_streamed_calls_are_put_together(edge: ChatEdge, client: AsyncOpenAI) -> None:
    async with client.chat.completions.stream(
        model="fake", messages=MESSAGES, tools=TOOLS, stream_options={"include_usage": True}
    ) as stream:
        done = [
            (event.name, event.arguments)
            async for event in stream
            if event.type == "tool_calls.function.arguments.done"
        ]
        whole = await stream.get_final_completion()
    (choice,) = whole.choices
    calls = choice.message.tool_calls or []
    assert [(call.id, call.type, call.function.name) for call in calls] == [
        ("call_1", "function", "turn"),
        ("call_2", "function", "turn"),
    ]
    assert [call.function.parsed_arguments for call in calls] == [{"wheel": "red\u2028"}, {"wheel": "blue"}]
    assert done == [("turn", '{"wheel": "red\u2028"}'), ("turn", '{"wheel": "blue"}')]
    assert (choice.finish_reason, choice.message.content) == ("tool_calls", "I turn.")
    assert whole.usage is not None
    assert whole.usage.prompt_tokens_details is not None
    assert whole.usage.prompt_tokens_details.cached_tokens == 16
    assert whole.usage.completion_tokens_details is not None
    assert whole.usage.completion_tokens_details.reasoning_tokens == 3
    (job,) = edge.ports.jobs.submitted
    assert job.tools is not None
    assert job.tools.functions[0].strict


async def test_only_the_first_piece_of_a_call_names_it(client: AsyncOpenAI) -> None:
    stream = await client.chat.completions.create(model="fake", messages=MESSAGES, tools=TOOLS, stream=True)
    deltas = [chunk.choices[0].delta async for chunk in stream]
    pieces = [call for delta in deltas for call in delta.tool_calls or ()]
    assert [(piece.index, piece.id, piece.type) for piece in pieces] == [
        (0, "call_1", "function"),
        (0, None, None),
        (0, None, None),
        (1, "call_2", "function"),
        (1, None, None),
    ]
    assert [piece.function.name for piece in pieces if piece.function] == ["turn", None, None, "turn", None]


async def test_a_whole_completion_has_the_calls(client: AsyncOpenAI) -> None:
    whole = await client.chat.completions.create(model="fake", messages=MESSAGES, tools=TOOLS)
    (choice,) = whole.choices
    said = [
        (call.id, call.function.arguments)
        for call in choice.message.tool_calls or []
        if call.type == "function"
    ]
    assert said == [("call_1", '{"wheel": "red\u2028"}'), ("call_2", '{"wheel": "blue"}')]
    assert (choice.message.content, choice.finish_reason) == ("I turn.", "tool_calls")
    assert (choice.message.model_extra or {})["reasoning_content"] == "Both."


async def test_without_text_there_is_no_content(edge: ChatEdge, client: AsyncOpenAI) -> None:
    edge.ports.jobs.batches = [[ToolCall(0, "c", "turn", "{}"), Finished("tool_calls")]]
    whole = await client.chat.completions.create(model="fake", messages=MESSAGES, tools=TOOLS)
    assert whole.choices[0].message.content is None


async def test_log_probabilities_come_with_calls_too(edge: ChatEdge, client: AsyncOpenAI) -> None:
    edge.ports.jobs.batches = [
        [ToolCall(0, "c", "turn", "{}"), Logprobs(((TokenLogprob("{}", -0.5, (123, 125)),),))],
        [Finished("tool_calls")],
    ]
    stream = await client.chat.completions.create(
        model="fake", messages=MESSAGES, tools=TOOLS, stream=True, logprobs=True
    )
    choices = [chunk.choices[0] async for chunk in stream]
    (told,) = [choice for choice in choices if choice.logprobs is not None]
    assert told.delta.tool_calls
    assert [entry.logprob for entry in told.logprobs.content or []] == [-0.5] if told.logprobs else False


async def test_calls_of_an_earlier_turn_go_to_the_model(edge: ChatEdge, client: AsyncOpenAI) -> None:
    first = await client.chat.completions.create(model="fake", messages=MESSAGES, tools=TOOLS)
    said = first.choices[0].message
    history: list[ChatCompletionMessageParam] = [
        *MESSAGES,
        said.to_dict(),  # type: ignore[list-item] # as the client's own documentation has it
        *({"role": "tool", "tool_call_id": call.id, "content": "done"} for call in said.tool_calls or ()),
    ]
    await client.chat.completions.create(model="fake", messages=history, tools=TOOLS)
    turns = edge.ports.jobs.submitted[-1].messages
    assert [turn.role for turn in turns] == ["user", "assistant", "tool", "tool"]
    assert [call.id for call in turns[1].tool_calls] == [turn.tool_call_id for turn in turns[2:]]
    assert turns[1].reasoning == "Both."
