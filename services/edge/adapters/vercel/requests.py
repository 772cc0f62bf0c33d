"""What the AI SDK's clients send, and the bare body `{model, messages, stream}`.

A `trigger` tells a client of version 5 or later.
"""

import re
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from services.edge.adapters.bodies import decode_body
from services.edge.adapters.openai.tools import MAX_TOOLS, FunctionDefinition, FunctionFields, NamedTool
from services.edge.adapters.vercel.client_messages import ClientMessage
from shared.errors import InvalidRequest

Protocol = Literal["ui", "data", "text"]

CHAT_ID = re.compile(r"(?!search$)[A-Za-z0-9_-]{1,128}")
"""`/v1/conversations/search` is a route of its own."""


class ChatTool(FunctionFields, kw_only=True):
    """`name`, `description`, `parameters`; or as OpenAI has it, with those in `function`."""

    type: str = "function"
    name: str | None = None
    function: FunctionDefinition | None = None


class ChatBody(msgspec.Struct):
    """Unknown fields are ignored: the SDK adds its own, and applications theirs."""

    messages: Annotated[tuple[ClientMessage, ...], Meta(min_length=1)]
    id: str | None = None
    """The conversation's."""
    model: Annotated[str, Meta(max_length=256)] | None = None
    stream: bool = True
    trigger: str | None = None
    retrieval: bool = True
    tools: Annotated[tuple[ChatTool, ...], Meta(max_length=MAX_TOOLS)] | None = None
    """What the client lets the model call: it is told of calls, and sends back what came of them."""
    tool_choice: Literal["none", "auto", "required"] | NamedTool | None = None
    parallel_tool_calls: bool | None = None
    max_tokens: Annotated[int, Meta(ge=1, le=1_048_576)] | None = None
    temperature: Annotated[float, Meta(ge=0, le=2)] | None = None
    top_p: Annotated[float, Meta(gt=0, le=1)] | None = None
    seed: Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)] | None = None


def read_body(data: bytes) -> ChatBody:
    """Raises `InvalidRequest`, naming the field."""
    body = decode_body(data, ChatBody)
    if body.id is not None and not CHAT_ID.fullmatch(body.id):
        raise InvalidRequest("A conversation's id is 1 to 128 letters, digits, '-' and '_'.", param="id")
    return body


def protocol_of(body: ChatBody, asked: str | None) -> Protocol:
    """`asked`, from the query, wins: there are clients that rewrite the body."""
    return protocol_asked(asked) or ("data" if body.trigger is None else "ui")


def protocol_asked(asked: str | None) -> Protocol | None:
    match asked:
        case None:
            return None
        case "ui" | "data" | "text":
            return asked
        case _:
            raise InvalidRequest("The protocol is one of: ui, data, text.", param="protocol")
