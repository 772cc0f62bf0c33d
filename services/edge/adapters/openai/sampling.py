"""How to sample, as chat completions and legacy completions have it in common, and how the answer is to come."""

import re
from typing import Annotated

import msgspec
from msgspec import Meta

from services.edge.adapters.openai.formats import ResponseFormat, to_json_format
from shared.errors import InvalidRequest
from shared.messages import Sampling, TokenId

MAX_CHOICES = 16
MAX_STOPS = 16
MAX_TOKENS = 1_048_576
"""Also of all choices together."""

Stop = Annotated[str, Meta(min_length=1, max_length=256)]
Tokens = Annotated[int, Meta(ge=1, le=MAX_TOKENS)]

_ID = re.compile(r"[0-9]{1,10}")


class StreamOptions(msgspec.Struct):
    include_usage: bool | None = None


class SamplingBody(msgspec.Struct):
    """`null` is the same as leaving the field out, as OpenAI has it."""

    model: Annotated[str, Meta(min_length=1, max_length=256)]
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    max_tokens: Tokens | None = None
    temperature: Annotated[float, Meta(ge=0, le=2)] | None = None
    top_p: Annotated[float, Meta(gt=0, le=1)] | None = None
    n: Annotated[int, Meta(ge=1, le=MAX_CHOICES)] | None = None
    seed: Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)] | None = None
    stop: Stop | Annotated[tuple[Stop, ...], Meta(max_length=MAX_STOPS)] | None = None
    presence_penalty: Annotated[float, Meta(ge=-2, le=2)] | None = None
    frequency_penalty: Annotated[float, Meta(ge=-2, le=2)] | None = None
    logit_bias: Annotated[dict[str, Annotated[float, Meta(ge=-100, le=100)]], Meta(max_length=300)] | None = (
        None
    )
    response_format: ResponseFormat | None = None
    """Of legacy completions it is vLLM's, as all that follow."""
    top_k: Annotated[int, Meta(ge=-1, le=MAX_TOKENS)] | None = None
    min_p: Annotated[float, Meta(ge=0, le=1)] | None = None
    repetition_penalty: Annotated[float, Meta(gt=0, le=2)] | None = None
    min_tokens: Annotated[int, Meta(ge=0, le=MAX_TOKENS)] | None = None
    stop_token_ids: Annotated[tuple[TokenId, ...], Meta(max_length=64)] | None = None
    ignore_eos: bool | None = None


def check_sampling(body: SamplingBody, limit: int | None) -> None:
    """`limit`: tokens that the answer may have. Raises `InvalidRequest`, naming the field."""
    if body.stream_options is not None and not body.stream:
        raise InvalidRequest("'stream_options' needs 'stream' to be true.", param="stream_options")
    if (body.n or 1) * (limit or 0) > MAX_TOKENS:
        raise InvalidRequest(f"The choices may have {MAX_TOKENS} tokens together.", param="n")
    if (body.min_tokens or 0) > (limit or MAX_TOKENS):
        raise InvalidRequest("'min_tokens' is more than the answer may have.", param="min_tokens")


def to_sampling(body: SamplingBody, limit: int | None, *, logprobs: bool, top_logprobs: int) -> Sampling:
    """Raises `InvalidRequest`, naming the field."""
    return Sampling(
        max_tokens=limit,
        temperature=body.temperature,
        top_p=body.top_p,
        n=body.n or 1,
        seed=body.seed,
        stop=(body.stop,) if isinstance(body.stop, str) else body.stop or (),
        presence_penalty=body.presence_penalty or 0.0,
        frequency_penalty=body.frequency_penalty or 0.0,
        logprobs=logprobs,
        top_logprobs=top_logprobs,
        json_format=to_json_format(body.response_format),
        logit_bias=_biases(body.logit_bias),
        top_k=None if body.top_k is None else max(0, body.top_k),
        min_p=body.min_p,
        repetition_penalty=body.repetition_penalty,
        min_tokens=body.min_tokens or 0,
        stop_token_ids=body.stop_token_ids or (),
        ignore_eos=bool(body.ignore_eos),
    )


def _biases(given: dict[str, float] | None) -> dict[int, float] | None:
    """Whether the model has such a token is for its engine to say."""
    for id in given or ():
        if not _ID.fullmatch(id) or int(id) >= 2**31:
            raise InvalidRequest(f"'{id[:32]}' is no token's id.", param="logit_bias")
    return {int(id): bias for id, bias in given.items()} if given else None
