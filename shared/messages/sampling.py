"""How an answer is sampled: OpenAI's names and ranges, and those of vLLM's further ones that its server takes."""

from typing import Annotated

from msgspec import Meta

from .base import Record
from .turns import JsonSchemaText

MAX_TOKENS = 1_048_576

TokenId = Annotated[int, Meta(ge=0, lt=2**31)]
"""Whether the model has it is for its engine to say."""
Bias = Annotated[float, Meta(ge=-100, le=100)]


class JsonFormat(Record, frozen=True):
    """The answer is one JSON text. `name` and `strict` are the caller's, for a model's server that asks for them."""

    schema: JsonSchemaText = ""
    """Empty: any object."""
    name: Annotated[str, Meta(max_length=64)] = ""
    strict: bool = False


class Sampling(Record, frozen=True):
    """`None` where the engine's own default holds."""

    max_tokens: Annotated[int, Meta(ge=1, le=MAX_TOKENS)] | None = None
    temperature: Annotated[float, Meta(ge=0, le=2)] | None = None
    top_p: Annotated[float, Meta(gt=0, le=1)] | None = None
    n: Annotated[int, Meta(ge=1, le=16)] = 1
    seed: Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)] | None = None
    stop: Annotated[tuple[Annotated[str, Meta(min_length=1, max_length=256)], ...], Meta(max_length=16)] = ()
    presence_penalty: Annotated[float, Meta(ge=-2, le=2)] = 0.0
    frequency_penalty: Annotated[float, Meta(ge=-2, le=2)] = 0.0
    logprobs: bool = False
    top_logprobs: Annotated[int, Meta(ge=0, le=20)] = 0
    json_format: JsonFormat | None = None
    """None: text, as the model likes."""
    logit_bias: Annotated[dict[TokenId, Bias], Meta(max_length=300)] | None = None
    top_k: Annotated[int, Meta(ge=0, le=MAX_TOKENS)] | None = None
    """0: of all tokens."""
    min_p: Annotated[float, Meta(ge=0, le=1)] | None = None
    repetition_penalty: Annotated[float, Meta(gt=0, le=2)] | None = None
    min_tokens: Annotated[int, Meta(ge=0, le=MAX_TOKENS)] = 0
    stop_token_ids: Annotated[tuple[TokenId, ...], Meta(max_length=64)] = ()
    ignore_eos: bool = False
    """Goes on to `max_tokens`, for measurements."""
