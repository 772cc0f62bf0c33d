"""The messages of a chat completion: turns, pictures in them, calls of functions and what came of these."""

from typing import Annotated

import msgspec
from msgspec import Meta

from services.edge.adapters.openai.pictures import to_picture
from services.edge.adapters.openai.refused import UnsupportedParameter
from shared.errors import InvalidRequest
from shared.messages import ChatMessage, FunctionCall, ImageContent, TextContent

Id = Annotated[str, Meta(min_length=1, max_length=256)]
Text = Annotated[str, Meta(max_length=1_048_576)]
Url = Annotated[str, Meta(max_length=6_000_000)]


class ImageUrl(msgspec.Struct):
    url: Url


class ContentPart(msgspec.Struct):
    type: str
    text: Text = ""
    image_url: ImageUrl | Url | None = None


class CalledFunction(msgspec.Struct):
    name: Id
    arguments: Text = ""


class ToolCall(msgspec.Struct):
    id: Id
    function: CalledFunction
    type: str = "function"


class CompletionMessage(msgspec.Struct):
    role: str
    content: Text | Annotated[tuple[ContentPart, ...], Meta(max_length=64)] | None = None
    name: Annotated[str, Meta(max_length=64)] | None = None
    reasoning_content: Text | None = None
    reasoning: Text | None = None
    """The same, as vLLM's newer servers have it."""
    tool_calls: Annotated[tuple[ToolCall, ...], Meta(max_length=128)] | None = None
    tool_call_id: Id | None = None
    function_call: object | None = None
    audio: object | None = None


def to_message(message: CompletionMessage, path: str) -> ChatMessage:
    """Raises `InvalidRequest`, naming the field."""
    name = message.name or ""
    match message.role:
        case "user":
            return ChatMessage("user", _content(message, path), name)
        case "system" | "developer":
            return ChatMessage("system", _text(message, path), name)
        case "assistant":
            return _said(message, path)
        case "tool":
            if (call := message.tool_call_id) is None:
                raise InvalidRequest("This field is required.", param=f"{path}.tool_call_id")
            return ChatMessage("tool", _text(message, path), name, tool_call_id=call)
        case _:
            raise InvalidRequest(
                f"'{message.role}' is no role: use system, developer, user, assistant or tool.",
                param=f"{path}.role",
            )


def _said(message: CompletionMessage, path: str) -> ChatMessage:
    for name in ("function_call", "audio"):
        if getattr(message, name) is not None:
            raise UnsupportedParameter(f"'{name}' is not supported here.", param=f"{path}.{name}")
    calls = tuple(
        _call(call, f"{path}.tool_calls[{place}]") for place, call in enumerate(message.tool_calls or ())
    )
    content = "" if message.content is None else _text(message, path)
    reasoning = message.reasoning_content or message.reasoning or ""
    return ChatMessage("assistant", content, message.name or "", reasoning, calls)


def _call(call: ToolCall, path: str) -> FunctionCall:
    if call.type != "function":
        raise UnsupportedParameter(
            f"Calls of type '{call.type}' are not supported here.", param=f"{path}.type"
        )
    return FunctionCall(call.id, call.function.name, call.function.arguments)


def _content(message: CompletionMessage, path: str) -> str | tuple[TextContent | ImageContent, ...]:
    """Text alone stays text."""
    content = message.content
    if not isinstance(content, tuple) or not any(part.type == "image_url" for part in content):
        return _text(message, path)
    return tuple(_part(part, f"{path}.content[{place}]") for place, part in enumerate(content))


def _text(message: CompletionMessage, path: str) -> str:
    content = message.content
    if content is None:
        raise InvalidRequest("The message has no content.", param=f"{path}.content")
    if isinstance(content, str):
        return content
    return "\n".join(_text_of(part, f"{path}.content[{place}]") for place, part in enumerate(content))


def _text_of(part: ContentPart, path: str) -> str:
    if part.type != "text":
        raise UnsupportedParameter(
            f"Content of type '{part.type}' is not supported here.", param=f"{path}.type"
        )
    return part.text


def _part(part: ContentPart, path: str) -> TextContent | ImageContent:
    if part.type != "image_url":
        return TextContent(_text_of(part, path))
    if part.image_url is None:
        raise InvalidRequest("This field is required.", param=f"{path}.image_url")
    url = part.image_url if isinstance(part.image_url, str) else part.image_url.url
    return to_picture(url, f"{path}.image_url")
