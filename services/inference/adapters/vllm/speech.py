"""What an answer says beyond text: reasoning and calls of functions, found by vLLM's own parsers.

A parser keeps state, and some say other pieces when they get two tokens at once. So they get one at a time here,
however many a step has made, with the text that vLLM's own detokeniser has for it: what has been said after k tokens
is then the same in each attempt, and a parser that has silently heard the shown ids goes on where the other one was.
"""

import copy
import hashlib
from collections.abc import Sequence
from typing import Any

import msgspec
from vllm.config.model import ModelConfig
from vllm.entrypoints.openai.chat_completion.protocol import ChatCompletionRequest
from vllm.sampling_params import SamplingParams

from services.inference.adapters.vllm.shown import detokeniser
from shared.errors import EngineFailed
from shared.messages import ChatJob, FinishReason, Part, Reasoning, Text, ToolCall

PLAIN_IDS = "functions."
"""Ids that a model writes itself, and reads again, begin so."""


class Speech:
    """One choice. `hear` raises `EngineFailed` where the parser does not understand what a model has made."""

    def __init__(
        self, job: ChatJob, choice: int, parser: Any, reader: Any, asked: Any, prompt: list[int]
    ) -> None:
        self._job = job
        self._choice = choice
        self._parser = parser
        self._reader = reader
        self._asked = asked
        self._prompt = prompt
        self._is_over = False
        self._has_called = False

    def hear(
        self, ids: Sequence[int], reason: str | None = None, stopped_by: int | str | None = None
    ) -> list[Part]:
        """`reason`: set with the last ids. `stopped_by`: the stop string, where it was one."""
        parts: list[Part] = []
        last = len(ids) - 1
        for place, id in enumerate(ids):
            is_last = reason is not None and place == last
            by_id = is_last and reason == "stop" and not isinstance(stopped_by, str)
            if self._reader.update([id], by_id) is not None:
                is_last = True
            self._parse(self._reader.get_next_output_text(is_last, True), [id], parts, is_last)
        if reason is not None and not self._is_over:
            self._parse("", [], parts, True)
        return parts

    def finish_reason(self, reason: FinishReason) -> FinishReason:
        """As OpenAI has it: a call that was forced by its name ends with `stop`."""
        is_named = self._job.tools is not None and self._job.tools.choice == "named"
        return "tool_calls" if reason == "stop" and self._has_called and not is_named else reason

    def reasoning_tokens(self) -> int:
        counted = getattr(self._parser, "count_reasoning_tokens", None)  # 0.26 does not count
        return counted(tuple(self._reader.output_token_ids)) if counted is not None else 0

    def _parse(self, text: str, ids: list[int], parts: list[Part], is_last: bool) -> None:
        if self._is_over:
            return
        self._is_over = is_last
        try:
            said = self._parser.parse_delta(text, ids, self._asked, self._prompt, finished=is_last)
        except Exception as error:
            raise EngineFailed(f"The parser did not understand the answer: {error}") from error
        if said is None:
            return
        if said.reasoning:
            parts.append(Reasoning(said.reasoning, self._choice))
        if said.content:
            parts.append(Text(said.content, self._choice))
        parts.extend(self._calls(said.tool_calls or ()))

    def _calls(self, calls: Sequence[Any]) -> list[Part]:
        told: list[Part] = []
        for call in calls:
            if call.index and self._job.tools is not None and not self._job.tools.parallel:
                continue
            function = call.function
            name, arguments = (function.name or "", function.arguments or "") if function else ("", "")
            id = self._id(call.id, call.index) if call.id else ""
            if id or name or arguments:
                self._has_called = True
                told.append(ToolCall(call.index, id, name, arguments, self._choice))
        return told

    def _id(self, given: str, position: int) -> str:
        """vLLM draws them; the next attempt has to say the same. Mistral's are nine letters, and stay so."""
        if given.startswith(PLAIN_IDS):
            return given
        told = f"{self._job.request}:{self._choice}:{position}"
        drawn = hashlib.sha256(told.encode()).hexdigest()
        return drawn[: len(given)] if len(given) < len("call_") + 8 else f"call_{drawn[:24]}"


class SpeechMaker(msgspec.Struct, frozen=True):
    """`parsers`: the class that vLLM has put together from the two that were named, if any."""

    parsers: Any
    tokenizer: Any
    model_config: ModelConfig

    def needs(self, job: ChatJob) -> bool:
        """Plain text goes without: a parser costs more than a token."""
        if self.parsers is None or job.prompt is not None:
            return False
        return job.tools is not None or self.parsers.reasoning_parser_cls is not None

    def parser(self, asked: ChatCompletionRequest) -> Any:
        kwargs = template_kwargs(asked)
        return self.parsers(
            self.tokenizer, asked.tools, model_config=self.model_config, chat_template_kwargs=kwargs
        )

    def speeches(
        self, job: ChatJob, asked: ChatCompletionRequest, params: SamplingParams, prompt: list[int]
    ) -> tuple[Speech, ...]:
        """One for each choice. `params` may be changed afterwards."""
        if not self.needs(job):
            return ()
        params = copy.copy(params)
        return tuple(
            Speech(
                job, choice, self.parser(asked), detokeniser(self.tokenizer, params, prompt), asked, prompt
            )
            for choice in range(job.sampling.n)
        )

    def extras(self, job: ChatJob, asked: ChatCompletionRequest, prompt: list[int]) -> dict[str, Any]:
        """What the engine must know of reasoning, so that a grammar waits for its end."""
        if not self.needs(job) or self.parsers.reasoning_parser_cls is None:
            return {}
        has_grammar = any(
            getattr(asked, name, False) for name in ("_grammar_from_parser", "_grammar_from_tool_parser")
        )
        return {
            "reasoning_ended": has_grammar or self.parser(asked).is_reasoning_end(prompt),
            "reasoning_parser_kwargs": {"chat_template_kwargs": template_kwargs(asked)},
        }


def template_kwargs(asked: ChatCompletionRequest) -> dict[str, Any]:
    return asked.build_chat_params(None, "auto").chat_template_kwargs
