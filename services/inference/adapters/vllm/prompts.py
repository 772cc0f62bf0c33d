"""A job as vLLM takes it: rendered by vLLM's own renderer, so that template and tokens are those of its server."""

from typing import Any

import msgspec
from vllm.config.model import ModelConfig
from vllm.entrypoints.openai.chat_completion.protocol import ChatCompletionRequest
from vllm.exceptions import VLLMValidationError
from vllm.renderers.online_renderer import OnlineRenderer
from vllm.sampling_params import SamplingParams

from shared.errors import ContextLengthExceeded, InvalidRequest
from shared.messages import ChatJob, FinishReason

UNFINISHED = "\ufffd"
"""What half a character decodes to."""


class Prompt(msgspec.Struct):
    """`held` of the shown ids are generated anew, unseen: they end in the middle of a character.

    vLLM can only begin to decode between two characters; beginning within one would repeat the whole prompt.
    """

    input: Any
    params: SamplingParams
    tokens: int
    held: int
    replayed: str
    over: FinishReason | None = None
    """Set when the ids that are there are the whole answer, and nothing is to be generated."""


class PromptMaker:
    def __init__(self, model_config: ModelConfig, renderer: Any) -> None:
        self._max_tokens: int = model_config.max_model_len
        self._defaults: dict[str, Any] = model_config.get_diff_sampling_param()
        self._tokenizer = renderer.tokenizer
        self._last_ids = _ids_that_end(model_config, renderer.tokenizer)
        self._renderer = OnlineRenderer(
            model_config,
            renderer,
            request_logger=None,
            chat_template=None,
            chat_template_content_format="auto",
        )

    async def make(self, job: ChatJob, resume_ids: tuple[int, ...]) -> Prompt:
        try:
            request = _request(job)
            rendered = await self._renderer.render_chat(request)
        except (VLLMValidationError, ValueError) as error:
            raise _refusal(error) from error
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
        held, replayed = self._whole_characters(resume_ids)
        if (over := self._over(resume_ids, wanted or room)) is not None:
            return Prompt(None, SamplingParams(), len(ids), 0, replayed, over)
        known = resume_ids[: len(resume_ids) - held]
        params = request.to_sampling_params((wanted or room) - len(known), self._defaults)
        given = {
            "type": "token",
            "prompt_token_ids": [*ids, *known],
            "arrival_time": given.get("arrival_time"),
        }
        return Prompt(given, params, len(ids), held, replayed)

    def _over(self, ids: tuple[int, ...], most: int) -> FinishReason | None:
        if ids and ids[-1] in self._last_ids:
            return "stop"
        return "length" if len(ids) >= most else None

    def _whole_characters(self, ids: tuple[int, ...]) -> tuple[int, str]:
        """How many of the last ids to hold back, and the text of the others."""
        for held in range(len(ids)):
            text = self._tokenizer.decode(list(ids[: len(ids) - held]), skip_special_tokens=True)
            if not text.endswith(UNFINISHED):
                return held, text
        return len(ids), ""


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


def _refusal(error: Exception) -> InvalidRequest | ContextLengthExceeded:
    parameter = getattr(error, "parameter", None)
    message = error.args[0] if error.args else str(error)
    if parameter == "input_tokens" or "context length" in str(message):
        return ContextLengthExceeded(str(message), param="messages")
    return InvalidRequest(str(message), param=parameter)
