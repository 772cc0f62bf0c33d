"""A request for legacy completions as questions, one a prompt.

A prompt goes to the model as it is: no chat template, no passages, no tools.
"""

from typing import Annotated

from msgspec import Meta

from services.edge.adapters.bodies import decode_body
from services.edge.adapters.openai.refused import UnsupportedParameter, refuse
from services.edge.adapters.openai.sampling import SamplingBody, check_sampling, to_sampling
from services.edge.domain.chat import Question
from shared.errors import InvalidRequest
from shared.messages import TokenId

MAX_PROMPTS = 32
"""Each is a job of its own, and one of the answers that its user may have under way."""
MAX_TOKENS = 16
"""OpenAI's default on this route."""

Ids = Annotated[tuple[TokenId, ...], Meta(min_length=1)]
Text = Annotated[str, Meta(min_length=1)]
Prompt = Text | tuple[TokenId | str | tuple[TokenId, ...], ...]
"""A text, token ids, or a list of either; msgspec has one kind of list in a union."""


class LegacyBody(SamplingBody, kw_only=True):
    """`null` is the same as leaving the field out, as OpenAI has it."""

    prompt: Prompt
    """A text, token ids of the model's own tokenizer, or up to 32 of either."""
    logprobs: Annotated[int, Meta(ge=0, le=5)] | None = None
    """How many of the likeliest tokens beside each that was chosen."""
    echo: bool | None = None
    suffix: str | None = None
    best_of: int | None = None
    """Only as many as `n`: then it asks for nothing."""

    @property
    def limit(self) -> int:
        return self.max_tokens or MAX_TOKENS


def read_body(data: bytes) -> LegacyBody:
    """Raises `InvalidRequest`, naming the field."""
    body = decode_body(data, LegacyBody)
    refuse(data, but="best_of")
    if body.best_of not in (None, body.n or 1):
        raise UnsupportedParameter("'best_of' is not supported here, but as many as 'n'.", param="best_of")
    check_sampling(body, body.limit)
    return body


def to_questions(body: LegacyBody) -> list[Question]:
    """One a prompt, in order, all sampled alike. Raises `InvalidRequest`, naming the prompt."""
    logprobs, top_logprobs = body.logprobs is not None, body.logprobs or 0
    sampling = to_sampling(body, body.limit, logprobs=logprobs, top_logprobs=top_logprobs)
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
