"""The chat job on the wire: bounded, and what is not used does not travel."""

from typing import Any

import msgspec
import pytest

from shared.messages import (
    ChatJob,
    ChatMessage,
    Function,
    FunctionCall,
    ImageContent,
    Sampling,
    TextContent,
    Tools,
)

OLD: dict[str, Any] = {
    "type": "ChatJob",
    "request": "r",
    "user": "u",
    "model": "m",
    "messages": [{"role": "user", "content": "How?"}],
    "inbox": "i",
    "stream": 1,
    "created_at": 0.0,
    "deadline": 1.0,
}


def job(**fields: Any) -> ChatJob:
    return msgspec.structs.replace(msgspec.convert(OLD, ChatJob), **fields)


def again(sent: ChatJob) -> ChatJob:
    return msgspec.msgpack.decode(msgspec.msgpack.encode(sent), type=ChatJob)


def test_plain_turn_looks_as_it_always_did():
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(job())) == OLD


def test_tools_pictures_and_earlier_calls_arrive():
    turns = (
        ChatMessage("user", (TextContent("What is this?"), ImageContent("image/png", b"\x89PNG"))),
        ChatMessage(
            "assistant", "", tool_calls=(FunctionCall("c1", "look", '{"b":1,"a":2}'),), reasoning="Hm."
        ),
        ChatMessage("tool", "A cat.", tool_call_id="c1"),
    )
    tools = Tools((Function("look", parameters='{"type":"object"}'),), choice="named", named="look")
    sent = job(messages=turns, tools=tools, sampling=Sampling(logit_bias={7: -100.0}), prompt=(1, 2))
    assert again(sent) == sent
    assert [turn.text for turn in turns] == ["What is this?", "", "A cat."]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("tools", Tools((Function("a b"),))),
        ("tools", Tools(())),
        ("tools", Tools(tuple(Function(f"f{n}") for n in range(129)))),
        ("sampling", Sampling(logit_bias=dict.fromkeys(range(301), 1.0))),
        ("sampling", Sampling(logit_bias={-1: 1.0})),
        ("sampling", Sampling(logit_bias={1: 101.0})),
        ("sampling", Sampling(repetition_penalty=0.0)),
        ("sampling", Sampling(stop=("",))),
        ("prompt", (-1,)),
        ("chat_template_kwargs", "x" * 4_097),
        ("messages", (ChatMessage("user", (ImageContent("image/png", b""),)),)),
    ],
)
def test_what_is_out_of_bounds_is_no_job(field: str, value: Any):
    with pytest.raises(msgspec.ValidationError):
        again(job(**{field: value}))
