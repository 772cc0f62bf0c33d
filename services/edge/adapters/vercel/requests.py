"""What the AI SDK's clients send, and the bare body `{model, messages, stream}`, as a question.

Version 4 sends `content`, later ones `parts`; parts that we do not know are left out, since clients send back
whatever they were sent. A `trigger` tells a client of version 5 or later.
"""

import re
import uuid
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from services.edge.adapters.bodies import decode_body
from services.edge.domain.chat import Question
from shared.errors import InvalidRequest
from shared.messages import ChatMessage, Sampling

Protocol = Literal["ui", "data", "text"]

CHAT_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")


class ClientPart(msgspec.Struct):
    type: str
    text: object = None


class ClientMessage(msgspec.Struct):
    role: Literal["system", "user", "assistant", "data"]
    id: Annotated[str, Meta(max_length=256)] | None = None
    content: str | tuple[ClientPart, ...] | None = None
    parts: tuple[ClientPart, ...] | None = None


class ChatBody(msgspec.Struct):
    """Unknown fields are ignored: the SDK adds its own, and applications theirs."""

    messages: Annotated[tuple[ClientMessage, ...], Meta(min_length=1)]
    id: str | None = None
    """The conversation's."""
    model: Annotated[str, Meta(max_length=256)] | None = None
    stream: bool = True
    trigger: str | None = None
    retrieval: bool = True
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


def to_question(body: ChatBody) -> Question:
    messages: list[ChatMessage] = []
    for position, message in enumerate(body.messages):
        text = _text_of(message)
        is_last = position == len(body.messages) - 1
        if message.role == "data" or (
            not text and not is_last
        ):  # an answer that was stopped before its first word
            continue
        if is_last and (message.role != "user" or not text.strip()):
            raise InvalidRequest(
                "The last message must be the user's, with some text.", param=f"messages[{position}]"
            )
        messages.append(ChatMessage(message.role, text))
    chat = body.id or uuid.uuid4().hex
    return Question(
        model=body.model or "",
        messages=tuple(messages),
        sampling=Sampling(
            max_tokens=body.max_tokens, temperature=body.temperature, top_p=body.top_p, seed=body.seed
        ),
        retrieve=body.retrieval,
        chat=chat,
        question_id=body.messages[-1].id or _question_id(chat, messages),
        before=_before(body.messages),
        beside=body.trigger is not None,
    )


def _before(messages: tuple[ClientMessage, ...]) -> tuple[str, ...] | None:
    """A list that is cut, and goes on with a new question, is a new branch."""
    earlier = [message for message in messages[:-1] if message.role in ("user", "assistant")]
    return tuple(message.id for message in reversed(earlier) if message.id) or (None if earlier else ())


def _text_of(message: ClientMessage) -> str:
    if isinstance(message.content, str) and not message.parts:
        return message.content
    parts = message.parts or (message.content if isinstance(message.content, tuple) else ()) or ()
    texts = [part.text for part in parts if part.type == "text" and isinstance(part.text, str)]
    if not texts and isinstance(message.content, str):
        return message.content
    return "\n".join(texts)


def _question_id(chat: str, messages: list[ChatMessage]) -> str:
    """Version 4 sends no ids: a question is known by its place, so that asking it again replaces its answer."""
    place = sum(message.role == "user" for message in messages)
    return uuid.uuid5(uuid.NAMESPACE_URL, f"sluice:{chat}:{place}").hex
