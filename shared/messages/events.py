"""What has happened: events for whoever stores or shows them, and audit records."""

from typing import Literal

import msgspec

from .base import Failure, FinishReason, Message, Name, Record
from .chat import Passage
from .tokens import Usage
from .turns import FunctionCall


class Answer(Record, frozen=True):
    """One choice, whole."""

    text: str
    finish_reason: FinishReason
    reasoning: str = ""
    tool_calls: tuple[FunctionCall, ...] = ()


class ChatCompleted(Message, frozen=True):
    """The worker that held the claim finished an answer. Stored once for each request."""

    request: Name
    user: Name
    model: str
    answers: tuple[Answer, ...]
    usage: Usage
    at: float
    chat: str = ""
    message_id: str = ""
    passages: tuple[Passage, ...] = ()
    worker: str = ""
    attempt: int = 1
    requested_model: str = ""
    """As in its job."""


class ChatCancelled(ChatCompleted, frozen=True):
    """As `ChatCompleted`, with as much of the answer as there was."""


class ChatFailed(ChatCompleted, frozen=True, kw_only=True):
    """As `ChatCompleted`, with as much of the answer as there was, and why there is no more."""

    failure: Failure


class DocumentIngested(Message, frozen=True):
    document: Name
    user: Name
    title: str
    passages: int
    at: float


class DocumentFailed(Message, frozen=True):
    document: Name
    user: Name
    title: str
    failure: Failure
    at: float


Event = ChatCompleted | ChatCancelled | ChatFailed | DocumentIngested | DocumentFailed


class AuditRecord(Message, frozen=True):
    """Who did what to which thing, and how it ended. Never the text of a prompt or an answer."""

    id: Name
    at: float
    actor: str
    action: str
    """`noun.verb`, as in `chat.start`, `user.login`, `document.delete`."""
    resource: str = ""
    outcome: Literal["ok", "refused", "failed"] = "ok"
    detail: dict[str, str | int | float | bool] = msgspec.field(
        default_factory=dict[str, str | int | float | bool]
    )
    trace_id: str = ""
