"""vLLM's own parsers on a fixed answer, token by token and many at once: the same pieces, and the same after a cut."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from transformers import AutoTokenizer
from vllm.config.model import ModelConfig
from vllm.parser import ParserManager
from vllm.sampling_params import SamplingParams

from services.inference.adapters.vllm.requests import chat_request
from services.inference.adapters.vllm.speech import Speech, SpeechMaker
from services.inference.domain.saying import merged
from shared.messages import ChatJob, Function, Part, Reasoning, Text, ToolCall, Tools
from tests.streams import a_job

pytestmark = [pytest.mark.vllm, pytest.mark.timeout(120)]

THOUGHT = "<think>\nThe wheel is red; 轮子是红的.\n</think>\n\n"
CALLS = (
    '<tool_call>\n{"name": "turn", "arguments": {"wheel": "red \\"one\\"", "times": 2}}\n</tool_call>\n'
    '<tool_call>\n{"name": "stop", "arguments": {"why": "轮"}}\n</tool_call>'
)
SCHEMA = json.dumps({"type": "object", "properties": {"wheel": {"type": "string"}}})
TOOLS = Tools((Function("turn", parameters=SCHEMA), Function("stop", parameters=SCHEMA)))
JOB = msgspec.structs.replace(a_job("r", "i", 1), tools=TOOLS)


@pytest.fixture(scope="module")
def tokenizer(tiny_model: Path) -> Any:
    found: Any = AutoTokenizer.from_pretrained(tiny_model)
    found.add_tokens(["<think>", "</think>"])
    return found


@pytest.fixture(scope="module")
def model_config(tiny_model: Path) -> ModelConfig:
    return ModelConfig(str(tiny_model), dtype="half")


@pytest.fixture
def speak(tokenizer: Any, model_config: ModelConfig) -> Any:
    def speech(job: ChatJob = JOB, tools: str | None = "hermes", reasoning: str | None = "qwen3") -> Speech:
        parsers = ParserManager.get_parser(
            tool_parser_name=tools,
            reasoning_parser_name=reasoning,
            enable_auto_tools=tools is not None,
            tokenizer=tokenizer,
        )
        maker = SpeechMaker(parsers, tokenizer, model_config)
        asked = chat_request(job)
        maker.parser(asked).adjust_request(asked)
        params = SamplingParams(skip_special_tokens=asked.skip_special_tokens)
        (made,) = maker.speeches(job, asked, params, tokenizer.encode("How?"))
        return made

    return speech


def hear(speech: Speech, ids: list[int], at_once: int) -> tuple[Part, ...]:
    parts: list[Part] = []
    for start in range(0, len(ids), at_once):
        some = ids[start : start + at_once]
        parts += speech.hear(some, "length" if start + at_once >= len(ids) else None)
    return merged(parts)


def test_thoughts_text_and_calls_are_told_apart(speak: Any, tokenizer: Any) -> None:
    ids = tokenizer.encode(THOUGHT + "I turn it. " + CALLS)
    speech = speak()
    thought, *rest = hear(speech, ids, 1)
    assert isinstance(thought, Reasoning)
    assert thought.text.strip() == "The wheel is red; 轮子是红的."
    text = "".join(part.text for part in rest if isinstance(part, Text))
    assert text.strip() == "I turn it."
    turn, stop = [part for part in rest if isinstance(part, ToolCall)]
    assert (turn.position, turn.name, json.loads(turn.arguments)) == (
        0,
        "turn",
        {"wheel": 'red "one"', "times": 2},
    )
    assert (stop.position, stop.name, json.loads(stop.arguments)) == (1, "stop", {"why": "轮"})
    assert turn.id.startswith("call_")
    assert turn.id != stop.id
    assert speech.finish_reason("stop") == "tool_calls"
    assert speech.finish_reason("length") == "length"
    assert 0 < speech.reasoning_tokens() < len(ids)


@pytest.mark.parametrize("at_once", [2, 7, 1000])
def test_how_many_tokens_a_step_makes_changes_nothing(speak: Any, tokenizer: Any, at_once: int) -> None:
    ids = tokenizer.encode(THOUGHT + CALLS)
    assert hear(speak(), ids, at_once) == hear(speak(), ids, 1)


def test_a_parser_that_has_heard_the_beginning_goes_on_as_the_first_one_did(
    speak: Any, tokenizer: Any
) -> None:
    ids = tokenizer.encode(THOUGHT + CALLS)
    whole = hear(speak(), ids, 1)
    for cut in range(1, len(ids), 3):
        first, second = speak(), speak()
        shown = first.hear(ids[:cut])
        assert second.hear(ids[:cut]) == shown
        assert merged([*shown, *second.hear(ids[cut:], "length")]) == whole


def test_only_the_first_call_counts_where_they_may_not_be_several(speak: Any, tokenizer: Any) -> None:
    assert JOB.tools is not None
    job = msgspec.structs.replace(JOB, tools=msgspec.structs.replace(JOB.tools, parallel=False))
    told = hear(speak(job, reasoning=None), tokenizer.encode(CALLS), 1)
    assert [part.name for part in told if isinstance(part, ToolCall)] == ["turn"]


def test_an_answer_that_breaks_off_in_a_call_says_what_there_was(speak: Any, tokenizer: Any) -> None:
    told = hear(speak(reasoning=None), tokenizer.encode(CALLS[:60]), 1)
    (call,) = [part for part in told if isinstance(part, ToolCall)]
    assert call.name == "turn"
    assert '{"wheel": "red \\"one\\""'.startswith(call.arguments)


def test_reasoning_alone(speak: Any, tokenizer: Any) -> None:
    job = msgspec.structs.replace(JOB, tools=None)
    thought, said = hear(speak(job, tools=None), tokenizer.encode(THOUGHT + "Yes."), 1)
    assert isinstance(thought, Reasoning)
    assert isinstance(said, Text)
    assert said.text.strip() == "Yes."


def test_plain_text_has_no_parser(tokenizer: Any, model_config: ModelConfig) -> None:
    parsers = ParserManager.get_parser(tool_parser_name="hermes", enable_auto_tools=True, tokenizer=tokenizer)
    maker = SpeechMaker(parsers, tokenizer, model_config)
    assert not maker.needs(msgspec.structs.replace(JOB, tools=None))
    assert not SpeechMaker(None, tokenizer, model_config).needs(JOB)
