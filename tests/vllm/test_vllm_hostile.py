"""Requests that have killed engines: each is refused by name, and the engine answers the next as before."""

import io
import struct
import zlib
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest
import pytest_asyncio
from PIL import Image

from services.inference.adapters.vllm import VllmEngine
from shared.errors import ContextLengthExceeded, InvalidRequest
from shared.messages import ChatMessage, Function, ImageContent, TextContent, Tools
from tests.engine_contract import Subject, all_of
from tests.vllm.test_vllm_engine import LONG

pytestmark = [pytest.mark.vllm, pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]


@pytest_asyncio.fixture(loop_scope="session")
async def subject(engine: VllmEngine) -> AsyncIterator[Subject]:
    """Which says the same before and after."""
    subject = Subject(engine, LONG)
    before = await all_of(engine.stream(subject.job()))
    yield subject
    await engine.health()
    await subject.running(0)
    assert (await all_of(engine.stream(subject.job()))).ids == before.ids


def bomb() -> bytes:
    """A PNG that says it has 100,000 × 100,000 pixels."""
    head = struct.pack(">IIBBBBB", 100_000, 100_000, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + head
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", len(head)) + chunk + struct.pack(">I", zlib.crc32(chunk))


def picture() -> bytes:
    data = io.BytesIO()
    Image.new("RGB", (4, 4)).save(data, "PNG")
    return data.getvalue()


@pytest.mark.parametrize(
    ("sampling", "param"),
    [
        ({"logit_bias": {2_000_000_000: 1.0}}, "logit_bias"),
        ({"logit_bias": {2048: -100.0}}, "logit_bias"),
        ({"stop_token_ids": [2048]}, "stop_token_ids"),
        ({"stop_token_ids": [2048], "min_tokens": 5}, "stop_token_ids"),
        ({"min_tokens": 25, "max_tokens": 24}, "min_tokens"),
    ],
)
async def test_ids_that_the_model_does_not_have(
    subject: Subject, sampling: dict[str, Any], param: str
) -> None:
    with pytest.raises(InvalidRequest) as caught:
        await all_of(subject.engine.stream(subject.job(**sampling)))
    assert caught.value.param == param


async def test_a_prompt_of_ids_that_the_model_does_not_have(subject: Subject) -> None:
    job = msgspec.structs.replace(subject.job(), messages=(), prompt=(5, 2048))
    with pytest.raises(InvalidRequest) as caught:
        await all_of(subject.engine.stream(job))
    assert caught.value.param == "prompt"


async def test_a_prompt_that_is_too_long(subject: Subject) -> None:
    job = msgspec.structs.replace(subject.job(), messages=(), prompt=tuple([5] * 3000))
    with pytest.raises(ContextLengthExceeded):
        await all_of(subject.engine.stream(job))


@pytest.mark.parametrize(
    "sampling",
    [
        {"presence_penalty": 2.0, "frequency_penalty": -2.0, "repetition_penalty": 1e-6},
        {"repetition_penalty": 2.0, "logit_bias": {5: 100.0, 2047: -100.0}},
        {"temperature": 2.0, "top_p": 1e-9, "top_k": 1_048_576, "min_p": 1.0},
        {"temperature": 1e-9, "top_k": 1, "seed": -(2**63)},
        {"n": 16, "temperature": 1.0, "max_tokens": 8, "logprobs": True, "top_logprobs": 20},
        {"min_tokens": 24, "ignore_eos": True, "stop": ["a", " "], "stop_token_ids": [0, 1, 2047]},
    ],
)
async def test_the_edges_of_what_is_allowed(subject: Subject, sampling: dict[str, Any]) -> None:
    said = await all_of(subject.engine.stream(subject.job(**sampling)))
    assert said.usage.completion_tokens == len(said.ids) > 0


@pytest.mark.parametrize(
    "schema",
    [
        "[]",
        "{",
        '{"type": "nonsense"}',
        '{"type": "object", "properties": {"a": {"type": "string", "pattern": "("}}, "required": ["a"]}',
        '{"type": "object", "properties": {"a": {"type": "string", "pattern": "(a)\\\\1"}}, "required": ["a"]}',
        '{"type": "object", "properties": {"a": {"$ref": "#/nowhere"}}, "required": ["a"]}',
    ],
)
async def test_a_tool_whose_schema_makes_no_sense(subject: Subject, schema: str) -> None:
    tools = Tools((Function("f", parameters=schema, strict=True),), "named", "f")
    with pytest.raises(InvalidRequest) as caught:
        await all_of(subject.engine.stream(msgspec.structs.replace(subject.job(), tools=tools)))
    assert (caught.value.param or "").startswith("tools")


@pytest.mark.parametrize(
    "pattern",
    ["^(((a{1,100}){1,100}){1,100})$", "^(a*)*b(a*)*c(((a|b)*)*)*$", "^((((a|b){1,1000}){1,1000}){1,1000})$"],
)
async def test_a_pattern_that_would_hang_another_compiler(subject: Subject, pattern: str) -> None:
    schema = {
        "type": "object",
        "properties": {"a": {"type": "string", "pattern": pattern}},
        "required": ["a"],
    }
    function = Function("f", parameters=msgspec.json.encode(schema).decode(), strict=True)
    job = msgspec.structs.replace(subject.job(max_tokens=12), tools=Tools((function,), "named", "f"))
    said = await all_of(subject.engine.stream(job))
    assert said.usage.completion_tokens == 12


@pytest.mark.parametrize(
    "picture",
    [
        ImageContent("image/png", b"no picture"),
        ImageContent("image/png", bomb()),
        ImageContent("image/gif", picture()),
    ],
    ids=["none", "bomb", "another type"],
)
async def test_pictures_are_looked_at_before_they_unfold(subject: Subject, picture: ImageContent) -> None:
    asked = (ChatMessage("user", (TextContent("This?"), picture)),)
    with pytest.raises(InvalidRequest) as caught:
        await all_of(subject.engine.stream(msgspec.structs.replace(subject.job(), messages=asked)))
    assert caught.value.param == "messages[0].content"


async def test_a_model_without_eyes_refuses_pictures(subject: Subject) -> None:
    asked = (ChatMessage("user", (TextContent("This?"), ImageContent("image/png", picture()))),)
    with pytest.raises(InvalidRequest):
        await all_of(subject.engine.stream(msgspec.structs.replace(subject.job(), messages=asked)))


@pytest.mark.parametrize("kwargs", ["[]", "{", '{"chat_template": "{{ 1 }}"}'])
async def test_what_a_template_may_not_be_given(subject: Subject, kwargs: str) -> None:
    with pytest.raises(InvalidRequest):
        await all_of(
            subject.engine.stream(msgspec.structs.replace(subject.job(), chat_template_kwargs=kwargs))
        )


async def test_a_biased_token_is_said(subject: Subject) -> None:
    said = await all_of(subject.engine.stream(subject.job(logit_bias={77: 100.0}, max_tokens=6)))
    assert said.ids == (77,) * 6


async def test_a_prompt_goes_to_the_model_as_it_is(subject: Subject, engine: VllmEngine) -> None:
    llm = engine._llm
    assert llm is not None
    text = "A wheel turns"
    ids = tuple(llm.renderer.get_tokenizer().encode(text))
    said = [
        await all_of(engine.stream(msgspec.structs.replace(subject.job(), messages=(), prompt=prompt)))
        for prompt in (text, ids)
    ]
    assert said[0].ids == said[1].ids
    assert said[0].usage.prompt_tokens == len(ids)
