"""Messages as the AI SDK's clients send them: `parts` from version 5 on, `content` and calls beside it in version 4.

Clients send back whatever they were sent, and what applications add: so fields are read only in parts that we know.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta

MAX_CALLS = 128


class Invocation(msgspec.Struct, rename="camel"):
    """A call of a function, as version 4 has it."""

    state: str
    tool_call_id: Annotated[str, Meta(min_length=1, max_length=256)]
    tool_name: Annotated[str, Meta(min_length=1, max_length=256)]
    args: object = None
    result: object = UNSET


class Attachment(msgspec.Struct, rename="camel"):
    """A file of a question, as version 4 has it."""

    url: str
    name: Annotated[str, Meta(max_length=256)] | None = None
    content_type: str | None = None


class ClientPart(msgspec.Struct, rename="camel"):
    """`text`; `file` (`mediaType`, `filename`, `url`); `tool-<name>` and `dynamic-tool`; `step-start`. Others are
    ignored, and with them what their fields hold."""

    type: str
    text: object = None
    media_type: object = None
    filename: object = None
    url: object = None
    size: object = None
    tool_call_id: object = None
    tool_name: object = None
    state: object = None
    input: object = UNSET
    output: object = UNSET
    error_text: object = None
    tool_invocation: object = None


class ClientMessage(msgspec.Struct):
    role: Literal["system", "user", "assistant", "data"]
    id: Annotated[str, Meta(max_length=256)] | None = None
    content: str | tuple[ClientPart, ...] | None = None
    parts: tuple[ClientPart, ...] | None = None
    tool_invocations: Annotated[tuple[Invocation, ...], Meta(max_length=MAX_CALLS)] | None = msgspec.field(
        default=None, name="toolInvocations"
    )
    experimental_attachments: tuple[Attachment, ...] | None = None

    @property
    def known_parts(self) -> tuple[ClientPart, ...]:
        if self.parts:
            return self.parts
        return self.content if isinstance(self.content, tuple) else ()


def text_of(message: ClientMessage) -> str:
    parts = message.known_parts
    if isinstance(message.content, str) and not parts:
        return message.content
    texts = [part.text for part in parts if part.type == "text" and isinstance(part.text, str)]
    if not texts and isinstance(message.content, str):
        return message.content
    return "\n".join(texts)
