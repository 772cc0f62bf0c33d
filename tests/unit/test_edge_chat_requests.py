"""What clients send, as questions."""

import json

import pytest

from services.edge.adapters.bodies import decode_body
from services.edge.adapters.openai import requests as openai
from services.edge.adapters.openai.refused import UnsupportedParameter
from services.edge.adapters.vercel import requests as vercel
from services.edge.adapters.vercel.question import to_question
from shared.errors import InvalidRequest
from shared.messages import ChatMessage


def vercel_body(**fields: object) -> vercel.ChatBody:
    body: dict[str, object] = {"messages": [{"role": "user", "content": "hi"}], **fields}
    return vercel.read_body(json.dumps(body).encode())


def openai_body(**fields: object) -> openai.CompletionBody:
    body: dict[str, object] = {"model": "m", "messages": [{"role": "user", "content": "hi"}], **fields}
    return openai.read_body(json.dumps(body).encode())


@pytest.mark.parametrize(
    ("fields", "asked", "protocol"),
    [
        ({}, None, "data"),
        ({"id": "c1"}, None, "data"),
        ({"trigger": "submit-message"}, None, "ui"),
        ({"trigger": "regenerate-message"}, None, "ui"),
        ({"trigger": "submit-message"}, "data", "data"),
        ({}, "ui", "ui"),
        ({}, "text", "text"),
    ],
)
def test_the_trigger_chooses_the_protocol_unless_the_query_does(
    fields: dict[str, object], asked: str | None, protocol: str
) -> None:
    assert vercel.protocol_of(vercel_body(**fields), asked) == protocol


def test_an_unknown_protocol_is_refused() -> None:
    with pytest.raises(InvalidRequest) as caught:
        vercel.protocol_of(vercel_body(), "sse")
    assert caught.value.param == "protocol"


def test_parts_that_are_not_text_are_left_out() -> None:
    messages = [
        {"role": "user", "parts": [{"type": "text", "text": "one"}]},
        {
            "role": "assistant",
            "parts": [
                {"type": "step-start"},
                {"type": "data-notice", "data": {"text": "no"}, "text": {"not": "a string"}},
                {"type": "text", "text": "two"},
                {"type": "source-document", "sourceId": "s", "mediaType": "text/plain", "title": "t"},
                {"type": "text", "text": "three"},
            ],
        },
        {"role": "assistant", "parts": [{"type": "step-start"}]},
        {"role": "data", "content": "nothing to a model"},
        {"role": "user", "id": "m4", "parts": [{"type": "text", "text": "four"}]},
    ]
    question = to_question(vercel_body(messages=messages, trigger="submit-message", id="c1"))
    assert question.messages == (
        ChatMessage("user", "one"),
        ChatMessage("assistant", "two\nthree"),
        ChatMessage("user", "four"),
    )
    assert (question.chat, question.question_id, question.retrieve) == ("c1", "m4", True)


def test_a_body_without_an_id_begins_a_conversation_each_time() -> None:
    first, second = (to_question(vercel_body()).chat for _ in range(2))
    assert first != second


