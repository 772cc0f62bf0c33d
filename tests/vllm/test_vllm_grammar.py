"""Answers in JSON, cut anywhere and gone on with: what was shown stays, and the whole is valid."""

import asyncio
import json
import re
from typing import Any

import msgspec
import pytest

from services.inference.adapters.vllm import VllmEngine
from shared.errors import InvalidRequest
from shared.messages import JsonFormat, Logprobs, Sampling, Text, TokenLogprob
from tests.engine_contract import Said, Subject, all_of
from tests.vllm.moving import moved
from tests.vllm.test_vllm_engine import LONG
from tests.worker import asking, text_of

pytestmark = [pytest.mark.vllm, pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]

COLOURS = ("red", "green", "blue")
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "colours": {"type": "array", "items": {"enum": COLOURS}, "minItems": 4, "maxItems": 9},
        "is_old": {"type": "boolean"},
        "wheel": {
            "type": "object",
            "properties": {"name": {"type": "string", "pattern": "^[a-z]{4,12}$"}},
            "required": ["name"],
            "additionalProperties": False,
        },
    },
    "required": ["colours", "is_old", "wheel"],
    "additionalProperties": False,
}
FORMAT = JsonFormat(json.dumps(SCHEMA), "wheel", strict=True)


@pytest.fixture
def subject(engine: VllmEngine) -> Subject:
    assert engine.resume == "replay"
    return Subject(engine, LONG)


def check(text: str) -> None:
    """Against the schema, in words of our own."""
    found = json.loads(text)
    assert list(found) == ["colours", "is_old", "wheel"]
    assert 4 <= len(found["colours"]) <= 9
    assert set(found["colours"]) <= set(COLOURS)
    assert isinstance(found["is_old"], bool)
    assert list(found["wheel"]) == ["name"]
    assert re.fullmatch("[a-z]{4,12}", found["wheel"]["name"])


async def answer(subject: Subject, shown: tuple[int, ...] = (), **sampling: object) -> Said:
    wanted = {"json_format": msgspec.to_builtins(FORMAT), "max_tokens": 1500, **sampling}
    return await all_of(subject.engine.stream(subject.job(**wanted), shown))


