"""A job as vLLM takes it: rendered by vLLM's own renderer, so that template and tokens are those of its server."""

import re
from typing import Any

import msgspec
from jinja2 import TemplateError
from vllm.config.model import ModelConfig
from vllm.entrypoints.openai.chat_completion.protocol import ChatCompletionRequest
from vllm.exceptions import VLLMValidationError
from vllm.renderers.online_renderer import OnlineRenderer
from vllm.sampling_params import SamplingParams

from services.inference.adapters.vllm.replay import FORCED, Replay
from services.inference.adapters.vllm.shown import shown
from services.inference.domain import resuming
from services.inference.domain.formats import response_format
from shared.errors import ContextLengthExceeded, EngineFailed, InvalidRequest
from shared.messages import ChatJob, FinishReason, Sampling

_PLACE = re.compile(r"\[[\d:]+\] \S+:\d+: ")
"""Where in its own source a library found a mistake."""

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
    replayed: str
    mute: int = 0
    over: FinishReason | None = None
    """Set when the ids that are there are the whole answer, and nothing is to be generated."""


class PromptMaker:
    def __init__(
        self,
        model_config: ModelConfig,
        renderer: Any,
        *,
        chat_template: str | None = None,
        shares_cache: bool = False,
    ) -> None:
        """`chat_template`: in place of the model's own. `shares_cache`: a user's prompts are found in the prefix cache
        by others', too."""
        self._shares_cache = shares_cache
        self._max_tokens: int = model_config.max_model_len
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
        )

    async def try_template(self) -> None:
        """Raises `EngineFailed` where a plain question does not fit into it: better now than with each request."""
        asked = ChatCompletionRequest.model_validate({"messages": [{"role": "user", "content": "?"}]})
        try:
            await self._renderer.render_chat(asked)
        except (VLLMValidationError, ValueError, TemplateError) as error:
            raise EngineFailed(f"The chat template cannot be used: {error}") from error

    async def make(self, job: ChatJob, resume_ids: tuple[int, ...]) -> Prompt:
        try:
            request = _request(job)
            rendered = await self._renderer.render_chat(request)
        except (VLLMValidationError, ValueError) as error:
            raise refusal(error, job.sampling) from error
        if not isinstance(rendered, tuple):
            raise InvalidRequest(rendered.error.message, param=rendered.error.param)
        given: Any = rendered[1][0]  # text alone: of vLLM's kinds of input always the one with token ids
        ids = list(given["prompt_token_ids"])
        room = self._max_tokens - len(ids)
        wanted = job.sampling.max_tokens
        if room < (wanted or 1):
            raise ContextLengthExceeded(
                f"The model takes {self._max_tokens} tokens; the prompt has {len(ids)}"
                + (f" and the answer may have {wanted}." if wanted else "."),
                param="messages",
            )
        params = request.to_sampling_params(wanted or room, self._defaults)
        if resume_ids and self._replays and resuming.is_more_than_ids(job.sampling):
            prompt = self._replay(params, ids, resume_ids)
        else:
            prompt = self._go_on(params, ids, resume_ids)
        if prompt.over is None:
            prompt.input["arrival_time"] = given.get("arrival_time")
            if not self._shares_cache:
                prompt.input["cache_salt"] = job.user
        return prompt

    def text(self, ids: tuple[int, ...]) -> str:
        """As far as it was shown: of whole characters."""
        return self._whole_characters(ids)[1]

    def _go_on(self, params: SamplingParams, ids: list[int], resume_ids: tuple[int, ...]) -> Prompt:
        held, replayed = self._whole_characters(resume_ids)
        over = self._over(resume_ids, params)
        known = resume_ids[: len(resume_ids) - held]
        if over is None and params.max_tokens is not None:
            params.max_tokens -= len(known)
        return Prompt(_tokens([*ids, *known]), params, len(ids), held, replayed, over=over)

    def _replay(self, params: SamplingParams, ids: list[int], resume_ids: tuple[int, ...]) -> Prompt:
        said = shown(self._tokenizer, params, ids, resume_ids, self._over(resume_ids, params))
        params.extra_args = {**(params.extra_args or {}), FORCED: list(resume_ids)}
        held, mute = len(resume_ids), len(said.text)
        return Prompt(_tokens(ids), params, len(ids), held, said.text, mute, said.over)

    def _over(self, ids: tuple[int, ...], params: SamplingParams) -> FinishReason | None:
        if ids and ids[-1] in self._last_ids:
            return "stop"
        return "length" if params.max_tokens is not None and len(ids) >= params.max_tokens else None

    def _whole_characters(self, ids: tuple[int, ...]) -> tuple[int, str]:
        """How many of the last ids to hold back, and the text of the others."""
        for held in range(len(ids)):
            text = self._tokenizer.decode(list(ids[: len(ids) - held]), skip_special_tokens=True)
            if not text.endswith(UNFINISHED):
                return held, text
        return len(ids), ""


def _tokens(ids: list[int]) -> dict[str, Any]:
    return {"type": "token", "prompt_token_ids": ids}


def _ids_that_end(model_config: ModelConfig, tokenizer: Any) -> frozenset[int]:
    """The tokenizer's word, and that of the model's generation_config.json: an id, several, or nothing."""
    told = model_config.try_get_generation_config().get("eos_token_id")
    several = told if isinstance(told, list) else [told]
    return frozenset(id for id in (tokenizer.eos_token_id, *several) if isinstance(id, int))


def _request(job: ChatJob) -> ChatCompletionRequest:
    sampling = job.sampling
    chosen: dict[str, Any] = {
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "seed": sampling.seed,
        "presence_penalty": sampling.presence_penalty or None,
        "frequency_penalty": sampling.frequency_penalty or None,
        "response_format": response_format(sampling.json_format),
    }
    return ChatCompletionRequest(
        messages=[{"role": message.role, "content": message.content} for message in job.messages],
        model=job.model,
        stream=True,
        n=sampling.n,
        stop=list(sampling.stop),
        logprobs=sampling.logprobs,
        top_logprobs=sampling.top_logprobs,
        **{name: value for name, value in chosen.items() if value is not None},
    )


def refusal(error: Exception, sampling: Sampling) -> InvalidRequest | ContextLengthExceeded:
    """vLLM does not name the field of a schema that it cannot read."""
    parameter = getattr(error, "parameter", None)
    message = _PLACE.sub("", str(error.args[0] if error.args else error)).strip()
    if parameter == "input_tokens" or "context length" in message:
        return ContextLengthExceeded(message, param="messages")
    return InvalidRequest(message, param=parameter or ("response_format" if sampling.json_format else None))
