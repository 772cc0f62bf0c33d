"""A request for legacy completions as questions, one a prompt.

A prompt goes to the model as it is: no chat template, no passages, no tools.
"""

from typing import Annotated

import msgspec
from msgspec import Meta

from services.edge.adapters.bodies import decode_body
from services.edge.adapters.openai.formats import ResponseFormat, to_json_format
from services.edge.adapters.openai.requests import (
    MAX_CHOICES,
    MAX_STOPS,
    Stop,
    StreamOptions,
    UnsupportedParameter,
)
from services.edge.domain.chat import Question
from shared.errors import InvalidRequest
from shared.messages import Sampling, TokenId

MAX_PROMPTS = 32
"""Each is a job of its own, and one of the answers that its user may have under way."""
MAX_TOKENS = 16
"""OpenAI's default on this route."""

Ids = Annotated[tuple[TokenId, ...], Meta(min_length=1)]
Text = Annotated[str, Meta(min_length=1)]
Prompt = Text | tuple[TokenId | str | tuple[TokenId, ...], ...]
"""A text, token ids, or a list of either; msgspec has one kind of list in a union."""


class LegacyBody(msgspec.Struct):
    """`null` is the same as leaving the field out, as OpenAI has it."""

    model: Annotated[str, Meta(min_length=1, max_length=256)]
    prompt: Prompt
    """A text, token ids of the model's own tokenizer, or up to 32 of either."""
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    max_tokens: Annotated[int, Meta(ge=1, le=1_048_576)] | None = None
    temperature: Annotated[float, Meta(ge=0, le=2)] | None = None
    top_p: Annotated[float, Meta(gt=0, le=1)] | None = None
    n: Annotated[int, Meta(ge=1, le=MAX_CHOICES)] | None = None
    seed: Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)] | None = None
    stop: Stop | Annotated[tuple[Stop, ...], Meta(max_length=MAX_STOPS)] | None = None
    presence_penalty: Annotated[float, Meta(ge=-2, le=2)] | None = None
    frequency_penalty: Annotated[float, Meta(ge=-2, le=2)] | None = None
    logprobs: Annotated[int, Meta(ge=0, le=5)] | None = None
    """How many of the likeliest tokens beside each that was chosen."""
    response_format: ResponseFormat | None = None
    """Not OpenAI's on this route, but vLLM's."""
    echo: bool | None = None
    suffix: str | None = None
    best_of: int | None = None
    """Only as many as `n`: then it asks for nothing."""


def read_body(data: bytes) -> LegacyBody:
    """Raises `InvalidRequest`, naming the field."""
    body = decode_body(data, LegacyBody)
    served = {
        "echo": not body.echo,
        "suffix": not body.suffix,
        "best_of": body.best_of in (None, body.n or 1),
    }
    for name, is_served in served.items():
        if not is_served:
            raise UnsupportedParameter(f"'{name}' is not supported here.", param=name)
    if body.stream_options is not None and not body.stream:
        raise InvalidRequest("'stream_options' needs 'stream' to be true.", param="stream_options")
    return body


def to_questions(body: LegacyBody) -> list[Question]:
    """One a prompt, in order, all sampled alike. Raises `InvalidRequest`, naming the prompt."""
    sampling = Sampling(
        max_tokens=body.max_tokens or MAX_TOKENS,
        temperature=body.temperature,
        top_p=body.top_p,
        n=body.n or 1,
        seed=body.seed,
        stop=(body.stop,) if isinstance(body.stop, str) else body.stop or (),
        presence_penalty=body.presence_penalty or 0.0,
        frequency_penalty=body.frequency_penalty or 0.0,
        logprobs=body.logprobs is not None,
        top_logprobs=body.logprobs or 0,
        json_format=to_json_format(body.response_format),
    )
    return [Question(model=body.model, prompt=prompt, sampling=sampling) for prompt in _prompts(body.prompt)]


def _prompts(given: Prompt) -> list[str | tuple[int, ...]]:
    if isinstance(given, str):
        return [given]
    if not given:
        raise InvalidRequest("The prompt is empty.", param="prompt")
    ids = tuple(item for item in given if isinstance(item, int))
    if len(ids) == len(given):
        return [ids]
    if len(given) > MAX_PROMPTS:
        raise InvalidRequest(f"There are more than {MAX_PROMPTS} prompts.", param="prompt")
    prompts = [item for item in given if not isinstance(item, int)]
    if ids:
        raise InvalidRequest("A prompt is either text or token ids; here are both.", param="prompt")
    for position, prompt in enumerate(prompts):
        if not prompt:
            raise InvalidRequest("The prompt is empty.", param=f"prompt[{position}]")
    return prompts