@pytest.mark.parametrize("sampling", [{}, {"temperature": 1.0, "seed": 5}], ids=["greedy", "seeded"])
async def test_it_goes_on_as_if_it_had_not_been_cut(subject: Subject, sampling: dict[str, Any]) -> None:
    whole = await answer(subject, **sampling)
    check(whole.text())
    assert whole.reasons() == {0: "stop"}
    for shown in (1, len(whole.ids) // 2, len(whole.ids) - 1, len(whole.ids)):
        rest = await answer(subject, whole.ids[:shown], **sampling)
        assert whole.ids[:shown] + rest.ids == whole.ids
        assert rest.replayed + rest.text() == whole.text()
        assert rest.reasons() == whole.reasons()
        assert rest.usage.prompt_tokens == whole.usage.prompt_tokens
        assert rest.usage.completion_tokens == len(whole.ids)


async def test_by_chance_it_goes_on_otherwise_and_is_valid_all_the_same(subject: Subject) -> None:
    """Several at once, so that their places in vLLM's batch change while they are replayed."""
    whole = await answer(subject, temperature=1.0)
    check(whole.text())
    cuts = range(2, len(whole.ids) - 1, max(1, len(whole.ids) // 7))
    rests = await asyncio.gather(*(answer(subject, whole.ids[:cut], temperature=1.0) for cut in cuts))
    for cut, rest in zip(cuts, rests, strict=True):
        text = rest.replayed + rest.text()
        check(text)
        assert whole.text().startswith(rest.replayed)
        assert rest.usage.completion_tokens == cut + len(rest.ids)
    assert any(whole.ids[:cut] + rest.ids != whole.ids for cut, rest in zip(cuts, rests, strict=True))


async def test_any_object_is_json_too(subject: Subject) -> None:
    said = await answer(subject, json_format={}, max_tokens=1500, temperature=1.0, seed=3)
    shown = said.ids[: len(said.ids) // 2]
    rest = await answer(subject, shown, json_format={}, max_tokens=1500, temperature=1.0, seed=3)
    assert shown + rest.ids == said.ids
    assert said.text().lstrip().startswith("{")
    if said.reasons() == {0: "stop"}:
        assert isinstance(json.loads(said.text()), dict)


async def test_what_stop_strings_and_penalties_have_seen_is_seen_again(subject: Subject) -> None:
    """Also by chance, where an answer that is made anew would be another one."""
    plain = {"json_format": None, "max_tokens": 60, "frequency_penalty": 1.5, "temperature": 1.0, "seed": 11}
    unstopped = await answer(subject, **plain)
    stop = unstopped.text()[40:48]
    whole = await answer(subject, **plain, stop=(stop,))
    assert whole.text() == unstopped.text()[: unstopped.text().index(stop)]
    for shown in range(1, len(whole.ids) + 1, 3):
        rest = await answer(subject, whole.ids[:shown], **plain, stop=(stop,))
        assert whole.ids[:shown] + rest.ids == whole.ids
        assert rest.replayed + rest.text() == whole.text()
        assert rest.reasons() == {0: "stop"}


async def test_what_was_shown_comes_with_its_text_wherever_it_was_cut(subject: Subject) -> None:
    """With a stop string vLLM holds text back: what a reader had by an id is what the replay leaves out."""
    wanted = {"json_format": None, "max_tokens": 40, "stop": ("never said",)}
    whole = await answer(subject, **wanted)
    had, ids = "", 0
    for output in whole.outputs[:-1]:
        had += "".join(part.text for part in output.parts if isinstance(part, Text))
        ids += len(output.ids)
        if ids % 5 == 0:
            rest = await answer(subject, whole.ids[:ids], **wanted)
            assert rest.replayed == had
            assert had + rest.text() == whole.text()


async def test_logprobs_are_those_of_the_new_tokens(subject: Subject) -> None:
    whole = await answer(subject, logprobs=True, top_logprobs=1)
    rest = await answer(subject, whole.ids[:20], logprobs=True, top_logprobs=1)
    assert [own.logprob for own in logprobs(rest)] == pytest.approx(
        [own.logprob for own in logprobs(whole)[20:]], abs=0.05
    )


def logprobs(said: Said) -> list[TokenLogprob]:
    parts = [part for output in said.outputs for part in output.parts if isinstance(part, Logprobs)]
    return [own for part in parts for own, *_ in part.tokens]


@pytest.mark.parametrize(
    "schema",
    [
        '{"type": "nonsense"}',
        '{"$ref": "#/nowhere"}',
        '{"type": "string", "pattern": "("}',
        '{"type": "array", "items": {}, "uniqueItems": true}',
        "[",
    ],
)
async def test_a_schema_that_makes_no_sense_is_the_callers_mistake(subject: Subject, schema: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        await answer(subject, json_format={"schema": schema})
    assert caught.value.param == "response_format"
    assert "/project/" not in caught.value.message
    await subject.running(0)


async def test_an_answer_in_json_goes_from_worker_to_worker(nats_url: str, engine: VllmEngine) -> None:
    long = {"type": "array", "items": {"enum": COLOURS}, "minItems": 60, "maxItems": 70}
    sampling = Sampling(max_tokens=1900, temperature=1.0, json_format=JsonFormat(json.dumps(long)))
    async with asking(nats_url) as asker:
        job = asker.job("Hello", request="json", model="gpt-4-local", sampling=sampling)
        had, answered, live = await moved(asker, nats_url, engine, job)
    assert (live.worker, live.attempt) == ("inference-2", 2)
    assert answered.end.failure is None
    assert answered.ids[: len(had)] == had
    assert answered.end.usage.completion_tokens == len(answered.ids) > len(had)
    found = json.loads(text_of(answered))
    assert 60 <= len(found) <= 70
    assert set(found) <= set(COLOURS)
