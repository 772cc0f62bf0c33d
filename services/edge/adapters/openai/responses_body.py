"""A request for a response: what may stand in it, and what is refused by name."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from services.edge.adapters.bodies import decode_body
from services.edge.adapters.openai.refused import UnsupportedParameter
from services.edge.adapters.openai.tools import MAX_TOOLS, FunctionFields
from shared.errors import InvalidRequest
from shared.messages import ReasoningEffort

LOGPROBS = "message.output_text.logprobs"
MAX_ITEMS = 4_096

Id = Annotated[str, Meta(min_length=1, max_length=256)]
Text = Annotated[str, Meta(max_length=1_048_576)]


class InputContent(msgspec.Struct):
    type: str
    text: Text = ""
    image_url: Annotated[str, Meta(max_length=6_000_000)] | None = None
    file_id: str | None = None


Content = Text | Annotated[tuple[InputContent, ...], Meta(max_length=64)]


class InputItem(msgspec.Struct):
    """A message, or what came of the last response: `function_call`, `function_call_output`, `reasoning`."""

    type: str = "message"
    role: str | None = None
    content: Content | None = None
    call_id: Id | None = None
    name: Id | None = None
    arguments: Text | None = None
    output: Content | None = None


class TextFormat(msgspec.Struct):
    type: Literal["text", "json_object", "json_schema"]
    name: Annotated[str, Meta(pattern="^[a-zA-Z0-9_-]{1,64}$")] | None = None
    schema: dict[str, object] | None = None
    description: str | None = None
    strict: bool | None = None


class TextConfig(msgspec.Struct):
    format: TextFormat | None = None
    verbosity: Literal["low", "medium", "high"] | None = None


class FunctionTool(FunctionFields, kw_only=True):
    type: str
    name: str | None = None


class ToolChoice(msgspec.Struct):
    type: str
    name: str | None = None


class ReasoningConfig(msgspec.Struct):
    effort: ReasoningEffort | None = None
    summary: Literal["auto", "concise", "detailed"] | None = None


class ResponsesBody(msgspec.Struct):
    """`null` is the same as leaving the field out, as OpenAI has it."""

    model: Id
    input: (
        Annotated[str, Meta(min_length=1)]
        | Annotated[tuple[InputItem, ...], Meta(min_length=1, max_length=MAX_ITEMS)]
    )
    instructions: Text | None = None
    stream: bool | None = None
    max_output_tokens: Annotated[int, Meta(ge=1, le=1_048_576)] | None = None
    temperature: Annotated[float, Meta(ge=0, le=2)] | None = None
    top_p: Annotated[float, Meta(gt=0, le=1)] | None = None
    top_logprobs: Annotated[int, Meta(ge=0, le=20)] | None = None
    text: TextConfig | None = None
    tools: Annotated[tuple[FunctionTool, ...], Meta(max_length=MAX_TOOLS)] | None = None
    tool_choice: Literal["none", "auto", "required"] | ToolChoice | None = None
    parallel_tool_calls: bool | None = None
    reasoning: ReasoningConfig | None = None
    metadata: (
        Annotated[
            dict[Annotated[str, Meta(max_length=64)], Annotated[str, Meta(max_length=512)]],
            Meta(max_length=16),
        ]
        | None
    ) = None
    """Comes back as it is."""
    include: tuple[str, ...] | None = None
    retrieval: bool = False
    """Ours: answer from the caller's documents."""
    store: bool | None = None
    """Nothing is stored: without it or with false, there is nothing to refuse."""
    background: bool | None = None
    previous_response_id: str | None = None
    conversation: object | None = None
    prompt: object | None = None
    max_tool_calls: int | None = None
    truncation: str | None = None
    context_management: object | None = None
    moderation: object | None = None


def read_body(data: bytes) -> ResponsesBody:
    """Raises `InvalidRequest`, naming the field."""
    body = decode_body(data, ResponsesBody)
    _refuse_what_is_kept(body)
    verbosity = body.text.verbosity if body.text else None
    summary = body.reasoning.summary if body.reasoning else None
    _require(
        {
            "max_tool_calls": body.max_tool_calls is None,
            "truncation": body.truncation in (None, "disabled"),
            "context_management": not body.context_management,
            "moderation": body.moderation is None,
            "include": all(name == LOGPROBS for name in body.include or ()),
            "text.verbosity": verbosity in (None, "medium"),
            "reasoning.summary": summary in (None, "auto"),
        },
        "'{}' is not supported here, or not with this value.",
    )
    if body.top_logprobs and LOGPROBS not in (body.include or ()):
        raise InvalidRequest(f"'top_logprobs' needs '{LOGPROBS}' in 'include'.", param="top_logprobs")
    return body


def _refuse_what_is_kept(body: ResponsesBody) -> None:
    """Whoever relies on a stored response would find that it is not there."""
    _require(
        {
            "store": not body.store,
            "background": not body.background,
            "previous_response_id": body.previous_response_id is None,
            "conversation": body.conversation is None,
            "prompt": body.prompt is None,
        },
        "'{}' is not supported here: responses are not stored. Send all of the conversation as 'input'.",
    )


def _require(served: dict[str, bool], message: str) -> None:
    for name, is_served in served.items():
        if not is_served:
            raise UnsupportedParameter(message.format(name), param=name)
