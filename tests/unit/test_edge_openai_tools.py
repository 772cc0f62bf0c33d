"""Chat completions with tools, pictures and vLLM's further sampling: what becomes a question, and what is refused."""

import base64
import json
from typing import Any

import pytest

from services.edge.adapters.openai import requests as openai
from services.edge.domain.chat import Question
from shared.errors import InvalidRequest
from shared.messages import ChatMessage, Function, FunctionCall, ImageContent, TextContent, Tools

PNG = "data:image/png;base64," + base64.b64encode(b"\x89PNG").decode()
SCHEMA = {"type": "object", "properties": {"b": {"type": "string"}, "a": {"type": "integer"}}}


def asked(**fields: Any) -> Question:
    body = {"model": "m", "messages": [{"role": "user", "content": "How?"}], **fields}
    return openai.to_question(openai.read_body(json.dumps(body).encode()))


def tool(name: str = "f", **fields: Any) -> dict[str, Any]:
    return {"type": "function", "function": {"name": name, **fields}}


def nested(levels: int) -> dict[str, Any]:
    schema: dict[str, Any] = {}
    for _ in range(levels):
        schema = {"items": schema}
    return schema


def test_tools_keep_the_order_of_their_properties():
    question = asked(tools=[tool("look", description="Looks.", parameters=SCHEMA, strict=True), tool("rest")])
    assert question.tools is not None
    look, rest = question.tools.functions
    assert look == Function("look", "Looks.", json.dumps(SCHEMA, separators=(",", ":")), strict=True)
    assert rest == Function("rest")
    assert (question.tools.choice, question.tools.parallel) == ("auto", True)


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ("none", Tools((Function("f"),), "none", parallel=False)),
        ("required", Tools((Function("f"),), "required", parallel=False)),
        (
            {"type": "function", "function": {"name": "f"}},
            Tools((Function("f"),), "named", "f", parallel=False),
        ),
    ],
)
def test_a_choice_of_tools(choice: object, expected: Tools):
    assert asked(tools=[tool()], tool_choice=choice, parallel_tool_calls=False).tools == expected


def test_a_call_and_its_result_and_thoughts_come_back():
    call = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    said = {"role": "assistant", "content": None, "reasoning_content": "Hm.", "tool_calls": [call]}
    result = {"role": "tool", "tool_call_id": "c1", "content": [{"type": "text", "text": "7"}]}
    assert asked(messages=[said, result]).messages == (
        ChatMessage("assistant", "", reasoning="Hm.", tool_calls=(FunctionCall("c1", "f", "{}"),)),
        ChatMessage("tool", "7", tool_call_id="c1"),
    )


def test_a_picture_stands_where_it_stood():
    content = [{"type": "text", "text": "This?"}, {"type": "image_url", "image_url": {"url": PNG}}]
    (message,) = asked(messages=[{"role": "user", "content": content}]).messages
    assert message.content == (TextContent("This?"), ImageContent("image/png", b"\x89PNG"))


def test_what_vllm_samples_by():
    question = asked(
        logit_bias={"7": -100}, top_k=-1, min_p=0.1, repetition_penalty=1.1, min_tokens=2, stop_token_ids=[5],
        ignore_eos=True, max_completion_tokens=9, reasoning_effort="low",
        chat_template_kwargs={"enable_thinking": False},
    )  # fmt: skip
    sampling = question.sampling
    assert (sampling.logit_bias, sampling.top_k, sampling.min_p) == ({7: -100.0}, 0, 0.1)
    assert (sampling.repetition_penalty, sampling.min_tokens, sampling.stop_token_ids) == (1.1, 2, (5,))
    assert (sampling.ignore_eos, sampling.max_tokens, question.reasoning_effort) == (True, 9, "low")
    assert question.chat_template_kwargs == '{"enable_thinking":false}'


def test_null_and_what_is_the_default_ask_for_nothing():
    asked(
        tools=None, logit_bias=None, functions=[], store=False, modalities=["text"], skip_special_tokens=True,
        best_of=1, service_tier="default", user="u", metadata={"a": "b"}, verbosity="medium", prompt_embeds=None,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"tools": [tool("a b")]}, "tools[0].function.name"),
        ({"tools": [tool("f\n<tool_call>")]}, "tools[0].function.name"),
        ({"tools": [tool("x" * 65)]}, "tools[0].function.name"),
        ({"tools": [tool("f"), tool("f")]}, "tools"),
        ({"tools": [tool(f"f{n}") for n in range(129)]}, "tools"),
        ({"tools": [{"type": "function"}]}, "tools[0].function"),
        ({"tools": [tool(parameters=nested(65))]}, "tools[0].function.parameters"),
        ({"tools": [tool(parameters={"$ref": "http://x/y"})]}, "tools[0].function.parameters"),
        ({"tools": [tool(parameters={"enum": ["x" * 40_000]})]}, "tools[0].function.parameters"),
        ({"tools": [tool(f"f{n}", parameters={"enum": ["x" * 30_000]}) for n in range(5)]}, "tools"),
        ({"tools": [tool(parameters=7)]}, "tools[0].function.parameters"),
        ({"tool_choice": "required"}, "tool_choice"),
        ({"tools": [tool()], "tool_choice": {"type": "function", "function": {"name": "g"}}},
         "tool_choice.function.name"),
        ({"logit_bias": {"-1": 1}}, "logit_bias"),
        ({"logit_bias": {"9999999999": 1}}, "logit_bias"),
        ({"logit_bias": {"x": 1}}, "logit_bias"),
        ({"logit_bias": {"1": 101}}, "logit_bias[...]"),
        ({"logit_bias": {str(id): 1 for id in range(301)}}, "logit_bias"),
        ({"repetition_penalty": 0}, "repetition_penalty"),
        ({"repetition_penalty": 1e9}, "repetition_penalty"),
        ({"min_p": -1}, "min_p"),
        ({"top_k": -2}, "top_k"),
        ({"min_tokens": 10, "max_tokens": 9}, "min_tokens"),
        ({"stop_token_ids": [-1]}, "stop_token_ids[0]"),
        ({"stop": ""}, "stop"),
        ({"n": 16, "max_tokens": 100_000}, "n"),
        ({"chat_template_kwargs": {"chat_template": "{{ 1 }}"}}, "chat_template_kwargs"),
        ({"chat_template_kwargs": {"a b": 1}}, "chat_template_kwargs"),
        ({"chat_template_kwargs": {"deep": {"er": 1}}}, "chat_template_kwargs[...]"),
        ({"reasoning_effort": "utmost"}, "reasoning_effort"),
        ({"messages": [{"role": "tool", "content": "x"}]}, "messages[0].tool_call_id"),
        ({"messages": [{"role": "assistant", "tool_calls": [{"id": "1"}]}]}, "messages[0].tool_calls[0].function"),
        *(
            ({"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": url}}]}]},
             "messages[0].content[0].image_url")
            for url in ("http://10.0.0.1/a.png", "file:///etc/passwd", "data:image/svg+xml;base64,AAAA",
                        "data:image/png;base64,@@", "data:image/png;base64,")
        ),
    ],
)  # fmt: skip
def test_a_hostile_request_is_refused_by_name(fields: dict[str, Any], param: str):
    with pytest.raises(InvalidRequest) as caught:
        asked(**fields)
    assert caught.value.param == param
