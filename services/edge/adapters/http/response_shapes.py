"""A response as the OpenAPI document shows it; see `shapes`."""

from typing import Literal

import msgspec

Fields = dict[str, object]
Status = Literal["completed", "incomplete"]


class OutputText(msgspec.Struct):
    type: Literal["output_text"]
    text: str
    annotations: tuple[()]
    logprobs: tuple[Fields, ...]


class ReasoningText(msgspec.Struct):
    type: Literal["reasoning_text"]
    text: str


class OutputMessage(msgspec.Struct, tag_field="type", tag="message"):
    id: str
    status: Status
    role: Literal["assistant"]
    content: tuple[OutputText, ...]


class OutputReasoning(msgspec.Struct, tag_field="type", tag="reasoning"):
    """What the model thought, in its own words: `summary` is empty."""

    id: str
    status: Status
    summary: tuple[()]
    content: tuple[ReasoningText, ...]


class OutputCall(msgspec.Struct, tag_field="type", tag="function_call"):
    id: str
    status: Status
    call_id: str
    name: str
    arguments: str
    """As the model wrote them: JSON text, if it did well."""


class ResponseUsage(msgspec.Struct):
    input_tokens: int
    input_tokens_details: dict[str, int]
    output_tokens: int
    output_tokens_details: dict[str, int]
    total_tokens: int


class ResponseError(msgspec.Struct):
    code: Literal["invalid_prompt", "rate_limit_exceeded", "server_error"]
    message: str
    sluice_code: str
    """Ours, which is finer."""


class Response(msgspec.Struct):
    """A whole response. What was asked comes back in it."""

    id: str
    object: Literal["response"]
    created_at: int
    completed_at: int | None
    status: Literal["in_progress", "completed", "incomplete", "failed"]
    error: ResponseError | None
    incomplete_details: dict[str, str] | None
    output: tuple[OutputMessage | OutputReasoning | OutputCall, ...]
    usage: ResponseUsage | None
    background: Literal[False]
    instructions: str | None
    max_output_tokens: int | None
    metadata: dict[str, str]
    model: str
    parallel_tool_calls: bool
    previous_response_id: None
    reasoning: dict[str, str | None]
    service_tier: Literal["default"]
    store: Literal[False]
    """Nothing is stored: the whole conversation is sent as `input`."""
    temperature: float | None
    text: Fields
    tool_choice: str | Fields
    tools: tuple[Fields, ...]
    top_logprobs: int
    top_p: float | None
    truncation: Literal["disabled"]