def test_asking_version_4s_last_question_again_is_the_same_question() -> None:
    asked = [
        {"role": "user", "content": "a"},
        {"role": "assistant", "content": "b"},
        {"role": "user", "content": "c"},
    ]
    first, again, later = (
        to_question(vercel_body(id="c1", messages=messages)).question_id
        for messages in (asked, asked, [*asked, {"role": "assistant", "content": "d"}, asked[0]])
    )
    assert first == again
    assert first != later


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"messages": []}, "messages"),
        ({"messages": None}, "messages"),
        ({"messages": [{"content": "hi"}]}, "messages[0].role"),
        (
            {"messages": [{"role": "user", "content": "a"}, {"role": "root", "content": "b"}]},
            "messages[1].role",
        ),
        ({"messages": [{"role": "user", "content": 1}]}, "messages[0].content"),
        ({"messages": [{"role": "user"}]}, "messages[0]"),
        ({"messages": [{"role": "assistant", "content": "x"}]}, "messages[0]"),
        ({"id": "../etc"}, "id"),
        ({"id": ""}, "id"),
        ({"temperature": 3}, "temperature"),
        ({"stream": "yes"}, "stream"),
    ],
)
def test_a_mistake_names_its_field(fields: dict[str, object], param: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        to_question(vercel_body(**fields))
    assert caught.value.param == param


@pytest.mark.parametrize("data", [b"", b"{", b"\xff\xfe", b'"\\ud800"', b"[" * 100_000, b"null", b"[]"])
def test_what_is_no_json_object_is_a_bad_request(data: bytes) -> None:
    with pytest.raises(InvalidRequest):
        decode_body(data, vercel.ChatBody)
    with pytest.raises(InvalidRequest):
        openai.read_body(data)


def test_openai_fields_become_sampling() -> None:
    messages = [
        {"role": "developer", "content": "Be brief."},
        {
            "role": "user",
            "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}],
            "name": "ada",
        },
        {"role": "assistant", "content": None},
    ]
    body = openai_body(
        messages=messages, max_tokens=5, max_completion_tokens=7, stop="END", n=2, seed=1, temperature=0, top_p=None,
        logprobs=True, top_logprobs=2, service_tier="auto", made_up={"x": 1},
    )  # fmt: skip
    question = openai.to_question(body)
    assert question.messages == (
        ChatMessage("system", "Be brief."),
        ChatMessage("user", "a\nb", name="ada"),
        ChatMessage("assistant", ""),
    )
    sampling = question.sampling
    assert (sampling.max_tokens, sampling.stop, sampling.n, sampling.seed) == (7, ("END",), 2, 1)
    assert (sampling.temperature, sampling.top_p, sampling.logprobs, sampling.top_logprobs) == (
        0,
        None,
        True,
        2,
    )
    assert (question.chat, question.retrieve) == ("", False)


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"tools": [{"type": "web_search"}]}, "tools[0].type"),
        ({"functions": [{"name": "f"}]}, "functions"),
        ({"prompt_embeds": "gASVA"}, "prompt_embeds"),
        ({"use_beam_search": True}, "use_beam_search"),
        ({"chat_template": "{{ 1 }}"}, "chat_template"),
        ({"prompt_logprobs": 0}, "prompt_logprobs"),
        ({"structured_outputs": {"regex": "(a*)*b"}}, "structured_outputs"),
        ({"modalities": ["text", "audio"]}, "modalities"),
        ({"messages": [{"role": "user", "content": [{"type": "file"}]}]}, "messages[0].content[0].type"),
        ({"messages": [{"role": "assistant", "function_call": {"name": "f"}}]}, "messages[0].function_call"),
    ],
)
def test_what_is_not_served_is_refused_and_not_ignored(fields: dict[str, object], param: str) -> None:
    with pytest.raises(UnsupportedParameter) as caught:
        openai.to_question(openai_body(**fields))
    assert caught.value.param == param


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"model": ""}, "model"),
        ({"messages": []}, "messages"),
        ({"messages": [{"role": "root", "content": "x"}]}, "messages[0].role"),
        ({"messages": [{"role": "user"}]}, "messages[0].content"),
        ({"temperature": 2.1}, "temperature"),
        ({"temperature": "hot"}, "temperature"),
        ({"top_p": 0}, "top_p"),
        ({"n": 0}, "n"),
        ({"n": 1000}, "n"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"max_completion_tokens": -1}, "max_completion_tokens"),
        ({"stop": [""]}, "stop[0]"),
        ({"presence_penalty": 2.5}, "presence_penalty"),
        ({"top_logprobs": 2}, "top_logprobs"),
        ({"logprobs": True, "top_logprobs": 21}, "top_logprobs"),
        ({"stream_options": {"include_usage": True}}, "stream_options"),
    ],
)
def test_openai_nonsense_names_its_parameter(fields: dict[str, object], param: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        openai.to_question(openai_body(**fields))
    assert caught.value.param == param


def test_a_question_names_the_messages_that_it_was_asked_after_nearest_first() -> None:
    def asked(*messages: dict[str, object], trigger: str | None = "submit-message") -> tuple[object, bool]:
        question = to_question(vercel_body(id="c1", messages=list(messages), trigger=trigger))
        return question.before, question.beside

    def said(role: str, id: str | None, text: str = "x") -> dict[str, object]:
        return {"role": role, "content": text, **({"id": id} if id else {})}

    question = said("user", "q9")
    assert asked(question) == ((), True)
    assert asked(said("system", "s1"), question) == ((), True)
    assert asked(said("user", "q1"), said("assistant", "a1"), question) == (("a1", "q1"), True)
    assert asked(said("user", "q1"), said("assistant", "a1", ""), question) == (("a1", "q1"), True)
    assert asked(said("user", None), said("assistant", None), question, trigger=None) == (None, False)
    assert asked(said("user", None), said("assistant", "a1"), question, trigger=None) == (("a1",), False)


def test_a_conversation_cannot_be_called_as_a_route_is() -> None:
    with pytest.raises(InvalidRequest):
        vercel_body(id="search")
    assert vercel_body(id="search-2").id == "search-2"
