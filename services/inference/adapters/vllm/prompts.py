"""A job as vLLM takes it: rendered by vLLM's own renderer, so that template and tokens are those of its server."""

import asyncio
from typing import Any

import msgspec
from jinja2 import TemplateError
from vllm.config.model import ModelConfig
from vllm.entrypoints.openai.chat_completion.protocol import ChatCompletionRequest
from vllm.entrypoints.openai.completion.protocol import CompletionRequest
from vllm.exceptions import VLLMValidationError
from vllm.renderers.online_renderer import OnlineRenderer
from vllm.sampling_params import SamplingParams

from services.inference.adapters.vllm.replay import FORCED, Replay
from services.inference.adapters.vllm.requests import chat_request, check, refusal
from services.inference.adapters.vllm.shown import shown
from services.inference.adapters.vllm.speech import Speech, SpeechMaker
from services.inference.domain import resuming
from services.inference.domain.saying import merged, spoken
from shared.errors import ContextLengthExceeded, EngineFailed, InvalidRequest
from shared.messages import ChatJob, FinishReason, Part

UNFINISHED = "\ufffd"
"""What half a character decodes to."""


class Prompt(msgspec.Struct):
    """`held` of the shown ids are generated anew, unseen: all of them in a replay, whose text has `mute` characters;
    else those that end in the middle of a character.

    vLLM can only begin to decode between two characters; beginning within one would repeat the whole prompt.
    """

    input: Any
    params: SamplingParams
    tokens: int
    held: int
    replayed: tuple[Part, ...]
    mute: int = 0
    over: FinishReason | None = None
    """Set when the ids that are there are the whole answer, and nothing is to be generated."""
    speeches: tuple[Speech, ...] = ()
    """For each choice, where its text has to be parsed; they have heard the shown ids."""
    extras: dict[str, Any] = {}
    """Further arguments of `AsyncLLM.generate`."""


class Ready(msgspec.Struct):
    """A job, rendered."""

    asked: ChatCompletionRequest
    given: Any
    ids: list[int]
    params: SamplingParams
    speeches: tuple[Speech, ...]

    def after(self, ids: tuple[int, ...]) -> dict[str, Any]:
        """vLLM's input with further ids at its end. Its text, where it has one, would no longer be that of its ids."""
        told = {name: value for name, value in self.given.items() if name != "prompt"}
        return {**told, "prompt_token_ids": [*self.ids, *ids]}


