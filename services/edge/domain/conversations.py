"""Conversations as their owner reads them."""

from typing import Literal

import msgspec

from shared.messages import Passage

MessageStatus = Literal["complete", "cancelled", "failed"]


class Conversation(msgspec.Struct, frozen=True):
    """Times are Unix seconds."""

    id: str
    title: str
    created_at: float
    updated_at: float


class Turn(msgspec.Struct, frozen=True):
    """A question, and the place that is kept for its answer."""

    user: str
    chat: str
    """The conversation's id, which clients choose."""
    question_id: str
    text: str
    title: str
    """Used when the conversation is new."""
    at: float
    request: str
    """Whose answer belongs here."""
    message_id: str
    """The id that the answer will have."""


class StoredMessage(msgspec.Struct, frozen=True):
    """A question or an answer. An answer that was stopped or broke off holds as much as there was."""

    id: str
    role: Literal["user", "assistant"]
    text: str
    created_at: float
    status: MessageStatus = "complete"
    reasoning: str = ""
    sources: tuple[Passage, ...] = ()
    model: str = ""
    error: str = ""


class Transcript(msgspec.Struct, frozen=True):
    conversation: Conversation
    messages: tuple[StoredMessage, ...]


class ConversationPage(msgspec.Struct, frozen=True):
    """Newest first."""

    conversations: tuple[Conversation, ...]
    next_cursor: str = ""
    """Empty on the last page."""
