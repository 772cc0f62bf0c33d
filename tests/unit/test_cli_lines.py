"""Lines of a batch: what is taken, and what is refused with its number."""

import json

import pytest

from services.cli.domain import Completion, answered, parse_line, refused
from shared.errors import ContextLengthExceeded, InvalidRequest
from shared.messages import ChatMessage, Failure, Usage


def line(**fields: object) -> bytes:
    return json.dumps(fields).encode()


def test_a_prompt_is_one_question_of_the_user() -> None:
    parsed = parse_line(7, line(prompt="Why?", max_tokens=5, temperature=0.5, stop=["\n"]))
    assert parsed.turns == (ChatMessage("user", "Why?"),)
    assert (parsed.sampling.max_tokens, parsed.sampling.temperature, parsed.sampling.stop) == (
        5,
        0.5,
        ("\n",),
    )
    assert parsed.id == "line-7"


def test_messages_are_taken_as_they_are() -> None:
    turns = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "为什么?"}]
    parsed = parse_line(1, line(id="mine", messages=turns, model="m"))
    assert parsed.turns == (ChatMessage("system", "Be brief."), ChatMessage("user", "为什么?"))
    assert (parsed.id, parsed.model) == ("mine", "m")


@pytest.mark.parametrize(
    ("text", "named"),
    [
        (b"not json", "malformed"),
        (b'"a string"', "Expected `object`"),
        (b"\xff\xfe", "line 3"),
        (line(), "`prompt` and `messages`"),
        (line(prompt="a", messages=[{"role": "user", "content": "b"}]), "`prompt` and `messages`"),
        (line(prompt=""), "$.prompt"),
        (line(messages=[]), "$.messages"),
        (line(messages=[{"role": "robot", "content": "b"}]), "$.messages[0].role"),
        (line(prompt="a", max_tokens=0), "$.max_tokens"),
        (line(prompt="a", temperature=2.5), "$.temperature"),
        (line(prompt="a", maxtokens=5), "maxtokens"),
        (line(prompt="a", n=2), "`n`"),
        (line(prompt="a", id=5), "$.id"),
    ],
)
def test_what_makes_no_sense_is_refused_with_the_line_and_the_field(text: bytes, named: str) -> None:
    with pytest.raises(InvalidRequest) as raised:
        parse_line(3, text)
    assert "line 3" in raised.value.message
    assert named in raised.value.message


def test_a_result_holds_the_answer_or_the_error() -> None:
    asked = parse_line(1, line(prompt="Why?", model="m"))
    result = answered(asked, Completion("served", "Because.", "length", Usage(3, 4), "r1"))
    assert (result.id, result.model, result.text, result.finish_reason) == (
        "line-1",
        "served",
        "Because.",
        "length",
    )
    assert result.usage is not None
    assert (result.usage.prompt_tokens, result.usage.completion_tokens, result.usage.total_tokens) == (
        3,
        4,
        7,
    )
    error = refused(asked, ContextLengthExceeded("Too long.", param="messages")).error
    assert error == Failure("context_length_exceeded", "Too long.", "messages")