class PromptMaker:
    def __init__(
        self,
        model_config: ModelConfig,
        renderer: Any,
        *,
        chat_template: str | None = None,
        shares_cache: bool = False,
        tool_parser: str = "",
        reasoning_parser: str = "",
    ) -> None:
        """`chat_template`: in place of the model's own. `shares_cache`: a user's prompts are found in the prefix cache
        by others', too."""
        self.calls = bool(tool_parser)
        """Whether a model can call functions here."""
        self._shares_cache = shares_cache
        self._max_tokens: int = model_config.max_model_len
        self._vocabulary: int = model_config.get_vocab_size()
        self._replays = Replay in (model_config.logits_processors or ())
        self._defaults: dict[str, Any] = model_config.get_diff_sampling_param()
        self._tokenizer = renderer.tokenizer
        self._last_ids = _ids_that_end(model_config, renderer.tokenizer)
        self._renderer = OnlineRenderer(
            model_config,
            renderer,
            request_logger=None,
            chat_template=chat_template,
            chat_template_content_format="auto",
            enable_auto_tools=bool(tool_parser),
            tool_parser=tool_parser or None,
            reasoning_parser=reasoning_parser or None,
        )
        self._speech = SpeechMaker(self._renderer.parser, renderer.tokenizer, model_config)

    async def try_template(self) -> None:
        """Raises `EngineFailed` where a plain question does not fit into it: better now than with each request."""
        asked = ChatCompletionRequest.model_validate({"messages": [{"role": "user", "content": "?"}]})
        try:
            await self._renderer.render_chat(asked)
        except (VLLMValidationError, ValueError, TemplateError) as error:
            raise EngineFailed(f"The chat template cannot be used: {error}") from error

    async def make(self, job: ChatJob, resume_ids: tuple[int, ...]) -> Prompt:
        ready = await self._ready(job)
        has_grammar = ready.params.structured_outputs is not None
        if resume_ids and self._replays and (has_grammar or resuming.is_more_than_ids(job)):
            prompt = await self._replay(ready, resume_ids)
        elif resume_ids and has_grammar:
            raise EngineFailed("The engine cannot go on with what a grammar has read.")
        else:
            prompt = await self._go_on(ready, resume_ids)
        if not self._shares_cache:
            prompt.input["cache_salt"] = job.user
        prompt.extras = self._speech.extras(job, ready.asked, prompt.input["prompt_token_ids"])
        return prompt

    async def said(self, job: ChatJob, ids: tuple[int, ...]) -> tuple[Part, ...]:
        """As far as it was shown: of whole characters."""
        if not ids or not self._speech.needs(job):
            return spoken(self._whole_characters(ids)[1])
        try:
            ready = await self._ready(job)
        except (InvalidRequest, ContextLengthExceeded) as error:
            raise EngineFailed(f"What was shown cannot be told: {error.message}") from error
        return await _heard(ready.speeches, ids, self._over(ids, ready.params))

    async def _ready(self, job: ChatJob) -> Ready:
        check(job, self._vocabulary)
        try:
            asked = chat_request(job)
            given = await self._render(job, asked)
        except (VLLMValidationError, ValueError, TemplateError) as error:
            raise refusal(error, job) from error
        ids = list(given["prompt_token_ids"])
        room = self._max_tokens - len(ids)
        wanted = job.sampling.max_tokens
        if room < (wanted or 1):
            raise ContextLengthExceeded(
                f"The model takes {self._max_tokens} tokens; the prompt has {len(ids)}"
                + (f" and the answer may have {wanted}." if wanted else "."),
                param="messages" if job.prompt is None else "prompt",
            )
        params = asked.to_sampling_params(wanted or room, self._defaults)
        return Ready(asked, given, ids, params, self._speech.speeches(job, asked, params, ids))

    async def _render(self, job: ChatJob, asked: ChatCompletionRequest) -> Any:
        """vLLM's kind of input: always one with token ids, and with its pictures. By itself vLLM leaves out a picture
        that it has rendered before: it counts as sent, and what we render need not be."""
        if job.prompt is None:
            rendered = await self._renderer.render_chat(asked, skip_mm_cache=True)
            inputs = rendered[1] if isinstance(rendered, tuple) else rendered
        else:
            prompt = job.prompt if isinstance(job.prompt, str) else list(job.prompt)
            inputs = await self._renderer.render_completion(
                CompletionRequest.model_validate({"prompt": prompt, "model": job.model})
            )
        if not isinstance(inputs, list):
            raise InvalidRequest(inputs.error.message, param=inputs.error.param or (job.tools and "tools"))
        return inputs[0]

    async def _go_on(self, ready: Ready, resume_ids: tuple[int, ...]) -> Prompt:
        params, speeches = ready.params, ready.speeches
        over = self._over(resume_ids, params)
        if speeches:
            held, replayed = 0, await _heard(speeches, resume_ids, over)
        else:
            held, text = self._whole_characters(resume_ids)
            replayed = spoken(text)
        known = resume_ids[: len(resume_ids) - held]
        if over is None and params.max_tokens is not None:
            params.max_tokens -= len(known)
            params.min_tokens = max(0, params.min_tokens - len(known))
        return Prompt(
            ready.after(known), params, len(ready.ids), held, replayed, over=over, speeches=speeches
        )

    async def _replay(self, ready: Ready, resume_ids: tuple[int, ...]) -> Prompt:
        params, speeches = ready.params, ready.speeches
        said = shown(self._tokenizer, params, ready.ids, resume_ids, self._over(resume_ids, params))
        params.extra_args = {**(params.extra_args or {}), FORCED: list(resume_ids)}
        replayed = await _heard(speeches, resume_ids, said.over) if speeches else spoken(said.text)
        held, mute = len(resume_ids), 0 if speeches else len(said.text)
        return Prompt(ready.after(()), params, len(ready.ids), held, replayed, mute, said.over, speeches)

    def _over(self, ids: tuple[int, ...], params: SamplingParams) -> FinishReason | None:
        if ids and not params.ignore_eos and ids[-1] in self._last_ids:
            return "stop"
        if ids and ids[-1] in (params.stop_token_ids or ()):
            return "stop"
        return "length" if params.max_tokens is not None and len(ids) >= params.max_tokens else None

    def _whole_characters(self, ids: tuple[int, ...]) -> tuple[int, str]:
        """How many of the last ids to hold back, and the text of the others."""
        for held in range(len(ids)):
            text = self._tokenizer.decode(list(ids[: len(ids) - held]), skip_special_tokens=True)
            if not text.endswith(UNFINISHED):
                return held, text
        return len(ids), ""


async def _heard(
    speeches: tuple[Speech, ...], ids: tuple[int, ...], over: FinishReason | None
) -> tuple[Part, ...]:
    """In a thread: some parsers read all that was said once more for each token. Several choices do not come here."""
    return merged(await asyncio.to_thread(speeches[0].hear, ids, over)) if ids else ()


def _ids_that_end(model_config: ModelConfig, tokenizer: Any) -> frozenset[int]:
    """The tokenizer's word, and that of the model's generation_config.json: an id, several, or nothing."""
    told = model_config.try_get_generation_config().get("eos_token_id")
    several = told if isinstance(told, list) else [told]
    return frozenset(id for id in (tokenizer.eos_token_id, *several) if isinstance(id, int))
