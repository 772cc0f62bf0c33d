"""Conversations as their owner reads them."""

from typing import Literal

import msgspec

from services.edge.domain.parts import MessagePart, Outcomes
from shared.messages import Passage

MessageStatus = Literal["complete", "cancelled", "failed"]


class Conversation(msgspec.Struct, frozen=True):
    """Times are Unix seconds."""

    id: str
    title: str
    created_at: float
    updated_at: float
    pinned: bool = False


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
    before: tuple[str, ...] | None = None
    """The ids of the messages that the question was asked after, nearest first; empty: it begins a conversation. None,
    or none that is known: it follows the newest message."""
    beside: bool = False
    """A question that is asked again keeps its older answers. Otherwise, or when its text is another, what followed it
    is removed."""
    files: tuple[MessagePart, ...] = ()
    outcomes: Outcomes | None = None
    """Of calls in an answer before the question."""


class GoingOn(msgspec.Struct, frozen=True):
    """An answer that goes on, since its calls have had their results."""

    user: str
    chat: str
    outcomes: Outcomes
    at: float
    request: str
    """Whose answer is the rest of it."""


class Beginning(msgspec.Struct, frozen=True):
    """What there is of an answer that goes on."""

    message_id: str
    passages: tuple[Passage, ...]


class StoredMessage(msgspec.Struct, frozen=True):
    """A question or an answer. An answer that was stopped or broke off holds as much as there was."""

    id: str
    role: Literal["user", "assistant"]
    text: str
    created_at: float
    parent: str = ""
    """The message that it follows; empty for the first. Messages with one parent are versions of each other."""
    status: MessageStatus = "complete"
    reasoning: str = ""
    sources: tuple[Passage, ...] = ()
    model: str = ""
    error: str = ""
    error_code: str = ""
    """Of `shared.errors`; `error` is the same for people."""
    parts: tuple[MessagePart, ...] = ()
    """All of it but the sources, in order, as the AI SDK's UI messages have it."""


class Transcript(msgspec.Struct, frozen=True):
    conversation: Conversation
    messages: tuple[StoredMessage, ...]
    """Of all branches, oldest first. An answer that is being written is not among them."""
    current: str = ""
    """The last message of the newest branch: its parent, that one's parent and so on are what was said. A question,
    while its answer is being written."""
    previous_cursor: str = ""
    """Empty, unless older messages were left out: `cursor` for the page with those."""


class ConversationPage(msgspec.Struct, frozen=True):
    """Newest first."""

    conversations: tuple[Conversation, ...]
    next_cursor: str = ""
    """Empty on the last page."""


class Found(msgspec.Struct, frozen=True):
    """A conversation in which words were found: its newest message that has all of them, or its title."""

    conversation: Conversation
    message_id: str
    """Empty where the title alone has them."""
    text: str


class FoundPage(msgspec.Struct, frozen=True):
    """Newest first."""

    found: tuple[Found, ...]
    next_cursor: str = ""


class Match(msgspec.Struct, frozen=True):
    conversation: Conversation
    message_id: str
    """The newest message that has all the words; empty where the title alone has them."""
    snippet: str
    """The place in it, on one line; of the title where that has them."""
    highlights: tuple[tuple[int, int], ...]
    """Where the words stand in `snippet`: start and end, in characters (Unicode code points)."""


class MatchPage(msgspec.Struct, frozen=True):
    """One match a conversation, newest first."""

    matches: tuple[Match, ...]
    next_cursor: str = ""
    """Empty on the last page."""
