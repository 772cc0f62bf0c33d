"""Forced calls of functions, cut anywhere and gone on with: by name and id, token and piece the same call."""

import json
from itertools import accumulate
from typing import Any

import msgspec
import pytest

from services.inference.adapters.vllm import VllmEngine
from services.inference.adapters.vllm.prompts import PromptMaker
from services.inference.domain.saying import function_calls, merged
from shared.errors import InvalidRequest
from shared.messages import Function, FunctionCall, Part, Sampling, Started, ToolCall, Tools
from tests.engine_contract import Said, Subject, all_of
from tests.vllm.moving import moved
from tests.vllm.test_vllm_engine import LONG
from tests.worker import asking

pytestmark = [pytest.mark.vllm, pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]

COLOURS = ("red", "green", "blue")


def function(name: str, least: int = 3, most: int = 6) -> Function:
    colours = {"type": "array", "items": {"enum": COLOURS}, "minItems": least, "maxItems": most}
    schema = {
        "type": "object",
        "properties": {"wheels": colours},
        "required": ["wheels"],
        "additionalProperties": False,
    }
    return Function(name, f"To {name} wheels.", json.dumps(schema), strict=True)


TURN, STOP = function("turn"), function("stop")
CHOICES = {
    "named": Tools((TURN, STOP), "named", "stop"),
    "required": Tools((TURN, STOP), "required"),
    "one": Tools((TURN, STOP), "required", parallel=False),
}


@pytest.fixture
def subject(engine: VllmEngine) -> Subject:
    return Subject(engine, LONG)


async def test_a_model_whose_calls_are_read_says_so(engine: VllmEngine) -> None:
    assert [model.tools for model in engine.models] == [True]


async def answer(subject: Subject, tools: Tools, shown: tuple[int, ...] = (), **sampling: Any) -> Said:
    """The request's name is what calls' ids are made of: attempts have the same."""
    job = subject.job(**{"max_tokens": 400, "temperature": 1.0, "seed": 3, **sampling})
    job = msgspec.structs.replace(job, request="calls", tools=tools)
    return await all_of(subject.engine.stream(job, shown))


def parts(said: Said) -> tuple[Part, ...]:
    all_parts = [part for output in said.outputs for part in output.parts]
    return tuple(part for part in all_parts if not isinstance(part, Started))


def calls(said: Said) -> tuple[FunctionCall, ...]:
    return function_calls(parts(said)).get(0, ())


@pytest.mark.parametrize("choice", CHOICES)
async def test_a_forced_call_is_one_that_was_offered(subject: Subject, choice: str) -> None:
    said = await answer(subject, CHOICES[choice])
    assert said.reasons() == {0: "stop" if choice == "named" else "tool_calls"}
    assert not said.text()
    found = calls(said)
    assert len(found) == 1 or (choice == "required" and found)
    for call in found:
        assert call.name in (("stop",) if choice == "named" else ("turn", "stop"))
        assert set(json.loads(call.arguments)["wheels"]) <= set(COLOURS)
    assert len({call.id for call in found}) == len(found)


async def test_arguments_come_piece_by_piece(subject: Subject) -> None:
    said = await answer(subject, CHOICES["named"])
    pieces = [part for part in parts(said) if isinstance(part, ToolCall)]
    assert len(pieces) > 3
    assert [bool(piece.id) for piece in pieces] == [True] + [False] * (len(pieces) - 1)
    assert [bool(piece.name) for piece in pieces] == [True] + [False] * (len(pieces) - 1)


@pytest.mark.parametrize("choice", CHOICES)
async def test_it_goes_on_in_the_middle_of_a_call(subject: Subject, choice: str) -> None:
    whole = await answer(subject, CHOICES[choice])
    ends = cuts(whole)
    for shown in sorted({ends[0], *ends[2::5], *ends[-2:]}):
        rest = await answer(subject, CHOICES[choice], whole.ids[:shown])
        assert whole.ids[:shown] + rest.ids == whole.ids
        replayed = rest.outputs[0].replayed
        assert replayed == merged(list(told_by(whole, shown)))
        assert merged([*replayed, *parts(rest)]) == merged(list(parts(whole)))
        assert rest.reasons() == whole.reasons()
        assert rest.usage.completion_tokens == len(whole.ids)


def cuts(said: Said) -> list[int]:
    """Where a reader may stand: after a delta, which on a busy machine has several tokens."""
    return list(accumulate(len(output.ids) for output in said.outputs if output.ids))


def told_by(said: Said, shown: int) -> list[Part]:
    """What a reader had after so many ids; how the answer ended is told anew."""
    had, ids = list[Part](), 0
    for output in said.outputs:
        ids += len(output.ids)
        if ids > shown or not output.ids:
            break
        had += [part for part in output.parts if isinstance(part, ToolCall)]
    return had


async def test_each_choice_calls_for_itself(subject: Subject) -> None:
    said = await answer(subject, CHOICES["named"], n=3, seed=None)
    found = function_calls(parts(said))
    assert sorted(found) == [0, 1, 2]
    assert len({call.id for each in found.values() for call in each}) == 3
    assert said.reasons() == dict.fromkeys(range(3), "stop")


async def test_what_was_shown_of_a_call_can_be_told_without_a_slot(subject: Subject) -> None:
    whole = await answer(subject, CHOICES["named"])
    job = msgspec.structs.replace(subject.job(max_tokens=400), request="calls", tools=CHOICES["named"])
    ends = cuts(whole)
    half = ends[len(ends) // 2]
    assert await subject.engine.said(job, whole.ids[:half]) == merged(told_by(whole, half))


@pytest.mark.parametrize("choice", ["auto", "none"])
async def test_without_a_call_it_is_text(subject: Subject, choice: Any) -> None:
    tools = Tools((msgspec.structs.replace(TURN, strict=False),), choice)
    said = await answer(subject, tools, max_tokens=20, temperature=0.0)
    assert said.text()
    assert not calls(said)
    for shown in (1, 10, 20):
        rest = await answer(subject, tools, said.ids[:shown], max_tokens=20, temperature=0.0)
        assert rest.replayed + rest.text() == said.text()
        assert said.ids[:shown] + rest.ids == said.ids


async def test_without_a_parser_tools_are_refused_by_name(subject: Subject, engine: VllmEngine) -> None:
    llm = engine._llm
    assert llm is not None
    maker = PromptMaker(llm.model_config, llm.renderer)
    job = msgspec.structs.replace(subject.job(), tools=CHOICES["named"])
    with pytest.raises(InvalidRequest) as caught:
        await maker.make(job, ())
    assert caught.value.param == "tools"


async def test_a_call_goes_from_worker_to_worker(nats_url: str, engine: VllmEngine) -> None:
    tools = Tools((function("turn", 60, 70),), "named", "turn")
    async with asking(nats_url) as asker:
        sampling = Sampling(max_tokens=1900, temperature=1.0)
        job = asker.job("Hello", request="tool", model="gpt-4-local", sampling=sampling)
        job = msgspec.structs.replace(job, tools=tools)
        had, answered, live = await moved(asker, nats_url, engine, job)
    assert (live.worker, live.attempt) == ("inference-2", 2)
    assert answered.end.failure is None
    assert answered.ids[: len(had)] == had
    (call,) = function_calls(tuple(answered.parts))[0]
    assert call.name == "turn"
    assert 60 <= len(json.loads(call.arguments)["wheels"]) <= 70
