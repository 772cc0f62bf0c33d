"""A request for chat completions as a question.

Fields that we do not know are accepted, as OpenAI does. Known ones that would change the answer and are not served
are refused by name (`refused.py`): to leave them out in silence would be a lie.
"""

import re
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from services.edge.adapters.bodies import decode_body
from services.edge.adapters.openai.formats import ResponseFormat, to_json_format
from services.edge.adapters.openai.messages import CompletionMessage, to_message
from services.edge.adapters.openai.refused import refuse
from services.edge.adapters.openai.tools import MAX_TOOLS, NamedTool, Tool, to_tools
from services.edge.domain.chat import Question
from shared.errors import InvalidRequest
from shared.messages import ReasoningEffort, Sampling, TokenId

MAX_CHOICES = 16
MAX_STOPS = 16
MAX_TOKENS = 1_048_576
"""Also of all choices together."""
MAX_TEMPLATE_CHARACTERS = 4_096

Stop = Annotated[str, Meta(min_length=1, max_length=256)]
Tokens = Annotated[int, Meta(ge=1, le=MAX_TOKENS)]
TemplateValue = Annotated[str, Meta(max_length=1_024)] | float | bool | None

_ID = re.compile(r"[0-9]{1,10}")
_TEMPLATE_NAME = re.compile(r"[a-zA-Z_]{1,64}")
_TEMPLATES_OWN = frozenset(
    {"add_generation_prompt", "chat_template", "continue_final_message", "conversation", "documents"}
    | {"messages", "return_dict", "tokenize", "tools"}
)
"""What a template gets from elsewhere."""


class StreamOptions(msgspec.Struct):
    include_usage: bool | None = None


class CompletionBody(msgspec.Struct):
    """`null` is the same as leaving the field out, as OpenAI has it."""

    model: Annotated[str, Meta(min_length=1, max_length=256)]
    messages: Annotated[tuple[CompletionMessage, ...], Meta(min_length=1)]
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    max_tokens: Tokens | None = None
    max_completion_tokens: Tokens | None = None
    temperature: Annotated[float, Meta(ge=0, le=2)] | None = None
    top_p: Annotated[float, Meta(gt=0, le=1)] | None = None
    n: Annotated[int, Meta(ge=1, le=MAX_CHOICES)] | None = None
    seed: Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)] | None = None
    stop: Stop | Annotated[tuple[Stop, ...], Meta(max_length=MAX_STOPS)] | None = None
    presence_penalty: Annotated[float, Meta(ge=-2, le=2)] | None = None
    frequency_penalty: Annotated[float, Meta(ge=-2, le=2)] | None = None
    logprobs: bool | None = None
    top_logprobs: Annotated[int, Meta(ge=0, le=20)] | None = None
    logit_bias: Annotated[dict[str, Annotated[float, Meta(ge=-100, le=100)]], Meta(max_length=300)] | None = (
        None
    )
    response_format: ResponseFormat | None = None
    tools: Annotated[tuple[Tool, ...], Meta(max_length=MAX_TOOLS)] | None = None
    tool_choice: Literal["none", "auto", "required"] | NamedTool | None = None
    parallel_tool_calls: bool | None = None
    reasoning_effort: ReasoningEffort | None = None
    retrieval: bool = False
    """Ours: answer from the caller's documents."""
    top_k: Annotated[int, Meta(ge=-1, le=MAX_TOKENS)] | None = None
    """vLLM's, as all that follow."""
    min_p: Annotated[float, Meta(ge=0, le=1)] | None = None
    repetition_penalty: Annotated[float, Meta(gt=0, le=2)] | None = None
    min_tokens: Annotated[int, Meta(ge=0, le=MAX_TOKENS)] | None = None
    stop_token_ids: Annotated[tuple[TokenId, ...], Meta(max_length=64)] | None = None
    ignore_eos: bool | None = None
    chat_template_kwargs: (
        Annotated[dict[Annotated[str, Meta(max_length=64)], TemplateValue], Meta(max_length=16)] | None
    ) = None

    @property
    def limit(self) -> int | None:
        return self.max_completion_tokens or self.max_tokens


def read_body(data: bytes) -> CompletionBody:
    """Raises `InvalidRequest`, naming the field."""
    body = decode_body(data, CompletionBody)
    refuse(data)
    if body.top_logprobs is not None and not body.logprobs:
        raise InvalidRequest("'top_logprobs' needs 'logprobs' to be true.", param="top_logprobs")
    if body.stream_options is not None and not body.stream:
        raise InvalidRequest("'stream_options' needs 'stream' to be true.", param="stream_options")
    if (body.n or 1) * (body.limit or 0) > MAX_TOKENS:
        raise InvalidRequest(f"The choices may have {MAX_TOKENS} tokens together.", param="n")
    if (body.min_tokens or 0) > (body.limit or MAX_TOKENS):
        raise InvalidRequest("'min_tokens' is more than the answer may have.", param="min_tokens")
    return body


def to_question(body: CompletionBody) -> Question:
    parallel = body.parallel_tool_calls is not False
    return Question(
        model=body.model,
        messages=tuple(to_message(message, f"messages[{i}]") for i, message in enumerate(body.messages)),
        sampling=_sampling(body),
        tools=to_tools(body.tools, body.tool_choice, parallel=parallel),
        reasoning_effort=body.reasoning_effort,
        chat_template_kwargs=_template_kwargs(body.chat_template_kwargs),
        retrieve=body.retrieval,
    )


def _sampling(body: CompletionBody) -> Sampling:
    return Sampling(
        max_tokens=body.limit,
        temperature=body.temperature,
        top_p=body.top_p,
        n=body.n or 1,
        seed=body.seed,
        stop=(body.stop,) if isinstance(body.stop, str) else body.stop or (),
        presence_penalty=body.presence_penalty or 0.0,
        frequency_penalty=body.frequency_penalty or 0.0,
        logprobs=bool(body.logprobs),
        top_logprobs=body.top_logprobs or 0,
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


def _template_kwargs(given: dict[str, TemplateValue] | None) -> str:
    if not given:
        return ""
    for name in given:
        if not _TEMPLATE_NAME.fullmatch(name) or name in _TEMPLATES_OWN:
            raise InvalidRequest(f"'{name}' may not be given to a template.", param="chat_template_kwargs")
    text = msgspec.json.encode(given).decode()
    if len(text) > MAX_TEMPLATE_CHARACTERS:
        raise InvalidRequest(
            f"This has more than {MAX_TEMPLATE_CHARACTERS} characters.", param="chat_template_kwargs"
        )
    return text
