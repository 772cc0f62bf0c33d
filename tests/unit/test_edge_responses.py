"""What may stand in a request for a response, and what is refused by name."""

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.edge.adapters.openai.responses_body import read_body
from services.edge.adapters.openai.responses_question import to_question
from services.edge.domain.chat import Question
from shared.errors import InvalidRequest
from shared.messages import ChatMessage, FunctionCall

WEATHER: dict[str, object] = {"type": "function", "name": "weather", "parameters": {"type": "object"}}
PART = "input[0].content[0]"
URL = f"{PART}.image_url"


def asked(**fields: object) -> Question:
    body = {"model": "m", "input": "x", **fields}
    return to_question(read_body(json.dumps(body).encode()))


def item(**fields: object) -> dict[str, object]:
    return {"input": [fields]}


def content(role: str, **part: object) -> dict[str, object]:
    return item(role=role, content=[part])


@pytest.mark.parametrize(
    ("fields", "param", "code"),
    [
        ({"store": True}, "store", "unsupported_parameter"),
        ({"previous_response_id": "resp_1"}, "previous_response_id", "unsupported_parameter"),
        ({"background": True}, "background", "unsupported_parameter"),
        ({"conversation": "conv_1"}, "conversation", "unsupported_parameter"),
        ({"prompt": {"id": "p"}}, "prompt", "unsupported_parameter"),
        ({"max_tool_calls": 3}, "max_tool_calls", "unsupported_parameter"),
        ({"truncation": "auto"}, "truncation", "unsupported_parameter"),
        ({"include": ["reasoning.encrypted_content"]}, "include", "unsupported_parameter"),
        ({"text": {"verbosity": "low"}}, "text.verbosity", "unsupported_parameter"),
        ({"reasoning": {"summary": "concise"}}, "reasoning.summary", "unsupported_parameter"),
        ({"tools": [{"type": "web_search"}]}, "tools[0].type", "unsupported_parameter"),
        ({"tools": [WEATHER, {"type": "mcp"}]}, "tools[1].type", "unsupported_parameter"),
        ({"tools": [{"type": "function"}]}, "tools[0].name", "invalid_request"),
        ({"tools": [{"type": "function", "name": "a b"}]}, "tools[0].name", "invalid_request"),
        ({"tools": [WEATHER, WEATHER]}, "tools", "invalid_request"),
        ({"tools": [{**WEATHER, "parameters": {"$ref": "http://a"}}]}, "tools[0].parameters", "invalid_request"),
        ({"tool_choice": "required"}, "tool_choice", "invalid_request"),
        ({"tools": [WEATHER], "tool_choice": {"type": "web_search"}}, "tool_choice.type", "unsupported_parameter"),
        ({"tools": [WEATHER], "tool_choice": {"type": "function", "name": "f"}}, "tool_choice.name", "invalid_request"),
        ({"tools": [WEATHER], "tool_choice": "perhaps"}, "tool_choice", "invalid_request"),
        ({"text": {"format": {"type": "json_schema", "name": "n"}}}, "text.format.schema", "invalid_request"),
        ({"text": {"format": {"type": "json_schema", "schema": {}}}}, "text.format.name", "invalid_request"),
        ({"text": {"format": {"type": "grammar"}}}, "text.format.type", "invalid_request"),
        ({"top_logprobs": 2}, "top_logprobs", "invalid_request"),
        ({"max_output_tokens": 0}, "max_output_tokens", "invalid_request"),
        ({"metadata": {"a": 1}}, "metadata[...]", "invalid_request"),
        ({"input": ""}, "input", "invalid_request"),
        ({"input": []}, "input", "invalid_request"),
        ({"input": None}, "input", "invalid_request"),
        (item(role="root", content="x"), "input[0].role", "invalid_request"),
        (item(role="user"), "input[0].content", "invalid_request"),
        (item(type="item_reference", id="msg_1"), "input[0].type", "unsupported_parameter"),
        (item(type="web_search_call", id="ws_1"), "input[0].type", "unsupported_parameter"),
        (item(type="function_call", name="f"), "input[0].call_id", "invalid_request"),
        (item(type="function_call_output", call_id="c"), "input[0].output", "invalid_request"),
        (content("user", type="input_file", file_id="f"), f"{PART}.type", "unsupported_parameter"),
        (content("user", type="input_image", image_url="https://a/b.png"), URL, "unsupported_parameter"),
        (content("user", type="input_image", image_url="data:image/png;base64,%"), URL, "invalid_request"),
        (content("user", type="input_image", file_id="f"), URL, "unsupported_parameter"),
        (content("assistant", type="input_image", image_url="x"), f"{PART}.type", "unsupported_parameter"),
    ],
)  # fmt: skip
def test_a_mistake_names_its_parameter(fields: dict[str, object], param: str, code: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        asked(**fields)
    assert (caught.value.param, caught.value.code) == (param, code)


def test_what_asks_for_nothing_is_taken() -> None:
    question = asked(
        store=False,
        background=False,
        truncation="disabled",
        include=[],
        tools=[],
        tool_choice="auto",
        parallel_tool_calls=True,
        text={"format": {"type": "text"}, "verbosity": "medium"},
        reasoning={"effort": None, "summary": "auto"},
        service_tier="auto",
        user="ada",
        stream_options={"include_obfuscation": False},
        metadata={},
    )
    assert question == Question(model="m", messages=(ChatMessage("user", "x"),))


TURN = st.sampled_from(["user", "assistant", "call", "reasoning"])


def made(turn: str, n: int) -> dict[str, object]:
    match turn:
        case "user":
            return {"role": "user", "content": f"u{n}"}
        case "assistant":
            return {"role": "assistant", "content": [{"type": "output_text", "text": f"a{n}"}]}
        case "call":
            return {"type": "function_call", "call_id": f"c{n}", "name": "f", "arguments": "{}"}
        case _:
            return {"type": "reasoning", "content": [{"type": "reasoning_text", "text": f"r{n}"}]}


@given(st.lists(TURN, min_size=1, max_size=12))
def test_whatever_the_order_nothing_said_or_called_is_lost(turns: list[str]) -> None:
    """And a call stands with what was said or thought before it."""
    messages = asked(input=[made(turn, place) for place, turn in enumerate(turns)]).messages
    said = [message.text for message in messages if message.text]
    assert said == [f"{turn[0]}{n}" for n, turn in enumerate(turns) if turn in ("user", "assistant")]
    calls = [call for message in messages for call in message.tool_calls]
    assert calls == [FunctionCall(f"c{n}", "f", "{}") for n, turn in enumerate(turns) if turn == "call"]
    for before, after in pairwise(messages):
        assert "user" in (before.role, after.role) or after.text or after.reasoning
