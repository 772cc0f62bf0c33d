"""The simulated engine on demand: calls of functions that their schemas allow, and what it thinks."""

import asyncio
from collections.abc import Iterable
from typing import Any

import msgspec
import pytest

from services.inference.adapters.simulated import SimulatedEngine, SimulatedOptions
from services.inference.adapters.simulated.arguments import arguments
from services.inference.domain.saying import merged
from shared.messages import (
    ChatJob,
    ChatMessage,
    Finished,
    Function,
    Part,
    Reasoning,
    Sampling,
    Text,
    ToolCall,
    Tools,
)
from tests.engine_contract import all_of

TABLE: dict[str, Any] = {
    "type": "object",
    "properties": {
        "title": {"type": "string", "maxLength": 12},
        "columns": {"type": "array", "items": {"type": "string"}, "minItems": 2},
        "rows": {"type": "array", "items": {"type": "array", "items": {"$ref": "#/$defs/cell"}}},
        "kind": {"enum": ["bar", "line"]},
        "scale": {"type": "number", "minimum": 20, "maximum": 22.5},
        "note": {"anyOf": [{"type": "null"}, {"type": "string"}]},
    },
    "required": ["title", "columns", "rows"],
    "$defs": {"cell": {"type": ["integer", "string"]}},
}
FUNCTIONS = (
    Function("show_table", parameters=msgspec.json.encode(TABLE).decode()),
    Function("rest"),
)
BOTH = Tools(FUNCTIONS)


def job(
    question: str,
    *,
    tools: Tools | None = BOTH,
    after: tuple[ChatMessage, ...] = (),
    **sampling: Any,
) -> ChatJob:
    return ChatJob(
        request="r" * 32,
        user="u",
        model="m",
        messages=(ChatMessage("user", question), *after),
        inbox="i",
        stream=1,
        created_at=0,
        deadline=0,
        sampling=msgspec.convert(sampling, Sampling),
        tools=tools,
    )


async def answer(
    asked: ChatJob, shown: tuple[int, ...] = ()
) -> tuple[list[Part], tuple[int, ...], tuple[Part, ...]]:
    engine = SimulatedEngine(SimulatedOptions(step_s=0, max_tokens=60), worker="w")
    await engine.start()
    try:
        told = await asyncio.wait_for(all_of(engine.stream(asked, shown)), 5)
        known = await engine.said(asked, shown or told.ids)
    finally:
        await engine.stop()
    parts = [part for output in told.outputs for part in output.parts]
    if not shown:
        assert known == said(parts)
        assert told.usage.completion_tokens == len(told.ids)
        assert told.usage.reasoning_tokens == sum(isinstance(part, Reasoning) for part in parts)
    return parts, told.ids, told.outputs[0].replayed


def said(parts: Iterable[Part]) -> tuple[Part, ...]:
    return merged([part for part in parts if isinstance(part, Reasoning | Text | ToolCall)])


def kinds(parts: Iterable[Part]) -> list[str]:
    return [type(part).__name__ for part in said(parts)]


def call_in(parts: list[Part]) -> tuple[str, dict[str, Any]]:
    pieces = [part for part in parts if isinstance(part, ToolCall)]
    return pieces[0].name, msgspec.json.decode("".join(piece.arguments for piece in pieces))


def reason(parts: list[Part]) -> str:
    return next(part.reason for part in parts if isinstance(part, Finished))


def test_arguments_are_what_the_schema_allows() -> None:
    made: Any = arguments(TABLE)
    assert made == arguments(TABLE)
    assert list(made) == list(TABLE["properties"])
    assert 0 < len(made["title"]) <= 12
    assert all(isinstance(column, str) for column in made["columns"])
    assert all(isinstance(cell, int) for row in made["rows"] for cell in row)
    assert made["kind"] in ("bar", "line")
    assert 20 <= made["scale"] <= 22.5
    assert made["note"] is None


def test_a_schema_within_itself_comes_to_an_end() -> None:
    tree = {"type": "object", "properties": {"left": {"$ref": "#"}, "right": {"$ref": "#"}}}
    assert arguments(tree)
    assert arguments({"type": "array"}) == {}
    assert arguments({"properties": {"a": {"$ref": "#/nowhere"}, "b": True}}) == {"a": {}, "b": None}


async def test_it_calls_what_a_question_names() -> None:
    parts, _, _ = await answer(job("Please use show_table for me."))
    assert call_in(parts) == ("show_table", arguments(TABLE))
    assert reason(parts) == "tool_calls"
    assert not any(isinstance(part, Text) for part in parts)


async def test_a_question_may_dictate_the_arguments_also_bad_ones() -> None:
    parts, _, _ = await answer(job('use show_table {"title": "Gates", "rows": [[1]]}'))
    assert call_in(parts) == ("show_table", {"title": "Gates", "rows": [[1]]})
    parts, _, _ = await answer(job('use show_table {"title": '))
    with pytest.raises(msgspec.DecodeError):
        call_in(parts)


async def test_it_calls_once_and_then_speaks() -> None:
    after = (ChatMessage("assistant", ""), ChatMessage("tool", "shown", tool_call_id="c"))
    parts, _, _ = await answer(job("use show_table", after=after))
    assert any(isinstance(part, Text) for part in parts)
    assert reason(parts) == "stop"


@pytest.mark.parametrize(
    ("tools", "name"),
    [
        (Tools(FUNCTIONS), ""),
        (Tools(FUNCTIONS, "none"), ""),
        (Tools(FUNCTIONS, "required"), "show_table"),
        (Tools(FUNCTIONS, "named", "rest"), "rest"),
        (None, ""),
    ],
)
async def test_the_choice_of_tools_is_kept(tools: Tools | None, name: str) -> None:
    parts, _, _ = await answer(job("Tell me of water.", tools=tools))
    assert next((part.name for part in parts if isinstance(part, ToolCall)), "") == name


async def test_it_thinks_where_it_is_asked_to() -> None:
    parts, _, _ = await answer(job("Think about water, then use rest.", max_tokens=60))
    assert kinds(parts) == ["Reasoning", "ToolCall"]
    parts, _, _ = await answer(job("Think about water.", tools=None))
    assert kinds(parts) == ["Reasoning", "Text"]


@pytest.mark.parametrize("question", ["think of water", "think, then use show_table", "use show_table"])
@pytest.mark.parametrize("shown", [1, 7, 25, 30])
async def test_it_goes_on_after_any_of_its_tokens(question: str, shown: int) -> None:
    asked = job(question)
    parts, ids, _ = await answer(asked)
    shown = min(shown, len(ids))
    rest, rest_ids, replayed = await answer(asked, ids[:shown])
    assert rest_ids == ids[shown:]
    assert said([*replayed, *rest]) == said(parts)
    assert reason(rest) == reason(parts)
