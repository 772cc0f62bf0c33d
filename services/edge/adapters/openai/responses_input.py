"""A response's input as a conversation: messages, what the model called, what came of it, and what it thought."""

from collections.abc import Sequence
from typing import TypeVar

from services.edge.adapters.openai.pictures import to_picture
from services.edge.adapters.openai.requests import UnsupportedParameter
from services.edge.adapters.openai.responses_body import Content, InputContent, InputItem
from shared.errors import InvalidRequest
from shared.messages import ChatMessage, FunctionCall, ImageContent, TextContent

TEXTS = frozenset({"input_text", "output_text", "text", "reasoning_text", "summary_text"})

T = TypeVar("T")
Parts = str | tuple[TextContent | ImageContent, ...]


def to_messages(given: str | Sequence[InputItem], instructions: str | None) -> tuple[ChatMessage, ...]:
    """Raises `InvalidRequest`, naming the item."""
    reader = _Reader()
    if instructions:
        reader.said.append(ChatMessage("system", instructions))
    if isinstance(given, str):
        reader.said.append(ChatMessage("user", given))
    else:
        for place, item in enumerate(given):
            reader.read(item, f"input[{place}]")
    reader.close_turn()
    return tuple(reader.said)


class _Reader:
    """What a model thought, said and called in a row is one message of its: chat templates know no other way."""

    def __init__(self) -> None:
        self.said: list[ChatMessage] = []
        self._thought: list[str] = []
        self._text: str | None = None
        self._calls: list[FunctionCall] = []

    def read(self, item: InputItem, path: str) -> None:
        match item.type:
            case "message":
                self._message(item, path)
            case "function_call":
                self._calls.append(_call(item, path))
            case "function_call_output":
                self._output(item, path)
            case "reasoning":
                if self._text is not None or self._calls:
                    self.close_turn()
                self._thought.append(_text(item.content or "", f"{path}.content"))
            case _:
                raise UnsupportedParameter(
                    f"Items of type '{item.type}' are not supported here.", param=f"{path}.type"
                )

    def close_turn(self) -> None:
        if self._text is not None or self._calls:
            thought = "\n".join(text for text in self._thought if text)
            message = ChatMessage(
                "assistant", self._text or "", reasoning=thought, tool_calls=tuple(self._calls)
            )
            self.said.append(message)
        self._thought, self._text, self._calls = [], None, []

    def _message(self, item: InputItem, path: str) -> None:
        if item.content is None:
            raise InvalidRequest("The message has no content.", param=f"{path}.content")
        where = f"{path}.content"
        if item.role == "assistant":
            if self._text is not None or self._calls:
                self.close_turn()
            self._text = _text(item.content, where)
            return
        self.close_turn()
        match item.role:
            case "user":
                self.said.append(ChatMessage("user", _parts(item.content, where)))
            case "system" | "developer":
                self.said.append(ChatMessage("system", _text(item.content, where)))
            case _:
                raise InvalidRequest(
                    f"'{item.role}' is no role: use system, developer, user or assistant.",
                    param=f"{path}.role",
                )

    def _output(self, item: InputItem, path: str) -> None:
        self.close_turn()
        output = _text(_required(item.output, f"{path}.output"), f"{path}.output")
        call = _required(item.call_id, f"{path}.call_id")
        self.said.append(ChatMessage("tool", output, tool_call_id=call))


def _call(item: InputItem, path: str) -> FunctionCall:
    call = _required(item.call_id, f"{path}.call_id")
    return FunctionCall(call, _required(item.name, f"{path}.name"), item.arguments or "")


def _required(value: T | None, path: str) -> T:
    if value is None:
        raise InvalidRequest("This field is required.", param=path)
    return value


def _text(content: Content, path: str) -> str:
    if isinstance(content, str):
        return content
    return "\n".join(_text_of(part, f"{path}[{place}]") for place, part in enumerate(content))


def _text_of(part: InputContent, path: str) -> str:
    if part.type not in TEXTS:
        raise UnsupportedParameter(
            f"Content of type '{part.type}' is not supported here: text is.", param=f"{path}.type"
        )
    return part.text


def _parts(content: Content, path: str) -> Parts:
    """Text alone stays text."""
    if isinstance(content, str) or not any(part.type == "input_image" for part in content):
        return _text(content, path)
    return tuple(_part(part, f"{path}[{place}]") for place, part in enumerate(content))


def _part(part: InputContent, path: str) -> TextContent | ImageContent:
    if part.type != "input_image":
        return TextContent(_text_of(part, path))
    if part.image_url is None:
        raise UnsupportedParameter("A picture comes as a data URL here.", param=f"{path}.image_url")
    return to_picture(part.image_url, f"{path}.image_url")
