"""What all messages are made of."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

Name = Annotated[str, Meta(min_length=1, max_length=256)]
"""A model, user, document or request: short, and never empty."""

_WORDS = r"[-/_=a-zA-Z0-9]+(\.[-/_=a-zA-Z0-9]+)*"
_END = r"$(?![\s\S])"
"""Of the text: a `$` alone lets a newline through."""

Key = Annotated[str, Meta(max_length=256, pattern=f"^{_WORDS}{_END}")]
"""The name of an entry in a bucket: what NATS takes for one."""

OptionalKey = Annotated[str, Meta(max_length=256, pattern=f"^({_WORDS})?{_END}")]
"""Empty: none."""

FinishReason = Literal["stop", "length", "content_filter", "tool_calls", "error", "cancelled"]


class Message(msgspec.Struct, frozen=True, tag=True, omit_defaults=True):
    """Travels alone: its type's name goes with it, and fields that a reader does not know are ignored."""


class Record(msgspec.Struct, frozen=True, omit_defaults=True):
    """Travels inside a message; its place says what it is."""


class Failure(Message, frozen=True):
    """An error as it crosses the bus; `shared.errors` turns exceptions into it and back."""

    code: str
    """One of `shared.errors`' codes."""
    message: str
    param: str | None = None
    """The field that is to blame, where one is."""
    retry_after_s: float | None = None
