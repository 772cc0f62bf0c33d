"""A request for chat completions as a question.

Fields that we do not know are accepted, as OpenAI does. Those that would change the answer and are not served
yet are refused: to leave them out in silence would be a lie.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from services.edge.adapters.bodies import decode_body
from services.edge.adapters.openai.formats import ResponseFormat, to_json_format
from services.edge.domain.chat import Question
from shared.errors import InvalidRequest
from shared.messages import ChatMessage, Sampling

MAX_CHOICES = 16
MAX_STOPS = 16

Role = Literal["system", "user", "assistant"]
Stop = Annotated[str, Meta(min_length=1, max_length=256)]


class UnsupportedParameter(InvalidRequest):
    code = "unsupported_parameter"


class ContentPart(msgspec.Struct):
    type: str
    text: str = ""


class CompletionMessage(msgspec.Struct):
    role: str
    content: str | tuple[ContentPart, ...] | None = None
    tool_calls: tuple[object, ...] | None = None


class StreamOptions(msgspec.Struct):
    include_usage: bool | None = None


class CompletionBody(msgspec.Struct):
    """`null` is the same as leaving the field out, as OpenAI has it."""

    model: Annotated[str, Meta(min_length=1, max_length=256)]
    messages: Annotated[tuple[CompletionMessage, ...], Meta(min_length=1)]
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    max_tokens: Annotated[int, Meta(ge=1, le=1_048_576)] | None = None
    max_completion_tokens: Annotated[int, Meta(ge=1, le=1_048_576)] | None = None
    temperature: Annotated[float, Meta(ge=0, le=2)] | None = None
    top_p: Annotated[float, Meta(gt=0, le=1)] | None = None
    n: Annotated[int, Meta(ge=1, le=MAX_CHOICES)] | None = None
    seed: Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)] | None = None
    stop: Stop | Annotated[tuple[Stop, ...], Meta(max_length=MAX_STOPS)] | None = None
    presence_penalty: Annotated[float, Meta(ge=-2, le=2)] | None = None
    frequency_penalty: Annotated[float, Meta(ge=-2, le=2)] | None = None
    logprobs: bool | None = None
    top_logprobs: Annotated[int, Meta(ge=0, le=20)] | None = None
    retrieval: bool = False
    """Ours: answer from the caller's documents."""
    response_format: ResponseFormat | None = None
    tools: tuple[object, ...] | None = None
    functions: tuple[object, ...] | None = None
    logit_bias: dict[str, float] | None = None
    modalities: tuple[str, ...] | None = None


def read_body(data: bytes) -> CompletionBody:
    """Raises `InvalidRequest`, naming the field."""
    body = decode_body(data, CompletionBody)
    served = {
        "tools": not body.tools,
        "functions": not body.functions,
        "logit_bias": not body.logit_bias,
        "modalities": body.modalities is None or body.modalities == ("text",),
    }
    for name, is_served in served.items():
        if not is_served:
            raise UnsupportedParameter(f"'{name}' is not supported here.", param=name)
    if body.top_logprobs is not None and not body.logprobs:
        raise InvalidRequest("'top_logprobs' needs 'logprobs' to be true.", param="top_logprobs")
    if body.stream_options is not None and not body.stream:
        raise InvalidRequest("'stream_options' needs 'stream' to be true.", param="stream_options")
    return body


def to_question(body: CompletionBody) -> Question:
    return Question(
        model=body.model,
        messages=tuple(_message(message, f"messages[{i}]") for i, message in enumerate(body.messages)),
        sampling=Sampling(
            max_tokens=body.max_completion_tokens or body.max_tokens,
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
        ),
        retrieve=body.retrieval,
    )


def _message(message: CompletionMessage, path: str) -> ChatMessage:
    if message.tool_calls:
        raise UnsupportedParameter("Tool calls are not supported here.", param=f"{path}.tool_calls")
    role = _role(message.role, path)
    content = message.content
    if isinstance(content, tuple):
        for position, part in enumerate(content):
            if part.type != "text":
                raise UnsupportedParameter(
                    f"Content of type '{part.type}' is not supported here: text is.",
                    param=f"{path}.content[{position}].type",
                )
        content = "\n".join(part.text for part in content)
    if content is None and role != "assistant":
        raise InvalidRequest("The message has no content.", param=f"{path}.content")
    return ChatMessage(role, content or "")


def _role(role: str, path: str) -> Role:
    match role:
        case "system" | "user" | "assistant":
            return role
        case "developer":
            return "system"
        case "tool" | "function":
            raise UnsupportedParameter("Results of tools are not supported here.", param=f"{path}.role")
        case _:
            raise InvalidRequest(
                f"'{role}' is no role: use system, developer, user or assistant.", param=f"{path}.role"
            )
