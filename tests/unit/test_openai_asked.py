"""What the openai engine asks its upstream for: all that was asked, and nothing that was not."""

from typing import Any

import msgspec
import pytest

from services.inference.adapters.openai.wire import request_body
from services.inference.domain import formats
from shared.errors import InvalidRequest
from shared.messages import (
    ChatJob,
    ChatMessage,
    Function,
    FunctionCall,
    ImageContent,
    JsonFormat,
    Sampling,
    TextContent,
    Tools,
)

JOB = ChatJob(
    request="r",
    user="u",
    model="m",
    messages=(ChatMessage("user", "How?"),),
    inbox="i",
    stream=1,
    created_at=0.0,
    deadline=0.0,
)
PICTURE = ImageContent("image/png", b"\x89PNG")
TOOLS = Tools(
    (Function("f", "Does.", '{"type":"object"}', strict=True), Function("g")), "named", "g", parallel=False
)


def job(**fields: Any) -> ChatJob:
    return msgspec.structs.replace(JOB, **fields)


def test_a_plain_question_has_no_more_than_it_always_had() -> None:
    assert set(request_body(JOB, "up")) == {"model", "messages", "stream", "stream_options"}
    assert request_body(JOB, "up")["messages"] == [{"role": "user", "content": "How?"}]


def test_tools_calls_results_and_pictures_are_as_openai_has_them() -> None:
    turns = (
        ChatMessage("user", (TextContent("This?"), PICTURE), name="ada"),
        ChatMessage("assistant", "", reasoning="Hm.", tool_calls=(FunctionCall("c", "f"),)),
        ChatMessage("tool", "A cat.", tool_call_id="c"),
    )
    body = request_body(job(messages=turns, tools=TOOLS, reasoning_effort="low"), "up")
    assert body["messages"] == [
        {
            "role": "user",
            "name": "ada",
            "content": [
                {"type": "text", "text": "This?"},
                {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw=="}},
            ],
        },
        {
            "role": "assistant",
            "content": "",
            "reasoning_content": "Hm.",
            "tool_calls": [{"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}],
        },
        {"role": "tool", "content": "A cat.", "tool_call_id": "c"},
    ]
    f = {"name": "f", "description": "Does.", "parameters": {"type": "object"}, "strict": True}
    assert body["tools"] == [
        {"type": "function", "function": f},
        {"type": "function", "function": {"name": "g"}},
    ]
    assert body["tool_choice"] == {"type": "function", "function": {"name": "g"}}
    assert (body["parallel_tool_calls"], body["reasoning_effort"]) == (False, "low")


def test_further_sampling_and_template_arguments() -> None:
    sampling = Sampling(
        logit_bias={7: -1.0}, top_k=0, min_p=0.1, min_tokens=2, stop_token_ids=(5,), ignore_eos=True
    )
    body = request_body(job(sampling=sampling, chat_template_kwargs='{"enable_thinking":false}'), "up")
    assert body["logit_bias"] == {"7": -1.0}
    assert (body["top_k"], body["min_p"], body["min_tokens"]) == (0, 0.1, 2)
    assert (body["stop_token_ids"], body["ignore_eos"]) == ([5], True)
    assert body["chat_template_kwargs"] == {"enable_thinking": False}


@pytest.mark.parametrize("schema", ["[]", "{", "7"])
def test_parameters_that_are_no_object_are_the_callers_mistake(schema: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        request_body(job(tools=Tools((Function("f", parameters=schema),))), "up")
    assert caught.value.param == "tools[0].function.parameters"


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"tools": TOOLS}, "tools"),
        ({"messages": (ChatMessage("user", (PICTURE,)),)}, "messages"),
        ({"prompt": (1, 2)}, "prompt"),
        ({"sampling": Sampling(json_format=JsonFormat())}, "response_format"),
    ],
)
def test_an_engine_of_words_refuses_the_rest(fields: dict[str, Any], param: str) -> None:
    refused = formats.refusal(job(**fields))
    assert refused is not None
    assert refused.param == param


def test_tools_that_may_not_be_called_are_no_reason_to_refuse() -> None:
    assert formats.refusal(job(tools=msgspec.structs.replace(TOOLS, choice="none"))) is None
    assert formats.refusal(job(prompt="As it is")) is None
