"""A conversation as a model reads it: its turns, what it may call, and what it called."""

from typing import Annotated, Literal

from msgspec import Meta

from .base import Record

MAX_TEXT = 1_048_576
MAX_IMAGE_BYTES = 4_194_304
MAX_PICTURES_BYTES = 6_291_456
"""Of one question together with all that was said before: they travel in its job."""

ImageType = Literal["image/png", "image/jpeg", "image/webp", "image/gif"]
ReasoningEffort = Literal["none", "minimal", "low", "medium", "high", "xhigh"]
FunctionName = Annotated[str, Meta(pattern="^[a-zA-Z0-9_-]{1,64}$")]
JsonSchemaText = Annotated[str, Meta(max_length=32_768)]
"""A JSON Schema as JSON text, so that properties keep their order."""


class TextContent(Record, frozen=True, tag="text"):
    text: Annotated[str, Meta(max_length=MAX_TEXT)]


class ImageContent(Record, frozen=True, tag="image"):
    """A picture itself; nobody fetches one."""

    media_type: ImageType
    data: Annotated[bytes, Meta(min_length=1, max_length=MAX_IMAGE_BYTES)]


class FunctionCall(Record, frozen=True):
    """A model's call, whole: as it wrote it, so the name need not be a known one, nor the arguments JSON."""

    id: Annotated[str, Meta(max_length=256)]
    name: Annotated[str, Meta(max_length=256)]
    arguments: Annotated[str, Meta(max_length=MAX_TEXT)] = ""


class ChatMessage(Record, frozen=True):
    """One turn, with OpenAI's roles and names. `content` is plain text; in parts where there is more than text."""

    role: Literal["system", "user", "assistant", "tool"]
    content: (
        Annotated[str, Meta(max_length=MAX_TEXT)]
        | Annotated[tuple[TextContent | ImageContent, ...], Meta(max_length=64)]
    )
    name: Annotated[str, Meta(max_length=64)] = ""
    """Who speaks, where several have one role."""
    reasoning: Annotated[str, Meta(max_length=MAX_TEXT)] = ""
    """What the model thought before it said this; for templates that want it back."""
    tool_calls: Annotated[tuple[FunctionCall, ...], Meta(max_length=128)] = ()
    tool_call_id: Annotated[str, Meta(max_length=256)] = ""
    """Role `tool`: the call whose result this is."""

    @property
    def text(self) -> str:
        if isinstance(self.content, str):
            return self.content
        return "\n".join(part.text for part in self.content if isinstance(part, TextContent))

    @property
    def images(self) -> tuple[ImageContent, ...]:
        if isinstance(self.content, str):
            return ()
        return tuple(part for part in self.content if isinstance(part, ImageContent))


class Function(Record, frozen=True):
    """What a model may call. `parameters` empty: it takes none."""

    name: FunctionName
    description: Annotated[str, Meta(max_length=16_384)] = ""
    parameters: JsonSchemaText = ""
    strict: bool = False


class Tools(Record, frozen=True):
    """The functions of a request, and which of them are to be called: none, as the model likes (`auto`), one at least
    (`required`), or the one `named`."""

    functions: Annotated[tuple[Function, ...], Meta(min_length=1, max_length=128)]
    choice: Literal["none", "auto", "required", "named"] = "auto"
    named: Annotated[str, Meta(max_length=64)] = ""
    parallel: bool = True
    """Several calls in one answer may be made."""
