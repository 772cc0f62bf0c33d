"""A job as a request to vLLM's server, which its renderer, parsers and sampling read; and what is refused before."""

import io
import re
from typing import Any

from PIL import Image, UnidentifiedImageError
from vllm.entrypoints.openai.chat_completion.protocol import ChatCompletionRequest

from services.inference.domain import conversation
from services.inference.domain.formats import response_format
from shared.errors import ContextLengthExceeded, InvalidRequest
from shared.messages import ChatJob, ImageContent

MAX_PIXELS = 33_554_432
"""Of one picture: a few bytes may unfold to gigabytes."""

_PLACE = re.compile(r"\[[\d:]+\] \S+:\d+: ")
"""Where in its own source a library found a mistake."""


def chat_request(job: ChatJob) -> ChatCompletionRequest:
    sampling = job.sampling
    chosen: dict[str, Any] = {
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "top_k": sampling.top_k,
        "min_p": sampling.min_p,
        "repetition_penalty": sampling.repetition_penalty,
        "seed": sampling.seed,
        "presence_penalty": sampling.presence_penalty or None,
        "frequency_penalty": sampling.frequency_penalty or None,
        "response_format": response_format(sampling.json_format),
        "logit_bias": {str(id): bias for id, bias in (sampling.logit_bias or {}).items()} or None,
        "reasoning_effort": job.reasoning_effort,
    }
    if job.chat_template_kwargs:
        chosen["chat_template_kwargs"] = conversation.json_object(
            job.chat_template_kwargs, "chat_template_kwargs"
        )
    return ChatCompletionRequest(
        messages=conversation.messages(job),
        model=job.model,
        stream=True,
        n=sampling.n,
        stop=list(sampling.stop),
        stop_token_ids=list(sampling.stop_token_ids),
        min_tokens=sampling.min_tokens,
        ignore_eos=sampling.ignore_eos,
        logprobs=sampling.logprobs,
        top_logprobs=sampling.top_logprobs,
        **conversation.tools(job.tools),
        **{name: value for name, value in chosen.items() if value is not None},
    )


def check(job: ChatJob, vocabulary: int) -> None:
    """What has killed engines: ids that the model does not have index its logits. Raises `InvalidRequest`."""
    sampling = job.sampling
    told = {
        "logit_bias": sampling.logit_bias or (),
        "stop_token_ids": sampling.stop_token_ids,
        "prompt": job.prompt if isinstance(job.prompt, tuple) else (),
    }
    for param, ids in told.items():
        if (strange := max(ids, default=-1)) >= vocabulary:
            raise InvalidRequest(f"The model has {vocabulary} tokens, and none is {strange}.", param=param)
    if (wanted := sampling.max_tokens) is not None and sampling.min_tokens > wanted:
        raise InvalidRequest("'min_tokens' is more than 'max_tokens'.", param="min_tokens")
    for place, message in enumerate(job.messages):
        for picture in message.images:
            _check_picture(picture, f"messages[{place}].content")


def _check_picture(picture: ImageContent, param: str) -> None:
    """Reads its head alone."""
    kind = picture.media_type.removeprefix("image/").upper()
    try:
        with Image.open(io.BytesIO(picture.data), formats=[kind]) as found:
            width, height = found.size
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise InvalidRequest(f"This is not a picture of type '{picture.media_type}'.", param=param) from error
    if width * height > MAX_PIXELS:
        raise InvalidRequest(f"The picture has more than {MAX_PIXELS} pixels.", param=param)


def refusal(error: Exception, job: ChatJob) -> InvalidRequest | ContextLengthExceeded:
    """vLLM does not name the field of a schema that it cannot read, nor that of a picture."""
    parameter = getattr(error, "parameter", None)
    message = _PLACE.sub("", str(error.args[0] if error.args else error)).strip()
    if parameter == "input_tokens" or "context length" in message:
        return ContextLengthExceeded(message, param="messages")
    if "image" in (parameter, *message.lower().split()) and any(turn.images for turn in job.messages):
        return InvalidRequest(message, param="messages")
    return InvalidRequest(message, param=parameter or _suspect(job))


def _suspect(job: ChatJob) -> str | None:
    if job.sampling.json_format is not None:
        return "response_format"
    return "tools" if job.tools is not None else None
