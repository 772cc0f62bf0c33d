"""A request for chat completions as a question.

Fields that we do not know are accepted, as OpenAI does. Known ones that would change the answer and are not served
are refused by name (`refused.py`): to leave them out in silence would be a lie.
"""

import re
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from services.edge.adapters.bodies import decode_body
from services.edge.adapters.openai.messages import CompletionMessage, to_message
from services.edge.adapters.openai.refused import refuse
from services.edge.adapters.openai.sampling import SamplingBody, Tokens, check_sampling, to_sampling
from services.edge.adapters.openai.tools import MAX_TOOLS, NamedTool, Tool, to_tools
from services.edge.domain.chat import Question
from shared.errors import InvalidRequest
from shared.messages import ReasoningEffort

MAX_TEMPLATE_CHARACTERS = 4_096

TemplateValue = Annotated[str, Meta(max_length=1_024)] | float | bool | None

_TEMPLATE_NAME = re.compile(r"[a-zA-Z_]{1,64}")
_TEMPLATES_OWN = frozenset(
    {"add_generation_prompt", "chat_template", "continue_final_message", "conversation", "documents"}
    | {"messages", "return_dict", "tokenize", "tools"}
)
"""What a template gets from elsewhere."""


class CompletionBody(SamplingBody, kw_only=True):
    """`null` is the same as leaving the field out, as OpenAI has it."""

    messages: Annotated[tuple[CompletionMessage, ...], Meta(min_length=1)]
    max_completion_tokens: Tokens | None = None
    logprobs: bool | None = None
    top_logprobs: Annotated[int, Meta(ge=0, le=20)] | None = None
    tools: Annotated[tuple[Tool, ...], Meta(max_length=MAX_TOOLS)] | None = None
    tool_choice: Literal["none", "auto", "required"] | NamedTool | None = None
    parallel_tool_calls: bool | None = None
    reasoning_effort: ReasoningEffort | None = None
    retrieval: bool = False
    """Ours: answer from the caller's documents."""
    chat_template_kwargs: (
        Annotated[dict[Annotated[str, Meta(max_length=64)], TemplateValue], Meta(max_length=16)] | None
    ) = None
    """vLLM's."""

    @property
    def limit(self) -> int | None:
        return self.max_completion_tokens or self.max_tokens


def read_body(data: bytes) -> CompletionBody:
    """Raises `InvalidRequest`, naming the field."""
    body = decode_body(data, CompletionBody)
    refuse(data)
    if body.top_logprobs is not None and not body.logprobs:
        raise InvalidRequest("'top_logprobs' needs 'logprobs' to be true.", param="top_logprobs")
    check_sampling(body, body.limit)
    return body


def to_question(body: CompletionBody) -> Question:
    parallel = body.parallel_tool_calls is not False
    logprobs, top_logprobs = bool(body.logprobs), body.top_logprobs or 0
    return Question(
        model=body.model,
        messages=tuple(to_message(message, f"messages[{i}]") for i, message in enumerate(body.messages)),
        sampling=to_sampling(body, body.limit, logprobs=logprobs, top_logprobs=top_logprobs),
        tools=to_tools(body.tools, body.tool_choice, parallel=parallel),
        reasoning_effort=body.reasoning_effort,
        chat_template_kwargs=_template_kwargs(body.chat_template_kwargs),
        retrieve=body.retrieval,
    )


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
